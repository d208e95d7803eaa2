-- Who is in nearly every conversation of an archive, by service; where archives hold one
-- conversation each, of all archives together.
WITH present AS (
    SELECT DISTINCT source, conversation, account, split_part(account, ':', 1) AS service FROM (
        SELECT source, conversation, sender AS account FROM records
        UNION SELECT source, conversation, unnest(recipients) FROM records
    ) AS met
),
scopes AS (
    SELECT source AS scope, service, source || chr(31) || conversation AS talk, account FROM present
    UNION ALL
    SELECT '', service, source || chr(31) || conversation, account FROM present
),
totals AS (
    SELECT scope, service, COUNT(DISTINCT talk) AS talks FROM scopes GROUP BY scope, service
),
placed AS (
    SELECT s.scope, s.service, s.account, COUNT(*) AS present, t.talks,
        row_number() OVER (PARTITION BY s.scope, s.service ORDER BY COUNT(*) DESC, s.account)
        AS place
    FROM scopes AS s INNER JOIN totals AS t ON t.scope = s.scope AND t.service = s.service
    WHERE t.talks >= $few
    GROUP BY s.scope, s.service, s.account, t.talks
),
owning AS (
    SELECT one.* FROM placed AS one LEFT JOIN placed AS next
        ON next.scope = one.scope AND next.service = one.service AND next.place = 2
    WHERE one.place = 1 AND one.present >= $share * one.talks
        AND COALESCE(next.present, 0) < one.present
)
SELECT account, 'in ' || MAX(present) || ' of ' || arg_max(talks, present) || ' conversations'
    AS says, arg_max(scope, present) AS source, '' AS member, '' AS locator
FROM owning AS o
WHERE scope <> '' OR service NOT IN (SELECT service FROM owning WHERE scope <> '')
GROUP BY account ORDER BY MAX(present) DESC, account
