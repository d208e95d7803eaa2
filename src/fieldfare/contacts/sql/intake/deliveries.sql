-- One row a message and recipient. Nobody writes to herself.
--
-- Enters: messages. Leaves: deliveries. A message to a group of more than 256 is an announcement
-- and not contact with each of its members, so it makes no rows (and no quadratic work). A "group"
-- of two or three people is private, whatever it is called: a second account of one's own must not
-- hide what is said to a child.
SELECT
  message_id, sender, recipient, sent_at, is_group,
  weight_sum, tokens, stated_age, stated_age_confidence
FROM (
  SELECT
    id AS message_id,
    sender,
    -- Looking for repeats in every list would cost as much as all the rest.
    UNNEST(
      CASE WHEN ARRAY_LENGTH(recipients) = 1 THEN recipients ELSE LIST_DISTINCT(recipients) END
    ) AS recipient,
    sent_at,
    CASE WHEN kind = 'group' AND ARRAY_LENGTH(recipients) > 2 THEN 1 ELSE 0 END AS is_group,
    weight_sum,
    tokens,
    stated_age,
    stated_age_confidence
  FROM messages
  WHERE ARRAY_LENGTH(recipients) <= 256
) AS each_recipient
WHERE sender <> recipient
