-- What people decided about each join, and whether it therefore holds.
UPDATE joins SET state = 'proposed', "by" = NULL, "at" = NULL,
    applied = kind NOT IN ('name', 'national_guess', 'by_hand');
UPDATE joins SET state = d.state, "by" = d."by", "at" = d."at",
    applied = d.state = 'confirmed'
        OR (d.state = 'proposed' AND joins.kind NOT IN ('name', 'national_guess', 'by_hand'))
FROM (
    SELECT join_id, arg_max(state, number) AS state, arg_max("by", number) AS "by",
        arg_max("at", number) AS "at"
    FROM join_decisions GROUP BY join_id
) AS d
WHERE d.join_id = joins.join_id;
