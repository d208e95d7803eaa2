-- One case, one database. Times are BIGINT microseconds UTC. A `person` is the smallest of the
-- account ids that are joined to be one; a `peer` is a person who is not the suspect.

-- What was given and read. Only importing writes these.
CREATE TABLE IF NOT EXISTS settings (name VARCHAR PRIMARY KEY, value VARCHAR);

CREATE TABLE IF NOT EXISTS sources (
    source VARCHAR PRIMARY KEY, -- path as given; a place found in a folder by its own path
    sha256 VARCHAR NOT NULL,
    reader VARCHAR NOT NULL, -- short name, as in --format-in
    title VARCHAR NOT NULL,
    completeness VARCHAR NOT NULL, -- everything | one side | unknown
    tz_basis VARCHAR NOT NULL, -- the weakest of its records: utc | offset | assumed | unknown
    records BIGINT NOT NULL,
    problems BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS problems (
    source VARCHAR, "where" VARCHAR NOT NULL, what VARCHAR NOT NULL, detail VARCHAR NOT NULL,
    times BIGINT NOT NULL,
    lost BOOLEAN NOT NULL -- false: nothing of the input is lost by it, as a line of the service's
);

CREATE TABLE IF NOT EXISTS records ( -- messages as read, one row a record of a source
    record BIGINT NOT NULL, -- number in the order read; nothing else rests on it
    source VARCHAR NOT NULL, member VARCHAR NOT NULL, locator VARCHAR NOT NULL,
    raw_time VARCHAR NOT NULL, tz_basis VARCHAR NOT NULL, warnings VARCHAR[] NOT NULL,
    id VARCHAR, conversation VARCHAR NOT NULL, kind VARCHAR NOT NULL, -- private | group
    sender VARCHAR NOT NULL, recipients VARCHAR[] NOT NULL, sent_at BIGINT NOT NULL,
    text VARCHAR, media VARCHAR[] NOT NULL, -- kinds, in order
    content UBIGINT NOT NULL, -- of normalised text and media; the same content, the same number
    words INTEGER NOT NULL, -- of the text; 0 without one
    stated_age DOUBLE, stated_age_confidence DOUBLE,
    indicators VARCHAR[] NOT NULL, -- of the language room
    cues VARCHAR[] NOT NULL, -- of this room, phrases/catalogue.toml
    places VARCHAR[] NOT NULL -- named in the text: PH: for a country, PH:cebu for a city
);

CREATE TABLE IF NOT EXISTS described ( -- accounts as read, one row an account and source
    account VARCHAR NOT NULL, source VARCHAR NOT NULL, member VARCHAR NOT NULL,
    locator VARCHAR NOT NULL, name VARCHAR, age DOUBLE, birth_date VARCHAR, age_source VARCHAR,
    country VARCHAR, country_source VARCHAR, time_zone VARCHAR, created_at BIGINT
);

-- What people decide. Rows are added and states change; nothing is deleted.
CREATE TABLE IF NOT EXISTS joins (
    join_id VARCHAR PRIMARY KEY, -- of its accounts and kind: the same join, the same id
    account_a VARCHAR NOT NULL, account_b VARCHAR NOT NULL, -- account_a < account_b
    kind VARCHAR NOT NULL, -- phone | national | national_guess | email | user_id
        -- | same_messages | owner | name | by_hand
    value VARCHAR NOT NULL, -- what they share
    confidence DOUBLE NOT NULL,
    evidence VARCHAR NOT NULL, -- JSON: [{account, says, source, member, locator}, ...]
    applied BOOLEAN NOT NULL, -- whether it holds: strong and not rejected, or confirmed
    state VARCHAR NOT NULL, -- proposed | confirmed | rejected
    "by" VARCHAR, "at" BIGINT
);

CREATE TABLE IF NOT EXISTS verdicts ( -- append-only: the last of a peer counts
    number BIGINT NOT NULL, peer VARCHAR NOT NULL, verdict VARCHAR, -- child | not_child | unsure; NULL takes back
    "by" VARCHAR NOT NULL, "at" BIGINT NOT NULL, note VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS join_decisions (
    number BIGINT NOT NULL, join_id VARCHAR NOT NULL, state VARCHAR NOT NULL, "by" VARCHAR NOT NULL,
    "at" BIGINT NOT NULL
);

-- What follows from the above. Made anew by every analysis.
CREATE TABLE IF NOT EXISTS accounts (
    account VARCHAR NOT NULL, name VARCHAR, service VARCHAR NOT NULL,
    person VARCHAR NOT NULL, is_suspect BOOLEAN NOT NULL,
    country VARCHAR, country_basis VARCHAR, -- as the service gave them
    declared_age DOUBLE, declared_age_basis VARCHAR, messages BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS identifiers (
    account VARCHAR NOT NULL, kind VARCHAR NOT NULL, -- phone | national | email | user_id | name | username
    value VARCHAR NOT NULL, -- phones as +digits, national ones as digits, e-mails in lower case
    source VARCHAR NOT NULL, member VARCHAR NOT NULL, locator VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS same_talk ( -- conversations of two sources that are one
    source_a VARCHAR NOT NULL, conversation_a VARCHAR NOT NULL, source_b VARCHAR NOT NULL,
    conversation_b VARCHAR NOT NULL, kind VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS clocks ( -- what a source's times are moved by, to be those of others
    source VARCHAR NOT NULL, day BIGINT NOT NULL, -- days since 1970
    shift BIGINT NOT NULL, -- microseconds that are added
    votes BIGINT NOT NULL -- messages of that day that show it; 0: of the source's other days
);

CREATE TABLE IF NOT EXISTS messages ( -- each message once, whatever it was read from
    message BIGINT NOT NULL, conversation VARCHAR NOT NULL, kind VARCHAR NOT NULL,
    sender VARCHAR NOT NULL, recipients VARCHAR[] NOT NULL, -- accounts
    person VARCHAR NOT NULL, -- the sender's
    from_suspect BOOLEAN NOT NULL,
    peer VARCHAR, -- private: whom the suspect wrote with; group: a sender who is not the suspect
    sent_at BIGINT NOT NULL, tz_basis VARCHAR NOT NULL,
    text VARCHAR, media VARCHAR[] NOT NULL, words INTEGER NOT NULL, content UBIGINT NOT NULL,
    stated_age DOUBLE, stated_age_confidence DOUBLE, indicators VARCHAR[] NOT NULL,
    cues VARCHAR[] NOT NULL, places VARCHAR[] NOT NULL,
    origins STRUCT(
        source VARCHAR, member VARCHAR, locator VARCHAR, raw_time VARCHAR, warnings VARCHAR[],
        sent_at BIGINT, tz_basis VARCHAR
    )[] NOT NULL -- the surest time first, then by source, member, locator
);

CREATE TABLE IF NOT EXISTS peers (
    peer VARCHAR NOT NULL, name VARCHAR, accounts VARCHAR[] NOT NULL,
    child_probability DOUBLE NOT NULL, low DOUBLE NOT NULL, high DOUBLE NOT NULL, -- 90 % interval
    age DOUBLE, age_basis VARCHAR, -- years; stated | told | profile
    first_contact BIGINT NOT NULL, last_contact BIGINT NOT NULL,
    messages_from_suspect BIGINT NOT NULL, messages_to_suspect BIGINT NOT NULL,
    suspect_wrote_first BOOLEAN NOT NULL, "groups" BIGINT NOT NULL,
    language VARCHAR, -- ISO 639-1, of most of what the peer wrote; NULL where unclear
    country VARCHAR, country_confidence DOUBLE, -- ISO 3166-1 alpha-2; 0-1
    risk_level INTEGER NOT NULL, -- 0-4
    priority DOUBLE NOT NULL, -- whom to look at next: highest first; 0 once looked at
    verdict VARCHAR
);

CREATE TABLE IF NOT EXISTS cues (
    peer VARCHAR NOT NULL, kind VARCHAR NOT NULL, weight DOUBLE NOT NULL, -- log likelihood ratio
    says VARCHAR NOT NULL, message BIGINT, -- NULL: from a profile
    source VARCHAR NOT NULL, member VARCHAR NOT NULL, locator VARCHAR NOT NULL,
    quote VARCHAR NOT NULL, -- at most 120 characters of the message
    amount DOUBLE NOT NULL -- what the weight of its kind is multiplied by
);

CREATE TABLE IF NOT EXISTS features ( -- how much of each kind of cue there is of a peer
    peer VARCHAR NOT NULL, kind VARCHAR NOT NULL, amount DOUBLE NOT NULL
);

CREATE TABLE IF NOT EXISTS countries (
    peer VARCHAR NOT NULL, country VARCHAR NOT NULL, -- phone | stated_place | language | activity_hours | ip | profile
    basis VARCHAR NOT NULL, weight DOUBLE NOT NULL, says VARCHAR NOT NULL, message BIGINT,
    source VARCHAR NOT NULL, member VARCHAR NOT NULL, locator VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS risks (
    peer VARCHAR NOT NULL, -- recent | meeting | threat | photo_asked | photo_sent | photo_shared | travel | money | secrecy | moved_platform
    kind VARCHAR NOT NULL, "at" BIGINT NOT NULL, message BIGINT NOT NULL, source VARCHAR NOT NULL,
    member VARCHAR NOT NULL, locator VARCHAR NOT NULL, quote VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS acquainted (
    peer_a VARCHAR NOT NULL, peer_b VARCHAR NOT NULL, basis VARCHAR NOT NULL, -- group | messages
    says VARCHAR NOT NULL, messages BIGINT NOT NULL, message BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS scripts ( -- near-duplicates the suspect sent to at least three people
    script BIGINT NOT NULL, message BIGINT NOT NULL, peer VARCHAR NOT NULL, "at" BIGINT NOT NULL,
    similarity DOUBLE NOT NULL -- Jaccard with the script's first text, 0-1
);

CREATE TABLE IF NOT EXISTS weights ( -- of the last fit
    kind VARCHAR PRIMARY KEY, -- '' is the prior
    shipped DOUBLE NOT NULL, fitted DOUBLE NOT NULL
);

CREATE OR REPLACE VIEW days AS -- first contacts and messages a day, UTC
SELECT day, CAST(SUM(first_contacts) AS BIGINT) AS first_contacts,
    CAST(SUM(messages) AS BIGINT) AS messages
FROM (
    SELECT CAST(make_timestamp(first_contact) AS DATE) AS day, 1 AS first_contacts, 0 AS messages
    FROM peers
    UNION ALL
    SELECT CAST(make_timestamp(sent_at) AS DATE), 0, COUNT(*) FROM messages
    WHERE from_suspect GROUP BY 1
) AS both_kinds
GROUP BY day;

CREATE OR REPLACE VIEW hours AS -- hour of the day, UTC, 0-23
SELECT CAST(hour(make_timestamp(sent_at)) AS INTEGER) AS hour, from_suspect, peer,
    COUNT(*) AS messages
FROM messages WHERE peer IS NOT NULL GROUP BY ALL;

CREATE OR REPLACE VIEW stages AS -- what the suspect showed each peer, and when first
SELECT peer, indicator, MIN(sent_at) AS first_at, COUNT(*) AS messages,
    arg_min(message, sent_at) AS message
FROM (
    SELECT peer, unnest(indicators) AS indicator, sent_at, message FROM messages
    WHERE from_suspect AND kind = 'private' AND peer IS NOT NULL
) AS shown
GROUP BY peer, indicator;
