use domain::PracticeId;
use jiff::Timestamp;
use sqlx::any::AnyRow;

use crate::column::{Columns, time};
use crate::{PasswordHash, Store, StoreError};

/// Somebody of the practice who may read its messages.
#[derive(Clone, Debug)]
pub struct StaffRow {
    /// As they log in; upper and lower case mean the same.
    pub name: String,
    /// What is kept of their password.
    pub password: PasswordHash,
    /// Since when they may; when the password was set last.
    pub made_at: Timestamp,
    /// Since when they may not any more.
    pub disabled_at: Option<Timestamp>,
}

/// What became of somebody who was to be added.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Added {
    /// They are there.
    New,
    /// They had been disabled, and may read again, with the new password.
    Again,
    /// Somebody has that name, and nothing was changed.
    NameTaken,
}

impl Store {
    /// Lets somebody read messages. Who was disabled comes back with a new password; who is there keeps theirs.
    pub async fn add_staff(
        &self,
        practice: &PracticeId,
        name: &str,
        password: &PasswordHash,
        at: Timestamp,
    ) -> Result<Added, StoreError> {
        let mut transaction = self.write().await?;
        let made = sqlx::query(
            "INSERT INTO staff (practice, name, password_hash, made_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(&practice.0)
        .bind(name)
        .bind(password.as_kept())
        .bind(time(at))
        .execute(&mut *transaction)
        .await?;
        let added = if made.rows_affected() == 1 {
            Added::New
        } else {
            let enabled = sqlx::query(
                "UPDATE staff SET password_hash = $1, made_at = $2, disabled_at = NULL
                 WHERE practice = $3 AND name = $4 AND disabled_at IS NOT NULL",
            )
            .bind(password.as_kept())
            .bind(time(at))
            .bind(&practice.0)
            .bind(name)
            .execute(&mut *transaction)
            .await?;
            if enabled.rows_affected() == 1 { Added::Again } else { Added::NameTaken }
        };
        transaction.commit().await?;
        Ok(added)
    }

    /// Everybody, also who was disabled, by name.
    pub async fn staff(&self, practice: &PracticeId) -> Result<Vec<StaffRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM staff WHERE practice = $1 ORDER BY name")
            .bind(&practice.0)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(staff).collect()
    }

    /// Who has this name.
    pub async fn staff_named(&self, practice: &PracticeId, name: &str) -> Result<Option<StaffRow>, StoreError> {
        let row = sqlx::query("SELECT * FROM staff WHERE practice = $1 AND name = $2")
            .bind(&practice.0)
            .bind(name)
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(staff).transpose()
    }

    /// Lets somebody read no more and ends their sessions; gives how many they had. A second time it changes nothing.
    pub async fn disable_staff(&self, practice: &PracticeId, name: &str, at: Timestamp) -> Result<u64, StoreError> {
        let mut transaction = self.write().await?;
        let disabled =
            sqlx::query("UPDATE staff SET disabled_at = coalesce(disabled_at, $1) WHERE practice = $2 AND name = $3")
                .bind(time(at))
                .bind(&practice.0)
                .bind(name)
                .execute(&mut *transaction)
                .await?;
        if disabled.rows_affected() == 0 {
            return Err(StoreError::NotFound { what: "member of staff" });
        }
        let ended =
            sqlx::query("UPDATE session SET ended_at = $1 WHERE practice = $2 AND staff = $3 AND ended_at IS NULL")
                .bind(time(at))
                .bind(&practice.0)
                .bind(name)
                .execute(&mut *transaction)
                .await?;
        transaction.commit().await?;
        Ok(ended.rows_affected())
    }
}

fn staff(row: &AnyRow) -> Result<StaffRow, StoreError> {
    let row = Columns(row);
    Ok(StaffRow {
        name: row.text("name")?,
        password: PasswordHash::kept(row.text("password_hash")?),
        made_at: row.time("made_at")?,
        disabled_at: row.optional_time("disabled_at")?,
    })
}
