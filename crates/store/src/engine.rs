//! What differs between SQLite and PostgreSQL. Everything else is written once, in SQL that both read alike: parameters
//! as `$1`, times as RFC 3339 text, ids as text, numbers as 64 bits, JSON as text.

use sqlx::migrate::Migrator;

use crate::open;

/// One of the two databases.
pub(crate) struct Engine {
    /// For people.
    pub(crate) name: &'static str,
    /// Whether several processes serve from it at the same time.
    pub(crate) is_shared: bool,
    /// Begins a transaction beside which nobody else changes anything.
    pub(crate) begin_to_write: &'static str,
    /// Begins a transaction that sees one moment.
    pub(crate) begin_to_read: &'static str,
    /// Its schema, from the first to the present one.
    pub(crate) migrations: fn() -> Migrator,
    /// Whether there is a table of the name `$1`.
    pub(crate) has_table: &'static str,
    /// The names of all tables that hold anything of a practice or its nodes.
    pub(crate) tables: &'static str,
    /// A text column's bytes, whether they are a text or not.
    pub(crate) as_bytes: fn(&str) -> String,
    /// What it can say of its own soundness: each check and what it looks at. A row that is not "ok" is a flaw.
    pub(crate) checks: &'static [(&'static str, &'static str)],
}

pub(crate) const SQLITE: Engine = Engine {
    name: "SQLite",
    is_shared: false,
    begin_to_write: "BEGIN IMMEDIATE",
    begin_to_read: "BEGIN",
    migrations: open::migrations,
    has_table: "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1",
    tables: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*'
             AND name <> '_sqlx_migrations'",
    as_bytes: |column| format!("CAST({column} AS BLOB)"),
    checks: &[
        ("PRAGMA cipher_integrity_check", "its pages"),
        ("PRAGMA integrity_check(1)", "its tables or indexes"),
        ("PRAGMA foreign_key_check", "references between its tables"),
    ],
};
