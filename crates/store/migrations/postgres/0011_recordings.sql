-- As in SQLite.
CREATE TABLE recording (
    call_id      TEXT PRIMARY KEY REFERENCES call (id),
    practice     TEXT NOT NULL,
    file         TEXT NOT NULL,
    begun_at     instant NOT NULL,
    delete_after instant NOT NULL,
    length_ms    BIGINT,
    bytes        BIGINT,
    sha256       TEXT,
    node         TEXT NOT NULL
);
CREATE INDEX recording_by_end ON recording (practice, delete_after);
