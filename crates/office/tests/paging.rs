//! From a call's request to the clinician's acknowledgement.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

mod practice;

use std::time::Duration;

use domain::{CaseStanding, CaseUpdate, OfficeReply, OfficeRequest, Phi, RedFlagId, Urgency};
use jiff::Timestamp;
use office::{Channel, Details, Office, OfficeError, Webhook};
use oncall::{ClinicianId, Line, Pace, Policy, Rota, Shift, Tier, Way};
use practice::{Caller, HANGS, HEARD, NEVER, NUMBER, Riverside, close, holder, in_turn, link, slow};
use store::{CaseFile, PageOutcome, Secret, Store};

#[tokio::test]
async fn a_case_is_kept_and_paged_and_the_page_carries_nothing_that_the_caller_said_or_is() {
    let mut riverside = Riverside::new(slow()).await;
    let (office, store, _task) = riverside.open().await;
    let mut caller = Caller::new(&office);
    caller.opens(Urgency::Emergency).await;

    let page = riverside.ann.next().await;
    for (key, value) in [("type", "page"), ("urgency", "emergency"), ("why", "opened"), ("kept_in", "disk")] {
        assert_eq!(page.body[key], value, "{key}");
    }
    assert_eq!(page.body["practice"], "Riverside Family Medicine");
    for secret in [HEARD, "elephant", NUMBER, &NUMBER[2..], "chest_pain", "details"] {
        assert!(!page.text.contains(secret), "{secret} in {}", page.text);
    }
    let (case, token) = link(&page);
    assert_eq!(caller.reply().await, OfficeReply::CaseOpened { case });
    assert_eq!(caller.reply().await, OfficeReply::Paged);

    let seen = office.look(case, &token).await.expect("a link");
    assert_eq!(seen.clinician.name, "Doctor Ann");
    assert_eq!(seen.file.case.draft.heard.expose(), HEARD);
    assert_eq!(page.body["reference"], seen.file.case.reference.as_str());
    let file = store.case_of_call(caller.call).await.expect("kept");
    assert!(matches!(file.pages[..], [ref page] if matches!(page.outcome, PageOutcome::Accepted { .. })));
    assert!(riverside.bob.is_quiet());
}

#[tokio::test]
async fn a_practice_may_ask_for_the_callers_words() {
    let mut riverside = Riverside::new(slow()).await;
    riverside.config.details = Details::Included;
    let (office, ..) = riverside.open().await;
    Caller::new(&office).opens(Urgency::Urgent).await;
    let page = riverside.ann.next().await;
    assert_eq!(page.body["details"]["heard"], HEARD);
    assert_eq!(page.body["details"]["callback"], NUMBER);
}

#[tokio::test]
async fn a_case_that_was_taken_pages_again_until_the_caller_was_reached() {
    let pace = Policy::in_turn(Pace::new(NEVER, NEVER), NEVER, Duration::from_millis(600));
    let mut riverside = Riverside::new(pace).await;
    let (office, store, task) = riverside.open().await;
    let caller = Caller::new(&office);
    caller.opens(Urgency::Emergency).await;
    let (case, token) = link(&riverside.ann.next().await);
    let taken = office.acknowledge(case, &token, Urgency::Emergency, Timestamp::now()).await.expect("a link");
    let CaseStanding::Taken { by, pages_again: Some(_) } = &taken.standing else { panic!("{:?}", taken.standing) };
    assert_eq!(by, "Doctor Ann");
    assert_eq!(riverside.ann.next().await.body["why"], "not_reached");
    assert_eq!(office.look(case, &token).await.expect("a link").standing, CaseStanding::Open);

    // Taken again, and the process ends: the deadline is kept.
    office.acknowledge(case, &token, Urgency::Emergency, Timestamp::now()).await.expect("a link");
    close(office, caller, task).await;
    store.close().await;
    let (office, store, _task) = riverside.open().await;
    assert_eq!(riverside.ann.next().await.body["why"], "not_reached");

    let closed = CaseStanding::Closed { by: "Doctor Ann".to_owned() };
    for _ in 0..2 {
        let done = office.caller_reached(case, &token, Urgency::Emergency, Timestamp::now()).await.expect("a link");
        assert_eq!(done.standing, closed);
    }
    assert_eq!(
        office.acknowledge(case, &token, Urgency::Emergency, Timestamp::now()).await.expect("a link").standing,
        closed
    );
    let kept = store.case(case).await.expect("kept");
    assert_eq!(kept.case.closed.map(|(by, _)| by).as_deref(), Some("ann"));
    assert!(store.open_cases(&"riverside".into()).await.expect("read").is_empty());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(riverside.ann.is_quiet(), "paged after closing");
}

#[tokio::test]
async fn whoever_opens_the_link_changes_nothing_and_who_acknowledges_stops_the_paging() {
    let pace = in_turn(NEVER, Pace::SHORTEST, NEVER);
    let mut riverside = Riverside::new(pace).await;
    let (office, store, _task) = riverside.open().await;
    let mut caller = Caller::new(&office);
    caller.opens(Urgency::Emergency).await;
    let ann = riverside.ann.next().await;
    let bob = riverside.bob.next().await;
    assert_eq!(bob.body["why"], "next_in_rota");
    assert_ne!(link(&ann).1, link(&bob).1, "a link is of one clinician");

    let (case, token) = link(&bob);
    let now = Timestamp::now();
    assert!(office.look(case, &token).await.expect("a link").standing == CaseStanding::Open);
    let taken = office.acknowledge(case, &token, Urgency::Emergency, now).await.expect("a link");
    assert_eq!(holder(&taken), Some("Doctor Bob"));
    let again = office.acknowledge(case, &link(&ann).1, Urgency::Emergency, now).await.expect("a link");
    assert_eq!(holder(&again), Some("Doctor Bob"), "the first one has it");
    loop {
        if let OfficeReply::Acknowledged { by } = caller.reply().await {
            assert_eq!(by, "Doctor Bob");
            break;
        }
    }
    let file = store.case(case).await.expect("kept");
    assert_eq!(file.case.acknowledged.map(|(by, _)| by).as_deref(), Some("bob"));
    let audit = store.audit_of(&format!("case {case}")).await.expect("kept");
    let audit: Vec<_> = audit.iter().take(2).map(|e| (e.actor.as_str(), e.action.as_str())).collect();
    assert_eq!(audit, [("bob", "looked"), ("bob", "acknowledged")]);

    let on_its_way = |file: &CaseFile| file.pages.iter().any(|p| p.outcome == PageOutcome::Unknown);
    while on_its_way(&office.look(case, &token).await.expect("a link").file) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    while !riverside.ann.is_quiet() || !riverside.bob.is_quiet() {}
    tokio::time::sleep(Pace::SHORTEST * 3).await;
    assert!(riverside.ann.is_quiet() && riverside.bob.is_quiet(), "nobody is paged any more");
}

#[tokio::test]
async fn a_wrong_link_is_refused_in_the_same_words_whatever_is_wrong() {
    let mut riverside = Riverside::new(slow()).await;
    let (office, ..) = riverside.open().await;
    Caller::new(&office).opens(Urgency::Urgent).await;
    let (case, token) = link(&riverside.ann.next().await);
    for (case, token) in [(domain::CaseId::new(), token.as_str()), (case, "AAAAAAAAAAAAAAAAAAAAAA"), (case, "")] {
        assert!(matches!(office.look(case, token).await, Err(OfficeError::BadLink)));
        assert!(matches!(
            office.acknowledge(case, token, Urgency::Emergency, Timestamp::now()).await,
            Err(OfficeError::BadLink)
        ));
    }
}

#[tokio::test]
async fn a_refused_page_goes_to_the_next_at_once() {
    let mut riverside = Riverside::new(slow()).await;
    riverside.ann.answer(500);
    let (office, store, _task) = riverside.open().await;
    let mut caller = Caller::new(&office);
    caller.opens(Urgency::Emergency).await;
    assert_eq!(riverside.ann.next().await.body["step"], 1);
    assert_eq!(riverside.bob.next().await.body["step"], 2);
    assert!(matches!(caller.reply().await, OfficeReply::CaseOpened { .. }));
    assert_eq!(caller.reply().await, OfficeReply::Paged);
    let file = store.case_of_call(caller.call).await.expect("kept");
    assert!(matches!(&file.pages[0].outcome, PageOutcome::Failed { why, .. } if why == "refused with status 500"));
}

#[tokio::test]
async fn a_channel_that_hangs_is_given_up() {
    let mut riverside = Riverside::new(slow()).await;
    riverside.ann.answer(HANGS);
    let (office, ..) = riverside.open().await;
    Caller::new(&office).opens(Urgency::Emergency).await;
    riverside.ann.next().await;
    assert_eq!(riverside.bob.next().await.body["why"], "next_in_rota");
}

#[tokio::test]
async fn nobody_takes_the_page_so_the_caller_is_told_and_it_is_tried_again() {
    let pace = in_turn(NEVER, NEVER, Pace::SHORTEST);
    let mut riverside = Riverside::new(pace).await;
    riverside.ann.answer(503);
    riverside.bob.answer(503);
    let (office, ..) = riverside.open().await;
    let mut caller = Caller::new(&office);
    caller.opens(Urgency::Emergency).await;
    assert!(matches!(caller.reply().await, OfficeReply::CaseOpened { .. }));
    assert_eq!(caller.reply().await, OfficeReply::NotPaged);
    riverside.bob.answer(200);
    assert_eq!(caller.reply().await, OfficeReply::Paged);
    while riverside.bob.next().await.body["step"].as_u64() < Some(4) {}
}

fn raised() -> CaseUpdate {
    let red_flags = vec![RedFlagId("chest_pain".to_owned()), RedFlagId("arm_or_jaw_pain".to_owned())];
    CaseUpdate::Raised { urgency: Urgency::Emergency, red_flags }
}

#[tokio::test]
async fn what_becomes_known_later_is_on_the_page_and_what_is_worse_is_paged() {
    let mut riverside = Riverside::new(slow()).await;
    let (office, store, _task) = riverside.open().await;
    let mut caller = Caller::new(&office);
    caller.opens(Urgency::Urgent).await;
    let (case, token) = link(&riverside.ann.next().await);
    assert!(matches!(caller.reply().await, OfficeReply::CaseOpened { .. }));
    assert_eq!(caller.reply().await, OfficeReply::Paged);

    let heard = || OfficeRequest::UpdateCase(CaseUpdate::Heard(Phi::from("and my arm is numb")));
    for _ in 0..2 {
        caller.ask(2, heard()).await;
        assert_eq!(caller.reply().await, OfficeReply::CaseUpdated);
    }
    caller.ask(3, OfficeRequest::UpdateCase(raised())).await;
    assert_eq!(caller.reply().await, OfficeReply::CaseUpdated);
    let raised = riverside.ann.next().await;
    assert_eq!((&raised.body["why"], &raised.body["urgency"]), (&"raised".into(), &"emergency".into()));

    let seen = office.look(case, &token).await.expect("a link").file;
    assert_eq!(seen.events.len(), 2, "the repeated one counts once");
    assert_eq!(seen.case.urgency, Urgency::Emergency);
    let kept = store.case(case).await.expect("kept");
    assert_eq!(kept.events, seen.events);
    let flags: Vec<_> = kept.red_flags().into_iter().map(|flag| flag.0).collect();
    assert_eq!(flags, ["chest_pain", "arm_or_jaw_pain"]);
}

#[tokio::test]
async fn a_closed_case_that_becomes_worse_after_the_call_is_open_again() {
    let mut riverside = Riverside::new(slow()).await;
    let (office, store, _task) = riverside.open().await;
    let caller = Caller::new(&office);
    caller.opens(Urgency::Urgent).await;
    let (case, token) = link(&riverside.ann.next().await);
    office.caller_reached(case, &token, Urgency::Emergency, Timestamp::now()).await.expect("a link");
    let call = caller.call;
    drop(caller); // the case's task ends some time after
    assert!(store.open_cases(&"riverside".into()).await.expect("read").is_empty());

    let mut later = Caller::new(&office);
    later.call = call;
    later.ask(9, OfficeRequest::UpdateCase(raised())).await;
    assert_eq!(later.reply().await, OfficeReply::CaseUpdated);
    assert_eq!(riverside.ann.next().await.body["why"], "raised");
    let [open] = &store.open_cases(&"riverside".into()).await.expect("read")[..] else { panic!("one case") };
    assert_eq!((&open.case.closed, &open.case.acknowledged), (&None, &None));
}

/// A shift that ends, and a red flag that belongs to another line of service.
#[tokio::test]
async fn who_is_on_call_when_a_case_becomes_worse_is_paged_for_it() {
    let mut riverside = Riverside::new(slow()).await;
    let at_all_hours = |who: &str| Line { weekly: vec![Shift::always(Tier::Primary, who.into())], ..Line::default() };
    let lines = [(Rota::GENERAL.into(), at_all_hours("ann")), ("heart".into(), at_all_hours("bob"))];
    let people = riverside.config.rota.clinicians().cloned().collect();
    let rota = Rota::new(jiff::tz::TimeZone::UTC, people, "ann".into(), lines.into());
    riverside.config.rota = rota.expect("a rota");
    riverside.config.lines = [(RedFlagId("arm_or_jaw_pain".to_owned()), "heart".into())].into();
    let (office, ..) = riverside.open().await;
    let mut caller = Caller::new(&office);
    caller.opens(Urgency::Urgent).await;
    let (case, token) = link(&riverside.ann.next().await);
    assert_eq!(caller.reply().await, OfficeReply::CaseOpened { case });
    assert_eq!(caller.reply().await, OfficeReply::Paged);
    caller.ask(2, OfficeRequest::UpdateCase(raised())).await;
    let page = riverside.bob.next().await;
    assert_eq!((&page.body["why"], link(&page).0), (&"raised".into(), case));
    let stale = office.acknowledge(case, &token, Urgency::Urgent, Timestamp::now()).await.expect("a link");
    assert_eq!(stale.standing, CaseStanding::Open, "who was shown an urgent case has not taken an emergency");
    let stale = office.caller_reached(case, &token, Urgency::Urgent, Timestamp::now()).await.expect("a link");
    assert_eq!(stale.standing, CaseStanding::Open, "nor closed one");
    let taken = office
        .acknowledge(case, &token, Urgency::Emergency, Timestamp::now())
        .await
        .expect("the page that she has is good");
    assert_eq!(holder(&taken), Some("Doctor Ann"));
}

#[tokio::test]
async fn a_request_made_twice_opens_one_case_and_is_answered_twice() {
    let mut riverside = Riverside::new(slow()).await;
    let (office, store, task) = riverside.open().await;
    let mut caller = Caller::new(&office);
    caller.opens(Urgency::Urgent).await;
    let opened = caller.reply().await;
    assert_eq!(caller.reply().await, OfficeReply::Paged);
    caller.opens(Urgency::Urgent).await;
    assert_eq!(caller.reply().await, opened);
    assert_eq!(caller.reply().await, OfficeReply::Paged);
    close(office, caller, task).await;
    riverside.ann.next().await;
    assert!(riverside.ann.is_quiet(), "one page");
    assert_eq!(store.open_cases(&"riverside".into()).await.expect("read").len(), 1);
}

#[tokio::test]
async fn a_request_made_again_after_its_case_was_closed_pages_nobody() {
    let mut riverside = Riverside::new(slow()).await;
    let (office, _store, task) = riverside.open().await;
    let caller = Caller::new(&office);
    caller.opens(Urgency::Urgent).await;
    let (case, token) = link(&riverside.ann.next().await);
    office.caller_reached(case, &token, Urgency::Emergency, Timestamp::now()).await.expect("a link");
    let call = caller.call;
    close(office, caller, task).await;

    let (office, _store, task) = riverside.open().await;
    let mut again = Caller::new(&office);
    again.call = call;
    again.opens(Urgency::Urgent).await;
    assert_eq!(again.reply().await, OfficeReply::CaseOpened { case });
    close(office, again, task).await;
    assert!(riverside.ann.is_quiet());
}

#[tokio::test]
async fn an_update_without_a_case_is_refused() {
    let riverside = Riverside::new(slow()).await;
    let (office, ..) = riverside.open().await;
    let mut caller = Caller::new(&office);
    caller.ask(1, OfficeRequest::UpdateCase(CaseUpdate::HungUp)).await;
    assert_eq!(caller.reply().await, OfficeReply::Unavailable);
}

#[tokio::test]
async fn a_configuration_that_cannot_page_is_refused_at_start() {
    let riverside = Riverside::new(slow()).await;
    let start = async |change: &dyn Fn(&mut office::OfficeConfig)| {
        let mut config = riverside.config.clone();
        change(&mut config);
        let store = Store::open(&riverside.options).await.expect("opens");
        Office::start(store, config).await.expect_err("refused").to_string()
    };
    let ann = (ClinicianId::from("ann"), Way::Webhook);
    let hook = |url: &str, secret: &str| Webhook { url: Secret::new(url), secret: Secret::new(secret) };
    let missing = start(&|c| drop(c.channels.remove(&ann))).await;
    assert!(missing.contains("Doctor Ann") && missing.contains("webhook"), "{missing}");
    for (url, secret, expected) in [
        ("pager.example/hook?key=hidden", "whsec_AAAA", "its address is not a URL"),
        ("ftp://pager.example/hidden", "whsec_AAAA", "neither http nor https"),
        ("https://pager.example/hidden", "not base64!", "its secret is not"),
    ] {
        let message = start(&|c| drop(c.channels.insert(ann.clone(), Channel::Webhook(hook(url, secret))))).await;
        assert!(message.contains(expected) && !message.contains("hidden"), "{message}");
    }
}
