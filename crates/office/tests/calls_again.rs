//! A caller with an open case calls again: one case, told of both calls.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

mod practice;

use domain::{CaseDraft, CaseId, CaseUpdate, OfficeReply, OfficeRequest, Phi, Urgency};
use jiff::Timestamp;
use practice::{Caller, Riverside, case, close, link, slow};

fn again(earlier: CaseId, urgency: Urgency) -> OfficeRequest {
    OfficeRequest::OpenCase(CaseDraft { heard: Phi::from("me again"), continues: Some(earlier), ..case(urgency) })
}

#[tokio::test]
async fn while_nobody_has_acknowledged_the_later_call_belongs_to_the_same_case() {
    let mut riverside = Riverside::new(slow()).await;
    let (office, store, task) = riverside.open().await;
    let first = Caller::new(&office);
    first.opens(Urgency::Urgent).await;
    let (opened, token) = link(&riverside.ann.next().await);
    drop(first);

    let mut later = Caller::new(&office);
    for _ in 0..2 {
        later.ask(1, again(opened, Urgency::Urgent)).await; // the second time it is the same request
        assert_eq!(later.reply().await, OfficeReply::CaseOpened { case: opened });
        assert_eq!(later.reply().await, OfficeReply::Paged);
    }
    // Numbered like a request of the first call might be.
    later.ask(2, OfficeRequest::UpdateCase(CaseUpdate::Heard("still there".into()))).await;
    assert_eq!(later.reply().await, OfficeReply::CaseUpdated);
    assert!(riverside.ann.is_quiet() && riverside.bob.is_quiet(), "no second page");

    let updates = |file: &store::CaseFile| file.events.iter().map(|event| event.update.clone()).collect::<Vec<_>>();
    let seen = office.look(opened, &token).await.expect("a link").file;
    assert!(matches!(&updates(&seen)[..], [CaseUpdate::CalledAgain(draft), CaseUpdate::Heard(_)]
        if draft.heard.expose() == "me again"));
    let kept = store.case_of_call(later.call).await.expect("kept");
    assert_eq!((kept.case.id, updates(&kept)), (opened, updates(&seen)));

    let call = later.call;
    close(office, later, task).await;
    let (office, ..) = riverside.open().await;
    let mut later = Caller::new(&office);
    later.call = call;
    later.ask(3, OfficeRequest::UpdateCase(CaseUpdate::HungUp)).await;
    assert_eq!(later.reply().await, OfficeReply::CaseUpdated, "after a restart, too");
}

#[tokio::test]
async fn a_later_call_that_is_more_urgent_is_paged_at_once() {
    let mut riverside = Riverside::new(slow()).await;
    let (office, ..) = riverside.open().await;
    Caller::new(&office).opens(Urgency::Urgent).await;
    let (opened, _) = link(&riverside.ann.next().await);
    let mut later = Caller::new(&office);
    later.ask(1, again(opened, Urgency::Emergency)).await;
    assert_eq!(later.reply().await, OfficeReply::CaseOpened { case: opened });
    let page = riverside.ann.next().await;
    assert_eq!((&page.body["why"], &page.body["urgency"]), (&"raised".into(), &"emergency".into()));
}

#[tokio::test]
async fn what_a_clinician_has_taken_or_nobody_knows_is_no_case_to_go_on_with() {
    let mut riverside = Riverside::new(slow()).await;
    let (office, ..) = riverside.open().await;
    Caller::new(&office).opens(Urgency::Urgent).await;
    let (taken, token) = link(&riverside.ann.next().await);
    office.acknowledge(taken, &token, Urgency::Emergency, Timestamp::now()).await.expect("taken");
    for earlier in [taken, CaseId::new()] {
        let mut later = Caller::new(&office);
        later.ask(1, again(earlier, Urgency::Urgent)).await;
        let (opened, _) = link(&riverside.ann.next().await);
        assert_ne!(opened, earlier);
        assert_eq!(later.reply().await, OfficeReply::CaseOpened { case: opened });
    }
}
