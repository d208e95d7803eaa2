-- How much an account wrote to whom, for every account that wrote privately.
--
-- Enters: approaches. Leaves: one row an account: the peers it wrote to, those it wrote to first, those
-- of known age and those with any evidence of being children among these, the probable children it
-- wrote to at all, the weight of children who wrote first, and when it first wrote to anyone
-- (microseconds UTC).
--   activity  its class of like accounts: it wrote first to at least so many peers (1, 2, 4 ... 1024);
--             0 where it wrote first to nobody.
SELECT
  s.*,
  CASE
    WHEN s.first_contacts >= 1024 THEN 1024
    WHEN s.first_contacts >= 512 THEN 512
    WHEN s.first_contacts >= 256 THEN 256
    WHEN s.first_contacts >= 128 THEN 128
    WHEN s.first_contacts >= 64 THEN 64
    WHEN s.first_contacts >= 32 THEN 32
    WHEN s.first_contacts >= 16 THEN 16
    WHEN s.first_contacts >= 8 THEN 8
    WHEN s.first_contacts >= 4 THEN 4
    WHEN s.first_contacts >= 2 THEN 2
    WHEN s.first_contacts >= 1 THEN 1
    ELSE 0
  END AS activity
FROM (
  SELECT
    account,
    CAST(SUM(1) AS BIGINT) AS peers,
    CAST(SUM(wrote_first) AS BIGINT) AS first_contacts,
    CAST(SUM(wrote_first * age_known) AS BIGINT) AS first_contacts_known_age,
    CAST(SUM(CASE WHEN child_probability >= 0.5 THEN 1 ELSE 0 END) AS BIGINT)
      AS children_contacted,
    CAST(SUM(CASE WHEN wrote_first = 1 AND child_weight > 0 THEN 1 ELSE 0 END) AS BIGINT)
      AS children_approached,
    SUM(CASE WHEN wrote_first = 0 THEN child_weight ELSE 0.0 END) AS children_who_wrote_first,
    MIN(contacted_at) AS first_wrote_at
  FROM approaches
  GROUP BY account
) AS s
