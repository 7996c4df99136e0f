use std::path::PathBuf;

use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;
use sqlx::postgres::PgDatabaseError;
use sqlx::sqlite::SqliteError;

/// Why the store could not do it, by what can be done about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The key does not open the file, or the file is something else. Give the right key.
    #[error("{} does not open with this key: give the key that it was made with, or another file", path.display())]
    WrongKey {
        /// The database.
        path: PathBuf,
    },
    /// It is not the address of a PostgreSQL database. The address itself is not told: it holds a password.
    #[error("the database's address is not of the form postgres://user:password@host:5432/name")]
    BadUrl,
    /// The database is on another machine and its connection could be read on the way.
    #[error(
        "the database is on another machine: write sslmode=verify-full in its address, or patients' words travel unprotected"
    )]
    Exposed,
    /// Something was to be restored into a database that holds records.
    #[error("the database holds records already: restore into an empty one, and name that in the configuration")]
    NotEmpty,
    /// There is no file and none can be made. Check the path and its permissions.
    #[error("cannot open {}: check that its directory exists and may be written to", path.display())]
    CannotOpen {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// A newer FirstRing has written this file. Use that version.
    #[error(
        "the database was made by a newer version (its migration {version} is unknown): run that version or a later one, or \
         restore the backup that was made before the upgrade"
    )]
    Newer {
        /// The first unknown migration.
        version: i64,
    },
    /// Nothing can be written. Make room on the disk.
    #[error("the disk with the database is full (or its configured size is reached): make room")]
    Full(#[source] sqlx::Error),
    /// A copy does not fit where it is to lie; the database itself is well. Make room there, or copy to another place.
    #[error("there is no room for a copy at {}: make room, or choose another place", path.display())]
    NoRoomForCopy {
        /// The copy.
        path: PathBuf,
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// Somebody else writes for too long. Try again.
    #[error("the database is busy: another process holds it")]
    Busy(#[source] sqlx::Error),
    /// The file is damaged. Restore a backup.
    #[error("the database is damaged ({what}): restore a backup")]
    Corrupt {
        /// Which part, without its content.
        what: String,
    },
    /// There is no such row.
    #[error("no such {what}")]
    NotFound {
        /// Of which kind.
        what: &'static str,
    },
    /// The provider is taken at that time: nothing was written. Offer another time.
    #[error("the provider has another appointment at that time")]
    DoubleBooked,
    /// The database has been closed or does not answer. Open it again.
    #[error("the database is closed or does not answer")]
    Unavailable(#[source] sqlx::Error),
    /// Anything else: a defect of ours, or of the disk.
    #[error("the database failed")]
    Other(#[source] sqlx::Error),
}

/// SQLite's primary result codes, <https://www.sqlite.org/rescode.html>.
mod code {
    pub(super) const ERROR: i32 = 1;
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const NOT_A_DATABASE: i32 = 26;
    /// `SQLITE_CONSTRAINT`; ours that raise are named by their message.
    pub(super) const CONSTRAINT: i32 = 19;
    /// Of an extended code the low byte is the primary one.
    pub(super) const PRIMARY: i32 = 0xff;
}

/// The primary result code, where the error comes from SQLite.
fn sqlite_code(error: &sqlx::Error) -> Option<i32> {
    let error = error.as_database_error()?.try_downcast_ref::<SqliteError>()?;
    let extended: i32 = error.code()?.parse().ok()?;
    Some(extended & code::PRIMARY)
}

/// What an error of PostgreSQL means, by its SQLSTATE and, where two letters suffice, the class of it:
/// <https://www.postgresql.org/docs/15/errcodes-appendix.html>.
fn of_postgres(error: sqlx::Error) -> StoreError {
    let state = error.as_database_error().and_then(DatabaseError::code).unwrap_or_default().into_owned();
    match (state.get(..2).unwrap_or_default(), state.as_str()) {
        (_, "P0001") if is_double_booking(&error) => StoreError::DoubleBooked,
        // Disk full; no memory or connections are another matter.
        (_, "53100") => StoreError::Full(error),
        // The lock is not to be had, or two have waited for each other.
        (_, "55P03" | "57014") | ("40", _) => StoreError::Busy(error),
        ("XX", _) => StoreError::Corrupt { what: "its pages or indexes".to_owned() },
        // It is not reached, has too many connections, starts, stops, has ended the session, or only reads.
        ("08" | "53" | "57", _) | (_, "25P03" | "25006") => StoreError::Unavailable(error),
        _ => StoreError::Other(error),
    }
}

/// A general error without a message of its own: SQLCipher's word for a page whose checksum is wrong. A defect in a
/// statement of ours would say what is wrong with it.
fn is_bare(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|e| e.message() == "SQL logic error")
}

/// The triggers of the appointment book raise this (`no_double_booking` in the migrations).
fn is_double_booking(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|e| e.message() == "double booking")
}

/// There is no connection to be had.
fn is_gone(error: &sqlx::Error) -> bool {
    matches!(
        error,
        sqlx::Error::PoolClosed
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
    )
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if error.as_database_error().is_some_and(|e| e.try_downcast_ref::<PgDatabaseError>().is_some()) {
            return of_postgres(error);
        }
        match sqlite_code(&error) {
            Some(code::BUSY | code::LOCKED) => Self::Busy(error),
            Some(code::CONSTRAINT) if is_double_booking(&error) => Self::DoubleBooked,
            Some(code::FULL) => Self::Full(error),
            Some(code::CORRUPT | code::NOT_A_DATABASE) => Self::Corrupt { what: "its pages".to_owned() },
            Some(code::ERROR) if is_bare(&error) => Self::Corrupt { what: "its pages".to_owned() },
            Some(_) => Self::Other(error),
            None if is_gone(&error) => Self::Unavailable(error),
            None => Self::Other(error),
        }
    }
}

impl StoreError {
    /// What an error means while the database at `path` is being opened.
    pub(crate) fn while_opening(error: sqlx::Error, path: &std::path::Path) -> Self {
        const CANNOT_OPEN: i32 = 14;
        let path = path.to_owned();
        match sqlite_code(&error) {
            Some(code::NOT_A_DATABASE) => Self::WrongKey { path },
            Some(CANNOT_OPEN) => Self::CannotOpen { path, source: error },
            Some(_) | None => error.into(),
        }
    }

    /// What an error means while migrations run.
    pub(crate) fn while_migrating(error: MigrateError) -> Self {
        if let MigrateError::VersionMissing(version) = error {
            return Self::Newer { version };
        }
        if let MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) = error {
            return error.into();
        }
        Self::Other(sqlx::Error::Migrate(Box::new(error)))
    }
}
