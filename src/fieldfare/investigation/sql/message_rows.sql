-- The messages with numbers above {above}, up to {last}: some at a time, so that memory does not grow
-- with how many there are.
INSERT INTO messages
WITH part AS (
    SELECT * FROM ranked WHERE number > {above} AND number <= {last}
),
found AS (
    SELECT t.number, list({'source': r.source, 'member': r.member, 'locator': r.locator,
            'raw_time': r.raw_time, 'warnings': r.warnings, 'sent_at': r.sent_at,
            'tz_basis': r.tz_basis}
            ORDER BY p.doubt, p.moment, r.source, r.member, r.locator) AS origins
    FROM part AS t INNER JOIN placed AS p ON p.message = t.message
    INNER JOIN records AS r ON r.record = p.record
    GROUP BY t.number
)
SELECT t.number, r.conversation, r.kind, r.sender, r.recipients, a.person, a.is_suspect,
    CASE WHEN NOT a.is_suspect THEN CASE
            WHEN r.kind = 'group' OR COALESCE(p.is_suspect, true) THEN a.person END
        WHEN r.kind = 'private' AND NOT p.is_suspect THEN p.person END,
    t.moment, r.tz_basis, r.text, r.media, r.words, r.content, r.stated_age,
    r.stated_age_confidence, r.indicators, r.cues, r.places, f.origins
FROM part AS t INNER JOIN found AS f ON f.number = t.number
INNER JOIN records AS r ON r.record = t.record
INNER JOIN accounts AS a ON a.account = r.sender
LEFT JOIN accounts AS p ON p.account = r.recipients[1];
