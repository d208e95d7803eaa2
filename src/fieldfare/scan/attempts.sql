-- Attempts: every private message and request to connect, with what went before between the two.
--
-- Enters: deliveries, acts, contacts, relations, approaches, people, settings, and known_bands (one
-- row an account above the lowest band: account, band, since; since null: all along).
-- Leaves: one row a sender, recipient, action and moment; `attempts` counts those at one moment.
--   first_contact  the sender's first private message to the recipient; for a request, the first,
--                  and before any message.
--   children_1d    expected number of children the sender wrote to first in the day before, this
--                  one not counted; children_7d the same for seven days.
--   sender_band    null: the lowest.
WITH happened AS (
  SELECT sender, recipient, 'message' AS action, sent_at AS happened_at, 1 AS one
  FROM deliveries
  WHERE is_group = 0
  UNION ALL
  SELECT account AS sender, peer AS recipient, 'request' AS action, acted_at AS happened_at, 1 AS one
  FROM acts
  WHERE kind = 'request'
),
moments AS (
  SELECT sender, recipient, action, happened_at, CAST(SUM(one) AS BIGINT) AS attempts
  FROM happened
  GROUP BY sender, recipient, action, happened_at
),
known AS (
  SELECT
    m.sender,
    m.recipient,
    m.action,
    m.happened_at,
    m.attempts,
    CAST(FLOOR(m.happened_at / 1000000.0) AS BIGINT) AS happened_second,
    CASE WHEN r.connected_at <= m.happened_at THEN 1 ELSE 0 END AS connected,
    CASE WHEN back.first_private_at < m.happened_at THEN 1 ELSE 0 END AS answered,
    CASE WHEN b.blocked_at <= m.happened_at THEN 1 ELSE 0 END AS blocked,
    CASE
      WHEN m.action = 'message' AND m.happened_at = sent.first_private_at THEN 1
      WHEN m.action = 'request' AND m.happened_at = r.requested_at
        AND (sent.first_private_at IS NULL OR m.happened_at < sent.first_private_at) THEN 1
      ELSE 0
    END AS first_contact,
    CASE WHEN m.action = 'message' AND m.happened_at = sent.first_private_at AND a.wrote_first = 1
      THEN a.child_weight ELSE 0.0 END AS reached,
    CASE WHEN s.since IS NULL OR m.happened_at >= s.since THEN s.band END AS sender_band,
    CASE WHEN t.since IS NULL OR m.happened_at >= t.since THEN t.band END AS recipient_band,
    COALESCE(p.child_probability, g.unknown_child_probability) AS sender_p,
    COALESCE(q.child_probability, g.unknown_child_probability) AS recipient_p,
    CASE WHEN p.age IS NOT NULL THEN GREATEST(0.0, LEAST(150.0, p.age)) END AS sender_age,
    CASE WHEN q.age IS NOT NULL THEN GREATEST(0.0, LEAST(150.0, q.age)) END AS recipient_age,
    q.country AS recipient_country
  FROM moments AS m
  CROSS JOIN settings AS g
  LEFT JOIN contacts AS sent ON sent.account = m.sender AND sent.peer = m.recipient
  LEFT JOIN contacts AS back ON back.account = m.recipient AND back.peer = m.sender
  LEFT JOIN relations AS r ON r.account = m.sender AND r.peer = m.recipient
  LEFT JOIN relations AS b ON b.account = m.recipient AND b.peer = m.sender
  LEFT JOIN approaches AS a ON a.account = m.sender AND a.peer = m.recipient
  LEFT JOIN people AS p ON p.account = m.sender
  LEFT JOIN people AS q ON q.account = m.recipient
  LEFT JOIN known_bands AS s ON s.account = m.sender
  LEFT JOIN known_bands AS t ON t.account = m.recipient
)
SELECT
  k.*,
  -- Whole seconds, since some engines hold range offsets in 32 bits. Rounded: what is left of a
  -- sum after its last part is taken away must be zero.
  ROUND(SUM(reached) OVER (
    PARTITION BY sender ORDER BY happened_second NULLS FIRST
    RANGE BETWEEN 86399 PRECEDING AND CURRENT ROW
  ) - reached, 9) AS children_1d,
  ROUND(SUM(reached) OVER (
    PARTITION BY sender ORDER BY happened_second NULLS FIRST
    RANGE BETWEEN 604799 PRECEDING AND CURRENT ROW
  ) - reached, 9) AS children_7d
FROM known AS k
