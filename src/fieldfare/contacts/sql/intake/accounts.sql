-- Accounts, each id once. Where an account was given several times the best-founded age stands
-- (verified, then declared, then inferred, then none), then the lower age; whatever order the
-- rows came in.
--
-- Enters: received_accounts (as `contacts.accounts.prepare` leaves them). Leaves: accounts.
SELECT account, name, age, born_at, age_basis, age_confidence, country, country_basis,
  utc_offset_hours, created_at
FROM (
  SELECT
    a.*,
    ROW_NUMBER() OVER (
      PARTITION BY account
      ORDER BY
        CASE age_basis WHEN 'verified' THEN 0 WHEN 'declared' THEN 1 WHEN 'inferred' THEN 2
          ELSE 3 END,
        COALESCE(age, 1000.0),
        COALESCE(born_at, -9223372036854775807) DESC,
        COALESCE(country, ''),
        COALESCE(utc_offset_hours, 100.0),
        COALESCE(name, ''),
        COALESCE(created_at, 9223372036854775807)
    ) AS nth
  FROM received_accounts AS a
) AS ordered
WHERE nth = 1
