-- Several processes may serve one practice from a database that they share. Each counts here, so that the others see it live.
CREATE TABLE node (
    id    TEXT PRIMARY KEY NOT NULL,
    beats INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which one answers the call and pages for the case: another writes nothing of it, unless it has taken it over.
ALTER TABLE call ADD COLUMN node TEXT;
ALTER TABLE escalation ADD COLUMN node TEXT;

-- What is done once, whichever of them does it: the test pages of a time.
CREATE TABLE turn (
    practice TEXT NOT NULL,
    name     TEXT NOT NULL,
    PRIMARY KEY (practice, name)
) STRICT, WITHOUT ROWID;

-- Keys that all of them must have alike.
CREATE TABLE shared_key (
    name TEXT PRIMARY KEY NOT NULL,
    key  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
