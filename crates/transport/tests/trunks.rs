//! Registering with a real registrar, and being called through it.
#![allow(clippy::unwrap_used, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod line;
#[allow(dead_code)] // each test uses its own part
#[path = "line/trunk.rs"]
mod trunk;

use std::time::Duration;

use line::{Line, TONE_OF_CALLER, certify, options, pitch, telephone};
use testbed::{Baresip, Kamailio};
use tokio::net::UdpSocket;
use tokio::time::timeout;
use transport::LegNews;
use transport::sip::{Registered, SipOptions, SipTls, Trunk, TrunkState};
use trunk::{asked, trunk};

const SOON: Duration = Duration::from_secs(10);

fn all(state: Registered) -> impl Fn(&[TrunkState]) -> bool {
    move |states| states.iter().all(|trunk| trunk.registration == state)
}

fn answers(is_so: bool) -> impl Fn(&[TrunkState]) -> bool {
    move |states| states.iter().all(|trunk| trunk.answers == Some(is_so))
}

#[tokio::test]
async fn a_call_comes_through_a_trunk_and_at_stop_trunks_send_no_more() {
    let (east, west) = (Kamailio::start(Duration::from_secs(60)), Kamailio::start(Duration::from_secs(60)));
    let over_tcp = format!("127.0.0.1:{};transport=tcp", west.port).parse().unwrap();
    let trunks = vec![
        Trunk { realm: Some("practice".to_owned()), ..trunk("east", east.port) },
        Trunk { server: over_tcp, domain: Some("127.0.0.1".to_owned()), ..trunk("west", west.port) },
    ];
    assert!(!format!("{trunks:?}").contains(Kamailio::PASSWORD));
    let options = options();
    let here = options.listen;
    let mut line = Line::with(SipOptions { trunks, ..options }).await;
    line.trunks_become("registered", all(Registered::Yes)).await;
    line.trunks_become("there", answers(true)).await;
    assert_eq!(east.address_of("clinic-east"), Some(format!("sip:clinic-east@{here}")));
    assert_eq!(west.address_of("clinic-west"), Some(format!("sip:clinic-west@{here};transport=TCP")));

    let wavs = tempfile::tempdir().unwrap();
    for (user, port) in [("clinic-east", east.port), ("clinic-west", west.port)] {
        let mut caller = Baresip::start(&telephone(wavs.path(), "pcmu", 8000)).await;
        caller.order("dial", &format!("sip:{user}@127.0.0.1:{port}")).await;
        let mut call = line.rings().await;
        caller.happens("CALL_ESTABLISHED", SOON).await;
        call.listens(Duration::from_secs(2)).await;
        assert!((pitch(&call.heard, 16_000) - TONE_OF_CALLER).abs() < 8.0, "{user}");
        // Our BYE finds its way back by the proxy, and theirs to us.
        if user == "clinic-east" {
            call.leg.over.cancel();
            caller.happens("CALL_CLOSED", SOON).await;
        } else {
            caller.order("hangup", "").await;
            assert_eq!(call.news(SOON, |news| *news == LegNews::HungUp).await, Some(LegNews::HungUp));
        }
    }
    line.close().await;
    assert_eq!((east.address_of("clinic-east"), west.address_of("clinic-west")), (None, None));
}

#[tokio::test]
async fn a_registrar_that_was_away_and_forgot_us_is_told_again() {
    let mut kamailio = Kamailio::start(Duration::from_secs(60));
    let line = Line::with(SipOptions { trunks: vec![trunk("only", kamailio.port)], ..options() }).await;
    line.trunks_become("registered", all(Registered::Yes)).await;
    kamailio.stop();
    line.trunks_become("away", answers(false)).await;
    kamailio.start_again();
    assert_eq!(kamailio.address_of("clinic-only"), None);
    line.trunks_become("there again", answers(true)).await;
    let knows_us = async {
        while kamailio.address_of("clinic-only").is_none() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(SOON, knows_us).await.expect("it knows us again");
    line.close().await;
}

#[tokio::test]
async fn what_the_registrar_grants_is_renewed_in_time() {
    // It grants ten seconds, whatever is asked for: at twelve we are still there.
    let registrar = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let options = options();
    let contact =
        format!("Contact: <sip:other@192.0.2.1>;expires=3000, <sip:clinic-short@{}>;expires=10\r\n", options.listen);
    let quiet =
        Trunk { keep_alive: Duration::from_secs(600), ..trunk("short", registrar.local_addr().unwrap().port()) };
    let line = Line::with(SipOptions { trunks: vec![quiet], ..options }).await;
    for _ in 0..3 {
        asked(&registrar, "REGISTER", "200 OK", &contact).await.expect("it registers, and in time again");
    }
    line.trunks_become("registered", all(Registered::Yes)).await;
    let stopping = tokio::spawn(line.close());
    let last = asked(&registrar, "REGISTER", "200 OK", "").await.expect("it takes its leave");
    assert!(last.contains("Expires: 0\r\n"), "{last}");
    stopping.await.unwrap();
}

#[tokio::test]
async fn a_wrong_password_is_told_and_the_trunk_is_left_alone() {
    let kamailio = Kamailio::start(Duration::from_secs(60));
    let registrar = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = registrar.local_addr().unwrap().port();
    let trunks = vec![
        Trunk { password: "wrong".into(), ..trunk("wrong", kamailio.port) },
        Trunk { realm: Some("elsewhere".to_owned()), ..trunk("realm", kamailio.port) },
        Trunk { keep_alive: Duration::from_secs(600), ..trunk("forbidden", port) },
    ];
    let line = Line::with(SipOptions { trunks, ..options() }).await;
    asked(&registrar, "REGISTER", "403 Forbidden", "").await.expect("it registers");
    line.trunks_become("refused", all(Registered::Refused)).await;
    assert!(asked(&registrar, "REGISTER", "403 Forbidden", "").await.is_none(), "it insists");
    line.close().await;
}

#[tokio::test]
async fn who_wants_longer_registrations_gets_them_and_who_fails_is_tried_again() {
    let registrar = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = registrar.local_addr().unwrap().port();
    let brief =
        Trunk { expires: Duration::from_secs(60), keep_alive: Duration::from_secs(600), ..trunk("brief", port) };
    let line = Line::with(SipOptions { trunks: vec![brief], ..options() }).await;
    let first = asked(&registrar, "REGISTER", "423 Interval Too Brief", "Min-Expires: 1800\r\n").await.unwrap();
    assert!(first.contains("Expires: 60\r\n"), "{first}");
    let second = asked(&registrar, "REGISTER", "500 Server Internal Error", "").await.unwrap();
    assert!(second.contains("Expires: 1800\r\n"), "{second}");
    line.trunks_become("failing", all(Registered::No)).await;
    asked(&registrar, "REGISTER", "200 OK", "").await.expect("after two seconds it tries again");
    line.trunks_become("registered", all(Registered::Yes)).await;
    line.close().await;
}

#[tokio::test]
async fn a_trunk_by_tls_is_spoken_to_if_its_certificate_is_believed() {
    // Another test may have installed it before.
    drop(rustls::crypto::ring::default_provider().install_default());
    let files = tempfile::tempdir().unwrap();
    certify(files.path());
    let file = |name: &str| files.path().join(name);
    let with_tls = |authorities: Option<&str>| {
        let tls = SipTls {
            listen: options().listen,
            certificate: file("tls.crt"),
            key: file("tls.key"),
            authorities: authorities.map(file),
        };
        SipOptions { tls: Some(tls), ..options() }
    };
    let far = with_tls(None);
    let port = far.tls.as_ref().unwrap().listen.port();
    let far = Line::with(far).await;
    let server = format!("127.0.0.1:{port};transport=tls").parse().unwrap();
    let trunks = vec![Trunk { server, register: false, ..trunk("tls", 1) }];
    let believing = Line::with(SipOptions { trunks: trunks.clone(), ..with_tls(Some("tls.crt")) }).await;
    believing.trunks_become("there", answers(true)).await;
    let doubting = Line::with(SipOptions { trunks, ..with_tls(None) }).await;
    doubting.trunks_become("refused", answers(false)).await;
    for line in [believing, doubting, far] {
        line.close().await;
    }
}
