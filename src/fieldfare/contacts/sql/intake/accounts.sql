-- Accounts, each id once. Where an account was given several times the best-founded age stands
-- (verified, then declared, then inferred, then none), then the lower age; and of its roles the one
-- that explains least; whatever order the rows came in.
--
-- Enters: received_accounts (as `contacts.accounts.prepare` leaves them). Leaves: accounts.
SELECT account, name, age, born_at, age_basis, age_confidence, country, country_basis,
  utc_offset_hours, created_at, stated_role AS role, stated_role_source AS role_source
FROM (
  SELECT
    o.*,
    MAX(CASE WHEN role_nth = 1 THEN role END) OVER (PARTITION BY account) AS stated_role,
    MAX(CASE WHEN role_nth = 1 THEN role_source END) OVER (PARTITION BY account)
      AS stated_role_source
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
      ) AS nth,
      ROW_NUMBER() OVER (
        PARTITION BY account
        ORDER BY
          CASE role WHEN 'member' THEN 0 WHEN 'creator' THEN 1 WHEN 'business' THEN 2
            WHEN 'support' THEN 3 WHEN 'moderator' THEN 4 ELSE 5 END,
          COALESCE(role_source, '')
      ) AS role_nth
    FROM received_accounts AS a
  ) AS o
) AS ordered
WHERE nth = 1
