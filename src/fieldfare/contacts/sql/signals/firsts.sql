-- First contacts with children: peers with any evidence of being a child, to whom the account
-- wrote first. Children inferred from peers are among them.
--
-- Enters: approaches, inferred, people, settings. Leaves: one row an ordered pair. Times are microseconds
-- UTC; contacted_second is in whole seconds, since some engines hold range offsets in 32 bits.
SELECT
  a.account AS account,
  a.peer AS peer,
  a.contacted_at AS contacted_at,
  a.answered_at AS answered_at,
  a.connected_before AS connected_before,
  a.group_before AS group_before,
  a.child_weight AS child_weight,
  p.age AS peer_age,
  p.country AS peer_country,
  p.utc_offset_hours AS peer_utc_offset_hours,
  CAST(FLOOR(a.contacted_at / 1000000.0) AS BIGINT) AS contacted_second,
  g.as_of - a.contacted_at AS age_of_contact
FROM approaches AS a
CROSS JOIN settings AS g
INNER JOIN people AS p ON p.account = a.peer
WHERE a.wrote_first = 1 AND a.child_weight > 0
UNION ALL
SELECT
  a.account AS account,
  a.peer AS peer,
  a.contacted_at AS contacted_at,
  a.answered_at AS answered_at,
  a.connected_before AS connected_before,
  a.group_before AS group_before,
  i.child_weight AS child_weight,
  i.age AS peer_age,
  p.country AS peer_country,
  p.utc_offset_hours AS peer_utc_offset_hours,
  CAST(FLOOR(a.contacted_at / 1000000.0) AS BIGINT) AS contacted_second,
  g.as_of - a.contacted_at AS age_of_contact
FROM inferred AS i
CROSS JOIN settings AS g
INNER JOIN approaches AS a ON a.account = i.account AND a.peer = i.peer
LEFT JOIN people AS p ON p.account = i.peer
