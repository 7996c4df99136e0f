//! An empty database of either kind, and the tests that run on both.

use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, AssertSqlSafe, ConnectOptions, Connection};
use store::{OpenOptions, Secret, Store};
use testbed::Postgres;

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// An empty database, and everybody who opens it.
pub enum Database {
    Sqlite(tempfile::TempDir),
    Postgres(Secret),
}

impl Database {
    pub fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    pub fn postgres() -> Self {
        Self::Postgres(Secret::new(Postgres::shared().database()))
    }

    /// FirstRing; a second time: another process of it.
    pub async fn open(&self) -> Store {
        match self {
            Self::Sqlite(dir) => {
                Store::open(&OpenOptions::new(dir.path().join("practice.db"), Secret::new(KEY))).await.unwrap()
            }
            Self::Postgres(url) => Store::connect(url).await.unwrap(),
        }
    }

    /// Another program with the same rights, which knows nothing of our rules.
    pub async fn past_us(&self) -> AnyConnection {
        sqlx::any::install_default_drivers();
        match self {
            Self::Sqlite(dir) => {
                let url = format!("sqlite://{}", dir.path().join("practice.db").display());
                let mut connection = AnyConnection::connect(&url).await.unwrap();
                let key = format!("PRAGMA key = \"x'{KEY}'\"; PRAGMA foreign_keys = OFF; PRAGMA busy_timeout = 5000");
                sqlx::raw_sql(AssertSqlSafe(key)).execute(&mut connection).await.unwrap();
                connection
            }
            Self::Postgres(url) => url.expose().parse::<AnyConnectOptions>().unwrap().connect().await.unwrap(),
        }
    }

    pub fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }
}

/// Runs each of these tests on both.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::database::Database::sqlite()).await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::database::Database::postgres()).await;
            })*
        }
    };
}
pub(crate) use on_both;
