-- Conversations of two sources that hold the same messages: the same words, told at times that
-- differ by one shift of whole quarters of an hour. `common_talks`: pairs of conversations.
CREATE OR REPLACE TEMP TABLE telling AS
SELECT r.source, r.conversation, r.kind, r.sender, r.recipients, r.content, r.sent_at, r.member,
    r.locator
FROM records AS r INNER JOIN (
    SELECT content FROM records WHERE words >= 3 OR length(text) >= 16
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

CREATE OR REPLACE TEMP TABLE common_talks AS
SELECT source_a, conversation_a, source_b, conversation_b, kind, shift, same
FROM (
    SELECT *, row_number() OVER (PARTITION BY source_a, conversation_a, source_b
            ORDER BY same DESC, abs(shift), conversation_b) AS place_a,
        row_number() OVER (PARTITION BY source_b, conversation_b, source_a
            ORDER BY same DESC, abs(shift), conversation_a) AS place_b
    FROM (
        SELECT source_a, conversation_a, source_b, conversation_b, kind, quarters AS shift,
            COUNT(DISTINCT content) AS same, COUNT(DISTINCT sender_a) AS writers
        FROM matched GROUP BY ALL
    ) AS counted
    -- Words sent to many can match by chance; what both wrote does not.
    WHERE (writers > 1 AND same >= 3) OR same >= 5
) AS placed
WHERE place_a = 1 AND place_b = 1;

INSERT INTO joins
SELECT substr(sha256(account_a || chr(10) || account_b || chr(10) || 'same_messages'), 1, 12),
    account_a, account_b, 'same_messages', same || ' messages', 1 - pow(0.5, same), shown, true,
    'proposed', NULL, NULL
FROM (
    SELECT least(a, b) AS account_a, greatest(a, b) AS account_b, COUNT(DISTINCT content) AS same,
        CAST(to_json(list(shown ORDER BY shown)[1:6]) AS VARCHAR) AS shown
    FROM (
        SELECT m.sender_a AS a, m.sender_b AS b, m.content,
            unnest([{'account': m.sender_a, 'says': 'wrote the same', 'source': m.source_a,
                'member': m.member_a, 'locator': m.locator_a},
                {'account': m.sender_b, 'says': 'wrote the same', 'source': m.source_b,
                'member': m.member_b, 'locator': m.locator_b}]) AS shown
        FROM matched AS m INNER JOIN common_talks AS o
            ON o.source_a = m.source_a AND o.source_b = m.source_b AND o.shift = m.quarters
                AND o.conversation_a = m.conversation_a AND o.conversation_b = m.conversation_b
        UNION ALL
        SELECT m.other_a, m.other_b, m.content,
            unnest([{'account': m.other_a, 'says': 'received the same', 'source': m.source_a,
                'member': m.member_a, 'locator': m.locator_a},
                {'account': m.other_b, 'says': 'received the same', 'source': m.source_b,
                'member': m.member_b, 'locator': m.locator_b}])
        FROM matched AS m INNER JOIN common_talks AS o
            ON o.source_a = m.source_a AND o.source_b = m.source_b AND o.shift = m.quarters
                AND o.conversation_a = m.conversation_a AND o.conversation_b = m.conversation_b
        WHERE m.kind = 'private' AND m.other_a IS NOT NULL AND m.other_b IS NOT NULL
    ) AS pairs
    WHERE a <> b
    GROUP BY ALL
    HAVING same >= 3
) AS found;

DELETE FROM same_talk;
INSERT INTO same_talk
SELECT source_a, conversation_a, source_b, conversation_b, kind FROM common_talks;
