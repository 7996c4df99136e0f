//! What a practice does not want to keep longer is removed at the boundary and not before, and nothing of which anything is still to
//! be done.

use crate::database::{Database, on_both};
use crate::rows;
use domain::{CallId, CallerKind, CaseDraft, CaseId, CaseUpdate, Phi, PracticeId, RedFlagId, RequestId, Urgency};
use jiff::{SignedDuration, Timestamp};
use store::{CallRow, CaseChange, CaseEvent, CaseRow, MessageRow, Notify, Retention, Store, Swept};

on_both!(
    journals_of_calls_that_ended_before_the_boundary_are_deleted_with_their_words,
    messages_before_the_boundary_are_redacted_unless_something_is_owed,
    cases_closed_before_the_boundary_lose_their_words_and_keep_the_rest,
    what_an_appointment_was_for_goes_as_long_after_it_as_the_words_of_a_call,
    nothing_is_removed_unless_it_is_asked_for
);

const DAYS: u32 = 30;
const NOTHING: Swept = Swept { journals: 0, messages: 0, cases: 0 };

fn now() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

/// The last moment that is kept, and the first that is not.
fn boundary() -> (Timestamp, Timestamp) {
    let kept = now() - SignedDuration::from_hours(24 * i64::from(DAYS));
    (kept, kept - SignedDuration::from_micros(1))
}

fn riverside() -> PracticeId {
    "riverside".into()
}

fn number() -> Phi<domain::PhoneNumber> {
    Phi::new("+15551234567".parse().unwrap())
}

/// A call with a journal of two lines.
async fn call(store: &Store, ended_at: Option<Timestamp>) -> CallId {
    let id = CallId::new();
    let row = CallRow {
        id,
        practice: riverside(),
        caller_id: Some(number()),
        began_at: "2026-01-01T09:00:00Z".parse().unwrap(),
        ended_at: None,
        summary: None,
    };
    store.begin_call(&row).await.unwrap();
    store.append_journal(id, &[Phi::from("my chest"), Phi::from("hurts")]).await.unwrap();
    if let Some(at) = ended_at {
        let summary = Phi::from(r#"{"answered_ms":5,"turns":[{"caller_start_ms":9,"text":"my chest hurts"}]}"#);
        store.end_call(id, at, &summary).await.unwrap();
    }
    id
}

async fn message(store: &Store, call: CallId, saved_at: Timestamp, notify: Notify) -> MessageRow {
    let row = MessageRow { saved_at, ..rows::message(call, 1, "09:00:00") };
    store.save_message(&row, notify).await.unwrap();
    row
}

/// A case with words in its draft and in each kind of event that can hold some.
async fn case(store: &Store, call: CallId, closed_at: Option<Timestamp>) -> CaseChange {
    let draft = CaseDraft {
        urgency: Urgency::Emergency,
        caller: CallerKind::Patient,
        red_flags: vec![RedFlagId("chest_pain".to_owned())],
        heard: Phi::from("my chest hurts"),
        callback: Some(number()),
        unconfirmed: false,
        continues: None,
    };
    let updates = [
        CaseUpdate::Heard(Phi::from("it goes into my arm")),
        CaseUpdate::Name(Phi::from("Zoë Byron")),
        CaseUpdate::Callback(number()),
        CaseUpdate::WhoIsThere(Phi::from("my daughter")),
        CaseUpdate::CalledAgain(Box::new(draft.clone())),
        CaseUpdate::CalledEmergencyNumber(true),
        CaseUpdate::HungUp,
    ];
    let began: Timestamp = "2026-01-01T09:00:00Z".parse().unwrap();
    let change = CaseChange {
        case: CaseRow {
            id: CaseId::new(),
            call,
            request: RequestId(1),
            practice: riverside(),
            reference: "KT-4821".to_owned(),
            opened_at: began,
            urgency: Urgency::Emergency,
            draft,
            state: "{}".to_owned(),
            acknowledged: Some(("ann".to_owned(), began)),
            closed: closed_at.map(|at| ("ann".to_owned(), at)),
        },
        events: (2..)
            .zip(updates)
            .map(|(request, update)| CaseEvent { call, request: RequestId(request), at: began, update })
            .collect(),
        pages: Vec::new(),
    };
    store.keep_case(&change).await.unwrap();
    change
}

/// Says beforehand what it will do, does it, and has nothing left to do.
async fn sweep(store: &Store, retention: Retention) -> Swept {
    let due = store.due_for_retention(&riverside(), &retention, now()).await.unwrap();
    let elsewhere = store.apply_retention(&"lakeside".into(), &retention, now()).await.unwrap();
    assert_eq!(elsewhere, NOTHING, "another practice's records are not touched");
    let swept = store.apply_retention(&riverside(), &retention, now()).await.unwrap();
    assert_eq!(swept, due);
    assert_eq!(store.apply_retention(&riverside(), &retention, now()).await.unwrap(), NOTHING);
    assert!(store.verify_ledger(&riverside(), None).await.unwrap().flaws.is_empty());
    swept
}

async fn journals_of_calls_that_ended_before_the_boundary_are_deleted_with_their_words(database: Database) {
    let store = database.open().await;
    let (kept, old) = boundary();
    let young = call(&store, Some(kept)).await;
    let goes_on = call(&store, None).await;
    let in_open_case = call(&store, Some(old)).await;
    case(&store, in_open_case, None).await;
    let told_later = call(&store, Some(old)).await;
    message(&store, told_later, old, Notify::Practice).await;
    let mut gone = Vec::new();
    for _ in 0..40 {
        gone.push(call(&store, Some(old)).await); // more than one batch
    }
    let in_closed_case = call(&store, Some(old)).await;
    case(&store, in_closed_case, Some(now())).await;
    gone.push(in_closed_case);

    let swept = sweep(&store, Retention { journals_days: Some(DAYS), ..Retention::default() }).await;
    assert_eq!(swept, Swept { journals: 41, ..NOTHING });
    for id in [young, goes_on, in_open_case, told_later] {
        assert_eq!(store.journal(id).await.unwrap().len(), 2);
        assert!(store.call(id).await.unwrap().caller_id.is_some());
    }
    for id in gone {
        assert!(store.journal(id).await.unwrap().is_empty());
        let row = store.call(id).await.unwrap();
        assert_eq!((row.ended_at, row.caller_id), (Some(old), None));
        assert_eq!(row.summary.unwrap().expose(), r#"{"answered_ms":5,"turns":[{"caller_start_ms":9}]}"#);
    }
    let done = store.audit_of("journals of riverside").await.unwrap();
    let actions: Vec<_> = done.iter().map(|entry| entry.action.as_str()).collect();
    let [sixteen, nine] = [16, 9].map(|count| format!("deleted {count} older than 30 days"));
    assert_eq!(actions, [&sixteen, &sixteen, &nine]);
    assert!(done.iter().all(|entry| entry.actor == "retention" && entry.at == now()));
    store.close().await;
}

async fn messages_before_the_boundary_are_redacted_unless_something_is_owed(database: Database) {
    let store = database.open().await;
    let (kept, old) = boundary();
    let ended = async || call(&store, Some(now())).await;
    let mut stay = vec![message(&store, ended().await, kept, Notify::Nobody).await];
    stay.push(message(&store, ended().await, old, Notify::Practice).await);
    stay.push(message(&store, call(&store, None).await, old, Notify::Nobody).await);
    let in_open_case = ended().await;
    case(&store, in_open_case, None).await;
    stay.push(message(&store, in_open_case, old, Notify::Nobody).await);
    let delivered = message(&store, ended().await, old, Notify::Practice).await;
    store.notifications_delivered(store::NoticeWay::Webhook, &[delivered.id], now()).await.unwrap();
    let mut gone = vec![delivered];
    for _ in 0..20 {
        gone.push(message(&store, CallId::new(), old, Notify::Nobody).await);
    }

    let swept = sweep(&store, Retention { messages_days: Some(DAYS), ..Retention::default() }).await;
    assert_eq!(swept, Swept { messages: 21, ..NOTHING });
    let held = store.latest_messages(&riverside(), u32::MAX).await.unwrap();
    assert_eq!(held.len(), 25, "each row stays");
    assert!(stay.iter().all(|message| held.contains(message)));
    for message in gone {
        let row = held.iter().find(|row| row.id == message.id).unwrap();
        assert_eq!((row.redacted_at, row.draft.text.expose().as_str()), (Some(now()), ""));
        let why = store.redaction_of(&riverside(), message.id).await.unwrap().unwrap();
        assert_eq!((why.by.as_str(), why.why.expose().as_str()), ("retention", "older than 30 days"));
    }
    let done = store.audit_of("messages of riverside").await.unwrap();
    assert_eq!(done.len(), 2);
    assert_eq!(done[0].action, "redacted 16 older than 30 days");
    store.close().await;
}

async fn cases_closed_before_the_boundary_lose_their_words_and_keep_the_rest(database: Database) {
    let store = database.open().await;
    let (kept, old) = boundary();
    let mut stay = vec![case(&store, call(&store, Some(old)).await, Some(kept)).await];
    stay.push(case(&store, call(&store, Some(old)).await, None).await);
    stay.push(case(&store, call(&store, None).await, Some(old)).await);
    let mut gone = Vec::new();
    for _ in 0..20 {
        gone.push(case(&store, call(&store, Some(old)).await, Some(old)).await);
    }

    let swept = sweep(&store, Retention { cases_days: Some(DAYS), ..Retention::default() }).await;
    assert_eq!(swept, Swept { cases: 20, ..NOTHING });
    for change in stay {
        let file = store.case(change.case.id).await.unwrap();
        assert_eq!((file.case, file.events), (change.case, change.events));
    }
    for change in gone {
        let file = store.case(change.case.id).await.unwrap();
        let mut left = change.case;
        (left.draft.heard, left.draft.callback) = (Phi::default(), None);
        assert_eq!(file.case, left);
        assert_eq!(file.red_flags(), left.draft.red_flags);
        let none = Phi::default;
        let updates = [
            CaseUpdate::Heard(none()),
            CaseUpdate::Name(none()),
            CaseUpdate::Heard(none()),
            CaseUpdate::WhoIsThere(none()),
            CaseUpdate::CalledAgain(Box::new(left.draft)),
            CaseUpdate::CalledEmergencyNumber(true),
            CaseUpdate::HungUp,
        ];
        let expected: Vec<_> =
            change.events.into_iter().zip(updates).map(|(event, update)| CaseEvent { update, ..event }).collect();
        assert_eq!(file.events, expected);
    }
    let done = store.audit_of("cases of riverside").await.unwrap();
    assert_eq!(done.len(), 2);
    assert_eq!(done[1].action, "removed the words of 4 closed more than 30 days ago");
    store.close().await;
}

async fn nothing_is_removed_unless_it_is_asked_for(database: Database) {
    let store = database.open().await;
    let (_, old) = boundary();
    let ended = call(&store, Some(old)).await;
    case(&store, ended, Some(old)).await;
    message(&store, ended, old, Notify::Nobody).await;
    assert_eq!(sweep(&store, Retention::default()).await, NOTHING);
    let ages = Retention { journals_days: Some(u32::MAX), messages_days: Some(u32::MAX), cases_days: Some(u32::MAX) };
    assert_eq!(sweep(&store, ages).await, NOTHING, "no time lies so far back");
    let all = Retention { journals_days: Some(DAYS), messages_days: Some(DAYS), cases_days: Some(DAYS) };
    assert_eq!(sweep(&store, all).await, Swept { journals: 1, messages: 1, cases: 1 });
    store.close().await;
}

async fn what_an_appointment_was_for_goes_as_long_after_it_as_the_words_of_a_call(database: Database) {
    let store = database.open().await;
    let (kept, old) = boundary();
    let hour = SignedDuration::from_hours(1);
    let early = crate::book::booked(&store, "Ann Arbor", (old - hour * 3, old - hour * 2)).await;
    let late = crate::book::booked(&store, "Bob Binder", (kept - hour, kept)).await;
    let words = Retention { journals_days: Some(DAYS), ..Retention::default() };
    store.apply_retention(&riverside(), &words, now()).await.unwrap();
    let reason = async |id| store.appointment(id).await.unwrap().unwrap().reason;
    assert_eq!((reason(early.id).await, reason(late.id).await), (None, Some("my knee".into())));
    let done = store.audit_of("appointments of riverside").await.unwrap();
    assert_eq!(done[0].action, format!("removed 1 reasons older than {DAYS} days"));
}
