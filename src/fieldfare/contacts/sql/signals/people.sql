-- Who is probably a child: given and stated ages become one probability an account.
--
-- Enters: accounts (at most one row an account), words (stated ages), settings (one row).
-- Leaves: one row for every account of which an age, a country or a time zone is known.
--   child_probability  P(age < 18), 0-1 (a child is a person under 18: Convention on the Rights of
--                      the Child, article 1). Each age says which side of 18 the account is on
--                      with a confidence c; on its own it gives c or 1 - c.
--                      Given and stated ages are combined as log-odds relative to the prior; a
--                      verified age is not moved by what the account says.
--   child_weight       how much more likely a child than an account nobody knows anything about:
--                      (p - prior) / (1 - prior), 0-1; less than a point above the prior is 0.
--                      Contact counts use this, so that accounts of unknown age are no evidence
--                      either way.
--                      It is a whole number of 2^-30, so that sums of weights are exact and do not
--                      depend on the order in which an engine adds them.
--   age                years; the reading on the more probable side where readings disagree.
--   age_basis          verified, declared, inferred, stated, or unknown.
--   given_age          years, and given_basis: what the service gave, without what was stated.
--   own_child_probability  as child_probability, but from the given age alone where there is one:
--                      what an account says of itself must not acquit it.
--   stated_age         years, weighted mean of what the account said of itself.
--   role               what the operator says it does on the service; null where nothing is said.
--   created_at     when the account was made, microseconds UTC; null where not given.
--   contradiction      1 where a given adult age stands against a stated child's age, else 0.
WITH stated AS (
  SELECT
    account,
    SUM(age_weighted_sum) / SUM(age_weight) AS stated_age,
    SUM(minor_age_weight) / SUM(age_weight) AS minor_share,
    CASE WHEN SUM(minor_age_weight) > 0
      THEN SUM(minor_age_weighted_sum) / SUM(minor_age_weight) END AS minor_age,
    MIN(first_age_stated_at) AS first_age_stated_at
  FROM words
  WHERE age_weight > 0
  GROUP BY account
),
known AS (
  SELECT
    COALESCE(a.account, s.account) AS account,
    CASE WHEN a.born_at IS NOT NULL
      THEN (g.as_of - a.born_at) / 31556952000000.0 ELSE a.age END AS given_age,
    CASE WHEN a.born_at IS NOT NULL OR a.age IS NOT NULL
      THEN a.age_basis ELSE 'unknown' END AS given_basis,
    a.age_confidence AS given_confidence,
    s.stated_age,
    s.minor_share,
    s.minor_age,
    s.first_age_stated_at,
    a.country,
    a.country_basis,
    a.utc_offset_hours,
    a.created_at,
    a.role,
    g.stated_confidence,
    LN(g.unknown_child_probability / (1.0 - g.unknown_child_probability)) AS prior_log_odds,
    g.unknown_child_probability AS prior
  FROM accounts AS a
  FULL OUTER JOIN stated AS s ON a.account = s.account
  CROSS JOIN settings AS g
),
sided AS (
  SELECT
    k.*,
    CASE
      WHEN given_age IS NULL THEN NULL
      WHEN given_age < 18 THEN given_confidence
      ELSE 1.0 - given_confidence
    END AS given_probability,
    CASE WHEN stated_age IS NULL THEN NULL
      ELSE minor_share * stated_confidence + (1.0 - minor_share) * (1.0 - stated_confidence)
    END AS stated_probability
  FROM known AS k
),
weighed AS (
  SELECT
    s.*,
    prior_log_odds
      + CASE WHEN given_probability IS NULL THEN 0.0
          ELSE LN(given_probability / (1.0 - given_probability)) - prior_log_odds END
      + CASE WHEN stated_probability IS NULL OR given_basis = 'verified' THEN 0.0
          ELSE LN(stated_probability / (1.0 - stated_probability)) - prior_log_odds END
      AS log_odds
  FROM sided AS s
),
probable AS (
  SELECT w.*, 1.0 / (1.0 + EXP(-log_odds)) AS p FROM weighed AS w
)
SELECT
  account,
  p AS child_probability,
  CASE WHEN p > prior + 0.01
    THEN CAST(FLOOR((p - prior) / (1.0 - prior) * 1073741824.0 + 0.5) AS DOUBLE) / 1073741824.0
    ELSE 0.0 END AS child_weight,
  CASE
    WHEN given_age IS NULL THEN CASE WHEN p >= 0.5 THEN COALESCE(minor_age, stated_age)
      ELSE stated_age END
    WHEN p >= 0.5 AND given_age >= 18 AND minor_age IS NOT NULL THEN minor_age
    ELSE given_age
  END AS age,
  CASE
    WHEN given_age IS NULL AND stated_age IS NOT NULL THEN 'stated'
    WHEN p >= 0.5 AND given_age >= 18 AND minor_age IS NOT NULL THEN 'stated'
    WHEN given_age IS NULL THEN 'unknown'
    ELSE given_basis
  END AS age_basis,
  given_age,
  given_basis,
  COALESCE(given_probability, p) AS own_child_probability,
  stated_age,
  first_age_stated_at,
  CASE WHEN given_age >= 18 AND minor_age IS NOT NULL THEN 1 ELSE 0 END
    AS contradiction,
  country,
  country_basis,
  utc_offset_hours,
  created_at,
  role
FROM probable
