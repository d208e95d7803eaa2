-- The ledger, part two: the evidence of what an account wrote to a peer, without the text.
--
-- Enters: deliveries, with the columns that the language room adds (null where there is no text).
-- Leaves: one row an ordered pair that exchanged text. Token evidence counts private messages
-- only, since one message to a group of thirty is not thirty messages. Stated ages are those the
-- account stated of itself, weighted by the confidence of each reading.
SELECT
  sender AS account,
  recipient AS peer,
  SUM(CASE WHEN is_group = 0 THEN weight_sum ELSE 0.0 END) AS weight_sum,
  CAST(SUM(CASE WHEN is_group = 0 THEN tokens ELSE 0 END) AS BIGINT) AS tokens,
  SUM(CASE WHEN stated_age IS NOT NULL THEN stated_age_confidence ELSE 0.0 END) AS age_weight,
  SUM(CASE WHEN stated_age IS NOT NULL THEN stated_age * stated_age_confidence ELSE 0.0 END)
    AS age_weighted_sum,
  SUM(CASE WHEN stated_age < 18 THEN stated_age_confidence ELSE 0.0 END) AS minor_age_weight,
  SUM(CASE WHEN stated_age < 18 THEN stated_age * stated_age_confidence ELSE 0.0 END)
    AS minor_age_weighted_sum,
  MIN(CASE WHEN stated_age IS NOT NULL THEN sent_at END) AS first_age_stated_at
FROM deliveries
WHERE tokens > 0 OR stated_age IS NOT NULL
GROUP BY sender, recipient
