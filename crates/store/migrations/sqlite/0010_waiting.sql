-- Who waits for an opening that is freed.
CREATE TABLE waiting (
    id           TEXT PRIMARY KEY NOT NULL,
    practice     TEXT NOT NULL,
    patient_id   TEXT NOT NULL REFERENCES patient (id),
    kind         TEXT NOT NULL,
    provider     TEXT,                     -- the wish as JSON; NULL: anybody
    wished       TEXT NOT NULL,            -- intervals as JSON; empty: at any time
    instead_of   TEXT REFERENCES appointment (id),
    moving_from  TEXT,                     -- when that began as they joined
    number       TEXT NOT NULL,
    may_text     INTEGER NOT NULL,         -- 1: they have agreed to a text message
    refused      TEXT NOT NULL,            -- begins and providers as JSON: offered, and not wanted
    reason       TEXT,
    joined_at    TEXT NOT NULL,
    wait_until   TEXT NOT NULL,
    status       TEXT NOT NULL CHECK (status IN ('waiting', 'offered', 'taken', 'left')),
    call_id      TEXT NOT NULL,            -- who asked for it
    request_id   INTEGER NOT NULL,
    UNIQUE (call_id, request_id),
    CHECK (joined_at GLOB '????-??-??T??:??:??.??????Z' AND wait_until GLOB '????-??-??T??:??:??.??????Z')
) STRICT;
CREATE INDEX waiting_by_time ON waiting (practice, joined_at) WHERE status IN ('waiting', 'offered');
CREATE INDEX waiting_by_number ON waiting (number);

-- What was freed, offered to one of them. It is not held: whoever books first has it.
CREATE TABLE waiting_offer (
    id           TEXT PRIMARY KEY NOT NULL,
    waiting_id   TEXT NOT NULL REFERENCES waiting (id),
    practice     TEXT NOT NULL,
    code         TEXT NOT NULL,            -- four digits, to be answered with
    call_id      TEXT NOT NULL,            -- under which it is booked: no call's
    provider     TEXT NOT NULL,
    kind         TEXT NOT NULL,
    start_at     TEXT NOT NULL,
    end_at       TEXT NOT NULL,
    blocked_from TEXT NOT NULL,            -- with the buffers
    blocked_to   TEXT NOT NULL,
    offered_at   TEXT NOT NULL,
    answer_by    TEXT NOT NULL,
    told_at      TEXT,                     -- when they, or staff, were told; NULL: nobody was
    by_staff     INTEGER NOT NULL,         -- 1: in the hands of staff
    explained    INTEGER NOT NULL,         -- 1: an unclear text to it was answered
    outcome      TEXT NOT NULL CHECK (outcome IN ('open', 'booked', 'to_be_confirmed', 'too_late', 'declined', 'lapsed', 'untold', 'void')),
    CHECK (start_at GLOB '????-??-??T??:??:??.??????Z' AND end_at GLOB '????-??-??T??:??:??.??????Z'),
    CHECK (blocked_from GLOB '????-??-??T??:??:??.??????Z' AND blocked_to GLOB '????-??-??T??:??:??.??????Z'),
    CHECK (offered_at GLOB '????-??-??T??:??:??.??????Z' AND answer_by GLOB '????-??-??T??:??:??.??????Z')
) STRICT;
CREATE INDEX waiting_offer_of ON waiting_offer (waiting_id, offered_at);
CREATE UNIQUE INDEX waiting_offer_open ON waiting_offer (waiting_id) WHERE outcome = 'open';
