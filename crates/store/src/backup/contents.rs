use std::collections::BTreeMap;

use domain::PracticeId;
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use crate::column::Columns;
use crate::{LedgerHead, LedgerReport, Store, StoreError};

/// Since this migration there is a ledger.
const LEDGER_SINCE: i64 = 5;
/// Since this one a case is closed, and not only acknowledged.
const CLOSED_SINCE: i64 = 4;

/// What a database holds, in figures: nothing of a patient.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contents {
    /// The newest migration that it has.
    pub schema: i64,
    /// Rows by table.
    pub rows: BTreeMap<String, u64>,
    /// Each practice's ledger, read as a whole; none in a database of before the ledger.
    pub ledgers: Vec<(PracticeId, LedgerReport)>,
    /// The last thing that happened in a call, a message or a case; `None` if there was none.
    pub newest: Option<Timestamp>,
    /// What is still to be done.
    pub owed: Owed,
}

/// What is still to be done in a database: the next server that starts with it does it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Owed {
    /// Calls without an end.
    pub calls: u64,
    /// Cases that are not closed: they page.
    pub cases: u64,
    /// Messages that the practice has not been told of in every way in which it wants to be.
    pub notifications: u64,
}

impl Contents {
    /// Whether every ledger is as it was written.
    pub fn is_sound(&self) -> bool {
        self.ledgers.iter().all(|(_, report)| report.flaws.is_empty())
    }
}

impl Store {
    /// Reads all of the database: every page against its checksum, tables against their indexes, references, and each ledger, in
    /// which the heads that are `expected` must stand. A damaged one is [`StoreError::Corrupt`]; flaws of a ledger are told.
    pub async fn examine(&self, expected: &[(PracticeId, LedgerHead)]) -> Result<Contents, StoreError> {
        let schema = self.schema().await?;
        for &(check, what) in self.engine.checks {
            let found = sqlx::query(check).fetch_all(&self.readers).await?;
            // The first and the last tell flaws only; the middle one says "ok".
            let is_ok = |row| Columns(row).first_text().is_some_and(|text| text == "ok");
            if !found.iter().all(is_ok) {
                return Err(StoreError::Corrupt { what: what.to_owned() });
            }
        }
        let mut ledgers = Vec::new();
        if schema >= LEDGER_SINCE {
            for practice in self.practices(expected).await? {
                let head = expected.iter().find(|(of, _)| *of == practice).map(|(_, head)| head);
                let report = self.verify_ledger(&practice, head).await?;
                ledgers.push((practice, report));
            }
        }
        let (rows, newest, owed) = (self.rows().await?, self.newest().await?, self.owed(schema).await?);
        Ok(Contents { schema, rows, ledgers, newest, owed })
    }

    /// Those that have a message or an entry, and those that should.
    async fn practices(&self, expected: &[(PracticeId, LedgerHead)]) -> Result<Vec<PracticeId>, StoreError> {
        let found = sqlx::query("SELECT practice FROM ledger UNION SELECT practice FROM message")
            .fetch_all(&self.readers)
            .await?;
        let found: Result<Vec<_>, StoreError> =
            found.iter().map(|row| Columns(row).text("practice").map(PracticeId)).collect();
        let mut all = found?;
        for (practice, _) in expected {
            if !all.contains(practice) {
                all.push(practice.clone());
            }
        }
        Ok(all)
    }

    async fn rows(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let tables = sqlx::query(self.engine.tables).fetch_all(&self.readers).await?;
        let mut rows = BTreeMap::new();
        for table in &tables {
            let name = Columns(table).text("name")?;
            let quoted = name.replace('"', "\"\"");
            let count = self.count(AssertSqlSafe(format!("SELECT count(*) AS rows FROM \"{quoted}\""))).await?;
            rows.insert(name, count);
        }
        Ok(rows)
    }

    async fn newest(&self) -> Result<Option<Timestamp>, StoreError> {
        let row = sqlx::query(
            "SELECT max(at) AS at FROM (
                SELECT max(saved_at) AS at FROM message UNION ALL SELECT max(began_at) FROM call
                UNION ALL SELECT max(ended_at) FROM call UNION ALL SELECT max(opened_at) FROM escalation
                UNION ALL SELECT max(at) FROM escalation_event UNION ALL SELECT max(settled_at) FROM page_attempt
             ) AS happened",
        )
        .fetch_one(&self.readers)
        .await?;
        Columns(&row).optional_time("at")
    }

    async fn owed(&self, schema: i64) -> Result<Owed, StoreError> {
        let cases = if schema >= CLOSED_SINCE {
            "SELECT count(*) AS rows FROM escalation WHERE closed_by IS NULL"
        } else {
            "SELECT count(*) AS rows FROM escalation WHERE acknowledged_by IS NULL"
        };
        Ok(Owed {
            calls: self.count("SELECT count(*) AS rows FROM call WHERE ended_at IS NULL").await?,
            cases: self.count(cases).await?,
            notifications: self
                .count("SELECT count(DISTINCT message_id) AS rows FROM notification WHERE delivered_at IS NULL")
                .await?,
        })
    }

    async fn count(&self, sql: impl sqlx::SqlSafeStr) -> Result<u64, StoreError> {
        let row = sqlx::query(sql).fetch_one(&self.readers).await?;
        Ok(Columns(&row).integer("rows")?.unsigned_abs())
    }
}
