-- FirstRing's schema in PostgreSQL, as the migrations of SQLite up to the sixth have left theirs (crates/store/migrations/sqlite
-- says what each table and column is for; here stands only what is different). From here on both go forward together, under the
-- same numbers.

-- RFC 3339 in UTC with six decimals, as everywhere: it sorts as text by its bytes.
CREATE DOMAIN instant AS TEXT COLLATE "C"
    CHECK (VALUE ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$');
-- A name is the same name in capitals.
CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);

-- SQLite's two functions, for the drafts that may be damaged.
CREATE FUNCTION json_valid(draft TEXT) RETURNS BOOLEAN LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    PERFORM draft::json;
    RETURN draft IS NOT NULL;
EXCEPTION WHEN others THEN
    RETURN FALSE;
END $$;
-- `path` is of the form '$.name'.
CREATE FUNCTION json_extract(draft TEXT, path TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS $$
    SELECT draft::json ->> substr(path, 3)
$$;
-- What a trigger of SQLite raises by itself.
CREATE FUNCTION refuse() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0];
END $$;

CREATE TABLE call (
    id         TEXT PRIMARY KEY,
    practice   TEXT NOT NULL,
    caller_id  TEXT,
    began_at   instant NOT NULL,
    ended_at   instant,
    summary    TEXT
);
CREATE INDEX call_by_time ON call (practice, began_at);
CREATE INDEX call_by_caller ON call (practice, caller_id, began_at) WHERE caller_id IS NOT NULL;

CREATE TABLE journal (
    call_id    TEXT NOT NULL,
    seq        BIGINT NOT NULL,
    line       TEXT NOT NULL,
    PRIMARY KEY (call_id, seq)
);

CREATE TABLE message (
    id          TEXT PRIMARY KEY,
    call_id     TEXT NOT NULL,
    request_id  BIGINT NOT NULL,
    practice    TEXT NOT NULL,
    saved_at    instant NOT NULL,
    draft       TEXT NOT NULL,
    redacted_at instant,
    UNIQUE (call_id, request_id)
);
CREATE INDEX message_by_time ON message (practice, saved_at);

CREATE TABLE notification (
    message_id   TEXT PRIMARY KEY REFERENCES message (id),
    practice     TEXT NOT NULL,
    due_at       instant NOT NULL,
    tries        BIGINT NOT NULL DEFAULT 0,
    delivered_at instant
);
CREATE INDEX notification_due ON notification (practice, due_at) WHERE delivered_at IS NULL;

CREATE TABLE escalation (
    id              TEXT PRIMARY KEY,
    call_id         TEXT NOT NULL,
    request_id      BIGINT NOT NULL,
    practice        TEXT NOT NULL,
    reference       TEXT NOT NULL,
    opened_at       instant NOT NULL,
    urgency         TEXT NOT NULL,
    draft           TEXT NOT NULL,
    state           TEXT NOT NULL,
    acknowledged_by TEXT,
    acknowledged_at instant,
    closed_by       TEXT,
    closed_at       instant,
    UNIQUE (call_id, request_id)
);
CREATE INDEX escalation_open ON escalation (practice, opened_at) WHERE closed_by IS NULL;

CREATE TABLE escalation_event (
    case_id    TEXT NOT NULL REFERENCES escalation (id),
    call_id    TEXT NOT NULL,
    request_id BIGINT NOT NULL,
    at         instant NOT NULL,
    what       TEXT NOT NULL,
    PRIMARY KEY (case_id, call_id, request_id)
);
CREATE INDEX escalation_event_by_call ON escalation_event (call_id);

CREATE TABLE page_attempt (
    case_id     TEXT NOT NULL REFERENCES escalation (id),
    step        BIGINT NOT NULL,
    clinician   TEXT NOT NULL,
    channel     TEXT NOT NULL,
    why         TEXT NOT NULL,
    intended_at instant NOT NULL,
    outcome     TEXT,
    settled_at  instant,
    PRIMARY KEY (case_id, step, clinician, channel)
);

CREATE TABLE audit (
    id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     instant NOT NULL,
    actor  TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL
);

-- The appointment book.

CREATE TABLE provider (
    practice TEXT NOT NULL,
    id       TEXT NOT NULL,
    position BIGINT NOT NULL,
    name     TEXT NOT NULL,
    PRIMARY KEY (practice, id)
);

CREATE TABLE appointment_type (
    practice        TEXT NOT NULL,
    id              TEXT NOT NULL,
    position        BIGINT NOT NULL,
    name            TEXT NOT NULL,
    asked_with      TEXT NOT NULL,
    duration_s      BIGINT NOT NULL CHECK (duration_s > 0),
    buffer_before_s BIGINT NOT NULL CHECK (buffer_before_s >= 0),
    buffer_after_s  BIGINT NOT NULL CHECK (buffer_after_s >= 0),
    admits          TEXT NOT NULL CHECK (admits IN ('everybody', 'known_patients', 'new_patients')),
    age_from        BIGINT NOT NULL,
    age_to          BIGINT NOT NULL,
    providers       TEXT NOT NULL,
    lead_s          BIGINT NOT NULL,
    horizon_days    BIGINT NOT NULL,
    PRIMARY KEY (practice, id)
);

CREATE TABLE template (
    practice   TEXT NOT NULL,
    position   BIGINT NOT NULL,
    provider   TEXT NOT NULL,
    weekday    BIGINT NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    from_civil TEXT COLLATE "C" NOT NULL,
    to_civil   TEXT COLLATE "C" NOT NULL CHECK (from_civil < to_civil),
    types      TEXT NOT NULL,
    release    TEXT NOT NULL CHECK (release IN ('always', 'same_day')),
    PRIMARY KEY (practice, position)
);

CREATE TABLE schedule_exception (
    practice   TEXT NOT NULL,
    position   BIGINT NOT NULL,
    provider   TEXT,
    from_civil TEXT COLLATE "C" NOT NULL,
    to_civil   TEXT COLLATE "C" NOT NULL CHECK (from_civil < to_civil),
    what       TEXT NOT NULL CHECK (what IN ('closed', 'open')),
    why        TEXT NOT NULL,
    PRIMARY KEY (practice, position)
);

CREATE TABLE patient (
    id            TEXT PRIMARY KEY,
    practice      TEXT NOT NULL,
    name          TEXT COLLATE "C" NOT NULL,
    date_of_birth TEXT COLLATE "C" NOT NULL,
    own_provider  TEXT,
    insurance     TEXT,
    external_id   TEXT,
    registered_at instant NOT NULL,
    call_id       TEXT,
    UNIQUE (practice, external_id)
);
CREATE INDEX patient_by_birth ON patient (practice, date_of_birth);

CREATE TABLE patient_number (
    patient_id TEXT NOT NULL REFERENCES patient (id),
    number     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (patient_id, number)
);

CREATE TABLE matched (
    call_id    TEXT NOT NULL,
    patient_id TEXT NOT NULL REFERENCES patient (id),
    at         instant NOT NULL,
    PRIMARY KEY (call_id, patient_id)
);

CREATE TABLE slot_offer (
    id           TEXT PRIMARY KEY,
    practice     TEXT NOT NULL,
    call_id      TEXT NOT NULL,
    request_id   BIGINT NOT NULL,
    position     BIGINT NOT NULL,
    patient_id   TEXT NOT NULL REFERENCES patient (id),
    provider     TEXT NOT NULL,
    kind         TEXT NOT NULL,
    start_at     instant NOT NULL,
    end_at       instant NOT NULL,
    blocked_from instant NOT NULL,
    blocked_to   instant NOT NULL,
    fit          TEXT NOT NULL,
    offered_at   instant NOT NULL,
    UNIQUE (call_id, request_id, position)
);

CREATE TABLE appointment (
    id           TEXT PRIMARY KEY,
    practice     TEXT NOT NULL,
    patient_id   TEXT NOT NULL REFERENCES patient (id),
    provider     TEXT NOT NULL,
    kind         TEXT NOT NULL,
    start_at     instant NOT NULL,
    end_at       instant NOT NULL,
    blocked_from instant NOT NULL,
    blocked_to   instant NOT NULL,
    status       TEXT NOT NULL CHECK (status IN ('booked', 'cancelled')),
    reason       TEXT,
    call_id      TEXT NOT NULL,
    request_id   BIGINT NOT NULL,
    made_at      instant NOT NULL,
    UNIQUE (call_id, request_id),
    CHECK (blocked_from <= start_at AND start_at < end_at AND end_at <= blocked_to)
);
CREATE INDEX appointment_by_provider ON appointment (practice, provider, blocked_to) WHERE status = 'booked';
CREATE INDEX appointment_by_patient ON appointment (patient_id, start_at);
CREATE INDEX appointment_by_time ON appointment (practice, start_at);

-- No provider is in two places. Two programs may write at once here, and neither sees what the other has not yet committed: the
-- lock makes the second wait for the first to end, and what it then looks at is what the first has left. A deferred look at the
-- end of the transaction would see no more.
CREATE FUNCTION no_double_booking() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.practice || '/' || NEW.provider, 0));
    IF EXISTS (
        SELECT 1 FROM appointment AS other
        WHERE other.practice = NEW.practice AND other.provider = NEW.provider AND other.status = 'booked'
          AND other.blocked_to > NEW.blocked_from AND other.blocked_from < NEW.blocked_to
          AND other.id <> NEW.id
    ) THEN
        RAISE EXCEPTION 'double booking';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER no_double_booking AFTER INSERT OR UPDATE ON appointment
FOR EACH ROW WHEN (NEW.status = 'booked') EXECUTE FUNCTION no_double_booking();

CREATE TABLE appointment_change (
    appointment_id TEXT NOT NULL REFERENCES appointment (id),
    seq            BIGINT NOT NULL,
    at             instant NOT NULL,
    call_id        TEXT NOT NULL,
    request_id     BIGINT NOT NULL,
    what           TEXT NOT NULL CHECK (what IN ('booked', 'moved', 'cancelled')),
    provider       TEXT NOT NULL,
    kind           TEXT NOT NULL,
    start_at       instant NOT NULL,
    PRIMARY KEY (appointment_id, seq)
);

CREATE TABLE answer (
    call_id    TEXT NOT NULL,
    request_id BIGINT NOT NULL,
    reply      TEXT NOT NULL,
    PRIMARY KEY (call_id, request_id)
);

-- The message ledger.

CREATE TABLE ledger (
    practice  TEXT NOT NULL,
    seq       BIGINT NOT NULL CHECK (seq >= 1),
    version   BIGINT NOT NULL,
    at        TEXT NOT NULL,
    kind      TEXT NOT NULL,
    object    TEXT NOT NULL,
    text_hash BYTEA NOT NULL CHECK (length(text_hash) = 32),
    previous  BYTEA NOT NULL CHECK (length(previous) = 32),
    hash      BYTEA NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (practice, seq)
);
CREATE UNIQUE INDEX ledger_message ON ledger (practice, object) WHERE kind = 'message';
CREATE UNIQUE INDEX ledger_redaction ON ledger (practice, object) WHERE kind = 'redaction';

CREATE TABLE ledger_text (
    practice TEXT NOT NULL,
    seq      BIGINT NOT NULL,
    salt     BYTEA NOT NULL CHECK (length(salt) = 32),
    text     TEXT NOT NULL,
    PRIMARY KEY (practice, seq),
    FOREIGN KEY (practice, seq) REFERENCES ledger (practice, seq)
);

CREATE FUNCTION ledger_appended() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    last ledger%ROWTYPE;
BEGIN
    SELECT * INTO last FROM ledger WHERE practice = NEW.practice ORDER BY seq DESC LIMIT 1;
    IF NEW.seq <> coalesce(last.seq, 0) + 1
        OR NEW.previous <> coalesce(last.hash, decode(repeat('00', 32), 'hex')) THEN
        RAISE EXCEPTION 'the ledger is only appended to';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_appended BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION ledger_appended();
CREATE TRIGGER ledger_unchanged BEFORE UPDATE OR DELETE ON ledger
FOR EACH ROW EXECUTE FUNCTION refuse('the ledger is only appended to');
-- TRUNCATE fires no trigger for each row.
CREATE TRIGGER ledger_kept BEFORE TRUNCATE ON ledger EXECUTE FUNCTION refuse('the ledger is only appended to');

CREATE FUNCTION ledger_text_appended() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq <> (SELECT coalesce(max(seq), 0) FROM ledger WHERE practice = NEW.practice)
        OR EXISTS (SELECT 1 FROM ledger_text WHERE practice = NEW.practice AND seq = NEW.seq) THEN
        RAISE EXCEPTION 'a text comes with the newest entry, once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_text_appended BEFORE INSERT ON ledger_text FOR EACH ROW EXECUTE FUNCTION ledger_text_appended();
CREATE TRIGGER ledger_text_unchanged BEFORE UPDATE ON ledger_text
FOR EACH ROW EXECUTE FUNCTION refuse('a text of the ledger is never changed');

CREATE FUNCTION ledger_text_redacted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM ledger AS entry
        JOIN ledger AS redaction ON redaction.practice = entry.practice AND redaction.object = entry.object
        WHERE entry.practice = OLD.practice AND entry.seq = OLD.seq AND entry.kind = 'message'
            AND redaction.kind = 'redaction' AND redaction.seq > entry.seq
    ) THEN
        RAISE EXCEPTION 'only the text of a message that was redacted is deleted';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER ledger_text_redacted BEFORE DELETE ON ledger_text FOR EACH ROW EXECUTE FUNCTION ledger_text_redacted();
CREATE TRIGGER ledger_text_kept BEFORE TRUNCATE ON ledger_text
EXECUTE FUNCTION refuse('only the text of a message that was redacted is deleted');

CREATE FUNCTION is_redacted(of TEXT) RETURNS BOOLEAN LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM ledger WHERE kind = 'redaction' AND object = of)
$$;
CREATE FUNCTION message_unchanged() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.redacted_at IS NOT NULL OR NOT is_redacted(OLD.id) THEN
        RAISE EXCEPTION 'a message is never changed but by its redaction';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER message_unchanged BEFORE UPDATE ON message FOR EACH ROW EXECUTE FUNCTION message_unchanged();
CREATE TRIGGER message_undeleted BEFORE DELETE ON message
FOR EACH ROW EXECUTE FUNCTION refuse('a message is never deleted');
CREATE TRIGGER message_kept BEFORE TRUNCATE ON message EXECUTE FUNCTION refuse('a message is never deleted');

CREATE TABLE ledger_begun (
    messages_of_before BIGINT NOT NULL
);

-- The practice's inbox.

CREATE TABLE staff (
    practice      TEXT NOT NULL,
    name          TEXT COLLATE any_case NOT NULL,
    password_hash TEXT NOT NULL,
    made_at       instant NOT NULL,
    disabled_at   instant,
    PRIMARY KEY (practice, name)
);

CREATE TABLE session (
    token_hash   BYTEA PRIMARY KEY CHECK (length(token_hash) = 32),
    practice     TEXT NOT NULL,
    staff        TEXT COLLATE any_case NOT NULL,
    began_at     instant NOT NULL,
    last_used_at instant NOT NULL,
    ended_at     instant,
    FOREIGN KEY (practice, staff) REFERENCES staff (practice, name)
);
CREATE INDEX session_of_staff ON session (practice, staff);

CREATE TABLE message_work (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id TEXT NOT NULL REFERENCES message (id),
    at         instant NOT NULL,
    by         TEXT NOT NULL,
    what       TEXT NOT NULL CHECK (what IN ('opened', 'called_back', 'done', 'reopened')),
    note       TEXT
);
CREATE INDEX message_work_of ON message_work (message_id, id);
CREATE FUNCTION message_work_unchanged() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.note IS NOT NULL OR to_jsonb(NEW) - 'note' <> to_jsonb(OLD) - 'note' OR NOT is_redacted(OLD.message_id) THEN
        RAISE EXCEPTION 'what was done with a message is never changed but by its redaction';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER message_work_unchanged BEFORE UPDATE ON message_work
FOR EACH ROW EXECUTE FUNCTION message_work_unchanged();
CREATE TRIGGER message_work_undeleted BEFORE DELETE ON message_work
FOR EACH ROW EXECUTE FUNCTION refuse('what was done with a message is never deleted');
CREATE TRIGGER message_work_kept BEFORE TRUNCATE ON message_work
EXECUTE FUNCTION refuse('what was done with a message is never deleted');

CREATE TABLE inbox (
    message_id TEXT COLLATE "C" PRIMARY KEY,
    practice   TEXT NOT NULL,
    urgency    BIGINT NOT NULL,
    saved_at   instant NOT NULL,
    done_at    instant
);
CREATE INDEX inbox_open ON inbox (practice, urgency, saved_at, message_id) WHERE done_at IS NULL;
CREATE INDEX inbox_done ON inbox (practice, done_at, message_id) WHERE done_at IS NOT NULL;

CREATE FUNCTION message_into_inbox() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inbox (message_id, practice, urgency, saved_at) VALUES (
        NEW.id, NEW.practice,
        CASE CASE WHEN json_valid(NEW.draft) THEN json_extract(NEW.draft, '$.urgency') END
            WHEN 'routine' THEN 2 WHEN 'urgent' THEN 1 ELSE 0 END,
        NEW.saved_at);
    RETURN NULL;
END $$;
CREATE TRIGGER message_into_inbox AFTER INSERT ON message FOR EACH ROW EXECUTE FUNCTION message_into_inbox();

CREATE FUNCTION message_done_or_open_again() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE inbox SET done_at = CASE NEW.what WHEN 'done' THEN NEW.at END WHERE message_id = NEW.message_id;
    RETURN NULL;
END $$;
CREATE TRIGGER message_done_or_open_again AFTER INSERT ON message_work
FOR EACH ROW WHEN (NEW.what IN ('done', 'reopened')) EXECUTE FUNCTION message_done_or_open_again();

CREATE FUNCTION redacted_message_is_done() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE inbox SET done_at = coalesce(done_at, NEW.redacted_at) WHERE message_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER redacted_message_is_done AFTER UPDATE ON message
FOR EACH ROW WHEN (NEW.redacted_at IS NOT NULL) EXECUTE FUNCTION redacted_message_is_done();
