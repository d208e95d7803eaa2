-- The language of what each peer wrote: a script where one settles it, otherwise words that few
-- other languages have. `tongues`: one row a peer, with a message to show.
CREATE OR REPLACE TEMP TABLE tongues AS
WITH written AS (
    SELECT peer, message, text FROM (
        SELECT peer, message, lower(text) AS text,
            row_number() OVER (PARTITION BY peer ORDER BY sent_at, message) AS nth
        FROM messages WHERE NOT from_suspect AND peer IS NOT NULL AND text IS NOT NULL
    ) AS numbered WHERE nth <= 300
),
hits AS (
    SELECT w.peer, l.language, w.message, 3.0 AS points FROM written AS w
    INNER JOIN languages AS l ON regexp_matches(w.text, l.letters)
    UNION ALL
    SELECT s.peer, l.language, s.message, SUM(l.share) FROM (
        SELECT peer, message,
            unnest(regexp_split_to_array(text, '[^\p{L}\p{M}'']+')) AS word
        FROM written
    ) AS s INNER JOIN language_words AS l ON l.word = s.word
    GROUP BY s.peer, l.language, s.message
),
scored AS (
    SELECT peer, language, SUM(points) AS points, arg_max(message, points) AS message
    FROM hits GROUP BY peer, language
)
SELECT peer, arg_max(language, points) AS language, arg_max(message, points) AS message
FROM scored GROUP BY peer
HAVING MAX(points) >= 3 AND MAX(points) >= 0.5 * SUM(points);

UPDATE peers SET language = t.language FROM tongues AS t WHERE t.peer = peers.peer;
