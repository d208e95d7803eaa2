-- What makes somebody urgent: what was asked of or done to whom, and when.
DELETE FROM risks;
INSERT INTO risks
WITH acts AS (
    SELECT message, peer, from_suspect, unnest(list_concat(cues, indicators)) AS act FROM messages
    WHERE peer IS NOT NULL AND kind = 'private'
),
-- A photo is sent because it was asked for where the suspect did within a day and ten messages
-- before; others are only listed. Some exports say of a photo no more than that it was a file.
photos AS (
    SELECT message, peer, sent_at, asked_at, list_contains(cues, 'photo_sent') AS own_words
    FROM (
        SELECT message, peer, sent_at, media, cues, from_suspect,
            MAX(CASE WHEN from_suspect AND list_contains(indicators, 'photo_request') THEN sent_at
                END) OVER (PARTITION BY peer ORDER BY sent_at, message
                ROWS BETWEEN 10 PRECEDING AND CURRENT ROW) AS asked_at
        FROM messages WHERE peer IS NOT NULL AND kind = 'private'
    ) AS seen
    WHERE NOT from_suspect AND (list_has_any(media, ['photo', 'video'])
        OR list_contains(cues, 'photo_sent')
        OR (list_contains(media, 'file') AND asked_at > sent_at - 86_400_000_000))
),
kinds AS (
    SELECT message, peer, CASE act
        WHEN 'meeting_travel' THEN 'meeting' WHEN 'pressure' THEN 'threat'
        WHEN 'photo_request' THEN 'photo_asked' WHEN 'platform_change' THEN 'moved_platform'
        WHEN 'payment_offer' THEN 'money' WHEN 'gift_offer' THEN 'money'
        WHEN 'game_currency' THEN 'money' WHEN 'secrecy' THEN 'secrecy' WHEN 'travel' THEN 'travel'
        END AS kind
    FROM acts WHERE from_suspect
    UNION
    SELECT message, peer, CASE WHEN asked_at > sent_at - 86_400_000_000 OR own_words
        THEN 'photo_sent' ELSE 'photo_shared' END
    FROM photos
    UNION
    SELECT MAX(message), peer, 'recent' FROM messages, (
        SELECT COALESCE((SELECT CAST(value AS BIGINT) FROM settings WHERE name = 'as_of'),
            (SELECT MAX(sent_at) FROM messages)) AS moment) AS now
    WHERE peer IS NOT NULL AND kind = 'private' AND sent_at > moment - 30 * 86_400_000_000
    GROUP BY peer
)
SELECT k.peer, k.kind, m.sent_at, k.message, m.origins[1].source, m.origins[1].member,
    m.origins[1].locator,
    CASE WHEN length(m.text) > 120 THEN substr(m.text, 1, 119) || '…' ELSE COALESCE(m.text, '') END
FROM kinds AS k INNER JOIN messages AS m ON m.message = k.message
INNER JOIN peers AS p ON p.peer = k.peer
WHERE k.kind IS NOT NULL;

-- 4: a meeting, travel or threat of the last 30 days; 3: one before, or a photo asked for and sent of
-- late; 2: one before, a photo asked for or money of late; 1: in contact of late, or any other act;
-- 0: none.
UPDATE peers SET risk_level = levels.level FROM (
    SELECT peer, MAX(CASE
        WHEN kind IN ('meeting', 'travel', 'threat') THEN CASE WHEN late THEN 4 ELSE 3 END
        WHEN kind = 'photo_sent' THEN CASE WHEN late THEN 3 ELSE 2 END
        WHEN kind IN ('photo_asked', 'money') THEN CASE WHEN late THEN 2 ELSE 1 END
        ELSE 1 END) AS level
    FROM (
        SELECT r.*, r."at" > now.moment - 30 * 86_400_000_000 AS late
        FROM risks AS r, (
            SELECT COALESCE((SELECT CAST(value AS BIGINT) FROM settings WHERE name = 'as_of'),
                (SELECT MAX(sent_at) FROM messages)) AS moment) AS now
    ) AS dated
    GROUP BY peer
) AS levels WHERE levels.peer = peers.peer;
