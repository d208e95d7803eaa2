-- One row an act of an account towards a peer. A connection stands in both directions, and an
-- accepted request is a connection.
--
-- Enters: connections, notices. Leaves: acts.
SELECT account, peer, 'connect' AS kind, connected_at AS acted_at
FROM connections
WHERE account <> peer
UNION ALL
SELECT peer AS account, account AS peer, 'connect' AS kind, connected_at AS acted_at
FROM connections
WHERE account <> peer
UNION ALL
SELECT account, peer, kind, "at" AS acted_at
FROM notices
WHERE account <> peer
UNION ALL
SELECT account, peer, 'connect' AS kind, "at" AS acted_at
FROM notices
WHERE kind = 'accept' AND account <> peer
UNION ALL
SELECT peer AS account, account AS peer, 'connect' AS kind, "at" AS acted_at
FROM notices
WHERE kind = 'accept' AND account <> peer
