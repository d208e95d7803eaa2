DELETE FROM peers;
INSERT INTO peers
SELECT m.peer, MIN(a.name), list_distinct(list(a.account)), 0.1, 0.01, 0.5, NULL, NULL,
    MIN(m.sent_at), MAX(m.sent_at),
    CAST(SUM(CASE WHEN m.from_suspect THEN 1 ELSE 0 END) AS BIGINT),
    CAST(SUM(CASE WHEN m.from_suspect THEN 0 ELSE 1 END) AS BIGINT),
    arg_min(m.from_suspect, m.sent_at), 0, NULL, NULL, NULL, 0, 0.0, NULL
FROM messages AS m INNER JOIN accounts AS a ON a.person = m.peer
WHERE m.peer IS NOT NULL GROUP BY m.peer;
