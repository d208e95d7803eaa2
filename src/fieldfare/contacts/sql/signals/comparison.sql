-- How unusual the account's most children in seven days are among accounts of like activity.
--
-- Enters: counts, totals, norms (one row an activity class and number of children: what share of a
-- service's accounts of that class reached it; made by the operator, see contacts/norms.toml).
-- Leaves: one row an account that wrote first to at least 2.5 children (expected) and whose class has
-- norms.
--   peak_7d_surprise  minus the decimal logarithm of the share of like accounts that reached as many
--                     children: 3 is one account in a thousand. Between two listed numbers the lower
--                     one's share stands.
SELECT
  c.account AS account,
  -LN(MIN(n.tail_probability)) / LN(10.0) AS peak_7d_surprise
FROM counts AS c
INNER JOIN totals AS t ON t.account = c.account
INNER JOIN norms AS n ON n.activity = t.activity
WHERE c.weight >= 2.5 AND n.children_peak_7d <= FLOOR(c.peak_7d + 0.5)
GROUP BY c.account
