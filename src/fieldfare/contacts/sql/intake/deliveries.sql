-- One row a message and recipient. Nobody writes to herself.
--
-- Enters: messages. Leaves: deliveries. A message to a group of more than 256 is an announcement
-- and not contact with each of its members, so it makes no rows (and no quadratic work).
SELECT
  message_id, sender, recipient, sent_at, is_group,
  weight_sum, tokens, stated_age, stated_age_confidence
FROM (
  SELECT
    id AS message_id,
    sender,
    UNNEST(recipients) AS recipient,
    sent_at,
    CASE WHEN kind = 'group' THEN 1 ELSE 0 END AS is_group,
    weight_sum,
    tokens,
    stated_age,
    stated_age_confidence
  FROM messages
  WHERE ARRAY_LENGTH(recipients) <= 256
) AS each_recipient
WHERE sender <> recipient
