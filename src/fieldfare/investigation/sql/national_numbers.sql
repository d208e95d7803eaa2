-- Numbers without their country code are those of the country of the suspect's own number: joined
-- with the same number written in full. Where no such number is known, or several countries are, the
-- country is a guess: what matches a number in full is proposed.
INSERT OR REPLACE INTO joins
WITH codes AS (
    SELECT DISTINCT code FROM country_codes
),
whole AS (
    SELECT i.account, i.value, c.code, MIN(i.account) OVER (PARTITION BY i.value) AS one
    FROM (SELECT DISTINCT account, value FROM identifiers WHERE kind = 'phone') AS i
    INNER JOIN codes AS c ON starts_with(i.value, '+' || c.code)
),
home AS (
    SELECT MIN(w.code) AS code FROM whole AS w INNER JOIN accounts AS a ON a.account = w.account
    WHERE a.is_suspect HAVING COUNT(DISTINCT w.code) = 1
),
-- How each whole number is dialled at home, and how each number dialled at home is written in full.
forms AS (
    SELECT w.one AS account, w.value, w.code, c.trunk || substr(w.value, 2 + length(w.code)) AS digits
    FROM whole AS w INNER JOIN country_codes AS c ON c.code = w.code WHERE w.account = w.one
),
national AS (
    SELECT account, value AS digits, MIN(account) OVER (PARTITION BY value) AS one
    FROM (SELECT DISTINCT account, value FROM identifiers WHERE kind = 'national') AS i
),
met AS (
    SELECT n.account AS national, f.account AS other, f.value, n.digits,
        f.code = h.code AS sure,
        ', of the suspect''s own country code +' || h.code AS why,
        COUNT(*) OVER (PARTITION BY n.account) AS many,
        MAX(CASE WHEN f.code = h.code THEN 1 ELSE 0 END) OVER (PARTITION BY n.account) AS at_home
    FROM national AS n INNER JOIN forms AS f ON f.digits = n.digits LEFT JOIN home AS h ON true
    UNION ALL
    SELECT n.account, n.one, n.digits, n.digits, h.code IS NOT NULL,
        ', both read with the suspect''s own country code +' || h.code, 1, 0
    FROM national AS n LEFT JOIN home AS h ON true
    WHERE n.account <> n.one AND NOT EXISTS (SELECT 1 FROM forms AS f WHERE f.digits = n.digits
        AND (h.code IS NULL OR f.code = h.code))
),
pairs AS (
    SELECT least(national, other) AS account_a, greatest(national, other) AS account_b, value,
        digits, COALESCE(sure, false) AS sure, CASE WHEN sure THEN why ELSE '' END AS why, many
    FROM met WHERE national <> other AND (COALESCE(sure, false) OR at_home = 0)
)
SELECT substr(sha256(account_a || chr(10) || account_b || chr(10)
        || CASE WHEN sure THEN 'national' ELSE 'national_guess' END), 1, 12),
    account_a, account_b, CASE WHEN sure THEN 'national' ELSE 'national_guess' END, MIN(value),
    MAX(CASE WHEN sure THEN 0.95 ELSE 0.6 / many END),
    CAST(to_json(list(shown ORDER BY shown)) AS VARCHAR), sure, 'proposed', NULL, NULL
FROM (
    SELECT p.account_a, p.account_b, p.value, p.sure, p.many, {'account': i.account, 'says': CASE WHEN i.kind = 'national'
            THEN 'number ' || i.value || p.why ELSE 'phone ' || i.value END, 'source': i.source,
        'member': i.member, 'locator': i.locator} AS shown
    FROM (SELECT *, unnest([account_a, account_b]) AS account FROM pairs) AS p
    INNER JOIN identifiers AS i ON i.account = p.account
        AND ((i.kind = 'phone' AND i.value = p.value)
            OR (i.kind = 'national' AND i.value = p.digits))
) AS evident
GROUP BY account_a, account_b, sure;
