-- Conversations of two sources that hold the same messages: the same words, told at times that
-- differ by one shift of whole quarters of an hour. `common_talks`: pairs of conversations.
CREATE OR REPLACE TEMP TABLE telling AS
SELECT r.source, r.conversation, r.kind, r.sender, r.recipients, r.content, r.sent_at, r.member,
    r.locator
FROM records AS r INNER JOIN (
    SELECT content FROM records WHERE words >= 2 OR length(text) >= 12
    GROUP BY content
    HAVING COUNT(DISTINCT source) > 1 AND COUNT(*) <= 40
) AS rare ON rare.content = r.content;

CREATE OR REPLACE TEMP TABLE matched AS
SELECT a.source AS source_a, b.source AS source_b, a.conversation AS conversation_a,
    b.conversation AS conversation_b, a.kind, a.sender AS sender_a, b.sender AS sender_b,
    a.recipients[1] AS other_a, b.recipients[1] AS other_b, a.content,
    CAST(round((b.sent_at - a.sent_at) / 900000000.0) AS BIGINT) AS quarters, a.member AS member_a, a.locator AS locator_a, b.member AS member_b,
    b.locator AS locator_b
FROM telling AS a INNER JOIN telling AS b
    ON a.content = b.content AND a.kind = b.kind AND a.source < b.source
WHERE abs(b.sent_at - a.sent_at) <= 52_200_000_000
    AND abs(b.sent_at - a.sent_at - 900_000_000 * CAST(round((b.sent_at - a.sent_at) / 900000000.0) AS BIGINT)) <= 75_000_000;

CREATE OR REPLACE TEMP TABLE same_names AS
SELECT DISTINCT a.account, b.account AS other FROM identifiers AS a INNER JOIN identifiers AS b
    ON a.value = b.value AND a.kind = b.kind AND a.account <> b.account
WHERE a.kind = 'name' AND a.value IN (SELECT value FROM identifiers WHERE kind = 'name'
    GROUP BY value HAVING COUNT(DISTINCT account) <= 4);

CREATE OR REPLACE TEMP TABLE common_talks AS
SELECT source_a, conversation_a, source_b, conversation_b, kind, shift, same
FROM (
    SELECT *, row_number() OVER (PARTITION BY source_a, conversation_a, source_b
            ORDER BY same DESC, abs(shift), conversation_b) AS place_a,
        row_number() OVER (PARTITION BY source_b, conversation_b, source_a
            ORDER BY same DESC, abs(shift), conversation_a) AS place_b
    FROM (
        SELECT source_a, conversation_a, source_b, conversation_b, kind, quarters AS shift,
            COUNT(DISTINCT content) AS same, COUNT(DISTINCT sender_a) AS writers,
            -- Both of them: the suspect has one name in every archive.
            MAX(CASE WHEN n.account IS NOT NULL AND w.account IS NOT NULL THEN 1 ELSE 0 END)
            AS named
        FROM matched AS m LEFT JOIN same_names AS n
            ON n.account = m.other_a AND n.other = m.other_b
        LEFT JOIN same_names AS w ON w.account = m.sender_a AND w.other = m.sender_b
        GROUP BY ALL
    ) AS counted
    -- Words sent to many can match by chance; what both wrote does not, or what was exchanged with
    -- somebody of the same name.
    WHERE (writers > 1 AND same >= 3) OR same >= 5 OR (named = 1 AND same >= 1)
) AS placed
WHERE place_a = 1 AND place_b = 1;

-- Who is who in two conversations that are one: the pair that agrees in more messages than either
-- does with anybody else. Two people who write the same words at the same time stay two.
CREATE OR REPLACE TEMP TABLE paired AS
WITH pairs AS (
    SELECT m.*, o.shift FROM matched AS m INNER JOIN common_talks AS o
        ON o.source_a = m.source_a AND o.source_b = m.source_b AND o.shift = m.quarters
            AND o.conversation_a = m.conversation_a AND o.conversation_b = m.conversation_b
),
agreeing AS (
    SELECT source_a, conversation_a, source_b, conversation_b, content, sender_a AS a,
        sender_b AS b, 'wrote the same' AS says, member_a, locator_a, member_b, locator_b
    FROM pairs
    UNION ALL
    SELECT source_a, conversation_a, source_b, conversation_b, content, other_a, other_b,
        'received the same', member_a, locator_a, member_b, locator_b
    FROM pairs WHERE kind = 'private' AND other_a IS NOT NULL AND other_b IS NOT NULL
),
counted AS (
    SELECT source_a, conversation_a, source_b, conversation_b, a, b,
        COUNT(DISTINCT content) AS same
    FROM agreeing GROUP BY ALL
),
placed AS (
    SELECT *, MAX(same) OVER (PARTITION BY source_a, conversation_a, source_b, conversation_b, a)
            AS best_a,
        MAX(same) OVER (PARTITION BY source_a, conversation_a, source_b, conversation_b, b)
            AS best_b,
        COUNT(*) OVER (PARTITION BY source_a, conversation_a, source_b, conversation_b, a, same)
            + COUNT(*) OVER (PARTITION BY source_a, conversation_a, source_b, conversation_b, b,
                same) AS equal
    FROM counted
)
SELECT g.* FROM agreeing AS g INNER JOIN placed AS p
    ON p.source_a = g.source_a AND p.conversation_a = g.conversation_a AND p.source_b = g.source_b
        AND p.conversation_b = g.conversation_b AND p.a = g.a AND p.b = g.b
WHERE p.same = p.best_a AND p.same = p.best_b AND p.equal = 2 AND g.a <> g.b;

INSERT OR REPLACE INTO joins
SELECT substr(sha256(account_a || chr(10) || account_b || chr(10) || 'same_messages'), 1, 12),
    account_a, account_b, 'same_messages', same || ' of the same messages', 1 - pow(0.5, same + 1),
    shown, true, 'proposed', NULL, NULL
FROM (
    SELECT least(a, b) AS account_a, greatest(a, b) AS account_b, COUNT(DISTINCT content) AS same,
        CAST(to_json(list(shown ORDER BY shown)[1:6]) AS VARCHAR) AS shown
    FROM (
        SELECT a, b, content,
            unnest([{'account': a, 'says': says, 'source': source_a, 'member': member_a,
                'locator': locator_a}, {'account': b, 'says': says, 'source': source_b,
                'member': member_b, 'locator': locator_b}]) AS shown
        FROM paired
    ) AS evident
    GROUP BY ALL
) AS found;

DELETE FROM same_talk;
INSERT INTO same_talk
SELECT source_a, conversation_a, source_b, conversation_b, kind FROM common_talks;

DROP TABLE telling;
DROP TABLE matched;
DROP TABLE paired;
DROP TABLE common_talks;
DROP TABLE same_names;
