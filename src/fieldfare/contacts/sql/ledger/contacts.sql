-- The ledger, part one: what an account sent to a peer, counted without reading it.
--
-- Enters: deliveries (one row a message and recipient).
-- Leaves: one row an ordered pair (account, peer). Every column is a SUM, MIN or MAX, so rows of
-- the same pair merge in any order; the merge is derived from the aggregates written here.
SELECT
  sender AS account,
  recipient AS peer,
  CAST(SUM(1 - is_group) AS BIGINT) AS private_messages,
  MIN(CASE WHEN is_group = 0 THEN sent_at END) AS first_private_at,
  MAX(CASE WHEN is_group = 0 THEN sent_at END) AS last_private_at,
  MIN(CASE WHEN is_group = 1 THEN sent_at END) AS first_group_at
FROM deliveries
GROUP BY sender, recipient
