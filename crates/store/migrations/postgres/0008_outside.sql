-- As in SQLite.
CREATE TABLE outside_entry (
    appointment_id TEXT PRIMARY KEY REFERENCES appointment (id),
    practice       TEXT NOT NULL,
    seq            BIGINT NOT NULL,
    provider       TEXT,
    version        TEXT,
    due_at         instant,
    tries          BIGINT NOT NULL DEFAULT 0,
    told_at        instant
);
CREATE INDEX outside_entry_due ON outside_entry (practice, due_at) WHERE due_at IS NOT NULL;
