-- Is reaching children new for the account, and does it come to anything?
--
-- Enters: counts, totals, approaches, inferred, contacts, people, settings. Leaves: one row an account that
-- wrote first to at least 2.5 children (expected), those inferred from peers among them.
--   new_child_share_30d  children (expected) written to first in the last 30 days over all peers of
--                        known age that it wrote to in these days; null below three of these.
--   lasting_share        share of the children written to first with whom at least three private
--                        messages went each way.
--   change_30d           log of children written to first in the last 30 days, plus one, over those
--                        of its average 30 days before, plus one; null with less than 30 days of
--                        history before.
--   quiet_days_before_children  days before its first first contact with a child in which it wrote
--                        to nobody new, back to when the account was made where that is given.
WITH sums AS (
  SELECT
    c.account AS account,
    SUM(CASE WHEN g.as_of - sent.last_private_at >= 2592000000000 THEN 0
      WHEN i.peer IS NOT NULL THEN 1 ELSE a.age_known END) AS active_30d,
    SUM(CASE WHEN a.wrote_first = 1 AND sent.private_messages >= 3 AND got.private_messages >= 3
      THEN COALESCE(i.child_weight, a.child_weight) ELSE 0.0 END) AS lasting,
    MAX(CASE WHEN a.contacted_at < c.first_child_contacted_at THEN a.contacted_at END)
      AS met_before_at
  FROM counts AS c
  CROSS JOIN settings AS g
  INNER JOIN approaches AS a ON a.account = c.account
  INNER JOIN contacts AS sent ON sent.account = a.account AND sent.peer = a.peer
  LEFT JOIN inferred AS i ON i.account = a.account AND i.peer = a.peer
  LEFT JOIN contacts AS got ON got.account = a.peer AND got.peer = a.account
  WHERE c.weight >= 2.5
  GROUP BY c.account
),
dated AS (
  SELECT
    s.account AS account,
    s.active_30d AS active_30d,
    s.lasting AS lasting,
    c.weight AS weight,
    c.in_30d AS in_30d,
    c.first_child_contacted_at AS first_child_contacted_at,
    CAST(g.as_of - 2592000000000 - t.first_wrote_at AS DOUBLE) / 2592000000000.0 AS months_before,
    CASE
      WHEN p.created_at > c.first_child_contacted_at THEN s.met_before_at
      WHEN s.met_before_at > p.created_at OR p.created_at IS NULL THEN s.met_before_at
      ELSE p.created_at
    END AS quiet_since
  FROM sums AS s
  CROSS JOIN settings AS g
  INNER JOIN counts AS c ON c.account = s.account
  INNER JOIN totals AS t ON t.account = s.account
  LEFT JOIN people AS p ON p.account = s.account
)
SELECT
  account,
  CASE WHEN active_30d >= 3 THEN in_30d / active_30d END AS new_child_share_30d,
  lasting / weight AS lasting_share,
  CASE WHEN months_before >= 1.0
    THEN LN((in_30d + 1.0) / ((weight - in_30d) / months_before + 1.0)) END AS change_30d,
  CAST(first_child_contacted_at - quiet_since AS DOUBLE) / 86400000000.0 AS quiet_days_before_children
FROM dated
