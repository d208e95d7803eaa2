-- Each message once. A record of one source never meets another of the same source, unless both
-- have one id; records of several sources meet, one to one, where person, conversation and
-- content are the same and the times agree.
CREATE OR REPLACE TEMP TABLE talks AS
SELECT source, conversation, MIN(talk) AS talk FROM (
    SELECT DISTINCT source, conversation, conversation AS talk FROM records WHERE kind = 'group'
    UNION ALL
    SELECT source_b, conversation_b, conversation_a FROM same_talk WHERE kind = 'group'
    UNION ALL
    SELECT source_a, conversation_a, conversation_b FROM same_talk WHERE kind = 'group'
) AS known GROUP BY source, conversation;

CREATE OR REPLACE TEMP TABLE units AS
SELECT r.record, r.source, r.sent_at, r.content, r.words, a.person,
    CASE r.tz_basis WHEN 'utc' THEN 0 WHEN 'offset' THEN 0 WHEN 'assumed' THEN 1 ELSE 2 END
    AS doubt,
    -- Its hour came twice, when clocks went back, and it was read as the first (sources.clock).
    list_contains(r.warnings, 'the hour came twice') AS twice,
    hash(a.person, r.content, CASE WHEN r.kind = 'group' THEN t.talk
        -- In the suspect's archive, whom an export does not name is the suspect.
        ELSE COALESCE(p.person, CASE WHEN NOT a.is_suspect THEN s.person END, r.conversation) END,
        r.kind) AS same,
    CASE WHEN r.id IS NOT NULL THEN hash(r.id, r.content) ELSE hash(r.record, 'alone') END AS unit
FROM records AS r INNER JOIN accounts AS a ON a.account = r.sender
LEFT JOIN accounts AS p ON p.account = r.recipients[1]
LEFT JOIN (SELECT MIN(person) AS person FROM accounts WHERE is_suspect) AS s ON true
LEFT JOIN talks AS t ON r.kind = 'group' AND t.source = r.source
    AND t.conversation = r.conversation;

-- Only what stands in several sources under the same key can meet.
CREATE OR REPLACE TEMP TABLE shared AS
SELECT same FROM units GROUP BY same HAVING COUNT(DISTINCT source) > 1;

CREATE OR REPLACE TEMP TABLE meeting AS
SELECT u.*, s.sha256,
    COALESCE(TRY_CAST(regexp_extract(r.locator, '[0-9]+') AS BIGINT), 0) AS place
FROM units AS u INNER JOIN shared AS h ON h.same = u.same
INNER JOIN sources AS s ON s.source = u.source
INNER JOIN records AS r ON r.record = u.record;

DELETE FROM clocks;
INSERT INTO clocks
WITH votes AS (
    SELECT b.source, b.sent_at // 86_400_000_000 AS day,
        900_000_000 * CAST(round((a.sent_at - b.sent_at) / 900000000.0) AS BIGINT) AS shift,
        COUNT(DISTINCT b.content) AS votes
    FROM meeting AS a INNER JOIN meeting AS b ON a.same = b.same AND a.source <> b.source
    WHERE b.doubt > 0 AND NOT b.twice AND b.words >= 2 AND (a.doubt < b.doubt
        OR (a.doubt = b.doubt AND a.sha256 < b.sha256))
        AND abs(a.sent_at - b.sent_at) <= 52_200_000_000
        AND abs(a.sent_at - b.sent_at
            - 900_000_000 * CAST(round((a.sent_at - b.sent_at) / 900000000.0) AS BIGINT))
            <= 75_000_000
    GROUP BY ALL
),
whole AS (
    SELECT source, arg_max(shift, votes * 1000 - abs(shift) // 900_000_000) AS shift FROM (
        SELECT source, shift, SUM(votes) AS votes FROM votes GROUP BY ALL
    ) AS summed
    WHERE votes >= 3 GROUP BY source
),
daily AS (
    SELECT source, day, arg_max(shift, votes * 1000 - abs(shift) // 900_000_000) AS shift,
        MAX(votes) AS votes
    FROM votes WHERE votes >= 2 GROUP BY source, day
),
days AS (
    SELECT DISTINCT r.source, r.sent_at // 86_400_000_000 AS day
    FROM records AS r INNER JOIN whole AS w ON w.source = r.source
)
SELECT days.source, days.day, COALESCE(daily.shift, whole.shift), COALESCE(daily.votes, 0)
FROM days INNER JOIN whole ON whole.source = days.source
LEFT JOIN daily ON daily.source = days.source AND daily.day = days.day;

-- Records whose clock is another than their day's, by what they meet in other sources. `extra`: what
-- is added besides.
CREATE OR REPLACE TEMP TABLE other_clock AS
WITH timed AS (
    SELECT m.record, m.source, m.same, m.twice AND m.doubt > 0 AS twice, m.doubt > 0 AS doubtful,
        m.sent_at // 86_400_000_000 AS day,
        m.sent_at + CASE WHEN m.doubt > 0 THEN COALESCE(c.shift, 0) ELSE 0 END AS moment
    FROM meeting AS m LEFT JOIN clocks AS c ON c.source = m.source
        AND c.day = m.sent_at // 86_400_000_000
),
-- On the day that a clock changes, some are still, or already, of the next day's.
changes AS (
    SELECT source, day, unnest([lag(shift) OVER w - shift, lead(shift) OVER w - shift]) AS extra
    FROM clocks WINDOW w AS (PARTITION BY source ORDER BY day)
),
tries AS (
    SELECT t.record, t.source, t.same, t.moment, t.twice, 3_600_000_000 AS extra FROM timed AS t
    WHERE t.twice
    UNION
    SELECT t.record, t.source, t.same, t.moment, t.twice, c.extra FROM timed AS t
    INNER JOIN changes AS c ON c.source = t.source AND c.day = t.day
    WHERE t.doubtful AND NOT t.twice AND c.extra <> 0
),
meets AS (
    SELECT t.record, t.twice, t.extra, bool_or(abs(o.moment - t.moment) <= 90_000_000) AS as_is,
        bool_or(abs(o.moment - t.moment - t.extra) <= 90_000_000) AS moved
    FROM tries AS t INNER JOIN timed AS o ON o.same = t.same AND o.source <> t.source
    WHERE NOT o.twice GROUP BY t.record, t.twice, t.extra
),
-- In the second of two hours of one name are those that meet others there and not in the first,
-- and what follows them in the same conversation.
repeated AS (
    SELECT u.record, r.source, r.member, r.conversation, r.sent_at // 86_400_000_000 AS day,
        COALESCE(TRY_CAST(regexp_extract(r.locator, '[0-9]+') AS BIGINT), 0) AS place
    FROM units AS u INNER JOIN records AS r ON r.record = u.record WHERE u.twice AND u.doubt > 0
),
turned AS (
    SELECT r.record, m.as_is AND NOT m.moved AS in_first,
        bool_or(m.moved AND NOT m.as_is) OVER (PARTITION BY r.source, r.member, r.conversation,
            r.day ORDER BY r.place, r.record) AS turned
    FROM repeated AS r LEFT JOIN meets AS m ON m.record = r.record AND m.twice
)
SELECT record, 3_600_000_000 AS extra FROM turned WHERE turned AND NOT COALESCE(in_first, false)
UNION ALL
SELECT record, MIN(extra) FROM meets WHERE NOT twice AND moved AND NOT as_is GROUP BY record;

CREATE OR REPLACE TEMP TABLE met AS
WITH timed AS (
    SELECT m.*, m.sent_at + COALESCE(c.shift, 0)
        + COALESCE(h.extra, 0) AS moment
    FROM meeting AS m
    LEFT JOIN clocks AS c ON c.source = m.source AND m.doubt > 0
        AND c.day = m.sent_at // 86_400_000_000
    LEFT JOIN other_clock AS h ON h.record = m.record
),
-- A record twice in a source under one id is one.
single AS (
    SELECT same, source, unit, MIN(moment) AS moment, MIN(place) AS place FROM timed
    GROUP BY same, source, unit
),
broken AS (
    SELECT *, CASE WHEN moment - lag(moment) OVER w > 90_000_000 THEN 1 ELSE 0 END AS new_run
    FROM single WINDOW w AS (PARTITION BY same ORDER BY moment, source, unit)
),
runs AS (
    SELECT *, SUM(new_run) OVER (PARTITION BY same ORDER BY moment, source, unit
        ROWS UNBOUNDED PRECEDING) AS run
    FROM broken
),
numbered AS (
    SELECT *, row_number() OVER (PARTITION BY same, run, source
        ORDER BY moment, place, unit) AS nth
    FROM runs
)
SELECT same, source, unit, hash(same, run, nth) AS message FROM numbered;

CREATE OR REPLACE TEMP TABLE placed AS
SELECT u.record, u.doubt, COALESCE(m.message, u.unit) AS message,
    r.sent_at + CASE WHEN u.doubt > 0 THEN COALESCE(c.shift, 0) ELSE 0 END
        + COALESCE(h.extra, 0) AS moment
FROM units AS u INNER JOIN records AS r ON r.record = u.record
LEFT JOIN other_clock AS h ON h.record = u.record
LEFT JOIN met AS m ON m.same = u.same AND m.source = u.source AND m.unit = u.unit
LEFT JOIN clocks AS c ON c.source = u.source AND c.day = u.sent_at // 86_400_000_000;

DROP TABLE units;
DROP TABLE meeting;
DROP TABLE met;

-- Numbered in order of time; the rows themselves are written part by part (message_rows.sql).
CREATE OR REPLACE TEMP TABLE ranked AS
WITH firsts AS (
    SELECT p.message, MIN(p.moment) FILTER (p.doubt = d.surest) AS moment,
        arg_min(p.record, {'doubt': p.doubt, 'moment': p.moment, 'source': r.source,
            'member': r.member, 'locator': r.locator}) AS record
    FROM placed AS p INNER JOIN records AS r ON r.record = p.record
    INNER JOIN (SELECT message, MIN(doubt) AS surest FROM placed GROUP BY message) AS d
        ON d.message = p.message
    GROUP BY p.message
)
SELECT f.message, f.moment, f.record, row_number() OVER (
        ORDER BY f.moment, a.person, r.content, r.source, r.member, r.locator) AS number
FROM firsts AS f INNER JOIN records AS r ON r.record = f.record
INNER JOIN accounts AS a ON a.account = r.sender;

DELETE FROM messages;
