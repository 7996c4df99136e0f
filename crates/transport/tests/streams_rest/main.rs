//! What is done by a provider's REST interface, over real sockets on this machine: somebody is rung and put together with a caller, calls are ended.
//! The provider is a small server of this test, after the documentation of Twilio, SignalWire, Telnyx and Plivo.
#![allow(clippy::unwrap_used, unreachable_pub)] // a test fails by panicking

mod fetched;
mod gateway;
#[allow(dead_code)] // each test uses its own part
#[path = "../line/mod.rs"]
mod line;
mod party;
#[allow(dead_code)] // each test uses its own part
#[path = "../streams/provider.rs"]
mod provider;

use std::time::Duration;

use domain::{Phi, PhoneNumber};
use gateway::{ACCOUNT, Gateway, Manner, SECRET, stream_of, tells};
use line::{Call, TONE_OF_CALLER, TONE_OF_OURS, pitch, tone};
use party::{Dialect, Party};
use provider::{Server, TOKEN, WITHIN};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::timeout;
use transport::streams::rest::{Account, Interface, OurEnd, Rest, RestOptions};
use transport::streams::{PATH, StreamOptions};
use transport::{Bridge, Dial, Dials, Incoming, LEG_HZ, Leg, LegNews, NotAnswered, Refer};

const ALL: [Interface; 4] = [Interface::Twilio, Interface::SignalWire, Interface::Telnyx, Interface::Plivo];
const DOCTOR: &str = "+12125550190";
const CALLER: &str = "CA-of-the-caller";
const TONE_OF_DOCTOR: f32 = 1200.0;

/// A second of it, to be repeated: a whole number of waves.
fn says(pitch: f32) -> Vec<f32> {
    tone(pitch, LEG_HZ, Duration::from_secs(1))
}

/// A server, its provider, and the way to whoever rings.
struct Office {
    server: Server,
    gateway: Gateway,
    dials: Dials,
}

impl Office {
    async fn open(interface: Interface) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let gateway = Gateway::start(says(TONE_OF_DOCTOR)).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}{PATH}", listener.local_addr().unwrap());
        let base = match interface {
            Interface::Telnyx => format!("http://{}/v2", gateway.address),
            Interface::Plivo => format!("http://{}/v1", gateway.address),
            Interface::Twilio | Interface::SignalWire => format!("http://{}", gateway.address),
        };
        let account = Account::check(interface, &base, ACCOUNT, Phi::new(SECRET.to_owned())).unwrap();
        let number = |written: &str| written.parse::<PhoneNumber>().unwrap();
        let rest = Rest::open(RestOptions {
            account,
            end: OurEnd { url, token: Some(Phi::new(TOKEN.to_owned())) },
            from: Some(number("+12125550111")),
            may_ring: vec![Phi::new(number(DOCTOR))],
        });
        let rest = rest.unwrap();
        let dials = rest.dials().expect("it places calls");
        let server = Server::start_on(listener, StreamOptions { rest: Some(rest), ..StreamOptions::default() });
        Self { server, gateway, dials }
    }

    async fn dial(&self, to: &str) -> oneshot::Receiver<Result<Leg, NotAnswered>> {
        let (answered, answer) = oneshot::channel();
        self.dials.send(Dial { to: Phi::new(to.to_owned()), answered }).await.unwrap();
        answer
    }

    /// The doctor's leg, or why there is none.
    async fn rings(&self) -> Result<Leg, NotAnswered> {
        timeout(WITHIN, self.dial(&format!("tel:{DOCTOR}")).await).await.expect("is told in time").unwrap()
    }

    /// A caller whose call is streamed to us.
    async fn is_called(&mut self, dialect: Dialect, sid: &str) -> (Party, Call) {
        let party =
            Party::streams(dialect, &self.server.url(), None, sid, &json!({ "token": TOKEN }), says(TONE_OF_CALLER))
                .await;
        self.gateway.has(sid, Some(party.clone()));
        let Incoming { leg, .. } = timeout(WITHIN, self.server.incoming.recv()).await.expect("comes in").unwrap();
        (party, Call::new(leg))
    }

    fn was_ended(&self, call: &str) -> bool {
        let end = |(what, form): &(String, serde_json::Map<_, _>)| {
            *what == format!("change {call}") && form.get("Status") == Some(&json!("completed"))
        };
        self.gateway.asked().iter().any(end)
    }
}

async fn is_put_through(interface: Interface, dialect: Dialect) {
    let mut office = Office::open(interface).await;
    let (caller, patient) = office.is_called(dialect, CALLER).await;
    let mut doctors = Call::new(office.rings().await.unwrap());
    assert!(doctors.leg.caller_id.is_none());
    let doctor = office.gateway.party("CA1001").await;

    doctors.says_a_tone(Duration::from_secs(1));
    doctors.listens(Duration::from_millis(1500)).await;
    assert!((pitch(&doctors.heard, 16_000) - TONE_OF_DOCTOR).abs() < 12.0, "the doctor is heard");
    assert!((pitch(&doctor.heard(), 16_000) - TONE_OF_OURS).abs() < 12.0, "the doctor is whispered to");
    doctor.press('1').await;
    assert_eq!(doctors.news(WITHIN, |news| matches!(news, LegNews::Dtmf(_))).await, Some(LegNews::Dtmf('1')));

    let (here, there) = Bridge::pair();
    patient.leg.speaker.bridge(here).unwrap();
    doctors.leg.speaker.bridge(there).unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop((caller.heard(), doctor.heard()));
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!((pitch(&caller.heard(), 16_000) - TONE_OF_DOCTOR).abs() < 12.0, "the caller hears the doctor");
    assert!((pitch(&doctor.heard(), 16_000) - TONE_OF_CALLER).abs() < 12.0, "the doctor hears the caller");
    assert!(office.server.incoming.try_recv().is_err(), "the doctor is no caller");

    doctor.hang_up().await;
    assert_eq!(doctors.news(WITHIN, |news| *news == LegNews::HungUp).await, Some(LegNews::HungUp));
}

#[tokio::test]
async fn a_doctor_is_rung_by_twilio_whispered_to_and_put_together_with_a_caller() {
    is_put_through(Interface::Twilio, Dialect::Twilio).await;
}

#[tokio::test]
async fn a_doctor_is_rung_by_telnyx_whispered_to_and_put_together_with_a_caller() {
    is_put_through(Interface::Telnyx, Dialect::Telnyx).await;
}

#[tokio::test]
async fn a_doctor_is_rung_by_signalwire_whispered_to_and_put_together_with_a_caller() {
    is_put_through(Interface::SignalWire, Dialect::Twilio).await;
}

#[tokio::test]
async fn a_doctor_is_rung_by_plivo_whispered_to_and_put_together_with_a_caller() {
    is_put_through(Interface::Plivo, Dialect::Plivo).await;
}

#[tokio::test]
async fn a_doctor_who_declines_is_hung_up_on_at_the_provider() {
    for interface in ALL {
        let office = Office::open(interface).await;
        let mut doctors = Call::new(office.rings().await.unwrap());
        office.gateway.party("CA1000").await.press('2').await;
        assert_eq!(doctors.news(WITHIN, |news| matches!(news, LegNews::Dtmf(_))).await, Some(LegNews::Dtmf('2')));
        drop(doctors);
        office.gateway.ends("CA1000").await;
    }
}

#[tokio::test]
async fn it_is_told_why_nobody_picks_up() {
    for interface in [Interface::Twilio, Interface::SignalWire, Interface::Plivo] {
        let office = Office::open(interface).await;
        for (manner, why) in [
            (Manner::Is("busy"), NotAnswered::Busy),
            (Manner::Is("no-answer"), NotAnswered::NotReached),
            (Manner::Is("failed"), NotAnswered::NotReached),
            (Manner::Refuses, NotAnswered::NotReached),
        ] {
            office.gateway.manner(manner);
            assert_eq!(office.rings().await.unwrap_err(), why, "{interface:?}");
        }
    }
    for interface in [Interface::Twilio, Interface::SignalWire] {
        let office = Office::open(interface).await;
        office.gateway.manner(Manner::StreamsAnother);
        assert_eq!(office.rings().await.unwrap_err(), NotAnswered::NotReached, "{interface:?}");
    }
    let office = Office::open(Interface::Twilio).await;
    for nobody in ["tel:+12125550191", "sip:patel@127.0.0.1", DOCTOR, "tel:+12125550190,,1", ""] {
        let answer = office.dial(nobody).await.await.unwrap();
        assert_eq!(answer.unwrap_err(), NotAnswered::NotAllowed, "{nobody}");
    }
    assert!(office.gateway.asked().is_empty(), "nobody else is ever rung");
}

#[tokio::test]
async fn whoever_is_rung_is_left_in_peace_when_nobody_waits_any_more() {
    for interface in ALL {
        let office = Office::open(interface).await;
        office.gateway.manner(Manner::Rings);
        let answer = office.dial(&format!("tel:{DOCTOR}")).await;
        while office.gateway.asked().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        drop(answer);
        office.gateway.ends("CA1000").await;
    }
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_is_no_callers() {
    let mut office = Office::open(Interface::Twilio).await;
    office.gateway.has("CA-late", None);
    let url = office.server.url();
    let parameters = json!({ "token": TOKEN, "ringing": "00000000000000000000000000000000" });
    let mut late = Party::streams(Dialect::Twilio, &url, None, "CA-late", &parameters, says(TONE_OF_DOCTOR)).await;
    assert_eq!(late.ended().await, Some(1008));
    assert!(office.was_ended("CA-late"), "nor is it left ringing in somebody's ear");

    let parameters = json!({ "token": "a guess", "ringing": "00000000000000000000000000000000" });
    let mut stranger = Party::streams(Dialect::Twilio, &url, None, "CA-late", &parameters, says(TONE_OF_DOCTOR)).await;
    assert_eq!(stranger.ended().await, Some(1008));
    assert!(!office.was_ended("CA-late"), "nobody is asked anything for who shows no token");
    assert!(office.server.incoming.try_recv().is_err());
}

/// Has the caller put through by the provider; the instructions that it was given, and what becomes of it.
async fn hands_over(office: &Office, patient: &Call) -> (String, oneshot::Receiver<Result<(), NotAnswered>>) {
    let (done, outcome) = oneshot::channel();
    drop(office.gateway.asked());
    let refer = Refer { to: Phi::new(format!("tel:{DOCTOR}")), speaks_on: false, done };
    patient.leg.speaker.refer(refer).unwrap();
    (office.gateway.moves(CALLER).await, outcome)
}

/// What becomes of whom the provider calls for a caller: it tells, or is asked.
async fn goes(office: &Office, xml: &str, status: &str) {
    if !tells(xml, status).await {
        office.gateway.has_with("CA-of-the-caller-child", status, None);
    }
}

/// The caller is streamed to us again, as the instructions have it.
async fn is_streamed_again(dialect: Dialect, xml: &str, sid: &str, sound: f32) -> Party {
    let (url, parameters) = stream_of(dialect, xml);
    Party::streams(dialect, &url, None, sid, &parameters, says(sound)).await
}

#[tokio::test]
async fn a_caller_whom_nobody_answers_at_twilio_comes_back_to_the_same_call() {
    comes_back(Interface::Twilio, Dialect::Twilio).await;
}

#[tokio::test]
async fn a_caller_whom_nobody_answers_at_signalwire_comes_back_to_the_same_call() {
    comes_back(Interface::SignalWire, Dialect::Twilio).await;
}

#[tokio::test]
async fn a_caller_whom_nobody_answers_at_telnyx_comes_back_to_the_same_call() {
    comes_back(Interface::Telnyx, Dialect::Telnyx).await;
}

#[tokio::test]
async fn a_caller_whom_nobody_answers_at_plivo_comes_back_to_the_same_call() {
    comes_back(Interface::Plivo, Dialect::Plivo).await;
}

async fn comes_back(interface: Interface, dialect: Dialect) {
    let mut office = Office::open(interface).await;
    let (mut caller, mut patient) = office.is_called(dialect, CALLER).await;
    let (xml, outcome) = hands_over(&office, &patient).await;
    let (dial, stream) = (xml.find("<Dial timeout=\"20\"").expect(&xml), xml.find("<Stream ").expect(&xml));
    assert!(dial < stream && xml[dial..stream].contains(&DOCTOR[1..]), "{xml}");
    caller.ended().await;
    goes(&office, &xml, "no-answer").await;
    patient.listens(Duration::from_secs(3)).await;
    assert!(!patient.leg.over.is_cancelled(), "the call waits for them");

    let back_again = is_streamed_again(dialect, &xml, CALLER, TONE_OF_CALLER).await;
    assert_eq!(timeout(WITHIN, outcome).await.unwrap().unwrap(), Err(NotAnswered::NotReached));
    patient.heard.clear();
    patient.listens(Duration::from_secs(2)).await;
    assert!((pitch(&patient.heard, 16_000) - TONE_OF_CALLER).abs() < 12.0, "they are heard again");
    patient.says_a_tone(Duration::from_secs(1));
    assert!(patient.news(WITHIN, |news| matches!(news, LegNews::Finished { .. })).await.is_some());
    assert!((pitch(&back_again.heard(), 16_000) - TONE_OF_OURS).abs() < 12.0, "and hear");
    assert!(office.server.incoming.try_recv().is_err(), "it is no new call");
    back_again.hang_up().await;
    assert_eq!(patient.news(WITHIN, |news| *news == LegNews::HungUp).await, Some(LegNews::HungUp));
}

#[tokio::test]
async fn a_caller_whom_twilio_put_through_is_left_to_it_and_answered_anew_if_they_come_back() {
    is_left_to(Interface::Twilio, Dialect::Twilio).await;
}

#[tokio::test]
async fn a_caller_whom_signalwire_put_through_is_left_to_it_and_answered_anew_if_they_come_back() {
    is_left_to(Interface::SignalWire, Dialect::Twilio).await;
}

#[tokio::test]
async fn a_caller_whom_telnyx_put_through_is_left_to_it_and_answered_anew_if_they_come_back() {
    is_left_to(Interface::Telnyx, Dialect::Telnyx).await;
}

#[tokio::test]
async fn a_caller_whom_plivo_put_through_is_left_to_it_and_answered_anew_if_they_come_back() {
    is_left_to(Interface::Plivo, Dialect::Plivo).await;
}

async fn is_left_to(interface: Interface, dialect: Dialect) {
    let mut office = Office::open(interface).await;
    let (_, mut patient) = office.is_called(dialect, CALLER).await;
    let (xml, outcome) = hands_over(&office, &patient).await;
    goes(&office, &xml, "in-progress").await;
    assert_eq!(timeout(WITHIN, outcome).await.unwrap().unwrap(), Ok(()));
    drop(office.gateway.asked());
    patient.leg.speaker.goodbye();
    patient.leg.over.cancel();
    while patient.leg.news.recv().await.is_some() {}

    // The doctor has hung up, the caller has not.
    let _party = is_streamed_again(dialect, &xml, CALLER, TONE_OF_CALLER).await;
    let again = timeout(WITHIN, office.server.incoming.recv()).await.expect("is answered").unwrap();
    assert!(matches!(again.from, transport::IncomingFrom::Stream { .. }));
    assert!(office.gateway.asked().is_empty(), "the call was not ended");
}

#[tokio::test]
async fn a_caller_who_hangs_up_while_somebody_is_called_is_gone() {
    for (interface, dialect) in
        [(Interface::Twilio, Dialect::Twilio), (Interface::Telnyx, Dialect::Telnyx), (Interface::Plivo, Dialect::Plivo)]
    {
        let mut office = Office::open(interface).await;
        let (_, mut patient) = office.is_called(dialect, CALLER).await;
        let (xml, _outcome) = hands_over(&office, &patient).await;
        office.gateway.has_with(CALLER, "completed", None);
        // Plivo, which is not asked, stops calling the doctor, and does not say why.
        if interface == Interface::Plivo {
            tells(&xml, "canceled").await;
        }
        assert_eq!(patient.news(WITHIN, |news| *news == LegNews::HungUp).await, Some(LegNews::HungUp), "{interface:?}");
    }
}

/// Plivo's documentation does not say that the stream of a call that is moved ends.
#[tokio::test]
async fn a_caller_whom_nobody_answers_and_who_is_streamed_still_is_with_us() {
    let mut office = Office::open(Interface::Plivo).await;
    let (caller, mut patient) = office.is_called(Dialect::Plivo, CALLER).await;
    office.gateway.keeps_streams();
    let (xml, outcome) = hands_over(&office, &patient).await;
    tells(&xml, "no-answer").await;
    assert_eq!(timeout(WITHIN, outcome).await.unwrap().unwrap(), Err(NotAnswered::NotReached));
    patient.heard.clear();
    patient.listens(Duration::from_secs(1)).await;
    assert!((pitch(&patient.heard, 16_000) - TONE_OF_CALLER).abs() < 12.0, "the caller is heard");
    caller.hang_up().await;
    assert_eq!(patient.news(WITHIN, |news| *news == LegNews::HungUp).await, Some(LegNews::HungUp));
}

/// The same.
#[tokio::test]
async fn a_caller_who_is_put_through_and_streamed_still_is_left_to_the_provider() {
    let mut office = Office::open(Interface::Plivo).await;
    let (mut caller, patient) = office.is_called(Dialect::Plivo, CALLER).await;
    office.gateway.keeps_streams();
    let (xml, outcome) = hands_over(&office, &patient).await;
    tells(&xml, "in-progress").await;
    assert_eq!(timeout(WITHIN, outcome).await.unwrap().unwrap(), Ok(()));
    drop(office.gateway.asked());
    patient.leg.speaker.goodbye();
    drop(patient);
    assert_eq!(caller.ended().await, Some(1000));
    assert!(office.gateway.asked().is_empty(), "the call was not ended");
}

#[tokio::test]
async fn another_call_that_shows_the_id_of_who_is_away_is_not_taken_for_theirs() {
    let mut office = Office::open(Interface::Twilio).await;
    let (_, mut patient) = office.is_called(Dialect::Twilio, CALLER).await;
    let (xml, outcome) = hands_over(&office, &patient).await;
    let mut another = is_streamed_again(Dialect::Twilio, &xml, "CA-another", TONE_OF_DOCTOR).await;
    another.ended().await;
    // What was on its way before the stream ended.
    patient.listens(Duration::from_millis(500)).await;
    patient.heard.clear();
    patient.listens(Duration::from_secs(1)).await;
    assert!(patient.heard.len() > 8000 && patient.heard.iter().all(|sample| sample.abs() < 0.01), "nobody is heard");
    assert!(!patient.leg.over.is_cancelled());
    office.gateway.has_with("CA-of-the-caller-child", "in-progress", None);
    assert_eq!(timeout(WITHIN, outcome).await.unwrap().unwrap(), Ok(()), "the caller is put through all the same");
}

#[tokio::test]
async fn what_cannot_be_handed_over_stays() {
    for (interface, dialect, to, speaks_on) in [
        (Interface::Telnyx, Dialect::Telnyx, "tel:+12125550191".to_owned(), false),
        (Interface::Plivo, Dialect::Plivo, format!("tel:{DOCTOR}"), true),
        (Interface::Twilio, Dialect::Twilio, "tel:+12125550191".to_owned(), false),
        (Interface::Twilio, Dialect::Twilio, "sip:patel@127.0.0.1".to_owned(), false),
        (Interface::Twilio, Dialect::Twilio, format!("tel:{DOCTOR}"), true),
    ] {
        let mut office = Office::open(interface).await;
        let (_caller, mut patient) = office.is_called(dialect, CALLER).await;
        let (done, outcome) = oneshot::channel();
        patient.leg.speaker.refer(Refer { to: Phi::new(to.clone()), speaks_on, done }).unwrap();
        assert!(timeout(WITHIN, outcome).await.unwrap().is_err(), "{to}: the order is dropped");
        assert!(office.gateway.asked().is_empty(), "{to}");
        patient.heard.clear();
        patient.listens(Duration::from_secs(1)).await;
        assert!((pitch(&patient.heard, 16_000) - TONE_OF_CALLER).abs() < 12.0, "{to}: the caller is with us");
    }
    // The provider refuses: there is no such call, or none that has instructions.
    for (interface, dialect) in
        [(Interface::Twilio, Dialect::Twilio), (Interface::Telnyx, Dialect::Telnyx), (Interface::Plivo, Dialect::Plivo)]
    {
        let mut office = Office::open(interface).await;
        let (_caller, patient) = office.is_called(dialect, CALLER).await;
        office.gateway.has(CALLER, None);
        let (done, outcome) = oneshot::channel();
        patient.leg.speaker.refer(Refer { to: Phi::new(format!("tel:{DOCTOR}")), speaks_on: false, done }).unwrap();
        assert!(timeout(WITHIN, outcome).await.unwrap().is_err(), "{interface:?}: the order is dropped");
        assert!(!patient.leg.over.is_cancelled(), "the call is as it was");
    }
}

#[tokio::test]
async fn a_call_at_its_end_is_ended_at_the_provider_and_one_that_fails_goes_on_there() {
    let mut office = Office::open(Interface::Twilio).await;
    let (_, patient) = office.is_called(Dialect::Twilio, CALLER).await;
    patient.leg.speaker.goodbye();
    patient.leg.over.cancel();
    office.gateway.ends(CALLER).await;
    assert!(office.was_ended(CALLER));

    let (mut caller, patient) = office.is_called(Dialect::Twilio, CALLER).await;
    patient.leg.over.cancel();
    assert_eq!(caller.ended().await, Some(1000));
    let (mut caller, patient) = office.is_called(Dialect::Twilio, CALLER).await;
    drop(patient);
    assert_eq!(caller.ended().await, Some(1000));
    assert!(office.gateway.asked().is_empty(), "what stands behind the stream is next");

    // What was never a call's id leads nowhere.
    let (mut caller, patient) = office.is_called(Dialect::Twilio, "CA1/../../../somewhere").await;
    patient.leg.speaker.goodbye();
    patient.leg.over.cancel();
    assert_eq!(caller.ended().await, Some(1000));
    assert!(office.gateway.asked().is_empty());
}
