-- First private contacts: who wrote first to whom, and what had gone before.
--
-- Enters: contacts, relations, people, settings.
-- Leaves: one row an ordered pair in which the account wrote privately to the peer.
--   wrote_first       1 where no private message of the peer's came earlier. At the very same
--                     microsecond the account whose id sorts first counts as first.
--   answered_at       when the peer first wrote privately to the account, before or after.
--   connected_before  1 where the two were connected when the account first wrote.
--   group_before      1 where they had shared a group before the first private message.
--   rejected_at       first block, report or declined request by the peer, after being written to
--                     or asked. Times are microseconds UTC.
WITH privately AS (
  SELECT * FROM contacts WHERE first_private_at IS NOT NULL
),
rejections AS (
  SELECT
    account,
    peer,
    connected_at,
    CASE
      WHEN blocked_at IS NULL AND reported_at IS NULL AND declined_at IS NULL THEN NULL
      ELSE LEAST(
        COALESCE(blocked_at, 9223372036854775807),
        COALESCE(reported_at, 9223372036854775807),
        COALESCE(declined_at, 9223372036854775807)
      )
    END AS rejected_at
  FROM relations
)
SELECT
  sent.account AS account,
  sent.peer AS peer,
  sent.first_private_at AS contacted_at,
  CASE
    WHEN got.first_private_at IS NULL OR sent.first_private_at < got.first_private_at THEN 1
    WHEN sent.first_private_at = got.first_private_at AND sent.account < sent.peer THEN 1
    ELSE 0
  END AS wrote_first,
  got.first_private_at AS answered_at,
  CASE WHEN r.connected_at <= sent.first_private_at THEN 1 ELSE 0 END AS connected_before,
  CASE
    WHEN sent.first_group_at < sent.first_private_at THEN 1
    WHEN got.first_group_at < sent.first_private_at THEN 1
    ELSE 0
  END AS group_before,
  r.rejected_at AS rejected_at,
  CASE WHEN p.age_basis IS NULL OR p.age_basis = 'unknown' THEN 0 ELSE 1 END AS age_known,
  COALESCE(p.child_probability, g.unknown_child_probability) AS child_probability,
  COALESCE(p.child_weight, 0.0) AS child_weight
FROM privately AS sent
CROSS JOIN settings AS g
LEFT JOIN contacts AS got ON got.account = sent.peer AND got.peer = sent.account
LEFT JOIN rejections AS r ON r.account = sent.peer AND r.peer = sent.account
LEFT JOIN people AS p ON p.account = sent.peer
