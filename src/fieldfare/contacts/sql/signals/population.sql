-- Like accounts: how many accounts of an activity class reached each value of a signal.
--
-- Enters: totals, counts. Leaves: one row an activity class (see totals) and value, in whole children. Counts add up over partitions.
SELECT
  t.activity AS activity,
  CAST(FLOOR(COALESCE(c.peak_7d, 0.0) + 0.5) AS BIGINT)
    AS children_peak_7d,
  CAST(SUM(1) AS BIGINT) AS accounts
FROM totals AS t
LEFT JOIN counts AS c ON c.account = t.account
WHERE t.first_contacts > 0
GROUP BY 1, 2
