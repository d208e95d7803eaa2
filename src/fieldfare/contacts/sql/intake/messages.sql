-- Messages, each once. The same id with the same recipients is a message delivered to us twice:
-- the row that was sent earliest stands, whatever order they came in. The same id with other
-- recipients is a service's way of writing one row a recipient, and all of those stand. Messages
-- without an id cannot repeat.
--
-- Enters: received_messages (documented Message columns and the annotations of the language
-- room), repeated (the ids that occur more than once).
SELECT id, kind, sender, recipients, sent_at, text, origin, calls,
  weight_sum, tokens, stated_age, stated_age_confidence, indicators
FROM received_messages
WHERE id IS NULL OR id NOT IN (SELECT id FROM repeated)
UNION ALL
SELECT id, kind, sender, recipients, sent_at, text, origin, calls,
  weight_sum, tokens, stated_age, stated_age_confidence, indicators
FROM (
  SELECT
    m.*,
    ROW_NUMBER() OVER (
      PARTITION BY m.id, m.recipients
      ORDER BY m.sent_at, m.sender, COALESCE(m.kind, ''), COALESCE(m.text, '')
    ) AS nth
  FROM received_messages AS m
  INNER JOIN repeated AS r ON r.id = m.id
) AS ordered
WHERE nth = 1
