-- As in SQLite.
CREATE TABLE node (
    id    TEXT PRIMARY KEY,
    beats BIGINT NOT NULL
);
ALTER TABLE call ADD COLUMN node TEXT;
ALTER TABLE escalation ADD COLUMN node TEXT;
CREATE TABLE turn (
    practice TEXT NOT NULL,
    name     TEXT NOT NULL,
    PRIMARY KEY (practice, name)
);
CREATE TABLE shared_key (
    name TEXT PRIMARY KEY,
    key  TEXT NOT NULL
);
