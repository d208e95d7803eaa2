-- The ledger, part four: what an account did about a peer other than write.
--
-- Enters: acts (one row an act: connect, request, accept, decline, block, report; a connection
-- stands in both directions).
-- Leaves: one row an ordered pair with the first time of each act.
SELECT
  account,
  peer,
  MIN(CASE WHEN kind = 'connect' THEN acted_at END) AS connected_at,
  MIN(CASE WHEN kind = 'request' THEN acted_at END) AS requested_at,
  MIN(CASE WHEN kind = 'accept' THEN acted_at END) AS accepted_at,
  MIN(CASE WHEN kind = 'decline' THEN acted_at END) AS declined_at,
  MIN(CASE WHEN kind = 'block' THEN acted_at END) AS blocked_at,
  MIN(CASE WHEN kind = 'report' THEN acted_at END) AS reported_at
FROM acts
GROUP BY account, peer
