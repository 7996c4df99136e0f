-- The practice's inbox: who may read its messages, who is logged in, what was done with each message.

-- Nobody is ever deleted: what they did stays theirs.
CREATE TABLE staff (
    practice      TEXT NOT NULL,
    name          TEXT NOT NULL COLLATE NOCASE,
    password_hash TEXT NOT NULL,           -- Argon2id, as a PHC string
    made_at       TEXT NOT NULL,
    disabled_at   TEXT,
    PRIMARY KEY (practice, name)
) STRICT, WITHOUT ROWID;

-- The token itself is only in the browser: who reads this table cannot log in with it.
CREATE TABLE session (
    token_hash   BLOB PRIMARY KEY NOT NULL CHECK (length(token_hash) = 32),
    practice     TEXT NOT NULL,
    staff        TEXT NOT NULL COLLATE NOCASE,
    began_at     TEXT NOT NULL,
    last_used_at TEXT NOT NULL,
    ended_at     TEXT,
    FOREIGN KEY (practice, staff) REFERENCES staff (practice, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_of_staff ON session (practice, staff);

-- Append-only: what staff did with a message. The message itself is never changed.
CREATE TABLE message_work (
    id         INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL REFERENCES message (id),
    at         TEXT NOT NULL,
    by         TEXT NOT NULL,
    what       TEXT NOT NULL CHECK (what IN ('opened', 'called_back', 'done', 'reopened')),
    note       TEXT                        -- what staff wrote about it; goes when the message is redacted
) STRICT;
CREATE INDEX message_work_of ON message_work (message_id, id);
CREATE TRIGGER message_work_unchanged BEFORE UPDATE ON message_work
WHEN NEW.note IS NOT NULL OR NEW.id <> OLD.id OR NEW.message_id <> OLD.message_id OR NEW.at <> OLD.at
    OR NEW.by <> OLD.by OR NEW.what <> OLD.what
    OR NOT EXISTS (SELECT 1 FROM ledger WHERE kind = 'redaction' AND object = OLD.message_id)
BEGIN
    SELECT RAISE(ABORT, 'what was done with a message is never changed but by its redaction');
END;
CREATE TRIGGER message_work_undeleted BEFORE DELETE ON message_work
BEGIN
    SELECT RAISE(ABORT, 'what was done with a message is never deleted');
END;

-- In which order messages are shown, and whether they are done: nothing that does not follow from the tables above. It is
-- there so that a list does not read every message that there ever was. The triggers keep it, whoever saves a message.
CREATE TABLE inbox (
    message_id TEXT PRIMARY KEY NOT NULL,
    practice   TEXT NOT NULL,
    urgency    INTEGER NOT NULL,           -- the most urgent is 0
    saved_at   TEXT NOT NULL,
    done_at    TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_open ON inbox (practice, urgency, saved_at, message_id) WHERE done_at IS NULL;
CREATE INDEX inbox_done ON inbox (practice, done_at, message_id) WHERE done_at IS NOT NULL;

-- A draft that cannot be read counts as most urgent, and does not keep its message from being saved.
INSERT INTO inbox (message_id, practice, urgency, saved_at)
    SELECT id, practice,
        CASE CASE WHEN json_valid(draft) THEN json_extract(draft, '$.urgency') END
            WHEN 'routine' THEN 2 WHEN 'urgent' THEN 1 ELSE 0 END,
        saved_at
    FROM message WHERE id IS NOT NULL;
CREATE TRIGGER message_into_inbox AFTER INSERT ON message WHEN NEW.id IS NOT NULL
BEGIN
    INSERT OR REPLACE INTO inbox (message_id, practice, urgency, saved_at) VALUES (
        NEW.id, NEW.practice,
        CASE CASE WHEN json_valid(NEW.draft) THEN json_extract(NEW.draft, '$.urgency') END
            WHEN 'routine' THEN 2 WHEN 'urgent' THEN 1 ELSE 0 END,
        NEW.saved_at);
END;
CREATE TRIGGER message_done_or_open_again AFTER INSERT ON message_work WHEN NEW.what IN ('done', 'reopened')
BEGIN
    UPDATE inbox SET done_at = CASE NEW.what WHEN 'done' THEN NEW.at END WHERE message_id = NEW.message_id;
END;

-- What the practice's own system has taken, or what was redacted, was dealt with before there was an inbox.
INSERT INTO message_work (message_id, at, by, what)
    SELECT message_id, delivered_at, 'before the inbox', 'done' FROM notification WHERE delivered_at IS NOT NULL;
UPDATE inbox SET done_at = (SELECT redacted_at FROM message WHERE message.id = inbox.message_id)
    WHERE done_at IS NULL AND (SELECT redacted_at FROM message WHERE message.id = inbox.message_id) IS NOT NULL;
-- A message without words asks nobody for anything.
CREATE TRIGGER redacted_message_is_done AFTER UPDATE OF redacted_at ON message WHEN NEW.redacted_at IS NOT NULL
BEGIN
    UPDATE inbox SET done_at = coalesce(done_at, NEW.redacted_at) WHERE message_id = NEW.id;
END;
