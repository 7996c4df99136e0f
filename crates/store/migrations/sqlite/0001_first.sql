-- Ids are UUIDs as text; times are RFC 3339 in UTC with six decimals, so that they sort as text; what a caller said
-- or is stands in JSON columns, and only here: the whole file is encrypted.

CREATE TABLE call (
    id         TEXT PRIMARY KEY,
    practice   TEXT NOT NULL,
    caller_id  TEXT,                       -- E.164, if the line told it
    began_at   TEXT NOT NULL,
    ended_at   TEXT,
    summary    TEXT                        -- JSON, when it is over
) STRICT;
CREATE INDEX call_by_time ON call (practice, began_at);

-- Append-only: from its journal a call replays.
CREATE TABLE journal (
    call_id    TEXT NOT NULL,
    seq        INTEGER NOT NULL,
    line       TEXT NOT NULL,              -- JSON
    PRIMARY KEY (call_id, seq)
) STRICT, WITHOUT ROWID;

-- No reference to `call`: a message is kept even if its call was not.
CREATE TABLE message (
    id         TEXT PRIMARY KEY,
    call_id    TEXT NOT NULL,
    request_id INTEGER NOT NULL,
    practice   TEXT NOT NULL,
    saved_at   TEXT NOT NULL,
    draft      TEXT NOT NULL,              -- JSON of domain::MessageDraft
    UNIQUE (call_id, request_id)
) STRICT;
CREATE INDEX message_by_time ON message (practice, saved_at);

-- What is still to be told to the practice. Written in the transaction of its message.
CREATE TABLE notification (
    message_id   TEXT PRIMARY KEY REFERENCES message (id),
    practice     TEXT NOT NULL,
    due_at       TEXT NOT NULL,
    tries        INTEGER NOT NULL DEFAULT 0,
    delivered_at TEXT
) STRICT;
CREATE INDEX notification_due ON notification (practice, due_at) WHERE delivered_at IS NULL;

CREATE TABLE escalation (
    id              TEXT PRIMARY KEY,
    call_id         TEXT NOT NULL,
    request_id      INTEGER NOT NULL,
    practice        TEXT NOT NULL,
    reference       TEXT NOT NULL,
    opened_at       TEXT NOT NULL,
    urgency         TEXT NOT NULL,
    draft           TEXT NOT NULL,         -- JSON of domain::CaseDraft
    state           TEXT NOT NULL,         -- JSON of oncall::Escalation
    acknowledged_by TEXT,
    acknowledged_at TEXT,
    UNIQUE (call_id, request_id)
) STRICT;
CREATE INDEX escalation_open ON escalation (practice, opened_at) WHERE acknowledged_by IS NULL;

CREATE TABLE escalation_event (
    case_id    TEXT NOT NULL REFERENCES escalation (id),
    request_id INTEGER NOT NULL,
    at         TEXT NOT NULL,
    what       TEXT NOT NULL,              -- JSON of domain::CaseUpdate
    PRIMARY KEY (case_id, request_id)
) STRICT, WITHOUT ROWID;

-- Intent before sending, outcome after it: a row without an outcome after a restart may or may not have been sent.
CREATE TABLE page_attempt (
    case_id     TEXT NOT NULL REFERENCES escalation (id),
    step        INTEGER NOT NULL,
    clinician   TEXT NOT NULL,
    channel     TEXT NOT NULL,
    why         TEXT NOT NULL,
    intended_at TEXT NOT NULL,
    outcome     TEXT,                      -- 'accepted', or why it failed
    settled_at  TEXT,
    PRIMARY KEY (case_id, step, clinician, channel)
) STRICT, WITHOUT ROWID;

-- Append-only: who looked at what and who changed what. Holds names of clinicians and ids, never a patient's words.
CREATE TABLE audit (
    id     INTEGER PRIMARY KEY,
    at     TEXT NOT NULL,
    actor  TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL
) STRICT;
