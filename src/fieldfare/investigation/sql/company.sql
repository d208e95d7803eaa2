-- What the company says that somebody is in, once it is known how likely each peer is a child by
-- what was said (`looked`: peer, likely in millionths): who got the same scripts, and whom somebody
-- is in contact with. A peer is never counted for itself.
DELETE FROM features WHERE kind IN ('script', 'knows');
DELETE FROM cues WHERE kind IN ('script', 'knows');

CREATE OR REPLACE TEMP TABLE company AS
WITH base AS (
    SELECT greatest(0.02, least(0.98, CAST(SUM(likely) AS BIGINT) / 1e6 / COUNT(*))) AS share
    FROM looked
),
got AS (
    SELECT s.script, s.peer, MIN(s.message) AS message, MIN(l.likely) AS likely
    FROM scripts AS s INNER JOIN looked AS l ON l.peer = s.peer GROUP BY s.script, s.peer
),
-- Four unknown people beside those who got it: three recipients do not yet show much.
shares AS (
    SELECT g.script, g.peer, g.message, n.people - 1 AS others,
        n.children - CASE WHEN g.likely >= 500_000 THEN 1 ELSE 0 END AS children,
        ((n.likely - g.likely) / 1e6 + 4 * b.share) / (n.people - 1 + 4) AS share, b.share AS usual
    FROM got AS g INNER JOIN (
        SELECT script, COUNT(*) AS people, CAST(SUM(likely) AS BIGINT) AS likely,
            CAST(SUM(CASE WHEN likely >= 500_000 THEN 1 ELSE 0 END) AS BIGINT) AS children
        FROM got GROUP BY script
    ) AS n ON n.script = g.script
    CROSS JOIN base AS b
),
scripted AS (
    SELECT peer, message, CAST(round(1e6 * (ln(share / (1 - share)) - ln(usual / (1 - usual))))
            AS BIGINT) AS amount,
        'the suspect sent the same words to ' || others || ' others, of whom ' || children
            || ' are confirmed or probable children' AS says
    FROM shares
),
known AS (
    SELECT peer_a AS peer, peer_b AS other, message FROM acquainted
    UNION ALL SELECT peer_b, peer_a, message FROM acquainted
),
acquaintances AS (
    SELECT k.peer, MIN(k.message) AS message, 2 * MIN(l.likely) - 1_000_000 AS amount,
        'is in contact with a confirmed or probable child' AS says
    FROM known AS k INNER JOIN looked AS l ON l.peer = k.other
    WHERE l.likely > 500_000 GROUP BY k.peer, k.other
)
SELECT kind, peer, message, amount, says FROM (
    SELECT *, row_number() OVER (PARTITION BY kind, peer
        ORDER BY abs(amount) DESC, message, says) AS nth
    FROM (
        SELECT 'script' AS kind, * FROM scripted UNION ALL SELECT 'knows', * FROM acquaintances
    ) AS both_kinds
) AS numbered
WHERE nth <= 12 AND amount <> 0;

-- However many there are, they are one approach, and one circle of friends.
CREATE OR REPLACE TEMP TABLE company_amounts AS
SELECT c.kind, c.peer, c.total / 1e6 AS total,
    greatest(-k.most, least(k.most, c.total / 1e6)) AS amount
FROM (
    SELECT kind, peer, CAST(SUM(amount) AS BIGINT) AS total FROM company GROUP BY kind, peer
) AS c
INNER JOIN (VALUES ('script', 2.5), ('knows', 2.0)) AS k(kind, most) ON k.kind = c.kind
WHERE c.total <> 0;

INSERT INTO features SELECT peer, kind, amount FROM company_amounts;

INSERT INTO cues
SELECT c.peer, c.kind, 0.0, c.says, c.message, m.origins[1].source, m.origins[1].member,
    m.origins[1].locator,
    -- The words of a group are not always the peer's own.
    CASE WHEN c.kind = 'knows' THEN '' WHEN length(m.text) > 120
        THEN substr(m.text, 1, 119) || '…' ELSE COALESCE(m.text, '') END,
    c.amount / 1e6 * a.amount / a.total
FROM company AS c
INNER JOIN company_amounts AS a ON a.kind = c.kind AND a.peer = c.peer
INNER JOIN messages AS m ON m.message = c.message;
