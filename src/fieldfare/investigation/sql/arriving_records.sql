INSERT INTO records
SELECT
    {first} + row_number() OVER () - 1, origin.source, COALESCE(origin.member, ''),
    COALESCE(origin.locator, ''), COALESCE(origin.raw_time, ''), COALESCE(origin.tz_basis, 'utc'),
    COALESCE(origin.warnings, []), id, COALESCE(conversation, ''), kind, sender,
    COALESCE(recipients, []), sent_at, NULLIF(text, ''), kinds,
    -- A number that stays the same from one version of the engine to the next.
    -- One archive says which kind of file was sent, another only that one was.
    CAST(md5_number_lower(plain || chr(31) || CASE WHEN plain <> '' THEN '' ELSE
        array_to_string(list_transform(kinds, lambda one:
            CASE WHEN one IN ('call', 'location', 'contact') THEN one ELSE 'file' END), ',') END)
        AS UBIGINT),
    CASE WHEN plain = '' THEN 0 ELSE length(plain) - length(replace(plain, ' ', '')) + 1 END,
    stated_age, stated_age_confidence, indicators, cues, places
FROM (
    SELECT *, COALESCE(list_transform(media, lambda one: one.kind), []) AS kinds,
        trim(regexp_replace(lower(nfc_normalize(COALESCE(text, ''))), '[\s\p{Cf}]+', ' ', 'g'))
        AS plain
    FROM arriving
) AS prepared
