-- How much an account wrote to whom, for every account that wrote privately.
--
-- Enters: approaches. Leaves: one row an account: the peers it wrote to first, those of known age,
-- the probable children it wrote to at all, and the weight of children who wrote first.
SELECT
  account,
  CAST(SUM(wrote_first) AS BIGINT) AS first_contacts,
  CAST(SUM(wrote_first * age_known) AS BIGINT) AS first_contacts_known_age,
  CAST(SUM(CASE WHEN child_probability >= 0.5 THEN 1 ELSE 0 END) AS BIGINT) AS children_contacted,
  SUM(CASE WHEN wrote_first = 0 THEN child_weight ELSE 0.0 END) AS children_who_wrote_first
FROM approaches
GROUP BY account
