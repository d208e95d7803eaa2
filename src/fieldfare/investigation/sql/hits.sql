-- Every message that says something about a peer's age, by kind of cue; `cue_kinds` is loaded
-- from weights.toml. A number that answers the question for the age needs no language.
CREATE OR REPLACE TEMP TABLE hits AS
WITH spoken AS (
    SELECT message, peer, from_suspect, sent_at, unnest(list_concat(cues, indicators)) AS phrase,
        list_has_any(cues, ['own_children', 'teaches', 'others_school']) AS of_others
    FROM messages WHERE peer IS NOT NULL AND (kind = 'private' OR NOT from_suspect)
),
-- Beside words of pupils or of an own child, an age below 18 is theirs.
ages AS (
    SELECT message, peer, sent_at, stated_age AS age, stated_age_confidence AS confidence
    FROM messages
    WHERE NOT from_suspect AND peer IS NOT NULL AND stated_age_confidence >= 0.6
        AND NOT (stated_age < 18 AND list_has_any(cues, ['own_children', 'teaches']))
        AND NOT (stated_age < 18 AND stated_age_confidence <= 0.82
            AND list_contains(cues, 'others_school'))
),
-- Who names school years or ages that are more than two years apart speaks of others too.
several AS (
    SELECT peer, MAX(age) - MIN(age) > 2 AS several FROM (
        SELECT peer, CASE WHEN age < 18 AND confidence <= 0.82 THEN age END AS age FROM ages
    ) AS young GROUP BY peer
),
-- Once asked, a short message with one number in it, or a number in words and nothing else.
asked AS (
    SELECT peer, message, sent_at, from_suspect,
        last_value(CASE WHEN from_suspect AND (list_contains(indicators, 'age_probing') OR list_contains(cues, 'asks_age'))
            THEN sent_at END IGNORE NULLS) OVER w AS asked_at,
        SUM(CASE WHEN from_suspect AND (list_contains(indicators, 'age_probing') OR list_contains(cues, 'asks_age'))
            THEN 1 ELSE 0 END) OVER w AS questions
    FROM messages WHERE peer IS NOT NULL AND kind = 'private'
    WINDOW w AS (PARTITION BY peer ORDER BY sent_at, message
        ROWS BETWEEN 8 PRECEDING AND CURRENT ROW)
),
-- A number of a school year ("9th grade") tells a child, and is no age.
short AS (
    SELECT *, regexp_matches(text, (SELECT pattern FROM school_numbers)) AS of_school FROM (
        SELECT a.peer, a.message, a.asked_at,
            translate(lower(m.text), '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹๐๑๒๓๔๕๖๗๘๙០១២៣៤៥៦៧៨៩௦௧௨௩௪௫௬௭௮௯',
                '01234567890123456789012345678901234567890123456789') AS text
        FROM asked AS a INNER JOIN messages AS m ON m.message = a.message
        WHERE NOT a.from_suspect AND a.questions > 0 AND a.sent_at - a.asked_at <= 172_800_000_000
            AND m.words BETWEEN 1 AND 6 AND length(m.text) <= 40 AND m.stated_age IS NULL
    ) AS told
),
numbers AS (
    SELECT peer, message, asked_at, CAST(regexp_extract(text, '([0-9]{1,2})', 1) AS DOUBLE) AS age
    FROM short
    WHERE regexp_full_match(text, '[^0-9]*[0-9]{1,2}[^0-9]*') AND NOT of_school
        AND NOT regexp_matches(text, (SELECT pattern FROM measures))
    UNION ALL
    SELECT s.peer, s.message, s.asked_at, n.age FROM short AS s INNER JOIN number_words AS n
        ON n.word = trim(regexp_replace(s.text, '[\p{P}\p{S}]', ' ', 'g'))
),
-- The first number is the answer; a second one may be of anything.
answered AS (
    SELECT peer, message, age, row_number() OVER (PARTITION BY peer, asked_at ORDER BY message)
        AS nth
    FROM numbers WHERE age BETWEEN 6 AND 80
),
-- A number and hardly a word more, in answer to any question early on: people ask for the age in
-- more ways than are listed.
replies AS (
    SELECT peer, message, text, words, from_suspect, stated_age, cues,
        row_number() OVER w AS nth, lag(from_suspect) OVER w AS after_suspect,
        lag(text) OVER w AS question, lag(stated_age) OVER w AS told, lag(cues) OVER w AS asked_for
    FROM messages WHERE peer IS NOT NULL AND kind = 'private'
    WINDOW w AS (PARTITION BY peer ORDER BY sent_at, message)
),
bare AS (
    SELECT *, regexp_matches(text, (SELECT pattern FROM school_numbers)) AS of_school FROM (
        SELECT peer, message, translate(lower(text), '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹๐๑๒๓๔๕๖๗๘๙០១២៣៤៥៦៧៨៩௦௧௨௩௪௫௬௭௮௯',
                '01234567890123456789012345678901234567890123456789') AS text
        FROM replies
        WHERE NOT from_suspect AND after_suspect AND nth <= 60 AND words <= 3 AND length(text) <= 24
            AND stated_age IS NULL AND (told IS NOT NULL OR regexp_matches(question, '[?؟？]'))
            AND NOT list_has_any(asked_for, ['asks_place', 'told_adult'])
    ) AS replied
),
school_years AS (
    SELECT peer, message FROM short WHERE of_school
    UNION
    SELECT peer, message FROM bare WHERE of_school
),
bare_numbers AS (
    SELECT b.peer, b.message, CAST(regexp_extract(b.text, '([0-9]{1,2})', 1) AS DOUBLE) AS age
    FROM bare AS b LEFT JOIN answered AS a ON a.message = b.message
    WHERE a.message IS NULL AND NOT b.of_school AND regexp_full_match(b.text, '[^0-9]*[0-9]{1,2}[^0-9]*')
        AND NOT regexp_matches(b.text, (SELECT pattern FROM measures))
),
born AS (
    SELECT m.message, m.peer, m.text,
        CAST(year(make_timestamp(m.sent_at)) AS INTEGER)
            - CAST(regexp_extract(m.text, '((?:19|20)[0-9][0-9])', 1) AS INTEGER) AS age
    FROM messages AS m
    WHERE NOT m.from_suspect AND m.peer IS NOT NULL
        AND regexp_matches(m.text, '(?:19[4-9]|20[0-2])[0-9]')
        AND regexp_matches(m.text, (SELECT pattern FROM born_pattern))
),
found AS (
    SELECT s.peer, c.kind, s.message, s.sent_at, NULL AS age FROM spoken AS s
    INNER JOIN cue_kinds AS c ON c.phrase = s.phrase AND (c.said_by = 'suspect') = s.from_suspect
    -- What somebody says of pupils or of a daughter is not said of oneself.
    WHERE NOT (s.of_others AND NOT s.from_suspect AND c.phrase IN ('school_life', 'school_talk',
        'school_year', 'parents', 'bedtime', 'childlike'))
    UNION ALL
    SELECT a.peer, CASE WHEN a.age >= 18 THEN 'stated_adult_age' WHEN s.several THEN 'several_ages'
        WHEN a.confidence > 0.82 THEN 'stated_age' ELSE 'likely_age' END, a.message, a.sent_at,
        a.age
    FROM ages AS a INNER JOIN several AS s ON s.peer = a.peer
    UNION ALL
    SELECT a.peer, CASE WHEN a.age < 18 THEN 'answered_age' ELSE 'answered_adult_age' END,
        a.message, m.sent_at, a.age
    FROM answered AS a INNER JOIN messages AS m ON m.message = a.message WHERE a.nth = 1
    UNION ALL
    SELECT a.peer, CASE WHEN a.age < 18 THEN 'number' ELSE 'adult_number' END, a.message,
        m.sent_at, a.age
    FROM answered AS a INNER JOIN messages AS m ON m.message = a.message
    WHERE a.nth = 2 AND a.age BETWEEN 9 AND 70
    UNION ALL
    SELECT b.peer, CASE WHEN b.age < 18 THEN 'number' ELSE 'adult_number' END, b.message,
        m.sent_at, b.age
    FROM bare_numbers AS b INNER JOIN messages AS m ON m.message = b.message
    WHERE b.age BETWEEN 9 AND 70
    UNION ALL
    SELECT y.peer, 'school_year', y.message, m.sent_at, NULL FROM school_years AS y
    INNER JOIN messages AS m ON m.message = y.message
    WHERE NOT list_has_any(m.cues, ['own_children', 'teaches', 'others_school'])
    UNION ALL
    SELECT b.peer, CASE WHEN b.age < 18 THEN 'birth_year' ELSE 'adult_birth_year' END, b.message,
        m.sent_at, b.age
    FROM born AS b INNER JOIN messages AS m ON m.message = b.message WHERE b.age BETWEEN 6 AND 80
)
SELECT peer, kind, message, MIN(sent_at) AS sent_at, MIN(age) AS age FROM found
GROUP BY peer, kind, message;

INSERT INTO hits
SELECT person, CASE WHEN age < 18 THEN 'profile_age' ELSE 'adult_profile_age' END, NULL, NULL, age
FROM (
    SELECT person, COALESCE(MIN(declared_age)) AS age FROM accounts
    WHERE declared_age IS NOT NULL AND NOT is_suspect GROUP BY person
) AS profiles WHERE person IN (SELECT peer FROM peers);
