//! What SignalWire and Plivo fetch from us: for how long it stands, and that nothing tells of it.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::Phi;
use reqwest::StatusCode;
use serde_json::{Map, Value};
use tokio::time::{sleep, timeout};
use tracing_subscriber::fmt::MakeWriter;
use transport::streams::rest::Interface;
use transport::{LegNews, NotAnswered, Refer};

use crate::gateway::Manner;
use crate::line::Call;
use crate::party::Dialect;
use crate::provider::{TOKEN, WITHIN};
use crate::{CALLER, DOCTOR, Office};

/// All that is logged on this thread, which a test's whole runtime is.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Log {
    /// Of ours, however quiet: the same process is the provider, too.
    fn lines(&self) -> Vec<String> {
        let log = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        log.lines().filter(|line| line.contains("transport::")).map(str::to_owned).collect()
    }
}

async fn status(url: &str) -> (StatusCode, StatusCode) {
    let client = reqwest::Client::new();
    let (got, posted) = (client.get(url).send().await.unwrap(), client.post(url).send().await.unwrap());
    let statuses = (got.status(), posted.status());
    if got.status() == StatusCode::NOT_FOUND {
        assert_eq!((got.text().await.unwrap(), posted.text().await.unwrap()), (String::new(), String::new()));
    }
    statuses
}

const THERE: (StatusCode, StatusCode) = (StatusCode::OK, StatusCode::OK);
const GONE: (StatusCode, StatusCode) = (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND);

impl Office {
    /// Where the instructions of the call are that was ordered last.
    async fn address(&self) -> String {
        let url = |form: &Map<String, Value>| {
            let url = ["Url", "answer_url", "aleg_url"].iter().find_map(|name| form.get(*name))?;
            Some(url.as_str().unwrap().to_owned())
        };
        let find = || self.gateway.asked().iter().rev().find_map(|(_, form)| url(form));
        let wait = async {
            loop {
                match find() {
                    Some(url) => return url,
                    None => sleep(Duration::from_millis(20)).await,
                }
            }
        };
        timeout(WITHIN, wait).await.expect("is ordered")
    }

    /// Waits until nothing stands there any more.
    async fn forgets(&self, address: &str) {
        let wait = async {
            while status(address).await != GONE {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(WITHIN, wait).await.expect("is forgotten");
    }
}

#[tokio::test]
async fn instructions_stand_while_somebody_is_rung_and_no_log_knows_where() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    for interface in [Interface::SignalWire, Interface::Plivo] {
        let office = Office::open(interface).await;
        office.gateway.manner(Manner::Rings);
        let answer = office.dial(&format!("tel:{DOCTOR}")).await;
        let address = office.address().await;
        let prefix = format!("http://{}/streams/instructions/", office.server.address);
        let id = address.strip_prefix(&prefix).expect("stands below the WebSocket's address").to_owned();
        assert_eq!(id.len(), 32);
        assert_eq!(status(&address).await, THERE, "by GET and by POST");
        assert_eq!(status(&format!("{prefix}{}", "0".repeat(32))).await, GONE);
        assert_eq!(status(&prefix).await, GONE);
        assert_eq!(status(&format!("{prefix}%ff")).await, GONE);
        let ended = format!("http://{}/streams/told/{}", office.server.address, "0".repeat(32));
        let told = reqwest::Client::new().post(ended).form(&[("CallStatus", "busy")]).send().await.unwrap();
        assert_eq!(told.status(), StatusCode::NOT_FOUND);
        assert_eq!(status(&address).await, THERE, "another's end is not theirs");
        drop(answer);
        office.gateway.ends("CA1000").await;
        office.forgets(&address).await;

        // One that is picked up.
        office.gateway.manner(Manner::PicksUp);
        let mut doctors = Call::new(office.rings().await.unwrap());
        let picked_up = office.address().await;
        assert_ne!(picked_up, address);
        office.forgets(&picked_up).await;
        office.gateway.party("CA1001").await.hang_up().await;
        assert_eq!(doctors.news(WITHIN, |news| *news == LegNews::HungUp).await, Some(LegNews::HungUp));

        let lines = log.lines();
        assert!(lines.iter().any(|line| line.contains("somebody is rung")), "{lines:#?}");
        let second = picked_up.strip_prefix(&prefix).unwrap();
        let tells = |line: &&String| [&id, second, TOKEN, &DOCTOR[1..]].iter().any(|secret| line.contains(*secret));
        assert_eq!(lines.iter().find(tells), None);
    }
}

#[tokio::test]
async fn a_telephone_that_rings_although_the_order_failed_is_hung_up_when_it_is_picked_up() {
    for interface in [Interface::SignalWire, Interface::Plivo] {
        let office = Office::open(interface).await;
        for manner in [Manner::Fails, Manner::Refuses] {
            office.gateway.manner(manner);
            let answer = office.dial(&format!("tel:{DOCTOR}")).await;
            let address = office.address().await;
            assert_eq!(answer.await.unwrap().unwrap_err(), NotAnswered::NotReached);
            if manner == Manner::Fails {
                office.gateway.ends("CA1000").await;
            }
            office.forgets(&address).await;
        }
    }
}

#[tokio::test]
async fn a_call_of_plivos_is_called_as_its_stream_calls_it() {
    let office = Office::open(Interface::Plivo).await;
    office.gateway.manner(Manner::StreamsAnother);
    let doctors = Call::new(office.rings().await.unwrap());
    drop(doctors);
    office.gateway.ends("CA-another").await;
}

#[tokio::test]
async fn a_caller_who_is_moved_finds_the_instructions_also_when_nobody_waits_any_more() {
    for (interface, dialect) in [(Interface::SignalWire, Dialect::Twilio), (Interface::Plivo, Dialect::Plivo)] {
        let mut office = Office::open(interface).await;
        office.gateway.fetches_late(Duration::from_secs(2));
        let (_, patient) = office.is_called(dialect, CALLER).await;
        let (done, _outcome) = tokio::sync::oneshot::channel();
        patient.leg.speaker.refer(Refer { to: Phi::new(format!("tel:{DOCTOR}")), speaks_on: false, done }).unwrap();
        let address = office.address().await;
        // Our part in the call ends before the provider has looked.
        patient.leg.over.cancel();
        drop(patient);
        let xml = office.gateway.moves(CALLER).await;
        assert!(xml.contains("<Dial timeout=\"20\"") && xml.contains(&DOCTOR[1..]), "{xml}");
        office.forgets(&address).await;
    }
}

#[tokio::test]
async fn a_move_that_the_provider_refuses_leaves_nothing_behind() {
    for (interface, dialect) in [(Interface::SignalWire, Dialect::Twilio), (Interface::Plivo, Dialect::Plivo)] {
        let mut office = Office::open(interface).await;
        let (_caller, patient) = office.is_called(dialect, CALLER).await;
        office.gateway.has(CALLER, None);
        let (done, outcome) = tokio::sync::oneshot::channel();
        patient.leg.speaker.refer(Refer { to: Phi::new(format!("tel:{DOCTOR}")), speaks_on: false, done }).unwrap();
        let address = office.address().await;
        assert!(timeout(WITHIN, outcome).await.unwrap().is_err(), "the order is dropped");
        office.forgets(&address).await;
        assert!(!patient.leg.over.is_cancelled(), "the call is as it was");
    }
}
