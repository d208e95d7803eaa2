-- Messages, each id once. A repeated id is a message delivered to us twice: the row that was sent
-- earliest stands, and among those the sender that sorts first, whatever order they came in.
-- Messages without an id cannot repeat.
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
    ROW_NUMBER() OVER (PARTITION BY m.id ORDER BY m.sent_at, m.sender, m.kind) AS nth
  FROM received_messages AS m
  INNER JOIN repeated AS r ON r.id = m.id
) AS ordered
WHERE nth = 1
