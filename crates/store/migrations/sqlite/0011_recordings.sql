-- Which calls' sound is kept. The sound itself lies beside the database, one encrypted file a call.
CREATE TABLE recording (
    call_id      TEXT PRIMARY KEY NOT NULL REFERENCES call (id),
    practice     TEXT NOT NULL,
    file         TEXT NOT NULL,            -- its name in the folder of recordings
    begun_at     TEXT NOT NULL,
    delete_after TEXT NOT NULL,            -- when it is deleted at the latest
    length_ms    INTEGER,                  -- NULL: it goes on, or its process died
    bytes        INTEGER,
    sha256       TEXT,                     -- of the file
    node         TEXT NOT NULL,            -- whose folder it lies in
    CHECK (begun_at GLOB '????-??-??T??:??:??.??????Z' AND delete_after GLOB '????-??-??T??:??:??.??????Z')
) STRICT;
CREATE INDEX recording_by_end ON recording (practice, delete_after);
