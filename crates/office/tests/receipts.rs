//! What the gateway reports of pages that it had taken: one that did not arrive is as good as refused.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

mod practice;
#[path = "practice/texts.rs"]
mod texts;

use std::time::Duration;

use domain::{CaseId, OfficeReply, Urgency};
use jiff::Timestamp;
use office::{Channel, Gateway, GatewayPost, Office, OfficeError, Sms, SmsFrom, Voice, test_pages};
use oncall::{Clinician, Rota, Way};
use practice::{Caller, Riverside, close, holder, link, slow};
use store::{NodeId, PageOutcome, Secret, Store};
use testbed::Postgres;
use texts::{Text, Texts, sign};

const TOKEN: &str = texts::TOKEN;
/// What is to be paged at once is paged by then, and what waits for a deadline waits for an hour.
const PROMPT: Duration = Duration::from_secs(5);

/// Ann is reached in these ways by the gateway, and by nothing else; Bob has a pager.
async fn riverside(ways: &[Way]) -> (Riverside, Texts) {
    let mut riverside = Riverside::new(slow()).await;
    let texts = Texts::start().await;
    let gateway = || Gateway { api: texts.base(), account: "AC1".to_owned(), token: Secret::new(TOKEN) };
    let (from, to) = ("+12125550100", "+12125550101");
    let sms = Sms { gateway: gateway(), from: SmsFrom::Number(from.to_owned()), to: to.parse().unwrap() };
    let voice = Voice { gateway: gateway(), from: from.parse().unwrap(), to: to.parse().unwrap() };
    riverside.config.channels.insert(("ann".into(), Way::Sms), Channel::Sms(sms));
    riverside.config.channels.insert(("ann".into(), Way::Voice), Channel::Voice(voice));
    riverside.config.gateway_token = Some(Secret::new(TOKEN));
    let clinician =
        |id: &str, name: &str, ways: &[Way]| Clinician { id: id.into(), name: name.to_owned(), ways: ways.to_vec() };
    let (ann, bob) = (clinician("ann", "Doctor Ann", ways), clinician("bob", "Doctor Bob", &[Way::Webhook]));
    riverside.config.rota = Rota::always(ann, None, bob);
    (riverside, texts)
}

/// What the gateway posts to the address that came with a text or a call.
struct Report {
    path: String,
    form: Vec<(String, String)>,
}

impl Report {
    fn of(text: &Text, fields: &[(&str, &str)]) -> Self {
        let url = text.status_url.as_deref().expect("it is to be reported");
        Self::to(url.strip_prefix("https://firstring.example").expect("ours"), fields)
    }

    fn to(path: &str, fields: &[(&str, &str)]) -> Self {
        let form = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { path: path.to_owned(), form }
    }

    async fn post(&self, office: &Office) {
        self.post_signed(office, &sign(TOKEN, &self.path, &self.form)).await.unwrap();
    }

    async fn post_signed(&self, office: &Office, signature: &str) -> Result<office::Twiml, OfficeError> {
        let post = GatewayPost { path: &self.path, form: &self.form, signature };
        let parts: Vec<_> = self.path.split('/').skip(2).collect();
        match parts[..] {
            ["status", case, attempt] => {
                let case: CaseId = serde_json::from_value(case.into()).unwrap();
                office.page_reported(case, attempt.parse().unwrap(), &post).await
            }
            ["test", clinician, way, sent] => {
                office.test_page_reported(&clinician.into(), way, sent.parse().unwrap(), &post).await
            }
            _ => panic!("{}", self.path),
        }
    }
}

fn undelivered(text: &Text) -> Report {
    Report::of(text, &[("MessageSid", "SM1"), ("MessageStatus", "undelivered"), ("ErrorCode", "30003")])
}

/// What has become of Ann's pages.
async fn outcomes(store: &Store, caller: &Caller) -> Vec<PageOutcome> {
    let mut pages = store.case_of_call(caller.call).await.unwrap().pages;
    pages.retain(|page| page.clinician == "ann");
    pages.into_iter().map(|page| page.outcome).collect()
}

fn why(outcome: &PageOutcome) -> Option<&str> {
    if let PageOutcome::Failed { why, .. } = outcome { Some(why) } else { None }
}

async fn paged(caller: &mut Caller) {
    while caller.reply().await != OfficeReply::Paged {}
}

async fn is_quiet(riverside: &mut Riverside) {
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(riverside.bob.is_quiet());
}

#[tokio::test]
async fn a_text_that_does_not_arrive_pages_the_next_at_once() {
    let (mut riverside, mut texts) = riverside(&[Way::Sms]).await;
    let (office, store, task) = riverside.open().await;
    let mut caller = Caller::new(&office);
    caller.opens(Urgency::Emergency).await;
    let text = texts.next().await;
    paged(&mut caller).await;
    for nothing in ["queued", "sent", "delivered", "", "UNDELIVERED"] {
        Report::of(&text, &[("MessageStatus", nothing)]).post(&office).await;
    }
    is_quiet(&mut riverside).await;

    undelivered(&text).post(&office).await;
    let page = tokio::time::timeout(PROMPT, riverside.bob.next()).await.expect("not after an hour");
    assert_eq!(page.body["why"], "next_in_rota");
    assert_eq!(why(&outcomes(&store, &caller).await[0]), Some("reported as undelivered, code 30003"), "on the disk");
    let kept = outcomes(&store, &caller).await;
    for again in ["undelivered", "failed", "delivered"] {
        Report::of(&text, &[("MessageStatus", again)]).post(&office).await;
    }
    is_quiet(&mut riverside).await;
    texts.is_quiet().await;
    assert_eq!(outcomes(&store, &caller).await, kept);
    close(office, caller, task).await;
}

#[tokio::test]
async fn a_call_that_nobody_answers_pages_the_next_unless_another_way_is_left() {
    let (mut riverside, mut texts) = riverside(&[Way::Sms, Way::Voice]).await;
    let (office, _store, task) = riverside.open().await;
    let mut caller = Caller::new(&office);
    caller.opens(Urgency::Emergency).await;
    let mut both = [texts.next().await, texts.next().await];
    both.sort_by_key(|text| text.body.contains("<Say"));
    let [text, call] = both;
    paged(&mut caller).await;
    Report::of(&call, &[("CallSid", "CA1"), ("CallStatus", "no-answer")]).post(&office).await;
    is_quiet(&mut riverside).await;
    undelivered(&text).post(&office).await;
    tokio::time::timeout(PROMPT, riverside.bob.next()).await.expect("nothing is left");
    close(office, caller, task).await;
}

#[tokio::test]
async fn a_report_that_overtakes_the_gateways_answer_counts() {
    let (mut riverside, mut texts) = riverside(&[Way::Sms]).await;
    texts.answer_after(Duration::from_secs(1));
    let (office, store, task) = riverside.open().await;
    let caller = Caller::new(&office);
    caller.opens(Urgency::Emergency).await;
    let text = texts.next().await;
    undelivered(&text).post(&office).await;
    let (case, token) = link(&tokio::time::timeout(PROMPT, riverside.bob.next()).await.expect("at once"));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let now = office.look(case, &token).await.unwrap().file;
    assert!(why(&now.pages[0].outcome).is_some(), "{:?}", now.pages);
    let case = store.case_of_call(caller.call).await.unwrap();
    assert!(why(&case.pages[0].outcome).is_some_and(|why| why.contains("undelivered")), "{:?}", case.pages);
    close(office, caller, task).await;
    let kept = store.case(case.case.id).await.unwrap();
    assert!(why(&kept.pages[0].outcome).is_some(), "{:?}", kept.pages);
}

#[tokio::test]
async fn what_the_gateway_has_not_signed_or_nobody_knows_does_nothing() {
    let (mut riverside, mut texts) = riverside(&[Way::Sms]).await;
    let (office, store, task) = riverside.open().await;
    let mut caller = Caller::new(&office);
    caller.opens(Urgency::Emergency).await;
    let text = texts.next().await;
    paged(&mut caller).await;
    let report = undelivered(&text);
    let elsewhere = sign(TOKEN, &format!("{}0", report.path), &report.form);
    for signature in ["", "AAAA", &elsewhere, &sign("another token", &report.path, &report.form)] {
        assert!(matches!(report.post_signed(&office, signature).await, Err(OfficeError::BadLink)), "{signature}");
    }
    let (case, _) = report.path.rsplit_once('/').unwrap();
    let nobodys = format!("/gateway/status/{}/1", CaseId::new());
    for unknown in [format!("{case}/0"), format!("{case}/2"), format!("{case}/4294967295"), nobodys] {
        Report::to(&unknown, &[("MessageStatus", "failed")]).post(&office).await;
    }
    is_quiet(&mut riverside).await;
    assert!(matches!(outcomes(&store, &caller).await[..], [PageOutcome::Accepted { .. }]));

    report.post(&office).await;
    riverside.bob.next().await;
    // Bob's page goes another way: nobody can report it.
    Report::to(&format!("{case}/2"), &[("MessageStatus", "failed")]).post(&office).await;
    let pages = store.case_of_call(caller.call).await.unwrap().pages;
    assert!(matches!(&pages[..], [_, bob] if why(&bob.outcome).is_none()), "{pages:?}");
    close(office, caller, task).await;
}

#[tokio::test]
async fn once_somebody_has_the_case_a_report_does_nothing() {
    let (mut riverside, mut texts) = riverside(&[Way::Sms]).await;
    let (office, store, task) = riverside.open().await;
    let mut caller = Caller::new(&office);
    caller.opens(Urgency::Emergency).await;
    let text = texts.next().await;
    paged(&mut caller).await;
    let (case, token) = link_in(&text);
    let now = Timestamp::now();
    let linked = office.acknowledge(case, &token, Urgency::Emergency, now).await.unwrap();
    assert_eq!(holder(&linked), Some("Doctor Ann"));
    let kept = store.case(case).await.unwrap();
    undelivered(&text).post(&office).await;
    is_quiet(&mut riverside).await;
    assert_eq!(store.case(case).await.unwrap(), kept);
    office.caller_reached(case, &token, Urgency::Emergency, Timestamp::now()).await.unwrap();
    let kept = store.case(case).await.unwrap();
    assert!(kept.case.closed.is_some());
    undelivered(&text).post(&office).await;
    is_quiet(&mut riverside).await;
    assert_eq!(store.case(case).await.unwrap(), kept);
    close(office, caller, task).await;
}

/// Case and token of the link in a text.
fn link_in(text: &Text) -> (CaseId, String) {
    let (case, token) = text.body.split("/ack/").nth(1).unwrap().split_once("?t=").unwrap();
    let token = token.split_whitespace().next().unwrap().to_owned();
    (serde_json::from_value(case.into()).unwrap(), token)
}

#[tokio::test]
async fn after_a_restart_a_report_of_before_still_counts() {
    let (mut riverside, mut texts) = riverside(&[Way::Sms]).await;
    let (office, store, task) = riverside.open().await;
    let mut caller = Caller::new(&office);
    caller.opens(Urgency::Emergency).await;
    let text = texts.next().await;
    paged(&mut caller).await;
    close(office, caller, task).await;
    store.close().await;
    let (office, _store, _task) = riverside.open().await;
    undelivered(&text).post(&office).await;
    let page = tokio::time::timeout(PROMPT, riverside.bob.next()).await.expect("at once");
    assert_eq!(link(&page).0, link_in(&text).0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_comes_to_another_node_counts() {
    let (mut riverside, mut texts) = riverside(&[Way::Sms]).await;
    let url = Secret::new(Postgres::shared().database());
    let node = async |name: &str| {
        let store = Store::connect(&url).await.unwrap().as_node(NodeId(name.to_owned()));
        Office::start(store.clone(), riverside.config.clone()).await.unwrap().0
    };
    let (first, second) = (node("first").await, node("second").await);
    let mut caller = Caller::new(&first);
    caller.opens(Urgency::Emergency).await;
    let text = texts.next().await;
    paged(&mut caller).await;
    let case = link_in(&text).0;
    // On the disk, or the other node would send again what nobody knows the fate of.
    while !matches!(
        second.look(case, &link_in(&text).1).await.unwrap().file.pages[0].outcome,
        PageOutcome::Accepted { .. }
    ) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    undelivered(&text).post(&second).await;
    let page = tokio::time::timeout(PROMPT, riverside.bob.next()).await.expect("at once");
    for office in [&first, &second] {
        undelivered(&text).post(office).await;
    }
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(riverside.bob.is_quiet(), "once, by one of them");
    let (case, token) = link(&page);
    first.acknowledge(case, &token, Urgency::Emergency, Timestamp::now()).await.unwrap();
    while caller.reply().await != (OfficeReply::Acknowledged { by: "Doctor Bob".to_owned() }) {}
}

#[tokio::test]
async fn a_test_page_that_does_not_arrive_becomes_a_message_once() {
    let (mut riverside, mut texts) = riverside(&[Way::Sms, Way::Voice]).await;
    let (office, store, task) = riverside.open().await;
    assert!(test_pages(&riverside.config, None).await.unwrap().iter().all(|page| page.failed.is_none()));
    let mut both = [texts.next().await, texts.next().await];
    both.sort_by_key(|text| text.body.contains("<Say"));
    let [text, call] = both;
    Report::of(&call, &[("CallStatus", "no-answer")]).post(&office).await;
    Report::of(&text, &[("MessageStatus", "sent")]).post(&office).await;
    let forged = undelivered(&text).post_signed(&office, "AAAA").await;
    assert!(matches!(forged, Err(OfficeError::BadLink)));
    Report::to("/gateway/test/eve/sms/1", &[("MessageStatus", "failed")]).post(&office).await;
    assert!(store.latest_messages(&"riverside".into(), 5).await.unwrap().is_empty());
    for _ in 0..2 {
        undelivered(&text).post(&office).await;
    }
    let told = riverside.desk.next().await;
    assert_eq!((&told.body["type"], &told.body["urgency"]), (&"message".into(), &"urgent".into()));
    let [message] = &store.latest_messages(&"riverside".into(), 5).await.unwrap()[..] else { panic!("one message") };
    let text = message.draft.text.expose();
    assert!(text.contains("Doctor Ann by sms (reported as undelivered, code 30003)"), "{text}");
    drop(office);
    task.await.unwrap();
}
