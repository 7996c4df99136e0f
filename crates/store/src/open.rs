use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

// Used for its feature `bundled-sqlcipher` only, which turns the SQLite that sqlx brings into SQLCipher.
use libsqlite3_sys as _;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Any, AnyPool, AssertSqlSafe, ConnectOptions, Connection, SqlSafeStr, SqliteConnection, Transaction};
use tokio::sync::OnceCell;

use crate::engine::{Engine, SQLITE};
use crate::{NodeId, Secret, StoreError};

/// Connections that read. When all are in use, a reader waits; a writer never waits for readers (WAL).
const READERS: u32 = 3;
/// How long a statement waits for another process's lock before it gives [`StoreError::Busy`].
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a method waits for a connection before it gives [`StoreError::Unavailable`].
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// SQLCipher 4's default page size, in bytes.
const PAGE_BYTES: u64 = 4096;

/// Where the database file is and what opens it.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// The file; it is made if it is missing, its directory is not.
    pub path: PathBuf,
    /// 64 hexadecimal digits are used as the key itself; anything else is a passphrase, from which SQLCipher derives
    /// the key (256,000 rounds of PBKDF2: some tenths of a second for each connection).
    pub key: Secret,
    /// The file never grows beyond this; then writing gives [`StoreError::Full`]. Not less than what it has already.
    pub max_bytes: Option<u64>,
}

impl OpenOptions {
    /// The database at `path`, without a limit of its own.
    pub fn new(path: impl Into<PathBuf>, key: Secret) -> Self {
        Self { path: path.into(), key, max_bytes: None }
    }
}

/// The open database. Cloning gives another handle to it.
#[derive(Clone)]
pub struct Store {
    /// Of a file one connection: SQLite has one writer anyway, and within the process nobody meets a lock.
    pub(crate) writer: AnyPool,
    pub(crate) readers: AnyPool,
    pub(crate) engine: &'static Engine,
    /// [`crate::NodeId`] of who writes.
    pub(crate) node: Arc<str>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (engine, closed) = (self.engine.name, self.writer.is_closed());
        f.debug_struct("Store").field("engine", &engine).field("closed", &closed).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database file, makes it if it is missing, and brings it to the present schema.
    pub async fn open(options: &OpenOptions) -> Result<Self, StoreError> {
        prepare_process().await?;
        let connect = connect_options(options);
        // A pool would try a wrong key again and again, and not say what is wrong.
        let tried = connect.connect().await.map_err(|e| StoreError::while_opening(e, &options.path))?;
        tried.close().await?;
        let writer = pool(&connect, 1, pragmas(options)).await?;
        (SQLITE.migrations)().run(&writer).await.map_err(StoreError::while_migrating)?;
        let readers = pool(&connect.create_if_missing(false), READERS, pragmas(options)).await?;
        let store = Self::over(writer, readers, &SQLITE);
        crate::ledger::enter_messages_of_before(&store).await?;
        Ok(store)
    }

    pub(crate) fn over(writer: AnyPool, readers: AnyPool, engine: &'static Engine) -> Self {
        Self { writer, readers, engine, node: NodeId::random().0.into() }
    }

    /// Whether the database answers. For the readiness probe.
    pub async fn check(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT count(*) FROM _sqlx_migrations").fetch_one(&self.readers).await?;
        Ok(())
    }

    /// Waits for what is being written and closes it. Every later use gives [`StoreError::Unavailable`].
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Begins a change: until it ends nobody else changes anything, so that what it has read stays so.
    pub(crate) async fn write(&self) -> Result<Transaction<'static, Any>, StoreError> {
        Ok(self.writer.begin_with(self.engine.begin_to_write).await?)
    }

    /// Begins to read the database as it stands at one moment.
    pub(crate) async fn snapshot(&self) -> Result<Transaction<'static, Any>, StoreError> {
        Ok(self.readers.begin_with(self.engine.begin_to_read).await?)
    }
}

/// Connections to a file, each opened by `pragmas`.
pub(crate) async fn pool(
    connect: &SqliteConnectOptions,
    connections: u32,
    pragmas: String,
) -> Result<AnyPool, StoreError> {
    let any = AnyConnectOptions::from_url(&connect.to_url_lossy())?;
    let pool = AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(move |connection, _| {
            let pragmas = AssertSqlSafe(pragmas.clone());
            Box::pin(async move { sqlx::raw_sql(pragmas).execute(connection).await.map(drop) })
        })
        // Where a disk is full SQLite rolls a transaction back by itself, and `sqlx` believes in it for ever: such a connection
        // would begin no other.
        .before_acquire(|connection, _| Box::pin(std::future::ready(Ok(!connection.is_in_transaction()))))
        // The first statement of every connection holds the key.
        .connect_with(any.disable_statement_logging())
        .await?;
    Ok(pool)
}

/// What every connection to the file begins with.
fn pragmas(options: &OpenOptions) -> String {
    let pages = options
        .max_bytes
        .map_or(String::new(), |bytes| format!("PRAGMA max_page_count = {};", (bytes / PAGE_BYTES).max(1)));
    format!(
        "{} PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         -- What is deleted is overwritten: the words of a message that is redacted.
         PRAGMA secure_delete = ON; {pages}",
        keyed(&options.key),
        BUSY_TIMEOUT.as_millis(),
    )
}

/// What opens an encrypted file, and keeps what SQLite sorts from lying in a temporary file in the clear.
pub(crate) fn keyed(key: &Secret) -> String {
    format!("PRAGMA key = {}; PRAGMA temp_store = MEMORY;", key_pragma(key))
}

pub(crate) fn connect_options(options: &OpenOptions) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(&options.path)
        .create_if_missing(true)
        .pragma("key", key_pragma(&options.key))
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging()
}

/// The value of `PRAGMA key`: a raw key in SQLCipher's notation, or a quoted passphrase.
pub(crate) fn key_pragma(key: &Secret) -> String {
    let key = key.expose();
    if key.len() == 64 && key.bytes().all(|b| b.is_ascii_hexdigit()) {
        format!("\"x'{key}'\"")
    } else {
        format!("'{}'", key.replace('\'', "''"))
    }
}

/// What must be done once before the first database is opened; it may be repeated. Whoever comes while it is being done waits: SQLite
/// counts as ready a moment before SQLCipher is, and a key that is given in that moment is refused.
pub(crate) async fn prepare_process() -> Result<(), StoreError> {
    static PREPARED: OnceCell<()> = OnceCell::const_new();
    let prepare = || async {
        sqlx::any::install_default_drivers();
        quieten_sqlcipher().await?;
        crate::exit::before_sqlcipher_clears_up();
        Ok::<_, StoreError>(())
    };
    PREPARED.get_or_try_init(prepare).await.copied()
}

/// SQLCipher writes to stderr by itself when a key is wrong; we return an error. The setting holds for the process.
async fn quieten_sqlcipher() -> Result<(), StoreError> {
    let mut connection = SqliteConnection::connect_with(&SqliteConnectOptions::new().in_memory(true)).await?;
    sqlx::query("PRAGMA cipher_log_level = NONE").execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

pub(crate) fn migrations() -> Migrator {
    let migration = |version, name: &'static str, sql: &'static str| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(vec![
        migration(1, "first", include_str!("../migrations/sqlite/0001_first.sql")),
        migration(2, "book", include_str!("../migrations/sqlite/0002_book.sql")),
        migration(3, "calls again", include_str!("../migrations/sqlite/0003_calls_again.sql")),
        migration(4, "closed", include_str!("../migrations/sqlite/0004_closed.sql")),
        migration(5, "ledger", include_str!("../migrations/sqlite/0005_ledger.sql")),
        migration(6, "inbox", include_str!("../migrations/sqlite/0006_inbox.sql")),
        migration(7, "nodes", include_str!("../migrations/sqlite/0007_nodes.sql")),
        migration(8, "outside", include_str!("../migrations/sqlite/0008_outside.sql")),
        migration(9, "notices", include_str!("../migrations/sqlite/0009_notices.sql")),
        migration(10, "waiting", include_str!("../migrations/sqlite/0010_waiting.sql")),
        migration(11, "recordings", include_str!("../migrations/sqlite/0011_recordings.sql")),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn fetch(store: &Store, sql: &'static str) -> String {
        sqlx::query_scalar(sql).fetch_one(&store.writer).await.expect("a text")
    }

    async fn fetch_number(store: &Store, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&store.writer).await.expect("a number")
    }

    #[tokio::test]
    async fn sqlite_is_sqlcipher_and_commits_reach_the_disk() {
        let dir = tempfile::tempdir().expect("a directory");
        let options = OpenOptions::new(dir.path().join("practice.db"), Secret::new("it's a passphrase"));
        let store = Store::open(&options).await.expect("opens");
        let version = fetch(&store, "PRAGMA cipher_version").await;
        assert!(version.starts_with("4."), "SQLCipher {version}");
        assert_eq!(fetch(&store, "PRAGMA journal_mode").await, "wal");
        assert_eq!(fetch_number(&store, "PRAGMA synchronous").await, 2, "FULL");
        assert_eq!(fetch_number(&store, "PRAGMA foreign_keys").await, 1);
        assert_eq!(fetch_number(&store, "PRAGMA secure_delete").await, 1);
    }

    #[tokio::test]
    async fn a_database_of_a_newer_version_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let options = OpenOptions::new(dir.path().join("practice.db"), Secret::new("key"));
        let store = Store::open(&options).await.expect("opens");
        sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (999, 'from the future', TRUE, x'00', 0)",
        )
        .execute(&store.writer)
        .await
        .expect("inserted");
        store.close().await;
        let error = Store::open(&options).await.expect_err("refused");
        assert!(matches!(error, StoreError::Newer { version: 999 }), "{error:?}");
    }

    #[test]
    fn a_raw_key_is_told_from_a_passphrase() {
        let raw = "0123456789abcdefABCDEF0123456789abcdefABCDEF0123456789abcdefABCD";
        let table = [
            (raw, format!("\"x'{raw}'\"")),
            ("o'brien", "'o''brien'".to_owned()),
            (&raw[1..], format!("'{}'", &raw[1..])),
        ];
        for (key, expected) in table {
            assert_eq!(key_pragma(&Secret::new(key)), expected);
        }
    }
}
