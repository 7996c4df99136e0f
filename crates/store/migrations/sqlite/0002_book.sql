-- The appointment book. Instants are UTC text as in 0001; the practice's own civil times ('09:00:00',
-- '2026-12-24T12:00:00') and dates are named so. Lists of ids and phrases stand as JSON.

-- What the practice has configured; replaced as a whole at every start. Appointments do not refer to it: they stay when
-- a provider leaves.
CREATE TABLE provider (
    practice TEXT NOT NULL,
    id       TEXT NOT NULL,
    position INTEGER NOT NULL,             -- its place in the configuration
    name     TEXT NOT NULL,
    PRIMARY KEY (practice, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE appointment_type (
    practice        TEXT NOT NULL,
    id              TEXT NOT NULL,
    position        INTEGER NOT NULL,
    name            TEXT NOT NULL,
    asked_with      TEXT NOT NULL,         -- JSON: phrases
    duration_s      INTEGER NOT NULL CHECK (duration_s > 0),
    buffer_before_s INTEGER NOT NULL CHECK (buffer_before_s >= 0),
    buffer_after_s  INTEGER NOT NULL CHECK (buffer_after_s >= 0),
    admits          TEXT NOT NULL CHECK (admits IN ('everybody', 'known_patients', 'new_patients')),
    age_from        INTEGER NOT NULL,
    age_to          INTEGER NOT NULL,
    providers       TEXT NOT NULL,         -- JSON: ids
    lead_s          INTEGER NOT NULL,
    horizon_days    INTEGER NOT NULL,
    PRIMARY KEY (practice, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE template (
    practice   TEXT NOT NULL,
    position   INTEGER NOT NULL,
    provider   TEXT NOT NULL,
    weekday    INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7), -- Monday is 1
    from_civil TEXT NOT NULL,
    to_civil   TEXT NOT NULL CHECK (from_civil < to_civil),
    types      TEXT NOT NULL,              -- JSON: ids; empty: every type that the provider gives
    release    TEXT NOT NULL CHECK (release IN ('always', 'same_day')),
    PRIMARY KEY (practice, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE schedule_exception (
    practice   TEXT NOT NULL,
    position   INTEGER NOT NULL,
    provider   TEXT,                       -- NULL: the whole practice
    from_civil TEXT NOT NULL,
    to_civil   TEXT NOT NULL CHECK (from_civil < to_civil),
    what       TEXT NOT NULL CHECK (what IN ('closed', 'open')),
    why        TEXT NOT NULL,
    PRIMARY KEY (practice, position)
) STRICT, WITHOUT ROWID;

-- Two records may share name and date of birth: then they are two people, and a number decides.
CREATE TABLE patient (
    id            TEXT PRIMARY KEY NOT NULL,
    practice      TEXT NOT NULL,
    name          TEXT NOT NULL,           -- as the practice writes it
    date_of_birth TEXT NOT NULL,           -- civil
    own_provider  TEXT,
    insurance     TEXT,
    external_id   TEXT,                    -- the practice's own, from its records
    registered_at TEXT NOT NULL,
    call_id       TEXT,                    -- the call in which they registered; NULL: imported
    UNIQUE (practice, external_id)
) STRICT;
CREATE INDEX patient_by_birth ON patient (practice, date_of_birth);

CREATE TABLE patient_number (
    patient_id TEXT NOT NULL REFERENCES patient (id),
    number     TEXT NOT NULL,              -- E.164
    PRIMARY KEY (patient_id, number)
) STRICT, WITHOUT ROWID;

-- For whom a call may ask: it was matched to that record or made it.
CREATE TABLE matched (
    call_id    TEXT NOT NULL,
    patient_id TEXT NOT NULL REFERENCES patient (id),
    at         TEXT NOT NULL,
    PRIMARY KEY (call_id, patient_id)
) STRICT, WITHOUT ROWID;

-- What was offered, to whom: nothing else can be booked, and by no other call. An offer holds nothing.
CREATE TABLE slot_offer (
    id           TEXT PRIMARY KEY NOT NULL,
    practice     TEXT NOT NULL,
    call_id      TEXT NOT NULL,
    request_id   INTEGER NOT NULL,
    position     INTEGER NOT NULL,         -- the best first
    patient_id   TEXT NOT NULL REFERENCES patient (id),
    provider     TEXT NOT NULL,
    kind         TEXT NOT NULL,
    start_at     TEXT NOT NULL,
    end_at       TEXT NOT NULL,
    blocked_from TEXT NOT NULL,
    blocked_to   TEXT NOT NULL,
    fit          TEXT NOT NULL,            -- JSON of domain::Fit
    offered_at   TEXT NOT NULL,
    UNIQUE (call_id, request_id, position)
) STRICT;

CREATE TABLE appointment (
    id           TEXT PRIMARY KEY NOT NULL,
    practice     TEXT NOT NULL,
    patient_id   TEXT NOT NULL REFERENCES patient (id),
    provider     TEXT NOT NULL,
    kind         TEXT NOT NULL,
    start_at     TEXT NOT NULL,
    end_at       TEXT NOT NULL,
    blocked_from TEXT NOT NULL,            -- with the buffers
    blocked_to   TEXT NOT NULL,
    status       TEXT NOT NULL CHECK (status IN ('booked', 'cancelled')),
    reason       TEXT,
    call_id      TEXT NOT NULL,            -- who booked it
    request_id   INTEGER NOT NULL,
    made_at      TEXT NOT NULL,
    UNIQUE (call_id, request_id),
    -- Six decimals and a Z, or times would not compare as text.
    CHECK (start_at GLOB '????-??-??T??:??:??.??????Z' AND end_at GLOB '????-??-??T??:??:??.??????Z'),
    CHECK (blocked_from GLOB '????-??-??T??:??:??.??????Z' AND blocked_to GLOB '????-??-??T??:??:??.??????Z'),
    CHECK (blocked_from <= start_at AND start_at < end_at AND end_at <= blocked_to)
) STRICT;
-- By the end: what is over is never looked at when an appointment ahead is checked.
CREATE INDEX appointment_by_provider ON appointment (practice, provider, blocked_to) WHERE status = 'booked';
CREATE INDEX appointment_by_patient ON appointment (patient_id, start_at);
CREATE INDEX appointment_by_time ON appointment (practice, start_at);

-- No provider is in two places. SQLite has one writer at a time, and a trigger sees everything that was committed before
-- its transaction began to write and everything that its own transaction has written: so two overlapping rows cannot
-- come to stand in this table, whatever program writes them. The blocked spans are half-open: one may begin where
-- another ends.
CREATE TRIGGER no_double_booking_by_insert BEFORE INSERT ON appointment
WHEN NEW.status = 'booked' AND EXISTS (
    SELECT 1 FROM appointment AS other
    WHERE other.practice = NEW.practice AND other.provider = NEW.provider AND other.status = 'booked'
      AND other.blocked_to > NEW.blocked_from AND other.blocked_from < NEW.blocked_to
)
BEGIN
    SELECT RAISE(ABORT, 'double booking');
END;
CREATE TRIGGER no_double_booking_by_update BEFORE UPDATE ON appointment
WHEN NEW.status = 'booked' AND EXISTS (
    SELECT 1 FROM appointment AS other
    WHERE other.practice = NEW.practice AND other.provider = NEW.provider AND other.status = 'booked'
      AND other.blocked_to > NEW.blocked_from AND other.blocked_from < NEW.blocked_to
      AND other.id <> OLD.id
)
BEGIN
    SELECT RAISE(ABORT, 'double booking');
END;

-- Append-only: what became of an appointment, and by whose request.
CREATE TABLE appointment_change (
    appointment_id TEXT NOT NULL REFERENCES appointment (id),
    seq            INTEGER NOT NULL,
    at             TEXT NOT NULL,
    call_id        TEXT NOT NULL,
    request_id     INTEGER NOT NULL,
    what           TEXT NOT NULL CHECK (what IN ('booked', 'moved', 'cancelled')),
    provider       TEXT NOT NULL,          -- as it stands after the change
    kind           TEXT NOT NULL,
    start_at       TEXT NOT NULL,
    PRIMARY KEY (appointment_id, seq)
) STRICT, WITHOUT ROWID;

-- What a call was answered, written in the transaction that did it: a repeated request finds it here, refusals too.
CREATE TABLE answer (
    call_id    TEXT NOT NULL,
    request_id INTEGER NOT NULL,
    reply      TEXT NOT NULL,              -- JSON of domain::OfficeReply
    PRIMARY KEY (call_id, request_id)
) STRICT, WITHOUT ROWID;
