-- The last verdict of each peer; one given to an account that was joined since counts for the
-- person, and goes back with it where the join is undone. `said`: 1, 0, or NaN.
CREATE OR REPLACE TEMP TABLE said AS
SELECT p.peer, p.risk_level, v.verdict,
    CASE v.verdict WHEN 'child' THEN 1.0 WHEN 'not_child' THEN 0.0 ELSE CAST('nan' AS DOUBLE) END
    AS said
FROM peers AS p LEFT JOIN (
    SELECT a.person, arg_max(v.verdict, v.number) AS verdict FROM (
        SELECT peer, arg_max({'verdict': verdict}, number).verdict AS verdict,
            MAX(number) AS number
        FROM verdicts GROUP BY peer
    ) AS v INNER JOIN accounts AS a ON a.account = v.peer
    WHERE v.verdict IS NOT NULL GROUP BY a.person
) AS v ON v.person = p.peer;
