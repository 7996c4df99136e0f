//! Rows from one kind of database into the other: a backup of PostgreSQL is a file of SQLite as any other, encrypted with the key of
//! the node that makes it, and whatever lies in such a file can be brought into an empty PostgreSQL database.

use std::path::Path;

use futures_util::TryStreamExt;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Column, Row};

use crate::{OpenOptions, Secret, Store, StoreError};

/// Every table but `node`, which says who lives; what is referred to comes before what refers to it.
const TABLES: [&str; 32] = [
    "call",
    "journal",
    "message",
    "notification",
    "escalation",
    "escalation_event",
    "page_attempt",
    "audit",
    "provider",
    "appointment_type",
    "template",
    "schedule_exception",
    "patient",
    "patient_number",
    "matched",
    "slot_offer",
    "appointment",
    "appointment_change",
    "outside_entry",
    "waiting",
    "waiting_offer",
    "recording",
    "answer",
    "ledger",
    "ledger_text",
    "ledger_begun",
    "staff",
    "session",
    "message_work",
    "inbox",
    "turn",
    "shared_key",
];
/// The node that everything belongs to which was brought into a shared database.
const RESTORED: &str = "restored";
/// A database that has just been made has a row here.
const MADE_WITH: &str = "ledger_begun";
/// Those whose ids the database counts itself.
const COUNTED: [&str; 2] = ["audit", "message_work"];

impl Store {
    /// Writes what this database holds at one moment into a new file.
    pub(super) async fn copy_into_file(&self, to: &Path, key: &Secret) -> Result<(), StoreError> {
        let copy = Self::open(&OpenOptions::new(to, key.clone())).await?;
        let copied = self.copy_rows(&copy).await;
        copy.close().await;
        copied?;
        super::settle(to, key).await
    }

    /// Brings what a copy of the present schema holds into this shared database, all or nothing. One that holds anything already is
    /// [`StoreError::NotEmpty`].
    pub async fn fill_from(&self, copy: &Self) -> Result<(), StoreError> {
        for table in TABLES.iter().filter(|table| **table != MADE_WITH) {
            let any = sqlx::query(AssertSqlSafe(format!("SELECT 1 FROM {table} LIMIT 1")));
            if any.fetch_optional(&self.readers).await?.is_some() {
                return Err(StoreError::NotEmpty);
            }
        }
        copy.copy_rows(self).await
    }

    /// What was open belongs to a node that is dead: the first that comes takes it, as it does after every death.
    async fn leave_to_whoever_comes(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        for table in ["call", "escalation"] {
            run(format!("UPDATE {table} SET node = '{RESTORED}'"), connection).await?;
        }
        run(format!("INSERT INTO node (id, beats) VALUES ('{RESTORED}', 0)"), connection).await
    }

    async fn copy_rows(&self, into: &Self) -> Result<(), StoreError> {
        let mut from = self.snapshot().await?;
        let mut to = into.write().await?;
        let triggers = into.disarm(&mut to).await?;
        sqlx::query(AssertSqlSafe(format!("DELETE FROM {MADE_WITH}"))).execute(&mut *to).await?;
        for table in TABLES {
            let select = AssertSqlSafe(format!("SELECT * FROM {table}"));
            let mut rows = sqlx::query(select).fetch(&mut *from);
            while let Some(row) = rows.try_next().await? {
                insert(table, &row, &mut to).await?;
            }
        }
        if into.is_shared() {
            into.leave_to_whoever_comes(&mut to).await?;
        }
        into.arm(&triggers, &mut to).await?;
        to.commit().await?;
        from.rollback().await?;
        Ok(())
    }

    /// What the triggers would derive or refuse is copied as it stands. Says how they come back.
    async fn disarm(&self, connection: &mut AnyConnection) -> Result<Vec<String>, StoreError> {
        if self.is_shared() {
            for table in TABLES {
                run(format!("ALTER TABLE {table} DISABLE TRIGGER USER"), connection).await?;
            }
            return Ok(TABLES.map(|table| format!("ALTER TABLE {table} ENABLE TRIGGER USER")).to_vec());
        }
        let rows = sqlx::query("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'");
        let rows = rows.fetch_all(&mut *connection).await?;
        let mut made_by = Vec::with_capacity(rows.len());
        for row in &rows {
            run(format!("DROP TRIGGER {}", row.try_get::<String, _>("name")?), connection).await?;
            made_by.push(row.try_get("sql")?);
        }
        Ok(made_by)
    }

    async fn arm(&self, triggers: &[String], connection: &mut AnyConnection) -> Result<(), StoreError> {
        for trigger in triggers {
            run(trigger.clone(), connection).await?;
        }
        for table in COUNTED.iter().filter(|_| self.is_shared()) {
            let go_on = format!(
                "SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM {table}), false)"
            );
            run(go_on, connection).await?;
        }
        Ok(())
    }
}

async fn run(sql: String, connection: &mut AnyConnection) -> Result<(), StoreError> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}

async fn insert(table: &str, row: &AnyRow, connection: &mut AnyConnection) -> Result<(), StoreError> {
    let names: Vec<_> = row.columns().iter().map(Column::name).collect();
    let places: Vec<_> = (1..=names.len()).map(|place| format!("${place}")).collect();
    let sql = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), places.join(", "));
    let mut insert = sqlx::query(AssertSqlSafe(sql));
    for place in 0..names.len() {
        // A column that may be empty holds texts.
        insert = match row.try_get::<Option<String>, _>(place) {
            Ok(text) => insert.bind(text),
            Err(_) => match row.try_get::<i64, _>(place) {
                Ok(number) => insert.bind(number),
                Err(_) => insert.bind(row.try_get::<Vec<u8>, _>(place)?),
            },
        };
    }
    insert.execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_table_is_copied() {
        let dir = tempfile::tempdir().unwrap();
        let file = OpenOptions::new(dir.path().join("practice.db"), Secret::new("key"));
        let server = Secret::new(testbed::Postgres::shared().database());
        let mut expected: Vec<_> = TABLES.iter().chain(&["node"]).map(|table| (*table).to_owned()).collect();
        expected.sort();
        for store in [Store::open(&file).await.unwrap(), Store::connect(&server).await.unwrap()] {
            let contents = store.examine(&[]).await.unwrap();
            assert_eq!(contents.rows.into_keys().collect::<Vec<_>>(), expected, "{store:?}");
            store.close().await;
        }
    }
}
