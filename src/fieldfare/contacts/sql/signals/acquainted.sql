-- The children of a circle who know another of it: one wrote privately to the other, either way.
-- A shared group is not acquaintance, since the account itself may have made it.
--
-- Enters: surroundings. Leaves: one row an account and child.
SELECT account, peer FROM surroundings WHERE in_circle = 1 AND wrote = 1
UNION
SELECT account, other AS peer FROM surroundings WHERE in_circle = 1 AND wrote = 1
