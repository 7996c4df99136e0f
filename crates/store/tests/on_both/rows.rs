//! What is kept is read back the same, and a repeated request changes nothing.

use crate::database::{Database, on_both};
use domain::{
    CallId, CallerKind, CaseDraft, CaseId, CaseUpdate, Intent, MessageDraft, MessageId, Phi, PracticeId, RedFlagId,
    RequestId, Urgency,
};
use jiff::Timestamp;
use store::{
    AuditEntry, CallRow, CaseChange, CaseEvent, CaseRow, KeptCase, MessageRow, NoticeWay, Notify, PageOutcome, PageRow,
    StoreError,
};

on_both!(
    a_call_begins_and_ends,
    the_latest_call_from_a_number_is_found_but_for_the_present_one,
    a_journal_keeps_its_order_and_its_call,
    lines_that_are_written_again_are_there_once,
    a_message_is_kept_once_however_often_it_is_asked,
    a_notification_stays_due_until_it_is_delivered,
    a_case_grows_by_changes_and_each_change_may_be_repeated,
    a_page_that_was_taken_may_fail_afterwards_and_stays_failed,
    one_request_opens_one_case,
    the_audit_is_kept_in_order
);

pub(crate) fn practice() -> PracticeId {
    "riverside".into()
}

pub(crate) fn at(time: &str) -> Timestamp {
    format!("2026-03-02T{time}Z").parse().expect("a time")
}

pub(crate) fn message(call: CallId, request: u32, saved_at: &str) -> MessageRow {
    MessageRow {
        id: MessageId::new(),
        call,
        request: RequestId(request),
        practice: practice(),
        saved_at: at(saved_at),
        draft: MessageDraft {
            caller: CallerKind::Patient,
            intent: Intent::PrescriptionRefill,
            urgency: Urgency::Routine,
            name: Some(Phi::from("Ada Byron")),
            date_of_birth: None,
            callback: Some(Phi::new("+15551234567".parse().expect("a number"))),
            text: Phi::from("please renew my inhaler"),
            fields: Vec::new(),
            confirmed: domain::Confirmed::default(),
            promised: None,
            decodes: Vec::new(),
            complete: true,
            continues: None,
        },
        redacted_at: None,
    }
}

pub(crate) fn case(call: CallId, request: u32) -> CaseRow {
    CaseRow {
        id: CaseId::new(),
        call,
        request: RequestId(request),
        practice: practice(),
        reference: "KT-4821".to_owned(),
        opened_at: at("09:00:00"),
        urgency: Urgency::Urgent,
        draft: CaseDraft {
            urgency: Urgency::Urgent,
            caller: domain::CallerKind::Patient,
            red_flags: vec![RedFlagId("chest_pain".to_owned())],
            heard: Phi::from("my chest hurts"),
            callback: None,
            unconfirmed: false,
            continues: None,
        },
        state: "{}".to_owned(),
        acknowledged: None,
        closed: None,
    }
}

fn page(step: u32, outcome: PageOutcome) -> PageRow {
    PageRow {
        step,
        clinician: "ann".to_owned(),
        channel: "pager".to_owned(),
        why: "opened".to_owned(),
        intended_at: at("09:00:00.001"),
        outcome,
    }
}

async fn a_call_begins_and_ends(database: Database) {
    let store = database.open().await;
    let mut call = CallRow {
        id: CallId::new(),
        practice: practice(),
        caller_id: Some(Phi::new("+15551234567".parse().expect("a number"))),
        began_at: at("08:00:00.123456"),
        ended_at: None,
        summary: None,
    };
    store.begin_call(&call).await.expect("kept");
    assert_eq!(store.call(call.id).await.expect("read"), call);
    assert_eq!(store.unfinished_calls(&practice()).await.expect("read"), [call.clone()]);
    assert!(store.unfinished_calls(&"another".into()).await.expect("read").is_empty());
    call.ended_at = Some(at("08:01:00"));
    call.summary = Some(Phi::from("{}"));
    store.end_call(call.id, at("08:01:00"), &Phi::from("{}")).await.expect("kept");
    store.begin_call(&CallRow { ended_at: None, ..call.clone() }).await.expect("changes nothing");
    assert_eq!(store.latest_calls(&practice(), 10).await.expect("read"), [call]);
    assert!(store.unfinished_calls(&practice()).await.expect("read").is_empty());
    let missing = store.end_call(CallId::new(), at("08:01:00"), &Phi::from("{}")).await;
    assert!(matches!(missing, Err(StoreError::NotFound { what: "call" })));
}

async fn the_latest_call_from_a_number_is_found_but_for_the_present_one(database: Database) {
    let store = database.open().await;
    let number = |last: &str| Phi::new(format!("+1555123456{last}").parse().expect("a number"));
    let call = |caller_id, began_at| CallRow {
        id: CallId::new(),
        practice: practice(),
        caller_id,
        began_at: at(began_at),
        ended_at: None,
        summary: None,
    };
    let calls = [
        call(Some(number("7")), "08:10:00"),
        call(Some(number("7")), "08:00:00"),
        call(Some(number("8")), "08:20:00"),
        call(None, "08:30:00"),
    ];
    for one in &calls {
        store.begin_call(one).await.expect("kept");
    }
    let found = async |number, but| store.latest_call_from(&practice(), &number, but).await.expect("read");
    assert_eq!(found(number("7"), CallId::new()).await, Some(calls[0].clone()));
    assert_eq!(found(number("7"), calls[0].id).await, Some(calls[1].clone()));
    assert_eq!(found(number("8"), calls[2].id).await, None);
    assert_eq!(store.latest_call_from(&"another".into(), &number("7"), CallId::new()).await.expect("read"), None);
}

async fn a_journal_keeps_its_order_and_its_call(database: Database) {
    let store = database.open().await;
    let (one, other) = (CallId::new(), CallId::new());
    for (call, lines) in [(one, vec!["a", "b"]), (other, vec!["x"]), (one, vec!["c"])] {
        let lines: Vec<_> = lines.into_iter().map(Phi::from).collect();
        store.append_journal(call, &lines).await.expect("kept");
    }
    let read = store.journal(one).await.expect("read");
    assert_eq!(read.iter().map(|l| l.expose().as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
}

/// As whoever did not hear that they were kept writes them again.
async fn lines_that_are_written_again_are_there_once(database: Database) {
    let store = database.open().await;
    let call = CallId::new();
    let lines = ["a", "b", "b", "c"].map(Phi::from);
    for (written, until) in [(0, 2), (0, 2), (2, 4), (2, 4), (0, 4)] {
        store.append_journal_after(call, written, &lines[written..until]).await.expect("kept");
    }
    assert_eq!(store.journal(call).await.expect("read"), lines);
    store.append_journal_after(call, 1, &[Phi::from("another's")]).await.expect("kept");
    let read = store.journal(call).await.expect("read");
    assert_eq!((read.len(), read[4].expose().as_str()), (5, "another's"), "nothing is overwritten or left out");
}

async fn a_message_is_kept_once_however_often_it_is_asked(database: Database) {
    let store = database.open().await;
    let call = CallId::new();
    let first = message(call, 7, "09:00:00");
    assert_eq!(store.save_message(&first, Notify::Practice).await.expect("kept"), first.id);
    let again = message(call, 7, "09:05:00");
    assert_eq!(store.save_message(&again, Notify::Practice).await.expect("known"), first.id);
    let second = message(call, 8, "09:06:00");
    store.save_message(&second, Notify::Nobody).await.expect("kept");
    assert_eq!(store.messages_of(call).await.expect("read"), [first.clone(), second.clone()]);
    assert_eq!(store.latest_messages(&practice(), 1).await.expect("read"), [second]);
    let due = store.due_notifications(&practice(), NoticeWay::Webhook, at("10:00:00"), 10).await.expect("read");
    assert_eq!(due.into_iter().map(|d| d.message).collect::<Vec<_>>(), [first], "only one wants telling");
}

async fn a_notification_stays_due_until_it_is_delivered(database: Database) {
    let store = database.open().await;
    let message = message(CallId::new(), 1, "09:00:00");
    store.save_message(&message, Notify::Practice).await.expect("kept");
    let due = async |now| store.due_notifications(&practice(), NoticeWay::Webhook, at(now), 10).await.expect("read");
    assert_eq!(due("08:59:59.999999").await.len(), 0);
    assert_eq!(due("09:00:00").await[0].tries, 0);
    // Half a second sorts behind the whole one: times have a fixed number of decimals.
    store.notifications_failed(NoticeWay::Webhook, &[message.id], at("09:00:30.5")).await.expect("kept");
    assert_eq!(due("09:00:30").await.len(), 0);
    assert_eq!(due("09:00:31").await[0].tries, 1);
    let next = async |practice| store.next_notification_at(&practice, NoticeWay::Webhook).await.expect("read");
    assert_eq!(next(practice()).await, Some(at("09:00:30.5")));
    assert_eq!(next("another".into()).await, None);
    store.notifications_delivered(NoticeWay::Webhook, &[message.id], at("09:00:31")).await.expect("kept");
    assert_eq!(due("23:00:00").await.len(), 0);
    assert_eq!(next(practice()).await, None);
}

async fn a_case_grows_by_changes_and_each_change_may_be_repeated(database: Database) {
    let store = database.open().await;
    let call = CallId::new();
    let opened = CaseChange { case: case(call, 1), events: Vec::new(), pages: vec![page(1, PageOutcome::Unknown)] };
    let heard = CaseEvent {
        call,
        request: RequestId(2),
        at: at("09:00:05"),
        update: CaseUpdate::Heard(Phi::from("it goes into my arm")),
    };
    let accepted = page(1, PageOutcome::Accepted { at: at("09:00:00.080") });
    let failed = page(2, PageOutcome::Failed { at: at("09:01:02"), why: "no answer in 2 s".to_owned() });
    let mut grown = opened.case.clone();
    grown.urgency = Urgency::Emergency;
    let grown = CaseChange { case: grown, events: vec![heard.clone()], pages: vec![accepted.clone(), failed.clone()] };
    for change in [&opened, &opened, &grown, &grown] {
        assert_eq!(store.keep_case(change).await.expect("kept"), KeptCase::Kept);
    }
    let file = store.case(opened.case.id).await.expect("read");
    assert_eq!((&file.case, &file.events, &file.pages), (&grown.case, &vec![heard], &vec![accepted, failed]));
    assert_eq!(store.case_of_call(call).await.expect("read"), file);
    assert_eq!(store.open_cases(&practice()).await.expect("read"), [file]);

    let mut taken = grown.clone();
    taken.case.acknowledged = Some(("ann".to_owned(), at("09:02:00")));
    store.keep_case(&taken).await.expect("kept");
    assert_eq!(store.open_cases(&practice()).await.expect("read").len(), 1, "taken is not done");
    taken.case.closed = Some(("ann".to_owned(), at("09:09:00")));
    store.keep_case(&taken).await.expect("kept");
    assert_eq!(store.open_cases(&practice()).await.expect("read"), []);
    assert_eq!(store.case(taken.case.id).await.expect("read").case, taken.case);
}

async fn a_page_that_was_taken_may_fail_afterwards_and_stays_failed(database: Database) {
    let store = database.open().await;
    let case = case(CallId::new(), 1);
    let accepted = page(1, PageOutcome::Accepted { at: at("09:00:00.080") });
    let lost =
        page(1, PageOutcome::Failed { at: at("09:00:02"), why: "reported as undelivered, code 30003".to_owned() });
    let untold = page(1, PageOutcome::Unknown);
    for (page, kept) in [(&untold, &untold), (&accepted, &accepted), (&lost, &lost), (&lost, &lost), (&accepted, &lost)]
    {
        let change = CaseChange { case: case.clone(), events: Vec::new(), pages: vec![page.clone()] };
        assert_eq!(store.keep_case(&change).await.expect("kept"), KeptCase::Kept);
        assert_eq!(store.case(case.id).await.expect("read").pages[..], std::slice::from_ref(kept)[..]);
    }
    let again = database.open().await;
    assert_eq!(again.open_cases(&practice()).await.expect("read")[0].pages, [lost]);
}

async fn one_request_opens_one_case(database: Database) {
    let store = database.open().await;
    let call = CallId::new();
    let change = |case| CaseChange { case, events: Vec::new(), pages: Vec::new() };
    let first = case(call, 1);
    store.keep_case(&change(first.clone())).await.expect("kept");
    let again = store.keep_case(&change(case(call, 1))).await.expect("known");
    assert_eq!(again, KeptCase::Other(first.id));
    assert_eq!(store.open_cases(&practice()).await.expect("read").len(), 1);
    assert!(matches!(store.case(CaseId::new()).await, Err(StoreError::NotFound { what: "case" })));
}

async fn the_audit_is_kept_in_order(database: Database) {
    let store = database.open().await;
    let entry = |action: &str| AuditEntry {
        at: at("09:00:00"),
        actor: "ann".to_owned(),
        action: action.to_owned(),
        object: "case 1".to_owned(),
    };
    for action in ["looked", "acknowledged"] {
        store.audit(&entry(action)).await.expect("kept");
    }
    assert_eq!(store.audit_of("case 1").await.expect("read"), [entry("looked"), entry("acknowledged")]);
}

#[test]
fn no_row_prints_a_patients_words() {
    let printed = format!("{:?} {:?}", message(CallId::new(), 1, "09:00:00"), case(CallId::new(), 1));
    for word in ["Ada", "555", "inhaler", "chest hurts"] {
        assert!(!printed.contains(word), "{word} in {printed}");
    }
}
