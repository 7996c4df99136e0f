-- As in SQLite.
ALTER TABLE notification ADD COLUMN way TEXT NOT NULL DEFAULT 'webhook' CHECK (way IN ('webhook', 'email'));
ALTER TABLE notification ALTER COLUMN way DROP DEFAULT;
ALTER TABLE notification ADD COLUMN owed_at instant;
UPDATE notification SET owed_at = coalesce((SELECT saved_at FROM message WHERE message.id = message_id), due_at);
ALTER TABLE notification ALTER COLUMN owed_at SET NOT NULL;
ALTER TABLE notification DROP CONSTRAINT notification_pkey;
ALTER TABLE notification ADD PRIMARY KEY (message_id, way);
DROP INDEX notification_due;
CREATE INDEX notification_due ON notification (practice, way, due_at) WHERE delivered_at IS NULL;
