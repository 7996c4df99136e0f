use std::fmt::{self, Write};

use domain::PracticeId;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::column::{Columns, time};
use crate::{Store, StoreError};

/// Who does nothing for so long is logged out: a browser stands open in a practice.
pub const SESSION_IDLE_MAX: SignedDuration = SignedDuration::from_mins(15);
/// Who works all day logs in again.
pub const SESSION_MAX: SignedDuration = SignedDuration::from_hours(12);
const TOKEN_BYTES: usize = 32;

/// What a browser shows to be who has logged in: 256 random bits. It cannot print itself; the database has its SHA-256 only.
#[derive(Clone, Copy)]
pub struct SessionToken([u8; TOKEN_BYTES]);

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(***)")
    }
}

impl SessionToken {
    /// A new one, which nobody can guess.
    pub fn random() -> Self {
        Self(rand::random())
    }

    /// Reads what [`SessionToken::expose`] wrote.
    pub fn parse(written: &str) -> Option<Self> {
        let digits = written.as_bytes();
        if digits.len() != 2 * TOKEN_BYTES {
            return None;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let mut bytes = [0; TOKEN_BYTES];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()?;
        }
        Some(Self(bytes))
    }

    /// The token itself, for the browser: 64 hexadecimal digits.
    pub fn expose(&self) -> String {
        let mut written = String::with_capacity(2 * TOKEN_BYTES);
        for byte in self.0 {
            write!(written, "{byte:02x}").expect("a String takes everything");
        }
        written
    }

    fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0).to_vec()
    }
}

/// That a session is used is written so often at most: it may be over so much sooner.
const USED_EVERY: SignedDuration = SignedDuration::from_secs(30);

impl Store {
    /// Somebody has logged in. False if they were disabled meanwhile: then there is no session. Sessions that are over for
    /// good are forgotten here; the audit trail has who logged in when.
    pub async fn begin_session(
        &self,
        practice: &PracticeId,
        staff: &str,
        token: &SessionToken,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        sqlx::query("DELETE FROM session WHERE began_at <= $1")
            .bind(ago(at, SESSION_MAX))
            .execute(&mut *transaction)
            .await?;
        let begun = sqlx::query(
            "INSERT INTO session (token_hash, practice, staff, began_at, last_used_at)
             SELECT $1, practice, name, $2, $2 FROM staff WHERE practice = $3 AND name = $4 AND disabled_at IS NULL",
        )
        .bind(token.hash())
        .bind(time(at))
        .bind(&practice.0)
        .bind(staff)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(begun.rows_affected() == 1)
    }

    /// Whose session it is; `None` if there is none, or it has ended or is too old. It has been used at `now`.
    pub async fn use_session(
        &self,
        practice: &PracticeId,
        token: &SessionToken,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let row = sqlx::query(
            "SELECT session.staff, last_used_at FROM session JOIN staff USING (practice)
             WHERE staff.name = session.staff AND disabled_at IS NULL
                AND token_hash = $1 AND practice = $2 AND ended_at IS NULL AND last_used_at > $3 AND began_at > $4",
        )
        .bind(token.hash())
        .bind(&practice.0)
        .bind(ago(now, SESSION_IDLE_MAX))
        .bind(ago(now, SESSION_MAX))
        .fetch_optional(&self.readers)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let row = Columns(&row);
        // Pages wait for the same writer: who is not logged in does not reach it, and who reads on does so rarely.
        if row.text("last_used_at")? < ago(now, USED_EVERY) {
            sqlx::query("UPDATE session SET last_used_at = $1 WHERE token_hash = $2 AND last_used_at < $1")
                .bind(time(now))
                .bind(token.hash())
                .execute(&self.writer)
                .await?;
        }
        Ok(Some(row.text("staff")?))
    }

    /// They have logged out. Without such a session nothing is changed.
    pub async fn end_session(&self, token: &SessionToken, at: Timestamp) -> Result<(), StoreError> {
        let known = sqlx::query("SELECT 1 FROM session WHERE token_hash = $1 AND ended_at IS NULL")
            .bind(token.hash())
            .fetch_optional(&self.readers)
            .await?;
        if known.is_none() {
            return Ok(());
        }
        sqlx::query("UPDATE session SET ended_at = $1 WHERE token_hash = $2 AND ended_at IS NULL")
            .bind(time(at))
            .bind(token.hash())
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}

fn ago(now: Timestamp, how_long: SignedDuration) -> String {
    time(now.checked_sub(how_long).unwrap_or(Timestamp::MIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written_and_nothing_else_is_one() {
        let token = SessionToken::random();
        let written = token.expose();
        assert_eq!(SessionToken::parse(&written).unwrap().expose(), written);
        for wrong in ["", "00", &written[1..], &written.replace(|c: char| c.is_ascii_digit(), "g"), &"ü".repeat(32)] {
            assert!(SessionToken::parse(wrong).is_none(), "{wrong}");
        }
        assert_ne!(SessionToken::random().expose(), written);
        assert_eq!(format!("{token:?}"), "SessionToken(***)");
    }
}
