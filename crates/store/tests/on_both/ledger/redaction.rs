//! A redaction takes the words and leaves the chain.

use domain::{MessageId, Phi};
use sqlx::AssertSqlSafe;
use store::{Notify, Redacted, StoreError};

use super::practice::{Bed, at, message, riverside, run};
use crate::database::{Database, on_both};

on_both!(
    a_redacted_message_has_lost_its_words_and_nothing_else,
    it_is_done_once_and_only_to_what_is_there,
    the_database_itself_refuses_every_other_change
);

async fn a_redacted_message_has_lost_its_words_and_nothing_else(database: Database) {
    let (bed, messages) = Bed::with_six_entries(database).await;
    let store = &bed.store;
    let report = bed.verified(None).await;
    assert_eq!((report.entries, report.redacted, report.flaws.len()), (6, 1, 0));

    let saved = &messages[1];
    let left = store.messages_of(saved.call).await.unwrap().remove(0);
    assert_eq!((left.id, left.saved_at, left.redacted_at), (saved.id, saved.saved_at, Some(at(60))));
    assert_eq!((left.draft.urgency, left.draft.intent), (saved.draft.urgency, saved.draft.intent));
    assert_eq!((left.draft.name, left.draft.callback, left.draft.text), (None, None, Phi::default()));
    let redaction = store.redaction_of(&riverside(), saved.id).await.unwrap().unwrap();
    assert_eq!((redaction.at, redaction.by.as_str()), (at(60), "Ann"));
    assert_eq!(redaction.why, Phi::from("asked for by the patient"));
    assert_eq!(store.redaction_of(&riverside(), messages[0].id).await.unwrap(), None);
    assert!(
        store.due_notifications(&riverside(), store::NoticeWay::Webhook, at(900), 10).await.unwrap().is_empty(),
        "nothing is left to be told"
    );
    assert_eq!(store.next_notification_at(&riverside(), store::NoticeWay::Webhook).await.unwrap(), None);

    let mut file = bed.intruder().await;
    for table in ["message", "ledger_text"] {
        let column = if table == "message" { "draft" } else { "text" };
        let holding = AssertSqlSafe(format!("SELECT count(*) FROM {table} WHERE {column} LIKE '%number 2\"%'"));
        assert_eq!(sqlx::query_scalar::<_, i64>(holding).fetch_one(&mut file).await.unwrap(), 0, "{table}");
    }
}

async fn it_is_done_once_and_only_to_what_is_there(database: Database) {
    let bed = Bed::new(database).await;
    let message = message(1);
    bed.store.save_message(&message, Notify::Practice).await.unwrap();
    let redact = async |practice, id, seconds| {
        bed.store.redact_message(&practice, id, "Ann", &Phi::from("asked for"), at(seconds)).await
    };
    for (practice, id) in [(riverside(), MessageId::new()), ("lakeside".into(), message.id)] {
        let refused = redact(practice, id, 10).await;
        assert!(matches!(refused, Err(StoreError::NotFound { what: "message" })), "{refused:?}");
    }
    let done = |before| Redacted { call: message.call, at: at(10), before };
    assert_eq!(redact(riverside(), message.id, 10).await.unwrap(), done(false));
    assert_eq!(redact(riverside(), message.id, 20).await.unwrap(), done(true));
    assert_eq!(bed.store.save_message(&message, Notify::Practice).await.unwrap(), message.id, "a late repetition");
    let report = bed.verified(None).await;
    assert_eq!((report.entries, report.redacted, report.flaws.len()), (2, 1, 0));
    let left = bed.store.messages_of(message.call).await.unwrap();
    assert_eq!((left.len(), left[0].draft.text.expose().as_str()), (1, ""));
}

async fn the_database_itself_refuses_every_other_change(database: Database) {
    let (bed, _) = Bed::with_six_entries(database).await;
    let mut file = bed.intruder().await;
    let replacing = [
        ("INSERT OR REPLACE INTO ledger SELECT * FROM ledger WHERE seq = 3", "only appended"),
        ("INSERT OR REPLACE INTO ledger_text SELECT practice, seq, salt, '' FROM ledger_text", "newest entry"),
    ];
    let truncating = [
        ("TRUNCATE ledger CASCADE", "only appended"),
        ("TRUNCATE message CASCADE", "never deleted"),
        ("TRUNCATE ledger_text", "redacted"),
    ];
    let refused = [
        ("UPDATE ledger SET at = '' WHERE seq = 6", "only appended"),
        ("DELETE FROM ledger WHERE seq = 6", "only appended"),
        (
            "INSERT INTO ledger SELECT practice, 7, version, at, 'x', object, text_hash, previous, hash FROM ledger",
            "only app",
        ),
        ("UPDATE ledger_text SET text = '' WHERE seq = 3", "never changed"),
        ("INSERT INTO ledger_text SELECT practice, 2, salt, text FROM ledger_text WHERE seq = 3", "newest entry"),
        ("DELETE FROM ledger_text WHERE seq = 3", "redacted"),
        ("DELETE FROM ledger_text WHERE seq = 4", "redacted"), // the redaction's own
        ("UPDATE message SET draft = ''", "never changed"),
        ("UPDATE message SET draft = '' WHERE redacted_at IS NOT NULL", "never changed"),
        ("UPDATE message SET practice = 'lakeside'", "never changed"),
        ("DELETE FROM message", "never deleted"),
    ];
    let own: &[_] = if bed.is_sqlite() { &replacing } else { &truncating };
    for (sql, why) in refused.iter().chain(own) {
        let error = sqlx::query(*sql).execute(&mut file).await.expect_err(sql).to_string();
        assert!(error.contains(why), "{sql}: {error}");
    }
    run("DELETE FROM ledger_text WHERE seq = 2", &mut file).await; // is gone already
    assert!(bed.flaws().await.is_empty());
}
