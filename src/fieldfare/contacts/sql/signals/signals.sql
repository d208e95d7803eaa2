-- Signals: what an account's contacts with children look like, one row an account.
--
-- Enters: totals, inferred, firsts, counts, neighbourhood, linked, sequence, ties, novelty, comparison, asked,
-- contacts, words, relations, people, settings.
-- Leaves: one row for every account of which there is anything to say: it wrote to a probable child,
-- was turned down by one, showed an indicator, wrote as known offenders do, or contradicts its age.
-- The meaning, unit, range and source of every column stand in contacts/catalogue.toml.
-- Counts of children are expected counts: each child counts by its child_weight (contact) or
-- child_probability (indicators). A share is null where fewer than 2.5 children (expected) stand behind
-- it, or the service keeps no such data: null is "not known", never "zero".
WITH several AS (
  SELECT f.*
  FROM firsts AS f
  INNER JOIN counts AS c ON c.account = f.account
  WHERE c.weight >= 2.5
),
rejections AS (
  -- A declined request was one; a block or report counts once the account had written or asked.
  SELECT
    r.peer AS account,
    SUM(COALESCE(i.child_weight, p.child_weight, 0.0)) AS children
  FROM relations AS r
  LEFT JOIN people AS p ON p.account = r.account
  LEFT JOIN inferred AS i ON i.account = r.peer AND i.peer = r.account
  LEFT JOIN contacts AS sent ON sent.account = r.peer AND sent.peer = r.account
  LEFT JOIN relations AS asked ON asked.account = r.peer AND asked.peer = r.account
  WHERE r.declined_at IS NOT NULL
    OR r.blocked_at >= sent.first_private_at OR r.reported_at >= sent.first_private_at
    OR r.blocked_at >= asked.requested_at OR r.reported_at >= asked.requested_at
  GROUP BY r.peer
),
guessed AS (
  -- Where the prior makes probable children of accounts of unknown age, totals has them already.
  SELECT
    i.account AS account,
    CAST(SUM(CASE WHEN i.age_known = 0 AND g.unknown_child_probability >= 0.5 THEN 0 ELSE 1 END)
      AS BIGINT) AS children,
    CAST(SUM(1 - i.age_known) AS BIGINT) AS not_known,
    SUM(i.child_weight) AS weight
  FROM inferred AS i
  CROSS JOIN settings AS g
  GROUP BY i.account
),
by_country AS (
  SELECT account, peer_country, SUM(child_weight) AS w
  FROM several
  WHERE peer_country IS NOT NULL
  GROUP BY account, peer_country
),
countries AS (
  SELECT account, (LN(SUM(w)) - SUM(w * LN(w)) / SUM(w)) / LN(2.0) AS entropy
  FROM by_country
  GROUP BY account
),
by_offset AS (
  SELECT account, peer_utc_offset_hours, SUM(child_weight) AS w
  FROM several
  WHERE peer_utc_offset_hours IS NOT NULL
  GROUP BY account, peer_utc_offset_hours
),
offsets AS (
  SELECT account, (LN(SUM(w)) - SUM(w * LN(w)) / SUM(w)) / LN(2.0) AS entropy
  FROM by_offset
  GROUP BY account
),
wording AS (
  -- Known adults are left out; peers of unknown age stay in, for text is evidence by itself.
  SELECT
    w.account AS account,
    CAST(SUM(w.tokens) AS BIGINT) AS tokens,
    CAST(SUM(c.private_messages) AS BIGINT) AS messages,
    SUM(w.weight_sum) / CASE WHEN SUM(w.tokens) > 20 THEN SUM(w.tokens) ELSE 20 END AS mean,
    SUM(w.weight_sum) / SQRT(CASE WHEN SUM(w.tokens) > 20 THEN SUM(w.tokens) ELSE 20 END) AS z
  FROM words AS w
  CROSS JOIN settings AS g
  LEFT JOIN people AS p ON p.account = w.peer
  LEFT JOIN contacts AS c ON c.account = w.account AND c.peer = w.peer
  WHERE w.tokens > 0
    AND (p.child_probability IS NULL
      OR p.child_probability >= 0.999 * g.unknown_child_probability)
  GROUP BY w.account
),
assessed AS (
  SELECT account FROM counts
  UNION
  SELECT account FROM totals WHERE children_contacted > 0
  UNION
  SELECT account FROM rejections WHERE children > 0
  UNION
  SELECT account FROM asked
  UNION
  SELECT account FROM wording WHERE z > 0
  UNION
  SELECT account FROM people WHERE contradiction = 1
)
SELECT
  b.account AS account,
  COALESCE(t.first_contacts, 0) AS first_contacts,
  COALESCE(t.first_contacts_known_age, 0) + COALESCE(e.not_known, 0) AS first_contacts_known_age,
  COALESCE(t.children_contacted, 0) + COALESCE(e.children, 0) AS children_contacted,
  COALESCE(c.children, 0) AS children_first_contacted,
  c.first_child_contacted_at AS first_child_contacted_at,
  c.last_child_contacted_at AS last_child_contacted_at,
  COALESCE(c.in_1d, 0.0) AS children_first_contacted_1d,
  COALESCE(c.in_7d, 0.0) AS children_first_contacted_7d,
  COALESCE(c.in_30d, 0.0) AS children_first_contacted_30d,
  COALESCE(c.in_90d, 0.0) AS children_first_contacted_90d,
  COALESCE(c.peak_1d, 0.0) AS children_first_contacted_peak_1d,
  COALESCE(c.peak_7d, 0.0) AS children_first_contacted_peak_7d,
  COALESCE(e.weight, 0.0) AS children_inferred,
  CASE WHEN t.first_contacts_known_age + COALESCE(e.not_known, 0) >= 3
    THEN COALESCE(c.weight, 0.0) / (t.first_contacts_known_age + COALESCE(e.not_known, 0))
    END AS child_share_of_first_contacts,
  CASE WHEN COALESCE(c.weight, 0.0) + COALESCE(t.children_who_wrote_first, 0.0) >= 2.5
    THEN COALESCE(c.weight, 0.0)
      / (COALESCE(c.weight, 0.0) + t.children_who_wrote_first) END AS wrote_first_share,
  CASE WHEN g.has_connections = 1 AND c.weight >= 2.5
    THEN c.unconnected / c.weight END AS unconnected_share,
  CASE WHEN c.weight >= 2.5 THEN c.answered / c.weight END AS answered_share,
  COALESCE(r.children, 0.0) AS children_who_rejected,
  CASE WHEN c.aged > 0 AND (me.given_age >= 18 OR me.given_basis IN ('verified', 'inferred'))
    THEN me.given_age - c.age_sum / c.aged END AS age_gap_years,
  CASE WHEN c.weight >= 2.5 AND c.aged > 0 THEN SQRT(
    CASE WHEN c.age_square_sum / c.aged > (c.age_sum / c.aged) * (c.age_sum / c.aged)
      THEN c.age_square_sum / c.aged - (c.age_sum / c.aged) * (c.age_sum / c.aged)
      ELSE 0.0 END
  ) END AS child_age_spread_years,
  n.entropy AS country_entropy_bits,
  o.entropy AS time_zone_entropy_bits,
  h.acquainted_share AS acquainted_share,
  h.acquaintance_ratio AS acquaintance_ratio,
  h.common_contact_share AS common_contact_share,
  h.common_contact_ever_share AS common_contact_ever_share,
  h.stranger_share AS stranger_share,
  CASE WHEN h.acquainted_share IS NOT NULL THEN COALESCE(l.children, 0) END AS linked_children,
  CASE WHEN h.acquainted_share IS NOT NULL THEN l.linked_account END AS linked_account,
  CASE WHEN c.weight >= 2.5 THEN c.from_group / c.weight END AS group_to_private_share,
  q.approach_evidence AS approach_evidence,
  COALESCE(q.strange_children, 0.0) AS strange_children,
  COALESCE(q.strange_children_abroad, 0.0) AS strange_children_abroad,
  q.familiar_children AS familiar_children,
  CASE WHEN c.weight >= 1.0 THEN COALESCE(d.people, 0) END AS tied_people,
  v.new_child_share_30d AS new_child_share_30d,
  v.lasting_share AS lasting_share,
  v.change_30d AS change_30d,
  v.quiet_days_before_children AS quiet_days_before_children,
  k.peak_7d_surprise AS peak_7d_surprise,
  CASE
    WHEN c.first_child_contacted_at < me.created_at THEN 0.0
    WHEN me.created_at IS NOT NULL
      THEN CAST(c.first_child_contacted_at - me.created_at AS DOUBLE) / 86400000000.0
  END AS account_age_days_at_first_child,
  i.hours AS hours_to_first_indicator,
  COALESCE(i.night_asks, 0.0) AS night_asks,
  COALESCE(i.age_probing, 0.0) AS children_age_probed,
  COALESCE(i.secrecy, 0.0) AS children_told_secrecy,
  COALESCE(i.parents_absent, 0.0) AS children_asked_parents_absent,
  COALESCE(i.platform_change, 0.0) AS children_asked_platform_change,
  COALESCE(i.photo_request, 0.0) AS children_asked_photo,
  COALESCE(i.meeting_travel, 0.0) AS children_asked_meeting,
  COALESCE(i.payment_offer, 0.0) AS children_offered_payment,
  COALESCE(i.gift_offer, 0.0) AS children_offered_gift,
  COALESCE(i.game_currency, 0.0) AS children_offered_game_currency,
  COALESCE(i.pressure, 0.0) AS children_pressured,
  COALESCE(i.isolation, 0.0) AS children_isolated,
  COALESCE(i.flattery, 0.0) AS children_flattered,
  COALESCE(i.compliance_testing, 0.0) AS children_tested,
  COALESCE(i.risk_probing, 0.0) AS children_risk_probed,
  COALESCE(i.posing_as_child, 0.0) AS children_posed_to,
  COALESCE(i.kinds, 0) AS indicator_kinds_to_one,
  CAST(COALESCE(i.indicators, 0) AS DOUBLE) / (w.messages + 10) AS indicator_rate,
  COALESCE(w.tokens, 0) AS tokens,
  w.z AS token_z,
  w.mean AS token_mean,
  1.0 - COALESCE(me.own_child_probability, g.unknown_child_probability) AS adult_probability,
  COALESCE(me.contradiction, 0) AS age_contradiction,
  CASE me.role WHEN 'moderator' THEN 2 WHEN 'support' THEN 2 WHEN 'business' THEN 1
    WHEN 'creator' THEN 1 ELSE 0 END AS service_role
FROM assessed AS b
CROSS JOIN settings AS g
LEFT JOIN totals AS t ON t.account = b.account
LEFT JOIN guessed AS e ON e.account = b.account
LEFT JOIN counts AS c ON c.account = b.account
LEFT JOIN rejections AS r ON r.account = b.account
LEFT JOIN countries AS n ON n.account = b.account
LEFT JOIN offsets AS o ON o.account = b.account
LEFT JOIN neighbourhood AS h ON h.account = b.account
LEFT JOIN linked AS l ON l.account = b.account
LEFT JOIN sequence AS q ON q.account = b.account
LEFT JOIN ties AS d ON d.account = b.account
LEFT JOIN novelty AS v ON v.account = b.account
LEFT JOIN comparison AS k ON k.account = b.account
LEFT JOIN asked AS i ON i.account = b.account
LEFT JOIN wording AS w ON w.account = b.account
LEFT JOIN people AS me ON me.account = b.account
