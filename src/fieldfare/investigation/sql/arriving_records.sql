INSERT INTO records
SELECT
    {first} + row_number() OVER () - 1, origin.source, COALESCE(origin.member, ''),
    COALESCE(origin.locator, ''), COALESCE(origin.raw_time, ''), COALESCE(origin.tz_basis, 'utc'),
    COALESCE(origin.warnings, []), id, COALESCE(conversation, ''), kind, sender,
    COALESCE(recipients, []), sent_at, NULLIF(text, ''), kinds,
    -- A number that stays the same from one version of the engine to the next.
    CAST(md5_number_lower(plain || chr(31) || array_to_string(kinds, ',')) AS UBIGINT),
    CASE WHEN plain = '' THEN 0 ELSE length(plain) - length(replace(plain, ' ', '')) + 1 END,
    stated_age, stated_age_confidence, indicators, cues, places
FROM (
    SELECT *, COALESCE(list_transform(media, lambda one: one.kind), []) AS kinds,
        trim(regexp_replace(lower(nfc_normalize(COALESCE(text, ''))), '[\s\p{Cf}]+', ' ', 'g'))
        AS plain
    FROM arriving
) AS prepared
