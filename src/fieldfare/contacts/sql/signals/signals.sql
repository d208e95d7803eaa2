-- Signals: what an account's contacts with children look like, one row an account.
--
-- Enters: approaches, totals, contacts, words, indicators, relations, people, settings.
-- Leaves: one row for every account of which there is anything to say: it wrote to a probable child,
-- was turned down by one, showed an indicator, wrote as known offenders do, or contradicts its age.
-- The meaning, unit, range and source of every column stand in contacts/catalogue.toml.
-- Counts of children are expected counts: each child counts by its child_weight (contact) or
-- child_probability (indicators). A share is null where fewer than 2.5 children (expected) stand behind
-- it, or the service keeps no such data: null is "not known", never "zero".
WITH firsts AS (
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
),
windows AS (
  -- Whole seconds, since some engines hold range offsets in 32 bits.
  SELECT
    account,
    SUM(child_weight) OVER (
      PARTITION BY account ORDER BY contacted_second NULLS FIRST
      RANGE BETWEEN 86399 PRECEDING AND CURRENT ROW
    ) AS in_1d,
    SUM(child_weight) OVER (
      PARTITION BY account ORDER BY contacted_second NULLS FIRST
      RANGE BETWEEN 604799 PRECEDING AND CURRENT ROW
    ) AS in_7d
  FROM firsts
),
peaks AS (
  SELECT account, MAX(in_1d) AS peak_1d, MAX(in_7d) AS peak_7d FROM windows GROUP BY account
),
counts AS (
  SELECT
    account,
    CAST(SUM(1) AS BIGINT) AS children,
    SUM(child_weight) AS weight,
    SUM(CASE WHEN age_of_contact < 86400000000 THEN child_weight ELSE 0.0 END) AS in_1d,
    SUM(CASE WHEN age_of_contact < 604800000000 THEN child_weight ELSE 0.0 END) AS in_7d,
    SUM(CASE WHEN age_of_contact < 2592000000000 THEN child_weight ELSE 0.0 END) AS in_30d,
    SUM(CASE WHEN age_of_contact < 7776000000000 THEN child_weight ELSE 0.0 END) AS in_90d,
    SUM(child_weight * (1 - connected_before)) AS unconnected,
    SUM(CASE WHEN answered_at IS NOT NULL THEN child_weight ELSE 0.0 END) AS answered,
    SUM(child_weight * group_before) AS from_group,
    SUM(CASE WHEN peer_age IS NOT NULL THEN child_weight ELSE 0.0 END) AS aged,
    SUM(CASE WHEN peer_age IS NOT NULL THEN child_weight * peer_age ELSE 0.0 END) AS age_sum,
    SUM(CASE WHEN peer_age IS NOT NULL THEN child_weight * peer_age * peer_age ELSE 0.0 END)
      AS age_square_sum,
    MIN(contacted_at) AS first_child_contacted_at,
    MAX(contacted_at) AS last_child_contacted_at
  FROM firsts
  GROUP BY account
),
several AS (
  SELECT f.*
  FROM firsts AS f
  INNER JOIN counts AS c ON c.account = f.account
  WHERE c.weight >= 2.5
),
rejections AS (
  -- A declined request was one; a block or report counts once the account had written or asked.
  SELECT
    r.peer AS account,
    SUM(p.child_weight) AS children
  FROM relations AS r
  INNER JOIN people AS p ON p.account = r.account
  LEFT JOIN contacts AS sent ON sent.account = r.peer AND sent.peer = r.account
  LEFT JOIN relations AS asked ON asked.account = r.peer AND asked.peer = r.account
  WHERE r.declined_at IS NOT NULL
    OR r.blocked_at >= sent.first_private_at OR r.reported_at >= sent.first_private_at
    OR r.blocked_at >= asked.requested_at OR r.reported_at >= asked.requested_at
  GROUP BY r.peer
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
numbered AS (
  SELECT
    account,
    peer,
    ROW_NUMBER() OVER (PARTITION BY account ORDER BY contacted_at, peer) AS nth
  FROM several
),
circle AS (
  -- At most the first sixty children, so that the work for one account is bounded.
  SELECT account, peer FROM numbered WHERE nth <= 60
),
links AS (
  SELECT a.account AS account, a.peer AS peer, b.peer AS other
  FROM circle AS a
  INNER JOIN contacts AS c ON c.account = a.peer
  INNER JOIN circle AS b ON b.account = a.account AND b.peer = c.peer
  WHERE c.first_private_at IS NOT NULL
),
acquainted AS (
  SELECT account, peer FROM links
  UNION
  SELECT account, other AS peer FROM links
),
observed AS (
  -- Whom the children know can only be told where they are seen writing to others at all: in an
  -- archive of one owner they are not.
  SELECT DISTINCT a.account
  FROM circle AS a
  INNER JOIN contacts AS c ON c.account = a.peer
  WHERE c.peer <> a.account AND c.first_private_at IS NOT NULL
),
circle_sizes AS (
  SELECT account, CAST(SUM(1) AS BIGINT) AS children FROM circle GROUP BY account
),
acquaintances AS (
  SELECT account, CAST(SUM(1) AS BIGINT) AS children FROM acquainted GROUP BY account
),
shown AS (
  SELECT
    i.account AS account,
    i.peer AS peer,
    i.indicator AS indicator,
    COALESCE(p.child_probability, g.unknown_child_probability) AS probability,
    MIN(i.first_at) AS first_at,
    SUM(
      CASE
        WHEN p.utc_offset_hours IS NULL THEN 0
        WHEN i.hour_utc + p.utc_offset_hours < 0
          THEN CASE WHEN i.hour_utc + p.utc_offset_hours + 24 >= 22 THEN i.messages ELSE 0 END
        WHEN i.hour_utc + p.utc_offset_hours < 6 THEN i.messages
        WHEN i.hour_utc + p.utc_offset_hours < 22 THEN 0
        WHEN i.hour_utc + p.utc_offset_hours < 30 THEN i.messages
        ELSE 0
      END
    ) AS night_messages
  FROM indicators AS i
  CROSS JOIN settings AS g
  LEFT JOIN people AS p ON p.account = i.peer
  GROUP BY
    i.account, i.peer, i.indicator, COALESCE(p.child_probability, g.unknown_child_probability)
),
asked AS (
  SELECT
    account,
    SUM(CASE WHEN indicator = 'age_probing' THEN probability ELSE 0.0 END) AS age_probing,
    SUM(CASE WHEN indicator = 'secrecy' THEN probability ELSE 0.0 END) AS secrecy,
    SUM(CASE WHEN indicator = 'parents_absent' THEN probability ELSE 0.0 END) AS parents_absent,
    SUM(CASE WHEN indicator = 'platform_change' THEN probability ELSE 0.0 END) AS platform_change,
    SUM(CASE WHEN indicator = 'photo_request' THEN probability ELSE 0.0 END) AS photo_request,
    SUM(CASE WHEN indicator = 'meeting_travel' THEN probability ELSE 0.0 END) AS meeting_travel,
    SUM(CASE WHEN indicator = 'payment_offer' THEN probability ELSE 0.0 END) AS payment_offer,
    SUM(CASE WHEN indicator = 'gift_offer' THEN probability ELSE 0.0 END) AS gift_offer,
    SUM(CASE WHEN indicator = 'game_currency' THEN probability ELSE 0.0 END) AS game_currency,
    SUM(CASE WHEN indicator = 'pressure' THEN probability ELSE 0.0 END) AS pressure,
    SUM(CASE WHEN indicator = 'isolation' THEN probability ELSE 0.0 END) AS isolation,
    SUM(CASE WHEN indicator = 'flattery' THEN probability ELSE 0.0 END) AS flattery,
    SUM(CASE WHEN indicator = 'compliance_testing' THEN probability ELSE 0.0 END)
      AS compliance_testing,
    SUM(CASE WHEN indicator = 'risk_probing' THEN probability ELSE 0.0 END) AS risk_probing,
    SUM(CASE WHEN indicator = 'posing_as_child' THEN probability ELSE 0.0 END)
      AS posing_as_child,
    SUM(
      CASE WHEN indicator IN ('call', 'photo_request') THEN probability * night_messages
        ELSE 0.0 END
    ) AS night_asks
  FROM shown
  GROUP BY account
),
first_shown AS (
  SELECT account, peer, probability, MIN(first_at) AS first_at
  FROM shown
  WHERE indicator <> 'call'
  GROUP BY account, peer, probability
),
delays AS (
  SELECT
    s.account AS account,
    SUM(s.probability * (s.first_at - a.contacted_at) / 3600000000.0) / SUM(s.probability)
      AS hours
  FROM first_shown AS s
  CROSS JOIN settings AS g
  INNER JOIN approaches AS a ON a.account = s.account AND a.peer = s.peer
  WHERE a.wrote_first = 1 AND s.first_at >= a.contacted_at
    AND s.probability >= 0.999 * g.unknown_child_probability
  GROUP BY s.account
  HAVING SUM(s.probability) >= 0.5
),
wording AS (
  -- Known adults are left out; peers of unknown age stay in, for text is evidence by itself.
  SELECT
    w.account AS account,
    CAST(SUM(w.tokens) AS BIGINT) AS tokens,
    SUM(w.weight_sum) / SQRT(CASE WHEN SUM(w.tokens) > 20 THEN SUM(w.tokens) ELSE 20 END) AS z
  FROM words AS w
  CROSS JOIN settings AS g
  LEFT JOIN people AS p ON p.account = w.peer
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
  COALESCE(t.first_contacts_known_age, 0) AS first_contacts_known_age,
  COALESCE(t.children_contacted, 0) AS children_contacted,
  COALESCE(c.children, 0) AS children_first_contacted,
  c.first_child_contacted_at AS first_child_contacted_at,
  c.last_child_contacted_at AS last_child_contacted_at,
  COALESCE(c.in_1d, 0.0) AS children_first_contacted_1d,
  COALESCE(c.in_7d, 0.0) AS children_first_contacted_7d,
  COALESCE(c.in_30d, 0.0) AS children_first_contacted_30d,
  COALESCE(c.in_90d, 0.0) AS children_first_contacted_90d,
  COALESCE(k.peak_1d, 0.0) AS children_first_contacted_peak_1d,
  COALESCE(k.peak_7d, 0.0) AS children_first_contacted_peak_7d,
  CASE WHEN t.first_contacts_known_age >= 3
    THEN COALESCE(c.weight, 0.0) / t.first_contacts_known_age END AS child_share_of_first_contacts,
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
  CASE WHEN z.children > 0 AND ob.account IS NOT NULL THEN COALESCE(q.children, 0) / CAST(z.children AS DOUBLE) END
    AS acquainted_share,
  CASE WHEN c.weight >= 2.5 THEN c.from_group / c.weight END AS group_to_private_share,
  d.hours AS hours_to_first_indicator,
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
  COALESCE(w.tokens, 0) AS tokens,
  w.z AS token_z,
  1.0 - COALESCE(me.own_child_probability, g.unknown_child_probability) AS adult_probability,
  COALESCE(me.contradiction, 0) AS age_contradiction
FROM assessed AS b
CROSS JOIN settings AS g
LEFT JOIN totals AS t ON t.account = b.account
LEFT JOIN counts AS c ON c.account = b.account
LEFT JOIN peaks AS k ON k.account = b.account
LEFT JOIN rejections AS r ON r.account = b.account
LEFT JOIN countries AS n ON n.account = b.account
LEFT JOIN offsets AS o ON o.account = b.account
LEFT JOIN circle_sizes AS z ON z.account = b.account
LEFT JOIN observed AS ob ON ob.account = b.account
LEFT JOIN acquaintances AS q ON q.account = b.account
LEFT JOIN asked AS i ON i.account = b.account
LEFT JOIN delays AS d ON d.account = b.account
LEFT JOIN wording AS w ON w.account = b.account
LEFT JOIN people AS me ON me.account = b.account
