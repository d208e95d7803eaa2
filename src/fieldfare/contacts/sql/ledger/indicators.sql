-- The ledger, part three: when an account first showed an indicator to a peer, and how often.
--
-- Enters: mentions (one row a message, recipient and indicator; a call counts as one, `call`).
-- Leaves: one row an ordered pair, indicator and hour of the day in UTC (0-23). The hour is kept
-- and not a "night" flag, because the peer's time zone may become known only later.
SELECT
  sender AS account,
  recipient AS peer,
  indicator,
  CAST(FLOOR((sent_at % 86400000000) / 3600000000.0) AS INTEGER) AS hour_utc,
  CAST(SUM(1) AS BIGINT) AS messages,
  MIN(sent_at) AS first_at,
  MAX(sent_at) AS last_at
FROM mentions
GROUP BY
  sender,
  recipient,
  indicator,
  CAST(FLOOR((sent_at % 86400000000) / 3600000000.0) AS INTEGER)
