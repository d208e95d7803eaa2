-- Everyone met, with what names them. Persons and the suspect are set from joins.
DELETE FROM accounts;
INSERT INTO accounts
SELECT account, arg_min(name, name), split_part(account, ':', 1), account, false,
    arg_min(country, country), arg_min(country_source, country), arg_min(age, age),
    arg_min(age_source, age), CAST(SUM(sent) AS BIGINT)
FROM (
    SELECT account, NULLIF(trim(name), '') AS name, country, country_source, age, age_source,
        0 AS sent
    FROM described
    UNION ALL
    SELECT sender, NULL, NULL, NULL, NULL, NULL, COUNT(*) FROM records GROUP BY sender
    UNION ALL
    SELECT account, NULL, NULL, NULL, NULL, NULL, 0
    FROM (SELECT DISTINCT unnest(recipients) AS account FROM records) AS reached
) AS met
GROUP BY account;

DELETE FROM identifiers;
INSERT INTO identifiers
WITH written AS ( -- the first record an account stands in, rather than a list of names
    SELECT account, source, MIN({'record': record, 'member': member, 'locator': locator}) AS first
    FROM (
        SELECT sender AS account, source, record, member, locator FROM records
        UNION ALL
        SELECT unnest(recipients), source, record, member, locator FROM records
        WHERE kind = 'private'
    ) AS every GROUP BY account, source
),
met AS (
    SELECT d.account, d.name, d.source, COALESCE(w.first.member, d.member) AS member,
        COALESCE(w.first.locator, d.locator) AS locator
    FROM described AS d LEFT JOIN written AS w ON w.account = d.account AND w.source = d.source
    UNION ALL
    SELECT account, NULL, source, first.member, first.locator FROM written
    WHERE account NOT IN (SELECT account FROM described)
),
parts AS (
    SELECT *, split_part(account, ':', 1) AS service,
        substr(account, strpos(account, ':') + 1) AS own,
        regexp_replace(
            regexp_replace(substr(account, strpos(account, ':') + 1),
                '@(s\.whatsapp\.net|c\.us)$', ''),
            '[\s().+-]', '', 'g') AS digits
    FROM met
),
read AS (
    SELECT *,
        CASE
            WHEN regexp_full_match(digits, '(00)?[1-9][0-9]{7,14}')
                AND (own LIKE '+%' OR own LIKE '00%' OR own LIKE '%@s.whatsapp.net'
                    OR own LIKE '%@c.us' OR service IN ('signal', 'whatsapp', 'viber'))
                THEN 'phone'
            WHEN regexp_full_match(digits, '[0-9]{7,13}') AND regexp_full_match(own, '[0-9\s().-]+')
                AND (service IN ('sms', 'phone', 'imessage', 'nativemessages')
                    OR (service IN ('signal', 'whatsapp', 'viber') AND digits LIKE '0%'))
                THEN 'national'
            WHEN regexp_full_match(own, '[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}') THEN 'email'
            WHEN regexp_full_match(own, '[0-9]{4,}')
                AND service NOT IN ('sms', 'phone', 'imessage', 'nativemessages') THEN 'user_id'
            WHEN service IN ('instagram', 'snapchat', 'roblox', 'kik', 'matrix')
                OR own LIKE '@%' THEN 'username'
            WHEN service IN ('messenger', 'whatsapp', 'googlechat') THEN 'name'
        END AS kind
    FROM parts
)
SELECT account, kind,
    CASE kind
        WHEN 'phone' THEN '+' || regexp_replace(digits, '^00', '')
        WHEN 'national' THEN digits
        WHEN 'email' THEN lower(own)
        -- One application under the names that tools give it.
        WHEN 'user_id' THEN CASE
            WHEN service IN ('messenger', 'facebookmessenger', 'facebook') THEN 'messenger'
            ELSE service END || ':' || own
        WHEN 'username' THEN lower(regexp_replace(own, '^@', ''))
        ELSE lower(trim(own)) END,
    source, member, locator
FROM read WHERE kind IS NOT NULL
UNION
SELECT account, 'name', lower(trim(name)), source, member, locator FROM read
WHERE length(trim(name)) > 1 AND NOT regexp_full_match(trim(name), '[+0-9\s().-]+');
