INSERT INTO described
SELECT id, COALESCE(origin.source, ''), COALESCE(origin.member, ''), COALESCE(origin.locator, ''),
    name, age, birth_date, age_source, country, country_source, time_zone, created_at
FROM arriving
