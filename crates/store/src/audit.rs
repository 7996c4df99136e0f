use jiff::Timestamp;

use crate::column::{Columns, time};
use crate::{Store, StoreError};

/// Who did what to what. Ids and clinicians' names only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who: a clinician's id, or a part of FirstRing.
    pub actor: String,
    /// Did what, e.g. `acknowledged`.
    pub action: String,
    /// To what, e.g. `case 0193..`.
    pub object: String,
}

impl Store {
    /// Adds an entry; entries are never changed.
    pub async fn audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO audit (at, actor, action, object) VALUES ($1, $2, $3, $4)")
            .bind(time(entry.at))
            .bind(&entry.actor)
            .bind(&entry.action)
            .bind(&entry.object)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// Everything that was done to `object`, oldest first.
    pub async fn audit_of(&self, object: &str) -> Result<Vec<AuditEntry>, StoreError> {
        let rows = sqlx::query("SELECT at, actor, action, object FROM audit WHERE object = $1 ORDER BY id")
            .bind(object)
            .fetch_all(&self.readers)
            .await?;
        rows.iter()
            .map(|row| {
                let row = Columns(row);
                Ok(AuditEntry {
                    at: row.time("at")?,
                    actor: row.text("actor")?,
                    action: row.text("action")?,
                    object: row.text("object")?,
                })
            })
            .collect()
    }
}
