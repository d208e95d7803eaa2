DELETE FROM messages;
INSERT INTO messages
SELECT r.record, r.conversation, r.kind, r.sender, r.recipients, a.person, a.is_suspect,
    CASE WHEN NOT a.is_suspect THEN a.person WHEN r.kind = 'private' THEN p.person END,
    r.sent_at, r.tz_basis, r.text, r.media, r.words, r.content, r.stated_age,
    r.stated_age_confidence, r.indicators, r.cues,
    [{'source': r.source, 'member': r.member, 'locator': r.locator, 'raw_time': r.raw_time,
      'warnings': r.warnings, 'sent_at': r.sent_at, 'tz_basis': r.tz_basis}]
FROM records AS r INNER JOIN accounts AS a ON a.account = r.sender
LEFT JOIN accounts AS p ON p.account = r.recipients[1];
