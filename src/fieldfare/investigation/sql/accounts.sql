DELETE FROM accounts;
INSERT INTO accounts
SELECT account, MIN(name), split_part(account, ':', 1), account, false, MIN(country), MIN(country_source),
    MIN(age), MIN(age_source), CAST(SUM(sent) AS BIGINT)
FROM (
    SELECT account, name, country, country_source, age, age_source, 0 AS sent FROM described
    UNION ALL
    SELECT sender, NULL, NULL, NULL, NULL, NULL, 1 FROM records
    UNION ALL
    SELECT DISTINCT unnest(recipients), NULL, NULL, NULL, NULL, NULL, 0 FROM records
) AS met
GROUP BY account;
UPDATE accounts SET is_suspect = true WHERE account = (
    SELECT account FROM (
        SELECT sender AS account, conversation FROM records
        UNION SELECT unnest(recipients), conversation FROM records
    ) AS present GROUP BY account ORDER BY COUNT(*) DESC, account LIMIT 1
);
