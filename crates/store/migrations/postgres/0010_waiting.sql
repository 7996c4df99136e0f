-- As in SQLite.
CREATE TABLE waiting (
    id           TEXT PRIMARY KEY,
    practice     TEXT NOT NULL,
    patient_id   TEXT NOT NULL REFERENCES patient (id),
    kind         TEXT NOT NULL,
    provider     TEXT,
    wished       TEXT NOT NULL,
    instead_of   TEXT REFERENCES appointment (id),
    moving_from  instant,
    number       TEXT NOT NULL,
    may_text     BIGINT NOT NULL,
    refused      TEXT NOT NULL,
    reason       TEXT,
    joined_at    instant NOT NULL,
    wait_until   instant NOT NULL,
    status       TEXT NOT NULL CHECK (status IN ('waiting', 'offered', 'taken', 'left')),
    call_id      TEXT NOT NULL,
    request_id   BIGINT NOT NULL,
    UNIQUE (call_id, request_id)
);
CREATE INDEX waiting_by_time ON waiting (practice, joined_at) WHERE status IN ('waiting', 'offered');
CREATE INDEX waiting_by_number ON waiting (number);

CREATE TABLE waiting_offer (
    id           TEXT PRIMARY KEY,
    waiting_id   TEXT NOT NULL REFERENCES waiting (id),
    practice     TEXT NOT NULL,
    code         TEXT NOT NULL,
    call_id      TEXT NOT NULL,
    provider     TEXT NOT NULL,
    kind         TEXT NOT NULL,
    start_at     instant NOT NULL,
    end_at       instant NOT NULL,
    blocked_from instant NOT NULL,
    blocked_to   instant NOT NULL,
    offered_at   instant NOT NULL,
    answer_by    instant NOT NULL,
    told_at      instant,
    by_staff     BIGINT NOT NULL,
    explained    BIGINT NOT NULL,
    outcome      TEXT NOT NULL CHECK (outcome IN ('open', 'booked', 'to_be_confirmed', 'too_late', 'declined', 'lapsed', 'untold', 'void'))
);
CREATE INDEX waiting_offer_of ON waiting_offer (waiting_id, offered_at);
CREATE UNIQUE INDEX waiting_offer_open ON waiting_offer (waiting_id) WHERE outcome = 'open';
