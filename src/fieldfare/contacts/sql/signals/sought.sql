-- First contacts whose age is worth inferring: of accounts that wrote first to at least three people, one
-- of them at least a probable child, those of the first 240 that are of unknown age, or that declare to
-- be 18 to 25, as children do who make themselves older (Ofcom 2024).
--
-- Enters: totals, approaches, people. Leaves: one row an ordered pair. A verified age is never doubted.
WITH seekers AS (
  SELECT account FROM totals WHERE first_contacts >= 3 AND children_approached >= 1
),
numbered AS (
  SELECT
    a.account AS account,
    a.peer AS peer,
    a.contacted_at AS contacted_at,
    a.child_weight AS child_weight,
    a.age_known AS age_known,
    ROW_NUMBER() OVER (PARTITION BY a.account ORDER BY a.contacted_at, a.peer) AS nth
  FROM approaches AS a
  INNER JOIN seekers AS s ON s.account = a.account
  WHERE a.wrote_first = 1
)
SELECT
  n.account AS account,
  n.peer AS peer,
  n.contacted_at AS contacted_at,
  n.age_known AS age_known
FROM numbered AS n
LEFT JOIN people AS p ON p.account = n.peer
WHERE n.nth <= 240 AND n.child_weight = 0
  AND (p.given_age IS NULL OR (p.given_basis = 'declared' AND p.given_age < 26))
