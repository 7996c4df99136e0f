//! Copies of the database: made while others write to it, and looked at where they lie.
//!
//! A copy is made by `VACUUM INTO`: it reads one moment of the database without its lock for writing, so nobody who writes waits
//! for it; it is encrypted with the same key; and what was deleted, the words of a redacted message, is not copied. Nothing here
//! migrates: a copy has the schema of the database that it was made of.

mod contents;
mod rows;

use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::PracticeId;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};

use crate::column::{Columns, corrupt};
use crate::engine::SQLITE;
use crate::open::{connect_options, key_pragma, keyed, pool, prepare_process};
use crate::{LedgerHead, OpenOptions, Secret, Store, StoreError};
pub use contents::{Contents, Owed};

/// How long another process may hold the database before it counts as in use.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(2);
const FIRST_PAGE: &str = "SELECT count(*) FROM sqlite_schema";

impl Store {
    /// Opens a database file that is there, in use or not, and leaves its schema as it is. What a newer version has made is refused.
    pub async fn open_unmigrated(options: &OpenOptions) -> Result<Self, StoreError> {
        let connect = connect_options(options).create_if_missing(false);
        Self::connected(&connect, &options.path, &options.key).await
    }

    /// Opens a copy to look at it: nothing is written, no file is made beside it, and what lies in the file is all that is read.
    /// Nobody may write to it meanwhile.
    pub async fn open_copy(path: &Path, key: &Secret) -> Result<Self, StoreError> {
        let connect = with_key(path, key).read_only(true).immutable(true);
        Self::connected(&connect, path, key).await
    }

    async fn connected(connect: &SqliteConnectOptions, path: &Path, key: &Secret) -> Result<Self, StoreError> {
        prepare_process().await?;
        let opening = |e| StoreError::while_opening(e, path);
        let mut tried = connect.connect().await.map_err(opening)?;
        // The key is tried by the first page that is read.
        sqlx::query(FIRST_PAGE).fetch_one(&mut tried).await.map_err(opening)?;
        tried.close().await?;
        let pool = pool(connect, 1, keyed(key)).await?;
        let store = Self::over(pool.clone(), pool, &SQLITE);
        store.schema().await?;
        Ok(store)
    }

    /// Copies the database as it stands at one moment into `to`, an absolute path to a file that is missing or empty, encrypted: a
    /// file with its own key, which is to be `key`, a shared database with `key`. Whoever writes meanwhile goes on. The copy lies in
    /// the file, not yet surely on the disk: that is the caller's.
    pub async fn copy_to(&self, to: &Path, key: &Secret) -> Result<(), StoreError> {
        if self.is_shared() {
            return self.copy_into_file(to, key).await;
        }
        let name = to.to_str().ok_or_else(|| StoreError::CannotOpen {
            path: to.to_owned(),
            source: sqlx::Error::InvalidArgument("the path is not UTF-8".to_owned()),
        })?;
        let copied = sqlx::query("VACUUM INTO $1").bind(name).execute(&self.readers).await;
        let copied = copied.map_err(StoreError::from);
        if let Err(StoreError::Full(source)) = copied {
            // SQLite says so of the copy as well; the database itself is open.
            return Err(StoreError::NoRoomForCopy { path: to.to_owned(), source });
        }
        copied?;
        Ok(())
    }

    /// The heads of all practices' ledgers at this moment.
    pub async fn ledger_heads(&self) -> Result<Vec<(PracticeId, LedgerHead)>, StoreError> {
        if !self.has_table("ledger").await? {
            return Ok(Vec::new());
        }
        let rows = sqlx::query(
            "SELECT practice, seq, hash FROM ledger AS newest
             WHERE seq = (SELECT max(seq) FROM ledger WHERE practice = newest.practice) ORDER BY practice",
        )
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                let row = Columns(row);
                let seq = u64::try_from(row.integer("seq")?).map_err(|_| corrupt("seq"))?;
                let hash = row.bytes("hash")?.try_into().map_err(|_| corrupt("hash"))?;
                Ok((PracticeId(row.text("practice")?), LedgerHead { seq, hash }))
            })
            .collect()
    }

    /// The newest migration that the database has. One that this version does not know is [`StoreError::Newer`].
    pub async fn schema(&self) -> Result<i64, StoreError> {
        let not_ours = || StoreError::Corrupt { what: "its schema is not FirstRing's".to_owned() };
        if !self.has_table("_sqlx_migrations").await? {
            return Err(not_ours());
        }
        let applied = sqlx::query("SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version")
            .fetch_all(&self.readers)
            .await?;
        let known = (self.engine.migrations)();
        let mut newest = None;
        for row in &applied {
            let row = Columns(row);
            let version = row.integer("version")?;
            let migration = known.iter().find(|known| known.version == version);
            let migration = migration.ok_or(StoreError::Newer { version })?;
            if *migration.checksum != *row.bytes("checksum")? {
                return Err(StoreError::Corrupt { what: format!("its migration {version} is another one") });
            }
            newest = Some(version);
        }
        newest.ok_or_else(not_ours)
    }

    async fn has_table(&self, name: &str) -> Result<bool, StoreError> {
        let found = sqlx::query(self.engine.has_table).bind(name).fetch_optional(&self.readers).await?;
        Ok(found.is_some())
    }
}

/// The newest migration that this version knows.
pub fn schema_known() -> i64 {
    (SQLITE.migrations)().iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Makes sure that no other process has the database at `path` open ([`StoreError::Busy`]), and brings what stands in its log
/// into the file itself, so that the file alone is the database.
pub async fn settle(path: &Path, key: &Secret) -> Result<(), StoreError> {
    prepare_process().await?;
    let connect = with_key(path, key)
        .locking_mode(SqliteLockingMode::Exclusive)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(SETTLE_TIMEOUT);
    let mut connection = connect.connect().await.map_err(|e| StoreError::while_opening(e, path))?;
    let done = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await;
    connection.close().await?;
    done?;
    Ok(())
}

fn with_key(path: &Path, key: &Secret) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).pragma("key", key_pragma(key)).disable_statement_logging()
}

/// The files that SQLite keeps beside a database while it is in use: its log and the log's index.
pub fn files_beside(path: &Path) -> [PathBuf; 2] {
    ["-wal", "-shm"].map(|ending| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        name.into()
    })
}

#[cfg(test)]
mod tests {
    use sqlx::SqlitePool;
    use sqlx::migrate::{MigrateError, Migrator};
    use sqlx::sqlite::SqlitePoolOptions;

    use super::*;

    const DRAFT: &str = r#"{"caller":"patient","intent":"prescription_refill","urgency":"routine","name":null,
        "date_of_birth":null,"callback":null,"text":"my inhaler","fields":[],"complete":true}"#;

    /// The migrations of a version of before.
    fn until(schema: i64) -> Migrator {
        Migrator::with_migrations(
            (SQLITE.migrations)().iter().filter(|known| known.version <= schema).cloned().collect(),
        )
    }

    async fn pool(options: &OpenOptions) -> SqlitePool {
        SqlitePoolOptions::new().max_connections(1).connect_with(connect_options(options)).await.unwrap()
    }

    /// A database as a version of before left it, with a message and an open case.
    async fn of_before(options: &OpenOptions, schema: i64) {
        let pool = pool(options).await;
        until(schema).run(&pool).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
            "INSERT INTO message (id, call_id, request_id, practice, saved_at, draft)
                VALUES ('{id}', '{id}', 1, 'riverside', '2026-03-02T09:00:00.000000Z', '{DRAFT}');
             INSERT INTO escalation (id, call_id, request_id, practice, reference, opened_at, urgency, draft, state)
                VALUES ('{id}', '{id}', 2, 'riverside', 'KT-1', '2026-03-02T09:00:01.000000Z', 'urgent', '{{}}', '{{}}')",
            id = domain::MessageId::new(),
        )))
        .execute(&pool)
        .await
        .unwrap();
        pool.close().await;
    }

    #[tokio::test]
    async fn an_upgrade_and_its_rollback_by_a_backup_of_every_schema_of_before() {
        let key = Secret::new("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
        for schema in (SQLITE.migrations)().iter().map(|known| known.version) {
            let dir = tempfile::tempdir().unwrap();
            let live = OpenOptions::new(dir.path().join("practice.db"), key.clone());
            of_before(&live, schema).await;

            // The new program backs up what the old one has written, without bringing it forward.
            let (copy, again) = (dir.path().join("copy.db"), dir.path().join("again.db"));
            let source = Store::open_unmigrated(&live).await.unwrap();
            source.copy_to(&copy, &key).await.unwrap();
            assert_eq!(source.schema().await.unwrap(), schema);
            source.close().await;
            std::fs::copy(&copy, &again).unwrap();
            let store = Store::open_copy(&copy, &key).await.unwrap();
            let contents = store.examine(&[]).await.unwrap();
            store.close().await;
            let owed = Owed { calls: 0, cases: 1, notifications: 0 };
            assert_eq!((contents.schema, contents.rows["message"], contents.owed), (schema, 1, owed));

            // Upgrade: the live one goes forward, and then the old program refuses it.
            let upgraded = Store::open(&live).await.unwrap();
            let contents = upgraded.examine(&[]).await.unwrap();
            assert_eq!((contents.schema, contents.is_sound(), contents.owed), (schema_known(), true, owed));
            upgraded.close().await;
            if schema < schema_known() {
                let old = pool(&live).await;
                let refused = until(schema).run(&old).await.expect_err("newer");
                assert!(matches!(refused, MigrateError::VersionMissing(_)), "{refused:?}");
                old.close().await;
            }

            // Rollback: the old program takes the backup as it is. And the new one brings a copy of it forward.
            let copy = OpenOptions::new(copy, key.clone());
            let old = pool(&copy).await;
            until(schema).run(&old).await.unwrap();
            old.close().await;
            let forward = Store::open(&OpenOptions::new(again, key.clone())).await.unwrap();
            let contents = forward.examine(&[]).await.unwrap();
            assert_eq!((contents.schema, contents.ledgers[0].1.entries), (schema_known(), 1));
            forward.close().await;
        }
    }
}
