-- Like accounts: how many accounts of an activity class reached each value of a signal.
--
-- Enters: totals, signals. Leaves: one row an activity class (the account wrote first to at least so many
-- peers: 1, 2, 4, 8 ... 1024) and value, in whole children. Counts add up over partitions.
SELECT
  CASE
    WHEN t.first_contacts >= 1024 THEN 1024
    WHEN t.first_contacts >= 512 THEN 512
    WHEN t.first_contacts >= 256 THEN 256
    WHEN t.first_contacts >= 128 THEN 128
    WHEN t.first_contacts >= 64 THEN 64
    WHEN t.first_contacts >= 32 THEN 32
    WHEN t.first_contacts >= 16 THEN 16
    WHEN t.first_contacts >= 8 THEN 8
    WHEN t.first_contacts >= 4 THEN 4
    WHEN t.first_contacts >= 2 THEN 2
    ELSE 1
  END AS activity,
  CAST(FLOOR(COALESCE(s.children_first_contacted_peak_7d, 0.0) + 0.5) AS BIGINT)
    AS children_peak_7d,
  CAST(SUM(1) AS BIGINT) AS accounts
FROM totals AS t
LEFT JOIN signals AS s ON s.account = t.account
WHERE t.first_contacts > 0
GROUP BY 1, 2
