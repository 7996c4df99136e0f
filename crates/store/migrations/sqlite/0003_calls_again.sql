-- A caller whose call broke off and who calls again: the call before is found by its number, and what the later call
-- tells belongs into the case of the earlier one. Each call numbers its requests from one.
CREATE INDEX call_by_caller ON call (practice, caller_id, began_at) WHERE caller_id IS NOT NULL;

CREATE TABLE case_event (
    case_id    TEXT NOT NULL REFERENCES escalation (id),
    call_id    TEXT NOT NULL,
    request_id INTEGER NOT NULL,
    at         TEXT NOT NULL,
    what       TEXT NOT NULL,              -- JSON of domain::CaseUpdate
    PRIMARY KEY (case_id, call_id, request_id)
) STRICT, WITHOUT ROWID;
INSERT INTO case_event (case_id, call_id, request_id, at, what)
    SELECT case_id, escalation.call_id, escalation_event.request_id, at, what
    FROM escalation_event JOIN escalation ON escalation.id = case_id;
DROP TABLE escalation_event;
ALTER TABLE case_event RENAME TO escalation_event;
CREATE INDEX escalation_event_by_call ON escalation_event (call_id);
