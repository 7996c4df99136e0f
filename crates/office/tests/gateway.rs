//! Clinicians who answer by telephone: replies to text messages, keys pressed in calls.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

mod practice;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{Applies, CaseId, CaseStanding, CaseUpdate, OfficeReply, OfficeRequest, RedFlagId, Urgency};
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use office::{Channel, Gateway, GatewayPost, Office, OfficeError, Sms, SmsFrom};
use oncall::{Pace, Policy, Rule, Step, Tier, Way, Whom};
use practice::{Caller, Delivery, NEVER, Receiver, Riverside, link, slow};
use sha1::Sha1;
use store::{PageOutcome, Secret};

const TOKEN: &str = "the gateway's token";
const ANN: &str = "+12125550101";
const BOB: &str = "+12125550102";

/// Ann and Bob have a pager, which tells the tests of their pages, and a mobile telephone that takes text messages.
async fn riverside(policy: Policy) -> (Riverside, Receiver) {
    let mut riverside = Riverside::new(policy).await;
    let gateway = Receiver::start().await;
    for (who, number) in [("ann", ANN), ("bob", BOB)] {
        let sms = Sms {
            gateway: Gateway { api: gateway.base(), account: "AC1".to_owned(), token: Secret::new(TOKEN) },
            from: SmsFrom::Number("+12125550100".to_owned()),
            to: number.parse().unwrap(),
        };
        riverside.config.channels.insert((who.into(), Way::Sms), Channel::Sms(sms));
    }
    riverside.config.gateway_token = Some(Secret::new(TOKEN));
    (riverside, gateway)
}

/// As the gateway signs it: the address, and every name and value in the order of the names.
fn sign(path: &str, form: &[(String, String)]) -> String {
    let mut ordered: Vec<_> = form.iter().collect();
    ordered.sort();
    let signed: String = ordered.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]).collect();
    let mac: Hmac<Sha1> = Hmac::new_from_slice(TOKEN.as_bytes()).unwrap();
    let mac = mac.chain_update(format!("https://firstring.example{path}{signed}"));
    STANDARD.encode(mac.finalize().into_bytes())
}

async fn texts(office: &Office, from: &str, body: &str) -> String {
    texts_at(office, from, body, Timestamp::now()).await
}

async fn texts_at(office: &Office, from: &str, body: &str, at: Timestamp) -> String {
    let form = [("From".to_owned(), from.to_owned()), ("Body".to_owned(), body.to_owned())];
    let (path, signature) = ("/gateway/sms", sign("/gateway/sms", &form));
    let post = GatewayPost { path, form: &form, signature: &signature };
    office.text_message(&post, at).await.unwrap().as_str().to_owned()
}

async fn presses(office: &Office, (case, token): &(CaseId, String), told: Urgency, digit: &str) -> String {
    let form = [("Digits".to_owned(), digit.to_owned())];
    let path = format!("/gateway/key/{case}?t={token}&u={told}");
    let post = GatewayPost { path: &path, form: &form, signature: &sign(&path, &form) };
    office.key_pressed(*case, token, told, &post, Timestamp::now()).await.unwrap().as_str().to_owned()
}

fn digits(page: &Delivery) -> String {
    page.body["reference"].as_str().unwrap().rsplit('-').next().unwrap().to_owned()
}

async fn standing(office: &Office, page: &Delivery) -> CaseStanding {
    let (case, token) = link(page);
    office.look(case, &token).await.unwrap().standing
}

fn taken_by(standing: &CaseStanding) -> Option<&str> {
    if let CaseStanding::Taken { by, .. } = standing { Some(by) } else { None }
}

#[tokio::test]
async fn a_reply_from_the_number_that_was_paged_takes_the_case_and_closes_it() {
    let (mut riverside, _gateway) = riverside(slow()).await;
    let (office, ..) = riverside.open().await;
    let mut caller = Caller::new(&office);
    caller.opens(Urgency::Urgent).await;
    let page = riverside.ann.next().await;
    let digits = digits(&page);
    for (from, unclear) in [(ANN, "who is it?"), (ANN, "1 0000"), (BOB, "1"), (ANN, "done"), ("+19995550100", "1")] {
        texts(&office, from, unclear).await;
        assert_eq!(standing(&office, &page).await, CaseStanding::Open, "{unclear} from {from}");
    }
    assert!(texts(&office, ANN, "what?").await.contains(&format!("1 {digits}")));
    assert!(texts(&office, "+19995550100", "1").await.ends_with("<Response></Response>"), "a stranger learns nothing");

    assert!(texts(&office, ANN, "1").await.contains(&format!("reply done {digits}")));
    assert_eq!(taken_by(&standing(&office, &page).await), Some("Doctor Ann"));
    loop {
        if let OfficeReply::Acknowledged { by } = caller.reply().await {
            assert_eq!(by, "Doctor Ann");
            break;
        }
    }
    assert!(texts(&office, ANN, "1").await.contains("You have"), "once more is as good as once");
    texts(&office, ANN, &format!("Done {digits}")).await;
    assert_eq!(standing(&office, &page).await, CaseStanding::Closed { by: "Doctor Ann".to_owned() });
    assert!(texts(&office, ANN, "1").await.contains("No case waits"));
}

#[tokio::test]
async fn of_two_cases_the_reply_names_one() {
    let (mut riverside, _gateway) = riverside(slow()).await;
    let (office, ..) = riverside.open().await;
    let (first, second) = (Caller::new(&office), Caller::new(&office));
    first.opens(Urgency::Urgent).await;
    let one = riverside.ann.next().await;
    second.opens(Urgency::Emergency).await;
    let other = riverside.ann.next().await;
    let asked = texts(&office, ANN, "1").await;
    assert!(asked.contains(&digits(&one)) && asked.contains(&digits(&other)), "{asked}");
    texts(&office, ANN, &format!("1 {}", digits(&other))).await;
    assert_eq!(standing(&office, &one).await, CaseStanding::Open);
    assert_eq!(taken_by(&standing(&office, &other).await), Some("Doctor Ann"));
}

#[tokio::test]
async fn keys_take_a_case_decline_it_and_ask_again() {
    let (mut riverside, _gateway) = riverside(slow()).await;
    let (office, ..) = riverside.open().await;
    Caller::new(&office).opens(Urgency::Emergency).await;
    let page = riverside.ann.next().await;
    let ann = link(&page);
    for nothing in ["3", "9", "", "11"] {
        assert!(presses(&office, &ann, Urgency::Emergency, nothing).await.contains("Press 1"), "{nothing:?}");
    }
    assert_eq!(standing(&office, &page).await, CaseStanding::Open);
    assert!(presses(&office, &ann, Urgency::Emergency, "2").await.contains("paged on without you"));
    let bob = riverside.bob.next().await;
    assert_eq!(bob.body["why"], "next_in_rota", "at once, not after an hour");
    assert!(presses(&office, &link(&bob), Urgency::Emergency, "1").await.contains("You have"));
    assert_eq!(taken_by(&standing(&office, &page).await), Some("Doctor Bob"));
    assert!(presses(&office, &ann, Urgency::Emergency, "1").await.contains("Doctor Bob has"));
    assert!(presses(&office, &ann, Urgency::Emergency, "2").await.contains("Doctor Bob has"), "nobody is paged for it");
    assert!(presses(&office, &link(&bob), Urgency::Emergency, "2").await.contains("paged on without you"));
    assert_eq!(riverside.ann.next().await.body["why"], "not_reached", "he has given it back");
}

/// An urgent case is Bob's for a second, then Ann's; an emergency is Ann's.
fn bob_first() -> Policy {
    let step = |tier, next| Step { whom: vec![Whom::OnCall(tier)], by: Vec::new(), pace: Pace::new(NEVER, next) };
    let rule = |urgency, steps| Rule {
        applies: Applies { urgency: vec![urgency], ..Applies::default() },
        steps,
        retry_after: NEVER,
        reach_within: NEVER,
    };
    let second = Duration::from_secs(1);
    let urgent = vec![step(Tier::LastResort, second), step(Tier::Primary, NEVER)];
    let emergency = vec![step(Tier::Primary, NEVER)];
    Policy::new(vec![rule(Urgency::Emergency, emergency), rule(Urgency::Urgent, urgent)], None).unwrap()
}

#[tokio::test]
async fn who_was_not_told_how_urgent_it_has_become_does_not_take_it() {
    let (mut riverside, _gateway) = riverside(bob_first()).await;
    let (office, store, _task) = riverside.open().await;
    let mut caller = Caller::new(&office);
    caller.opens(Urgency::Urgent).await;
    let bob = riverside.bob.next().await;
    riverside.ann.next().await;
    while caller.reply().await != OfficeReply::Paged {}
    let red_flags = vec![RedFlagId("chest_pain".to_owned())];
    let raised = CaseUpdate::Raised { urgency: Urgency::Emergency, red_flags };
    caller.ask(2, OfficeRequest::UpdateCase(raised)).await;
    assert_eq!(riverside.ann.next().await.body["urgency"], "emergency");
    assert!(texts(&office, BOB, "1").await.contains("more urgent than you were told"));
    assert!(presses(&office, &link(&bob), Urgency::Urgent, "1").await.contains("more urgent than you were told"));
    assert_eq!(standing(&office, &bob).await, CaseStanding::Open);
    for said in ["1", &format!("done {}", digits(&bob))] {
        let told = texts(&office, ANN, said).await;
        assert!(told.contains("more urgent"), "what she writes crosses the page of the emergency: {told}");
    }
    while !matches!(riverside.page_of(&store, "ann", 2).await, PageOutcome::Accepted { .. }) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    texts_at(&office, ANN, "1", Timestamp::now() + jiff::SignedDuration::from_secs(15)).await;
    assert_eq!(taken_by(&standing(&office, &bob).await), Some("Doctor Ann"), "she has read that it is an emergency");
}

#[tokio::test]
async fn what_the_gateway_has_not_signed_does_nothing() {
    let (mut riverside, _gateway) = riverside(slow()).await;
    let (office, store, task) = riverside.open().await;
    let caller = Caller::new(&office);
    caller.opens(Urgency::Emergency).await;
    let page = riverside.ann.next().await;
    let (case, token) = link(&page);
    let form = [("From".to_owned(), ANN.to_owned()), ("Body".to_owned(), "1".to_owned())];
    let elsewhere = sign("/gateway/other", &form);
    for (path, signature) in [("/gateway/sms", ""), ("/gateway/sms", elsewhere.as_str())] {
        let post = GatewayPost { path, form: &form, signature };
        assert!(matches!(office.text_message(&post, Timestamp::now()).await, Err(OfficeError::BadLink)));
        let key = office.key_pressed(case, &token, Urgency::Emergency, &post, Timestamp::now()).await;
        assert!(matches!(key, Err(OfficeError::BadLink)));
    }
    assert_eq!(standing(&office, &page).await, CaseStanding::Open);
    practice::close(office, caller, task).await;
    store.close().await;

    riverside.config.gateway_token = None;
    let (office, ..) = riverside.open().await;
    let path = "/gateway/sms";
    let post = GatewayPost { path, form: &form, signature: &sign(path, &form) };
    assert!(
        matches!(office.text_message(&post, Timestamp::now()).await, Err(OfficeError::BadLink)),
        "there is no gateway"
    );
}
