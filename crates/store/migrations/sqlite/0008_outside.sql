-- What the calendars that providers keep elsewhere know of our appointments. The row is written in the transaction that changes the
-- book: what is owed to a calendar is not forgotten.
CREATE TABLE outside_entry (
    appointment_id TEXT PRIMARY KEY NOT NULL REFERENCES appointment (id),
    practice       TEXT NOT NULL,
    seq            INTEGER NOT NULL,       -- counts what was changed: an answer to an older change settles nothing
    provider       TEXT,                   -- in whose calendar the entry stands; NULL: in nobody's that we know of
    version        TEXT,                   -- as that calendar gave it
    due_at         TEXT,                   -- when it is tried next; NULL: nothing is owed
    tries          INTEGER NOT NULL DEFAULT 0,
    told_at        TEXT                    -- when staff were told that it does not go by itself
) STRICT, WITHOUT ROWID;
CREATE INDEX outside_entry_due ON outside_entry (practice, due_at) WHERE due_at IS NOT NULL;
