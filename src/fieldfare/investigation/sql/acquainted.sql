-- Who knows whom: peers who wrote to one another, or wrote in one group of at most fifty.
DELETE FROM acquainted;
INSERT INTO acquainted
WITH direct AS (
    SELECT least(m.person, a.person) AS one, greatest(m.person, a.person) AS other, 'messages'
        AS basis, 'wrote to one another' AS says, COUNT(*) AS messages, MIN(m.message) AS message
    FROM messages AS m INNER JOIN accounts AS a ON a.account = m.recipients[1]
    WHERE m.kind = 'private' AND NOT m.from_suspect AND NOT a.is_suspect AND a.person <> m.person
    GROUP BY ALL
),
writers AS (
    SELECT conversation, person, COUNT(*) AS messages, MIN(message) AS message FROM messages
    WHERE kind = 'group' AND NOT from_suspect GROUP BY ALL
),
small AS (
    SELECT conversation FROM writers GROUP BY conversation HAVING COUNT(*) BETWEEN 2 AND 50
),
together AS (
    SELECT a.person, b.person AS other, 'group', 'both write in a group',
        CAST(SUM(least(a.messages, b.messages)) AS BIGINT), MIN(greatest(a.message, b.message))
    FROM writers AS a INNER JOIN writers AS b
        ON b.conversation = a.conversation AND b.person > a.person
    INNER JOIN small AS s ON s.conversation = a.conversation
    GROUP BY a.person, b.person
)
SELECT k.* FROM (SELECT * FROM direct UNION ALL SELECT * FROM together) AS k
INNER JOIN peers AS a ON a.peer = k.one INNER JOIN peers AS b ON b.peer = k.other;
