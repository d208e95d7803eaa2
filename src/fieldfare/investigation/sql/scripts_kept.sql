-- `grouped`: of each content, the content its group is named by.
DELETE FROM scripts;
INSERT INTO scripts
WITH named AS (
    SELECT t.content, COALESCE(g.one, t.content) AS one FROM sent_texts AS t
    LEFT JOIN grouped AS g ON g.content = t.content
),
sent AS (
    SELECT n.one, n.content, m.message, m.peer, m.sent_at FROM named AS n
    INNER JOIN messages AS m ON m.content = n.content AND m.from_suspect AND m.kind = 'private'
        AND m.peer IS NOT NULL
),
kept AS (
    SELECT one, MIN(message) AS script, arg_min(content, message) AS first FROM sent GROUP BY one
    HAVING COUNT(DISTINCT peer) >= 3
),
likeness AS (
    SELECT k.one, s.content, COUNT(a.pair) AS n FROM kept AS k
    INNER JOIN (SELECT DISTINCT one, content FROM sent) AS s ON s.one = k.one
    INNER JOIN word_pairs AS b ON b.content = s.content
    LEFT JOIN word_pairs AS a ON a.content = k.first AND a.pair = b.pair
    GROUP BY k.one, s.content
),
sizes AS (
    SELECT content, COUNT(*) AS n FROM word_pairs GROUP BY content
)
SELECT k.script, s.message, s.peer, s.sent_at,
    l.n / (z.n + f.n - l.n)
FROM sent AS s INNER JOIN kept AS k ON k.one = s.one
INNER JOIN likeness AS l ON l.one = s.one AND l.content = s.content
INNER JOIN sizes AS z ON z.content = s.content INNER JOIN sizes AS f ON f.content = k.first;

DROP TABLE word_pairs;
DROP TABLE minima;
DROP TABLE met_texts;
DROP TABLE sent_texts;
