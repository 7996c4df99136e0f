//! The messages that a database held before it had a ledger.

use domain::Phi;
use serde_json::Value;

use super::{Kind, LedgerMessage, NewEntry, append};
use crate::column::{Columns, json};
use crate::{Store, StoreError};

/// Read at once.
const BATCH: u32 = 256;

/// Enters every message of before, each practice's in the order in which they were saved: all or none, and once in the life of a
/// database, whoever opens it first.
pub(crate) async fn enter_messages_of_before(store: &Store) -> Result<(), StoreError> {
    const BEGUN: &str = "SELECT 1 FROM ledger_begun";
    // Looked up without the lock: whoever only reads a database does not wait for its writer.
    if sqlx::query(BEGUN).fetch_optional(&store.writer).await?.is_some() {
        return Ok(());
    }
    let mut transaction = store.write().await?;
    if sqlx::query(BEGUN).fetch_optional(&mut *transaction).await?.is_some() {
        return Ok(());
    }
    let mut entered: i64 = 0;
    let mut last = (String::new(), String::new(), String::new());
    loop {
        let rows = sqlx::query(
            "SELECT * FROM message WHERE (practice, saved_at, id) > ($1, $2, $3) ORDER BY practice, saved_at, id LIMIT $4",
        )
        .bind(&last.0)
        .bind(&last.1)
        .bind(&last.2)
        .bind(i64::from(BATCH))
        .fetch_all(&mut *transaction)
        .await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            let row = Columns(row);
            let (practice, saved_at, id) = (row.text("practice")?, row.text("saved_at")?, row.text("id")?);
            let message = LedgerMessage {
                call: row.text("call_id")?,
                request: row.integer("request_id")?,
                saved_at: saved_at.clone(),
                draft: as_stored(row.text("draft")?.as_bytes()),
                before_ledger: true,
            };
            let text = Phi::new(json(&message));
            let entry = NewEntry { practice: &practice, at: &saved_at, kind: Kind::Message, object: &id, text: &text };
            append(&entry, &mut transaction).await?;
            entered += 1;
            last = (practice, saved_at, id);
        }
    }
    sqlx::query("INSERT INTO ledger_begun (messages_of_before) VALUES ($1)")
        .bind(entered)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// The draft that a row holds, as JSON. One that is damaged must not keep a practice from opening its database: it is entered
/// as the text that it is.
pub(super) fn as_stored(draft: &[u8]) -> Phi<Value> {
    let text = || Value::String(String::from_utf8_lossy(draft).into_owned());
    Phi::new(serde_json::from_slice(draft).unwrap_or_else(|_| text()))
}

#[cfg(test)]
mod tests {
    use domain::{CallId, MessageId, PracticeId};
    use sqlx::migrate::Migrator;
    use sqlx::sqlite::SqlitePoolOptions;

    use crate::open::{connect_options, migrations};
    use crate::{LedgerFlaw, OpenOptions, Secret, Store};

    const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    /// As it was written before requests had fields by name.
    const DRAFT: &str = r#"{"caller":"patient","intent":"prescription_refill","urgency":"routine","name":null,
        "date_of_birth":null,"callback":null,"text":"my inhaler","fields":[["drug","albuterol"]],"complete":true}"#;

    /// A database as the version before the ledger left it, with messages saved in another order than that of their ids.
    async fn of_before(options: &OpenOptions, messages: &[(&str, &str, &str)]) {
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(connect_options(options)).await.unwrap();
        let until_then = migrations().iter().filter(|migration| migration.version < 5).cloned().collect();
        Migrator::with_migrations(until_then).run(&pool).await.unwrap();
        for (request, (practice, saved_at, draft)) in (1_i64..).zip(messages) {
            sqlx::query("INSERT INTO message VALUES ($1, $2, $3, $4, $5, $6)")
                .bind(MessageId::new().to_string())
                .bind(CallId::new().to_string())
                .bind(request)
                .bind(*practice)
                .bind(*saved_at)
                .bind(*draft)
                .execute(&pool)
                .await
                .unwrap();
        }
        pool.close().await;
    }

    async fn entered_at(store: &Store, practice: &str) -> Vec<String> {
        let at = sqlx::query_scalar("SELECT at FROM ledger WHERE practice = $1 ORDER BY seq").bind(practice.to_owned());
        at.fetch_all(&store.readers).await.unwrap()
    }

    #[tokio::test]
    async fn messages_of_before_are_entered_once_in_the_order_in_which_they_were_saved() {
        let dir = tempfile::tempdir().unwrap();
        let options = OpenOptions::new(dir.path().join("practice.db"), Secret::new(KEY));
        let (late, early) = ("2026-03-02T09:00:00.500000Z", "2026-03-02T09:00:00.000000Z");
        let mut messages = vec![("riverside", late, DRAFT), ("lakeside", late, "damaged"), ("riverside", early, DRAFT)];
        messages.resize(603, ("other", early, DRAFT)); // more than are read at once
        of_before(&options, &messages).await;

        for _ in 0..2 {
            let store = Store::open(&options).await.unwrap();
            for (practice, entries) in [("riverside", 2), ("lakeside", 1), ("other", 600), ("nobody", 0)] {
                let report = store.verify_ledger(&practice.into(), None).await.unwrap();
                assert_eq!((report.entries, report.flaws.as_slice()), (entries, &[][..]), "{practice}");
            }
            assert_eq!(entered_at(&store, "riverside").await, [early, late]);
            store.close().await;
        }

        // What appears afterwards past the program is a flaw, at every later start, too.
        let practice: PracticeId = "riverside".into();
        let store = Store::open(&options).await.unwrap();
        let known = store.latest_messages(&practice, 1).await.unwrap().remove(0);
        assert_eq!(known.draft.fields.len(), 1);
        let added = MessageId::new();
        sqlx::query(
            "INSERT INTO message SELECT $1, call_id, 99, practice, saved_at, draft, NULL FROM message WHERE id = $2",
        )
        .bind(added.to_string())
        .bind(known.id.to_string())
        .execute(&store.writer)
        .await
        .unwrap();
        store.close().await;
        let store = Store::open(&options).await.unwrap();
        let report = store.verify_ledger(&practice, None).await.unwrap();
        assert_eq!(report.flaws, [LedgerFlaw::MessageWithoutEntry { message: Some(added) }]);
        store.close().await;
    }
}
