-- A practice may be told of its messages in several ways, each in its own time: its system at once, its mailbox at once or with a digest.
CREATE TABLE notification_by_way (
    message_id   TEXT NOT NULL REFERENCES message (id),
    way          TEXT NOT NULL CHECK (way IN ('webhook', 'email')),
    practice     TEXT NOT NULL,
    owed_at      TEXT NOT NULL,            -- from when on it was to be told; tries do not change it
    due_at       TEXT NOT NULL,
    tries        INTEGER NOT NULL DEFAULT 0,
    delivered_at TEXT,
    PRIMARY KEY (message_id, way)
) STRICT, WITHOUT ROWID;
INSERT INTO notification_by_way (message_id, way, practice, owed_at, due_at, tries, delivered_at)
    SELECT message_id, 'webhook', practice,
        coalesce((SELECT saved_at FROM message WHERE message.id = message_id), due_at), due_at, tries, delivered_at
    FROM notification WHERE message_id IS NOT NULL;
DROP TABLE notification;
ALTER TABLE notification_by_way RENAME TO notification;
CREATE INDEX notification_due ON notification (practice, way, due_at) WHERE delivered_at IS NULL;
