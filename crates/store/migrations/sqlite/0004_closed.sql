-- A case that was taken is not done: it is closed when its caller was reached. Until now taking it was the end.
ALTER TABLE escalation ADD COLUMN closed_by TEXT;
ALTER TABLE escalation ADD COLUMN closed_at TEXT;
UPDATE escalation SET closed_by = acknowledged_by, closed_at = acknowledged_at;
DROP INDEX escalation_open;
CREATE INDEX escalation_open ON escalation (practice, opened_at) WHERE closed_by IS NULL;
