//! Who may read messages, for how long, and what they do with them.

use crate::database::{Database, on_both};
use crate::rows;
use domain::{CallId, MessageDraft, MessageId, Phi, PracticeId, Urgency};
use jiff::{SignedDuration, Timestamp};
use sqlx::AssertSqlSafe;
use store::{
    Added, MessageDeed, MessageRow, NoticeWay, Notify, Overdue, PasswordHash, SESSION_IDLE_MAX, SESSION_MAX, Secret,
    SessionToken, Shelf, Store, StoreError, WorkRow,
};

on_both!(
    staff_are_added_once_disabled_and_added_again_with_another_password,
    a_session_is_over_when_it_was_not_used_when_it_is_old_and_when_it_ended,
    what_is_done_with_a_message_is_kept_in_its_order_and_never_changed,
    open_messages_stand_by_urgency_and_age_and_those_that_are_done_by_when,
    a_message_that_cannot_be_read_takes_no_other_from_sight,
    what_is_not_announced_is_told_until_it_is_taken_done_or_redacted,
    each_way_is_told_in_its_own_time_and_what_one_has_taken_the_other_may_not,
    notifications_of_before_there_was_mail_stay_as_they_were
);

fn practice() -> PracticeId {
    "riverside".into()
}

fn at(seconds: i64) -> Timestamp {
    "2026-03-02T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

fn message(seconds: i64, urgency: Urgency) -> MessageRow {
    let row = rows::message(CallId::new(), 1, "09:00:00");
    let draft = MessageDraft { urgency, text: Phi::from("please call"), name: None, callback: None, ..row.draft };
    MessageRow { saved_at: at(seconds), draft, ..row }
}

fn work(seconds: i64, what: MessageDeed) -> WorkRow {
    WorkRow { at: at(seconds), by: "Ann".to_owned(), what, note: None }
}

fn password() -> PasswordHash {
    PasswordHash::of(&Secret::new("correct-horse-battery")).unwrap()
}

async fn listed(store: &Store, shelf: Shelf) -> Vec<MessageId> {
    let rows = store.inbox(&practice(), shelf, None, 100).await.unwrap();
    rows.iter().map(|row| row.message.id).collect()
}

async fn staff_are_added_once_disabled_and_added_again_with_another_password(database: Database) {
    let store = database.open().await;
    let add = async |name: &str| store.add_staff(&practice(), name, &password(), at(0)).await.unwrap();
    assert_eq!(add("Ann Reyes").await, Added::New);
    assert_eq!(add("ann reyes").await, Added::NameTaken);
    assert_eq!(store.add_staff(&"lakeside".into(), "Ann Reyes", &password(), at(0)).await.unwrap(), Added::New);
    let token = SessionToken::random();
    assert!(store.begin_session(&practice(), "ANN REYES", &token, at(1)).await.unwrap());
    let whose = async |now| store.use_session(&practice(), &token, now).await.unwrap();
    assert_eq!(whose(at(2)).await.as_deref(), Some("Ann Reyes"), "as it was written at first");

    assert_eq!(store.disable_staff(&practice(), "ann reyes", at(3)).await.unwrap(), 1);
    assert_eq!(store.disable_staff(&practice(), "Ann Reyes", at(4)).await.unwrap(), 0);
    assert_eq!(whose(at(3)).await, None);
    assert!(!store.begin_session(&practice(), "Ann Reyes", &SessionToken::random(), at(4)).await.unwrap());
    let rows = store.staff(&practice()).await.unwrap();
    assert_eq!((rows.len(), rows[0].disabled_at), (1, Some(at(3))));
    let nobody = store.disable_staff(&practice(), "Bo", at(3)).await;
    assert!(matches!(nobody, Err(StoreError::NotFound { .. })));

    let other = PasswordHash::of(&Secret::new("another-password")).unwrap();
    assert_eq!(store.add_staff(&practice(), "Ann Reyes", &other, at(5)).await.unwrap(), Added::Again);
    let ann = store.staff_named(&practice(), "ann reyes").await.unwrap().unwrap();
    assert!(ann.disabled_at.is_none() && ann.password.is_of(&Secret::new("another-password")));
    assert_eq!(whose(at(6)).await, None, "a session that was ended stays so");
    assert!(!format!("{ann:?}").contains("argon2"));
}

async fn a_session_is_over_when_it_was_not_used_when_it_is_old_and_when_it_ended(database: Database) {
    let store = database.open().await;
    store.add_staff(&practice(), "Ann", &password(), at(0)).await.unwrap();
    let (idle, max) = (SESSION_IDLE_MAX.as_secs(), SESSION_MAX.as_secs());
    let token = SessionToken::random();
    let alive = async |now| store.use_session(&practice(), &token, at(now)).await.unwrap().is_some();
    assert!(!alive(0).await);
    store.begin_session(&practice(), "Ann", &token, at(0)).await.unwrap();
    assert!(alive(idle - 1).await);
    assert!(alive(2 * idle - 2).await, "each use counts");
    assert!(alive(10).await, "a clock that is put back does not make it older");
    assert!(!alive(3 * idle).await);
    let other = store.use_session(&"lakeside".into(), &token, at(2 * idle)).await.unwrap();
    assert_eq!(other, None, "of another practice");
    let mut now = 3 * idle - 3;
    while now < max {
        assert!(alive(now).await);
        now += idle - 1;
    }
    assert!(!alive(max).await);

    let ended = SessionToken::random();
    store.begin_session(&practice(), "Ann", &ended, at(max)).await.unwrap();
    store.end_session(&ended, at(max)).await.unwrap();
    assert_eq!(store.use_session(&practice(), &ended, at(max)).await.unwrap(), None);
    let left: i64 =
        sqlx::query_scalar("SELECT count(*) FROM session").fetch_one(&mut database.past_us().await).await.unwrap();
    assert_eq!(left, 1, "what is over for good is forgotten");
}

async fn what_is_done_with_a_message_is_kept_in_its_order_and_never_changed(database: Database) {
    let store = database.open().await;
    let row = message(0, Urgency::Routine);
    store.save_message(&row, Notify::Nobody).await.unwrap();
    let noted = WorkRow { note: Some(Phi::from("left a voicemail")), ..work(2, MessageDeed::CalledBack) };
    let again = WorkRow { note: Some(Phi::from("really")), ..work(5, MessageDeed::Done) };
    let deeds = [
        work(1, MessageDeed::Opened),
        work(1, MessageDeed::Opened),
        noted.clone(),
        work(3, MessageDeed::Reopened),
        work(4, MessageDeed::Done),
        work(4, MessageDeed::Done),
        again.clone(),
    ];
    for deed in &deeds {
        store.work_on_message(&practice(), row.id, deed).await.unwrap();
    }
    let (kept, log) = store.inbox_message(&practice(), row.id).await.unwrap().unwrap();
    assert_eq!(log, [work(1, MessageDeed::Opened), noted, work(4, MessageDeed::Done), again], "a note is never lost");
    assert_eq!((kept.done_at, kept.message.clone()), (Some(at(5)), row.clone()));
    assert_eq!(kept.last, Some((MessageDeed::Done, "Ann".to_owned())));
    let elsewhere = store.work_on_message(&"lakeside".into(), row.id, &work(6, MessageDeed::Reopened)).await;
    assert!(matches!(elsewhere, Err(StoreError::NotFound { .. })));
    assert!(store.inbox_message(&"lakeside".into(), row.id).await.unwrap().is_none());

    let mut past = database.past_us().await;
    for change in
        ["UPDATE message_work SET by = 'Bo'", "UPDATE message_work SET note = NULL", "DELETE FROM message_work"]
    {
        let error = sqlx::query(AssertSqlSafe(change)).execute(&mut past).await.unwrap_err();
        assert!(error.to_string().contains("what was done with a message is never"), "{change}: {error}");
    }
    store.redact_message(&practice(), row.id, "Ann", &Phi::from("asked for"), at(9)).await.unwrap();
    let (_, log) = store.inbox_message(&practice(), row.id).await.unwrap().unwrap();
    assert!(log.len() == 4 && log.iter().all(|row| row.note.is_none()), "notes go with the words: {log:?}");
    assert!(store.verify_ledger(&practice(), None).await.unwrap().flaws.is_empty());
}

async fn open_messages_stand_by_urgency_and_age_and_those_that_are_done_by_when(database: Database) {
    let store = database.open().await;
    let rows = [
        message(3, Urgency::Emergency),
        message(1, Urgency::Urgent),
        message(2, Urgency::Urgent),
        message(0, Urgency::Routine),
        message(9, Urgency::Routine),
    ];
    for row in rows.iter().rev() {
        store.save_message(row, Notify::Nobody).await.unwrap();
    }
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    assert_eq!(listed(&store, Shelf::Open).await, ids);
    let after = store.inbox(&practice(), Shelf::Open, Some(ids[1]), 2).await.unwrap();
    assert_eq!(after.iter().map(|row| row.message.id).collect::<Vec<_>>(), ids[2..4]);
    for (seconds, id) in [(20, ids[0]), (10, ids[3])] {
        store.work_on_message(&practice(), id, &work(seconds, MessageDeed::Done)).await.unwrap();
    }
    assert_eq!(listed(&store, Shelf::Open).await, [ids[1], ids[2], ids[4]]);
    assert_eq!(listed(&store, Shelf::Done).await, [ids[0], ids[3]]);
    let after = store.inbox(&practice(), Shelf::Open, Some(ids[0]), 9).await.unwrap();
    assert_eq!(after.len(), 3, "a message that was done meanwhile still has its place");
    store.work_on_message(&practice(), ids[0], &work(30, MessageDeed::Reopened)).await.unwrap();
    assert_eq!(listed(&store, Shelf::Open).await[0], ids[0]);
    assert!(store.inbox(&"lakeside".into(), Shelf::Open, None, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn messages_of_before_the_inbox_are_open_and_one_that_cannot_be_read_is_no_obstacle() {
    let database = Database::sqlite();
    let store = database.open().await;
    let rows = [message(0, Urgency::Routine), message(1, Urgency::Urgent)];
    for row in &rows {
        store.save_message(row, Notify::Nobody).await.unwrap();
    }
    let taken = message(2, Urgency::Emergency);
    store.save_message(&taken, Notify::Practice).await.unwrap();
    store.notifications_delivered(NoticeWay::Webhook, &[taken.id], at(60)).await.unwrap();
    let redacted = message(3, Urgency::Emergency);
    store.save_message(&redacted, Notify::Nobody).await.unwrap();
    store.redact_message(&practice(), redacted.id, "Ann Reyes", &"on request".into(), at(70)).await.unwrap();
    store.close().await;
    let mut past = database.past_us().await;
    let undo = "DROP TABLE message_work; DROP TABLE session; DROP TABLE staff; DROP TABLE inbox;
         DROP TRIGGER message_into_inbox; DROP TRIGGER redacted_message_is_done; DELETE FROM _sqlx_migrations WHERE version = 6;
         INSERT INTO message (id, call_id, request_id, practice, saved_at, draft)
         VALUES ('damaged', 'c', 1, 'elsewhere', '2026-03-02T09:00:00.000000Z', 'no JSON')";
    sqlx::raw_sql(undo).execute(&mut past).await.unwrap();
    drop(past);
    let store = database.open().await;
    assert_eq!(listed(&store, Shelf::Open).await, [rows[1].id, rows[0].id]);
    let mut done = listed(&store, Shelf::Done).await;
    done.sort();
    assert_eq!(done, [taken.id, redacted.id], "what the practice's own system has taken asks for nothing more");
}

async fn a_message_that_cannot_be_read_takes_no_other_from_sight(database: Database) {
    let store = database.open().await;
    let rows = [message(0, Urgency::Routine), message(1, Urgency::Urgent)];
    for row in &rows {
        store.save_message(row, Notify::Practice).await.unwrap();
    }
    let mut past = database.past_us().await;
    let on = if database.is_sqlite() { "" } else { "ON message" };
    let damage =
        format!("DROP TRIGGER message_unchanged {on}; UPDATE message SET draft = '{{}}' WHERE id = '{}'", rows[1].id);
    sqlx::raw_sql(sqlx::AssertSqlSafe(damage)).execute(&mut past).await.unwrap();
    drop(past);
    assert_eq!(listed(&store, Shelf::Open).await, [rows[1].id, rows[0].id]);
    let due = store.due_notifications(&practice(), NoticeWay::Webhook, at(999), 9).await.unwrap();
    let texts: Vec<_> = due.iter().map(|due| due.message.draft.text.expose().contains("cannot be read")).collect();
    assert_eq!(texts, [false, true], "it is announced, and says so");
}

async fn what_is_not_announced_is_told_until_it_is_taken_done_or_redacted(database: Database) {
    let store = database.open().await;
    let rows = [message(0, Urgency::Routine), message(60, Urgency::Routine), message(120, Urgency::Routine)];
    for row in &rows {
        store.save_message(row, Notify::Practice).await.unwrap();
    }
    let overdue = async |before| store.overdue_announcements(&practice(), at(before)).await.unwrap();
    let webhook = |messages, since| vec![Overdue { way: NoticeWay::Webhook, messages, since: at(since) }];
    assert_eq!(overdue(0).await, []);
    assert_eq!(overdue(61).await, webhook(2, 0));
    assert_eq!(overdue(999).await, webhook(3, 0));
    assert_eq!(store.overdue_announcements(&"lakeside".into(), at(999)).await.unwrap(), []);
    assert!(store.unannounced_messages(&practice()).await.unwrap().is_empty(), "nothing was tried");
    store.notifications_failed(NoticeWay::Webhook, &[rows[1].id], at(70)).await.unwrap();
    assert_eq!(
        store.unannounced_messages(&practice()).await.unwrap().into_iter().collect::<Vec<_>>(),
        [(rows[1].id, 1)]
    );

    store.notifications_delivered(NoticeWay::Webhook, &[rows[0].id], at(80)).await.unwrap();
    assert_eq!(overdue(999).await, webhook(2, 60));
    store.work_on_message(&practice(), rows[1].id, &work(90, MessageDeed::Done)).await.unwrap();
    assert_eq!(overdue(999).await, webhook(1, 120));
    store.redact_message(&practice(), rows[2].id, "Ann", &Phi::from("asked for"), at(99)).await.unwrap();
    assert_eq!(overdue(999).await, []);
}

async fn each_way_is_told_in_its_own_time_and_what_one_has_taken_the_other_may_not(database: Database) {
    let store = database.open().await;
    let (early, late) = (message(0, Urgency::Routine), message(60, Urgency::Routine));
    store.save_message(&early, Notify::Both { mailbox_from: at(500) }).await.unwrap();
    store.save_message(&late, Notify::Mailbox { from: at(500) }).await.unwrap();
    let due = async |way, now| store.due_notifications(&practice(), way, at(now), 9).await.unwrap().len();
    assert_eq!((due(NoticeWay::Webhook, 499).await, due(NoticeWay::Email, 499).await), (1, 0));
    assert_eq!((due(NoticeWay::Webhook, 500).await, due(NoticeWay::Email, 500).await), (1, 2));

    store.notifications_delivered(NoticeWay::Webhook, &[early.id], at(1)).await.unwrap();
    assert_eq!((due(NoticeWay::Webhook, 500).await, due(NoticeWay::Email, 500).await), (0, 2));
    let overdue = async |before| store.overdue_announcements(&practice(), at(before)).await.unwrap();
    assert_eq!(overdue(500).await, [], "a digest whose time has not come is no failure");
    store.notifications_failed(NoticeWay::Email, &[early.id, late.id], at(900)).await.unwrap();
    let since = vec![Overdue { way: NoticeWay::Email, messages: 2, since: at(500) }];
    assert_eq!(overdue(501).await, since, "a further try changes nothing about since when");
    assert_eq!(store.next_notification_at(&practice(), NoticeWay::Email).await.unwrap(), Some(at(900)));
    assert_eq!(store.unannounced_messages(&practice()).await.unwrap().len(), 2);
    let owed = store.examine(&[]).await.unwrap().owed.notifications;
    assert_eq!(owed, 2);
    store.notifications_delivered(NoticeWay::Email, &[early.id, late.id], at(901)).await.unwrap();
    assert_eq!(overdue(999).await, []);
}

async fn notifications_of_before_there_was_mail_stay_as_they_were(database: Database) {
    let store = database.open().await;
    let rows = [message(0, Urgency::Routine), message(60, Urgency::Routine)];
    for row in &rows {
        store.save_message(row, Notify::Practice).await.unwrap();
    }
    store.notifications_failed(NoticeWay::Webhook, &[rows[0].id], at(300)).await.unwrap();
    store.notifications_delivered(NoticeWay::Webhook, &[rows[1].id], at(61)).await.unwrap();
    store.close().await;
    let undo = if database.is_sqlite() {
        "CREATE TABLE before (message_id TEXT PRIMARY KEY REFERENCES message (id), practice TEXT NOT NULL,
            due_at TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, delivered_at TEXT) STRICT;
         INSERT INTO before SELECT message_id, practice, due_at, tries, delivered_at FROM notification;
         DROP TABLE notification; ALTER TABLE before RENAME TO notification;
         CREATE INDEX notification_due ON notification (practice, due_at) WHERE delivered_at IS NULL;
         DELETE FROM _sqlx_migrations WHERE version = 9"
    } else {
        "DROP INDEX notification_due; ALTER TABLE notification DROP CONSTRAINT notification_pkey;
         ALTER TABLE notification DROP COLUMN way; ALTER TABLE notification DROP COLUMN owed_at;
         ALTER TABLE notification ADD PRIMARY KEY (message_id);
         CREATE INDEX notification_due ON notification (practice, due_at) WHERE delivered_at IS NULL;
         DELETE FROM _sqlx_migrations WHERE version = 9"
    };
    let mut past = database.past_us().await;
    sqlx::raw_sql(undo).execute(&mut past).await.unwrap();
    drop(past);
    let store = database.open().await;
    let due = store.due_notifications(&practice(), NoticeWay::Webhook, at(300), 9).await.unwrap();
    assert_eq!(due.iter().map(|due| (due.message.id, due.tries)).collect::<Vec<_>>(), [(rows[0].id, 1)]);
    let since = vec![Overdue { way: NoticeWay::Webhook, messages: 1, since: at(0) }];
    assert_eq!(store.overdue_announcements(&practice(), at(999)).await.unwrap(), since);
}
