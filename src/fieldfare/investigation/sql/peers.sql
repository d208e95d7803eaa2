-- Everybody in contact with the suspect: in private, or as a writer in a group that the suspect
-- is in too.
CREATE OR REPLACE TEMP TABLE suspect_talks AS
SELECT DISTINCT conversation FROM messages WHERE kind = 'group' AND (from_suspect OR list_has_any(
    recipients, (SELECT list(account) FROM accounts WHERE is_suspect)));

DELETE FROM peers;
INSERT INTO peers
WITH contact AS (
    SELECT m.peer, m.sent_at, m.message, m.from_suspect, m.kind, m.conversation
    FROM messages AS m LEFT JOIN suspect_talks AS t ON m.kind = 'group'
        AND t.conversation = m.conversation
    LEFT JOIN accounts AS a ON a.account = m.recipients[1]
    WHERE m.peer IS NOT NULL AND CASE WHEN m.kind = 'group' THEN t.conversation IS NOT NULL
        ELSE m.from_suspect OR a.is_suspect END
),
named AS (
    SELECT person, arg_max(name, messages) AS name, list(account ORDER BY account) AS accounts
    FROM accounts WHERE NOT is_suspect GROUP BY person
)
SELECT c.peer, COALESCE(n.name, substr(c.peer, strpos(c.peer, ':') + 1)), n.accounts, 0, 0, 0,
    NULL, NULL, MIN(c.sent_at), MAX(c.sent_at),
    CAST(SUM(CASE WHEN c.from_suspect THEN 1 ELSE 0 END) AS BIGINT),
    CAST(SUM(CASE WHEN NOT c.from_suspect AND c.kind = 'private' THEN 1 ELSE 0 END) AS BIGINT),
    COALESCE(arg_min(c.from_suspect, c.message) FILTER (c.kind = 'private'), false),
    COUNT(DISTINCT c.conversation) FILTER (c.kind = 'group'), NULL, NULL, NULL, 0, 0, NULL
FROM contact AS c INNER JOIN named AS n ON n.person = c.peer
GROUP BY c.peer, n.name, n.accounts;
