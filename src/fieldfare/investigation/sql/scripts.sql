-- Texts the suspect sent, nearly the same, to at least three people: MinHash of pairs of words (Broder
-- 1997), sixteen values in eight bands of two, so that two texts of Jaccard similarity 0.7 meet with
-- a probability of .996; what meets is compared exactly. Texts of fewer than six words are no script.
CREATE OR REPLACE TEMP TABLE sent_texts AS
SELECT content, COUNT(DISTINCT peer) AS people, MIN(message) AS message,
    arg_min(regexp_split_to_array(trim(regexp_replace(lower(text), '[^\p{L}\p{M}\p{N}]+', ' ', 'g')),
        ' '), message) AS said
FROM messages
WHERE from_suspect AND kind = 'private' AND peer IS NOT NULL AND words BETWEEN 6 AND 400
GROUP BY content;

CREATE OR REPLACE TEMP TABLE word_pairs AS
SELECT DISTINCT content, hash(pair) AS pair FROM (
    SELECT content, unnest(list_transform(list_zip(said[1:-2], said[2:]),
        lambda z: z[1] || ' ' || z[2])) AS pair
    FROM sent_texts WHERE len(said) >= 2
) AS pairs;

CREATE OR REPLACE TEMP TABLE minima AS
SELECT content, {minima} FROM word_pairs GROUP BY content;

CREATE OR REPLACE TEMP TABLE met_texts AS
WITH bands AS (
    SELECT content, unnest([{bands}]) AS band FROM minima
),
-- A band of very many texts is one stock phrase; each meets its first, which is enough.
firsts AS (
    SELECT band, MIN(content) AS one FROM bands GROUP BY band HAVING COUNT(*) > 1
),
candidates AS (
    SELECT DISTINCT f.one, b.content AS other FROM bands AS b INNER JOIN firsts AS f
        ON f.band = b.band WHERE b.content <> f.one
),
sizes AS (
    SELECT content, COUNT(*) AS n FROM word_pairs GROUP BY content
),
shared AS (
    SELECT c.one, c.other, COUNT(*) AS n FROM candidates AS c
    INNER JOIN word_pairs AS a ON a.content = c.one
    INNER JOIN word_pairs AS b ON b.content = c.other AND b.pair = a.pair
    GROUP BY c.one, c.other
)
SELECT s.one, s.other, s.n / (a.n + b.n - s.n) AS similarity FROM shared AS s
INNER JOIN sizes AS a ON a.content = s.one INNER JOIN sizes AS b ON b.content = s.other
WHERE s.n / (a.n + b.n - s.n) >= 0.5;
