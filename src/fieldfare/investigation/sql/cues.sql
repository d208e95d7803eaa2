-- What is shown, and what is counted: `features` (how often a kind, damped) and, of each kind of a
-- peer, the first twelve messages, which share its weight.
DELETE FROM features;
INSERT INTO features
SELECT h.peer, h.kind, 1 + c.more * log2(COUNT(*)) FROM hits AS h
INNER JOIN cue_kinds AS c ON c.kind = h.kind
GROUP BY h.peer, h.kind, c.more;

DELETE FROM cues;
INSERT INTO cues
WITH numbered AS (
    SELECT h.*, row_number() OVER (PARTITION BY h.peer, h.kind ORDER BY h.sent_at, h.message)
        AS nth
    FROM hits AS h
),
listed AS (
    SELECT *, COUNT(*) OVER (PARTITION BY peer, kind) AS listed FROM numbered WHERE nth <= 12
)
SELECT l.peer, l.kind, 0.0, c.says || CASE WHEN l.age IS NULL THEN '' ELSE
        ': ' || CAST(CAST(floor(l.age) AS BIGINT) AS VARCHAR) END,
    l.message, COALESCE(m.origins[1].source, d.place.source, ''),
    COALESCE(m.origins[1].member, d.place.member, ''), COALESCE(m.origins[1].locator, d.place.locator, ''),
    CASE WHEN length(m.text) > 120 THEN substr(m.text, 1, 119) || '…' ELSE COALESCE(m.text, '') END,
    f.amount / l.listed
FROM listed AS l INNER JOIN cue_kinds AS c ON c.kind = l.kind
INNER JOIN features AS f ON f.peer = l.peer AND f.kind = l.kind
LEFT JOIN messages AS m ON m.message = l.message
LEFT JOIN (
    SELECT a.person,
        MIN({'source': d.source, 'member': d.member, 'locator': d.locator}) AS place
    FROM described AS d INNER JOIN accounts AS a ON a.account = d.account
    WHERE d.age IS NOT NULL GROUP BY a.person
) AS d ON l.message IS NULL AND d.person = l.peer;

-- The age most often said, the peer's own words before others'.
UPDATE peers SET age = said.age, age_basis = said.basis FROM (
    SELECT peer, arg_min(age, place) AS age, arg_min(basis, place) AS basis FROM (
        SELECT peer, floor(age) AS age, basis,
            row_number() OVER (PARTITION BY peer ORDER BY rank, COUNT(*) DESC, floor(age)) AS place
        FROM (
            SELECT peer, age, CASE WHEN kind LIKE '%profile%' THEN 'profile' ELSE 'stated' END
                AS basis,
                CASE WHEN kind LIKE 'stated%' THEN 0 WHEN kind LIKE 'answered%' THEN 1
                    WHEN kind LIKE '%birth%' THEN 2 WHEN kind LIKE '%number' THEN 4 ELSE 3 END AS rank
            FROM hits WHERE age IS NOT NULL AND kind <> 'several_ages'
        ) AS given
        GROUP BY peer, floor(age), basis, rank
    ) AS counted GROUP BY peer
) AS said WHERE said.peer = peers.peer;
