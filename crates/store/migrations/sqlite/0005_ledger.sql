-- The message ledger: append-only and chained by hashes (crates/store/src/ledger/chain.rs says how), so that what was
-- changed, left out or added afterwards is found. The words stand beside it: they can be redacted, the chain cannot.
CREATE TABLE ledger (
    practice  TEXT NOT NULL,
    seq       INTEGER NOT NULL CHECK (seq >= 1), -- from 1 in each practice, without gaps
    version   INTEGER NOT NULL,        -- of what is hashed
    at        TEXT NOT NULL,
    kind      TEXT NOT NULL,           -- 'message', 'redaction'
    object    TEXT NOT NULL,           -- the message's id
    text_hash BLOB NOT NULL CHECK (length(text_hash) = 32),
    previous  BLOB NOT NULL CHECK (length(previous) = 32), -- the hash of the entry before; zeros before the first
    hash      BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (practice, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX ledger_message ON ledger (practice, object) WHERE kind = 'message';
CREATE UNIQUE INDEX ledger_redaction ON ledger (practice, object) WHERE kind = 'redaction';

-- The salt goes with the text: without it nobody can try out which short text has the hash that stays.
CREATE TABLE ledger_text (
    practice TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    salt     BLOB NOT NULL CHECK (length(salt) = 32),
    text     TEXT NOT NULL,            -- JSON of what was entered
    PRIMARY KEY (practice, seq),
    FOREIGN KEY (practice, seq) REFERENCES ledger (practice, seq)
) STRICT;

-- The triggers keep a mistake of a program from being made; whoever can write to the file can drop them, and then the
-- chain tells. A BEFORE trigger also stands before the silent deletion of INSERT OR REPLACE.
CREATE TRIGGER ledger_appended BEFORE INSERT ON ledger
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM ledger WHERE practice = NEW.practice)
    OR NEW.previous <> coalesce(
        (SELECT hash FROM ledger WHERE practice = NEW.practice ORDER BY seq DESC LIMIT 1), zeroblob(32))
BEGIN
    SELECT RAISE(ABORT, 'the ledger is only appended to');
END;
CREATE TRIGGER ledger_unchanged BEFORE UPDATE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger is only appended to');
END;
CREATE TRIGGER ledger_undeleted BEFORE DELETE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger is only appended to');
END;

CREATE TRIGGER ledger_text_appended BEFORE INSERT ON ledger_text
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) FROM ledger WHERE practice = NEW.practice)
    OR EXISTS (SELECT 1 FROM ledger_text WHERE practice = NEW.practice AND seq = NEW.seq)
BEGIN
    SELECT RAISE(ABORT, 'a text comes with the newest entry, once');
END;
CREATE TRIGGER ledger_text_unchanged BEFORE UPDATE ON ledger_text
BEGIN
    SELECT RAISE(ABORT, 'a text of the ledger is never changed');
END;
CREATE TRIGGER ledger_text_redacted BEFORE DELETE ON ledger_text
WHEN NOT EXISTS (
    SELECT 1 FROM ledger AS entry
    JOIN ledger AS redaction ON redaction.practice = entry.practice AND redaction.object = entry.object
    WHERE entry.practice = OLD.practice AND entry.seq = OLD.seq AND entry.kind = 'message'
        AND redaction.kind = 'redaction' AND redaction.seq > entry.seq
)
BEGIN
    SELECT RAISE(ABORT, 'only the text of a message that was redacted is deleted');
END;

-- A redacted message keeps its row, without its words.
ALTER TABLE message ADD COLUMN redacted_at TEXT;
CREATE TRIGGER message_unchanged
BEFORE UPDATE OF id, call_id, request_id, practice, saved_at, draft, redacted_at ON message
WHEN OLD.redacted_at IS NOT NULL OR NOT EXISTS (
    SELECT 1 FROM ledger WHERE practice = OLD.practice AND kind = 'redaction' AND object = OLD.id
)
BEGIN
    SELECT RAISE(ABORT, 'a message is never changed but by its redaction');
END;
CREATE TRIGGER message_undeleted BEFORE DELETE ON message
BEGIN
    SELECT RAISE(ABORT, 'a message is never deleted');
END;

-- One row, once the messages of before stand in the ledger. A message that lacks its entry later on is a flaw to be told,
-- not one to be entered quietly at the next start.
CREATE TABLE ledger_begun (
    messages_of_before INTEGER NOT NULL
) STRICT;
