-- One row a message, recipient and indicator. A call is kept like an indicator, as `call`.
-- Only private messages (see deliveries): what is said before a group is not said to one child.
--
-- Enters: messages. Leaves: mentions.
SELECT message_id, sender, recipient, indicator, sent_at
FROM (
  SELECT message_id, sender, recipient, UNNEST(indicators) AS indicator, sent_at
  FROM (
    SELECT id AS message_id, sender, UNNEST(LIST_DISTINCT(recipients)) AS recipient, indicators, sent_at
    FROM messages
    WHERE (COALESCE(kind, 'private') <> 'group' OR ARRAY_LENGTH(recipients) <= 2)
      AND indicators IS NOT NULL AND ARRAY_LENGTH(recipients) <= 256
  ) AS each_recipient
) AS each_indicator
WHERE sender <> recipient
UNION ALL
SELECT message_id, sender, recipient, 'call' AS indicator, sent_at
FROM (
  SELECT id AS message_id, sender, UNNEST(LIST_DISTINCT(recipients)) AS recipient, sent_at
  FROM messages
  WHERE (COALESCE(kind, 'private') <> 'group' OR ARRAY_LENGTH(recipients) <= 2)
    AND calls > 0 AND ARRAY_LENGTH(recipients) <= 256
) AS each_call
WHERE sender <> recipient
