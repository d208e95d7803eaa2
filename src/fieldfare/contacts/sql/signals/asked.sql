-- What an account asked children, and how soon.
--
-- Enters: indicators, people, inferred, approaches, settings.
-- Leaves: one row an account that showed an indicator. Each indicator counts the peers it was shown
-- to by their child_probability; night_asks counts calls and requests for photos between 22:00 and
-- 06:00 in the peer's time zone; hours is the mean time from first contact to first indicator.
-- Of peers that are not known adults: indicators is how many it showed, calls apart; kinds is how many
-- kinds it showed to the one it showed most, calls and flattery apart.
WITH shown AS (
  SELECT
    i.account AS account,
    i.peer AS peer,
    i.indicator AS indicator,
    COALESCE(j.child_probability, p.child_probability, g.unknown_child_probability)
      AS probability,
    MAX(
      CASE WHEN p.child_probability < 0.999 * g.unknown_child_probability THEN 0 ELSE 1 END
    ) AS not_adult,
    CAST(SUM(i.messages) AS BIGINT) AS messages,
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
  LEFT JOIN inferred AS j ON j.account = i.account AND j.peer = i.peer
  GROUP BY
    i.account, i.peer, i.indicator,
    COALESCE(j.child_probability, p.child_probability, g.unknown_child_probability)
),
sums AS (
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
    ) AS night_asks,
    CAST(SUM(CASE WHEN indicator = 'call' THEN 0 ELSE not_adult * messages END) AS BIGINT)
      AS indicators
  FROM shown
  GROUP BY account
),
kinds AS (
  SELECT account, MAX(kinds) AS kinds
  FROM (
    SELECT
      account,
      peer,
      CAST(SUM(CASE WHEN indicator IN ('call', 'flattery') THEN 0 ELSE not_adult END) AS BIGINT)
        AS kinds
    FROM shown
    GROUP BY account, peer
  ) AS each_peer
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
counted AS (
  SELECT s.*, k.kinds AS kinds
  FROM sums AS s
  INNER JOIN kinds AS k ON k.account = s.account
)
SELECT s.*, d.hours AS hours
FROM counted AS s
LEFT JOIN delays AS d ON d.account = s.account
