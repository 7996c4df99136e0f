//! Who is rung for a caller, and what becomes of the case when they decline, take the call, or have spoken with the caller.
#![allow(clippy::unwrap_used, unreachable_pub)] // a test fails by panicking

mod practice;

use domain::{CallId, CallerKind, CaseStanding, OfficeReply, Phi, RedFlagId, Urgency};
use jiff::Timestamp;
use office::{CalleeDid, Wanted};
use oncall::{Clinician, Pace, Policy, Rule, Step, Tier, Whom};
use practice::{Caller, NEVER, Riverside, link, slow};

fn address(who: &str) -> Phi<String> {
    Phi::new(format!("sip:{who}@127.0.0.1"))
}

/// First Ann, then Bob; the desk can be rung and is never paged.
async fn riverside(policy: Policy) -> Riverside {
    let mut riverside = Riverside::new(policy).await;
    riverside.config.telephones = ["ann", "bob", "desk"].map(|who| (who.into(), address(who))).into();
    riverside
}

fn with_a_desk() -> Policy {
    let step = |tier| Step { whom: vec![Whom::OnCall(tier)], by: Vec::new(), pace: Pace::new(NEVER, NEVER) };
    let steps = vec![step(Tier::Primary), step(Tier::LastResort)];
    let rule = Rule { applies: domain::Applies::default(), steps, retry_after: NEVER, reach_within: NEVER };
    let desk = Clinician { id: "desk".into(), name: "Desk".to_owned(), ways: Vec::new() };
    Policy::new(vec![rule], Some(desk)).unwrap()
}

#[tokio::test]
async fn whom_the_case_pages_is_rung_in_that_order_and_the_desk_for_who_asks_for_a_person() {
    let riverside = riverside(with_a_desk()).await;
    let (office, ..) = riverside.open().await;
    let rung = |wanted, urgency| {
        let flags = [RedFlagId("chest_pain".to_owned())];
        let callees = office.whom_to_ring(wanted, urgency, CallerKind::Patient, &flags);
        callees.into_iter().map(|one| one.id.0).collect::<Vec<_>>()
    };
    assert_eq!(rung(Wanted::OnCall, Urgency::Emergency), ["ann", "bob"]);
    assert_eq!(rung(Wanted::Desk, Urgency::Routine), ["desk"]);
    assert_eq!(rung(Wanted::Desk, Urgency::Urgent), ["desk", "ann", "bob"]);
}

#[tokio::test]
async fn who_declines_is_passed_over_who_takes_the_call_has_the_case_and_who_has_spoken_closes_it() {
    let mut riverside = riverside(slow()).await;
    let (office, ..) = riverside.open().await;
    let mut caller = Caller::new(&office);
    caller.opens(Urgency::Emergency).await;
    let page = riverside.ann.next().await;
    let (case, token) = link(&page);
    let (ann, bob, now) = ("ann".into(), "bob".into(), Timestamp::now());

    office.callee_did(caller.call, &ann, CalleeDid::Decline, now).await;
    assert_eq!(riverside.bob.next().await.body["why"], "next_in_rota", "at once");
    office.callee_did(caller.call, &bob, CalleeDid::Accept(Urgency::Urgent), now).await;
    assert_eq!(office.look(case, &token).await.unwrap().standing, CaseStanding::Open, "it was told as less than it is");
    office.callee_did(caller.call, &bob, CalleeDid::Accept(Urgency::Emergency), now).await;
    loop {
        if let OfficeReply::Acknowledged { by } = caller.reply().await {
            assert_eq!(by, "Doctor Bob");
            break;
        }
    }
    office.callee_did(caller.call, &bob, CalleeDid::Reach, now).await;
    let closed = CaseStanding::Closed { by: "Doctor Bob".to_owned() };
    assert_eq!(office.look(case, &token).await.unwrap().standing, closed);

    // Somebody who asked for a person has no case: nothing is kept, and nothing breaks.
    office.callee_did(CallId::new(), &ann, CalleeDid::Accept(Urgency::Routine), now).await;
}
