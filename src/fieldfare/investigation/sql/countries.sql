-- What points to a country, with the basis of each, and the country they add up to.
DELETE FROM countries;

INSERT INTO countries
SELECT person, country, 'phone', 5.0, says, NULL, place.source, place.member, place.locator
FROM (
    SELECT a.person, arg_max(c.country, length(c.code)) AS country,
        'the number ' || i.value || ' begins with +' || MAX(c.code) AS says,
        MIN({'source': i.source, 'member': i.member, 'locator': i.locator}) AS place
    FROM identifiers AS i INNER JOIN accounts AS a ON a.account = i.account
    INNER JOIN peers AS p ON p.peer = a.person
    INNER JOIN calling_codes AS c ON starts_with(i.value, '+' || c.code)
    WHERE i.kind = 'phone' GROUP BY a.person, i.value
) AS numbers;

INSERT INTO countries
SELECT person, upper(country), CASE lower(country_source) WHEN 'ip' THEN 'ip'
        WHEN 'phone' THEN 'phone' ELSE 'profile' END,
    CASE lower(country_source) WHEN 'ip' THEN 3.5 WHEN 'phone' THEN 5.0 ELSE 3.0 END,
    'given by the service (' || COALESCE(country_source, 'profile') || ')', NULL,
    place.source, place.member, place.locator
FROM (
    SELECT a.person, d.country, d.country_source,
        MIN({'source': d.source, 'member': d.member, 'locator': d.locator}) AS place
    FROM described AS d INNER JOIN accounts AS a ON a.account = d.account
    INNER JOIN peers AS p ON p.peer = a.person
    WHERE d.country IS NOT NULL GROUP BY a.person, d.country, d.country_source
) AS given;

-- A place is worth most where the writer says to be there, or answers the question for it.
INSERT INTO countries
WITH asked AS (
    SELECT message, peer, from_suspect, words, sent_at, cues, places, origins, text,
        SUM(CASE WHEN from_suspect AND list_contains(cues, 'asks_place') THEN 1 ELSE 0 END)
            OVER (PARTITION BY peer ORDER BY sent_at, message
                ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS questions
    FROM messages WHERE peer IS NOT NULL
),
named AS (
    SELECT peer, message, unnest(list_distinct(list_transform(places, lambda p: p[1:2]))) AS country,
        CASE WHEN from_suspect THEN 0.6
            WHEN list_contains(cues, 'place_self') THEN 4.0
            WHEN questions > 0 AND words <= 12 THEN 3.6
            ELSE 0.8 END AS weight,
        array_to_string(list_transform(places, lambda p: CASE WHEN length(p) > 3
            THEN p[4:] ELSE p[1:2] END), ', ') AS said, from_suspect, origins
    FROM asked WHERE len(places) > 0
),
placed AS (
    SELECT *, row_number() OVER (PARTITION BY peer, country ORDER BY weight DESC, message) AS nth
    FROM named
)
SELECT peer, country, 'stated_place', weight / nth,
    CASE WHEN from_suspect THEN 'the suspect names ' WHEN weight > 3 THEN 'says to be in '
        ELSE 'names ' END || said,
    message, origins[1].source, origins[1].member, origins[1].locator
FROM placed WHERE nth <= 4;

-- A language is spoken where it is in the world, and where those of these people who write it are
-- known to be: the world counts as ten of them. Somebody's own place is not counted for himself.
INSERT INTO countries
WITH known AS (
    SELECT t.language, k.peer, k.country FROM (
        SELECT peer, arg_max(country, {'points': points, 'country': country}) AS country FROM (
            SELECT peer, country, SUM(weight) AS points FROM countries GROUP BY peer, country
        ) AS summed
        GROUP BY peer HAVING MAX(points) >= 3.5
    ) AS k INNER JOIN tongues AS t ON t.peer = k.peer
    WHERE t.language IN (SELECT language FROM spoken_in)
),
here AS (
    SELECT language, country, COUNT(*) AS n FROM known GROUP BY language, country
),
spread AS (
    SELECT language, country, MAX(share) AS share, MAX(n) AS n FROM (
        SELECT language, country, share, 0 AS n FROM spoken_in
        UNION ALL SELECT language, country, 0, n FROM here
    ) AS either GROUP BY language, country
),
shares AS (
    SELECT t.peer, t.language, t.message, s.country, o.n - own.n AS others,
        s.n - CASE WHEN k.country = s.country THEN 1 ELSE 0 END AS there,
        (10 * s.share + s.n - CASE WHEN k.country = s.country THEN 1 ELSE 0 END)
            / (10 + o.n - own.n) AS share
    FROM tongues AS t INNER JOIN spread AS s ON s.language = t.language
    INNER JOIN (SELECT language, CAST(SUM(n) AS BIGINT) AS n FROM spread GROUP BY language) AS o
        ON o.language = t.language
    LEFT JOIN known AS k ON k.peer = t.peer
    CROSS JOIN LATERAL (SELECT CASE WHEN k.peer IS NULL THEN 0 ELSE 1 END AS n) AS own
)
SELECT s.peer, s.country, 'language', ln(40 * s.share), 'writes ' || s.language
        || CASE WHEN s.there > 0 THEN ', as do ' || s.others || ' others whose place is known, '
            || s.there || ' of them there' ELSE '' END,
    s.message, m.origins[1].source, m.origins[1].member, m.origins[1].locator
FROM shares AS s INNER JOIN messages AS m ON m.message = s.message
WHERE s.share >= 0.02;

-- When somebody writes: a day's profile, told against each candidate's hours. Only times whose zone
-- is known speak.
INSERT INTO countries
WITH candidates AS (
    SELECT DISTINCT c.peer, c.country, o.hours FROM countries AS c
    INNER JOIN offsets AS o ON o.country = c.country
),
written AS (
    SELECT peer, CAST(hour(make_timestamp(sent_at)) AS DOUBLE) AS at_hour, COUNT(*) AS n,
        MIN(message) AS message
    FROM messages WHERE NOT from_suspect AND peer IS NOT NULL AND tz_basis IN ('utc', 'offset')
    GROUP BY ALL
),
totals AS (
    SELECT peer, SUM(n) AS n, MIN(message) AS message FROM written GROUP BY peer HAVING SUM(n) >= 30
),
-- Few write from one to six at night; most in the evening.
fit AS (
    SELECT c.peer, c.country, t.message, SUM(w.n * (
        0.5 * cos(2 * pi() * (w.at_hour + 0.5 + c.hours - 18) / 24)
        - CASE WHEN (w.at_hour + c.hours + 24) % 24 BETWEEN 1 AND 5.99 THEN 1.2 ELSE 0 END))
        / MAX(t.n) AS fit
    FROM candidates AS c INNER JOIN written AS w ON w.peer = c.peer
    INNER JOIN totals AS t ON t.peer = c.peer
    GROUP BY c.peer, c.country, t.message
)
SELECT f.peer, f.country, 'activity_hours', 4 * (f.fit - b.best), 'writes at hours that suit it',
    f.message, m.origins[1].source, m.origins[1].member, m.origins[1].locator
FROM fit AS f INNER JOIN (SELECT peer, MAX(fit) AS best FROM fit GROUP BY peer) AS b
    ON b.peer = f.peer
INNER JOIN messages AS m ON m.message = f.message;

UPDATE peers SET country = best.country, country_confidence = best.confidence FROM (
    SELECT peer, arg_max(country, {'points': points, 'country': country}) AS country,
        exp(MAX(points)) / (SUM(exp(points)) + 1) AS confidence
    FROM (
        SELECT peer, country, SUM(weight) AS points FROM countries GROUP BY peer, country
    ) AS summed
    GROUP BY peer HAVING MAX(points) > 0
) AS best WHERE best.peer = peers.peer;
DELETE FROM countries WHERE peer || chr(31) || country IN (
    SELECT peer || chr(31) || country FROM countries GROUP BY peer, country HAVING SUM(weight) <= 0);
