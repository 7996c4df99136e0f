//! A database that several nodes share: PostgreSQL 15 or later.

use std::str::FromStr;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyPool, ConnectOptions, SqlSafeStr};
use url::Url;

use crate::engine::Engine;
use crate::{Secret, Store, StoreError};

/// Connections that write and that read, of each node. Who writes waits for whoever else writes: more would only wait.
const WRITERS: u32 = 4;
const READERS: u32 = 4;
/// How long a method waits for a connection before it gives [`StoreError::Unavailable`].
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Every connection begins with this. A node that hangs in the middle of a change lets go of it; nobody waits for ever; and
/// what is confirmed is on the disk, whatever the server's own setting is.
const SESSION: &str = "SET lock_timeout = '5s'; SET statement_timeout = '30s';
    SET idle_in_transaction_session_timeout = '10s'; SET synchronous_commit = 'on'; SET TimeZone = 'UTC';
    SET client_min_messages = 'error'";

pub(crate) const POSTGRES: Engine = Engine {
    name: "PostgreSQL",
    is_shared: true,
    // One writes at a time, as in SQLite: what a change has read stays so until it is committed, on whatever node.
    begin_to_write: "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(4671310)",
    begin_to_read: "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    migrations,
    has_table: "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = $1",
    tables: "SELECT table_name::text AS name FROM information_schema.tables
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'
             AND table_name <> '_sqlx_migrations'",
    as_bytes: |column| format!("convert_to({column}, 'UTF8')"),
    checks: &[],
};

impl Store {
    /// Opens the database that a PostgreSQL server has under `url` (`postgres://user:password@host:5432/name?sslmode=verify-full`) and
    /// brings it to the present schema. The database must be there, encoded in UTF-8.
    ///
    /// What lies on its disk is encrypted by whoever runs the server, or it is not.
    pub async fn connect(url: &Secret) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let connect = AnyConnectOptions::from_str(url.expose()).map_err(|_| StoreError::BadUrl)?;
        if !matches!(connect.database_url.scheme(), "postgres" | "postgresql") {
            return Err(StoreError::BadUrl);
        }
        if !is_private(&connect.database_url) {
            return Err(StoreError::Exposed);
        }
        // Its values are patients' words.
        let connect = connect.disable_statement_logging();
        let writer = pool(&connect, WRITERS).await?;
        migrations().run(&writer).await.map_err(StoreError::while_migrating)?;
        let readers = pool(&connect, READERS).await?;
        let store = Self::over(writer, readers, &POSTGRES);
        crate::ledger::enter_messages_of_before(&store).await?;
        Ok(store)
    }
}

/// Whether nobody on the way reads along: the server is on this machine, or it must show a certificate that is checked.
fn is_private(url: &Url) -> bool {
    let mut host = url.host_str().unwrap_or_default().to_owned();
    let mut checked = false;
    for (name, value) in url.query_pairs() {
        match &*name {
            "host" | "hostaddr" => host = value.into_owned(),
            "sslmode" | "ssl-mode" => checked = matches!(&*value, "verify-ca" | "verify-full"),
            _ => {}
        }
    }
    checked || host.starts_with('/') || matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]" | "::1")
}

async fn pool(connect: &AnyConnectOptions, connections: u32) -> Result<AnyPool, StoreError> {
    let pool = AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(|connection, _| {
            Box::pin(async move { sqlx::raw_sql(SESSION).execute(connection).await.map(drop) })
        })
        // A begin that was given up, or whose lock was not to be had in time, leaves its transaction open or aborted, which `sqlx`
        // does not know: whoever came next would write into it, or not at all.
        .after_release(|connection, _| {
            Box::pin(async move { sqlx::raw_sql("ROLLBACK").execute(connection).await.map(|_| true) })
        })
        .connect_with(connect.clone())
        .await?;
    Ok(pool)
}

fn migrations() -> Migrator {
    let migration = |version, name: &'static str, sql: &'static str| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(vec![
        migration(6, "as sqlite", include_str!("../migrations/postgres/0006_as_sqlite.sql")),
        migration(7, "nodes", include_str!("../migrations/postgres/0007_nodes.sql")),
        migration(8, "outside", include_str!("../migrations/postgres/0008_outside.sql")),
        migration(9, "notices", include_str!("../migrations/postgres/0009_notices.sql")),
        migration(10, "waiting", include_str!("../migrations/postgres/0010_waiting.sql")),
        migration(11, "recordings", include_str!("../migrations/postgres/0011_recordings.sql")),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patients_words_do_not_travel_in_the_clear() {
        let table = [
            ("postgres://u:p@127.0.0.1:5432/db", true),
            ("postgres://u:p@[::1]/db", true),
            ("postgres://u:p@localhost/db?sslmode=disable", true),
            ("postgres:///db?host=/var/run/postgresql", true),
            ("postgres://u:p@db.example.org/db", false),
            ("postgres://u:p@db.example.org/db?sslmode=require", false),
            ("postgres://u:p@db.example.org/db?sslmode=verify-full", true),
            ("postgres://u:p@127.0.0.1/db?host=db.example.org", false),
            ("postgres:///db", false),
        ];
        for (url, expected) in table {
            assert_eq!(is_private(&url.parse().unwrap()), expected, "{url}");
        }
    }
}
