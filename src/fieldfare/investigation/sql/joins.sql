-- What accounts share. `proposals`: pairs, with what shows it; the smaller account first.
CREATE OR REPLACE TEMP TABLE proposals AS
WITH shared AS (
    SELECT DISTINCT account, kind, value FROM identifiers
),
-- Every account of a value with the smallest one: undoing one pair leaves the others.
strong AS (
    SELECT s.account, s.kind, s.value, MIN(s.account) OVER (PARTITION BY s.kind, s.value) AS one
    FROM shared AS s WHERE kind IN ('phone', 'email', 'user_id')
),
named AS (
    SELECT account, kind, value, MIN(account) OVER (PARTITION BY value) AS one,
        COUNT(*) OVER (PARTITION BY value) AS many
    FROM (SELECT account, 'name' AS kind, value FROM shared
        WHERE kind IN ('name', 'username') GROUP BY account, value) AS by_name
)
SELECT one AS account_a, account AS account_b, kind, value,
    CASE kind WHEN 'phone' THEN 0.98 ELSE 0.97 END AS confidence
FROM strong WHERE account <> one
UNION ALL
SELECT one, account, kind, value, 0.7 / many + 0.15 FROM named
WHERE account <> one AND many <= 4 AND length(value) > 2;

-- What somebody confirmed or rejected stays, though other accounts may share the value by now.
DELETE FROM joins WHERE kind <> 'by_hand' AND join_id NOT IN (
    SELECT join_id FROM join_decisions GROUP BY join_id
    HAVING arg_max(state, number) <> 'proposed');
INSERT OR REPLACE INTO joins
SELECT substr(sha256(account_a || chr(10) || account_b || chr(10) || kind), 1, 12), account_a,
    account_b, kind, MIN(value), MAX(confidence), CAST(to_json(list(shown ORDER BY shown)) AS VARCHAR),
    kind <> 'name', 'proposed', NULL, NULL
FROM (
    SELECT p.account_a, p.account_b, p.kind, p.value, p.confidence,
        {'account': i.account, 'says': p.kind || ' ' || i.value, 'source': i.source,
        'member': i.member, 'locator': i.locator} AS shown
    FROM (SELECT *, unnest([account_a, account_b]) AS account FROM proposals) AS p
    INNER JOIN identifiers AS i ON i.account = p.account AND i.value = p.value
            AND (i.kind = p.kind OR (p.kind = 'name' AND i.kind = 'username'))
) AS evident
GROUP BY account_a, account_b, kind;
