//! Somebody is rung by a trunk that asks for a password, and by nobody else's asking.
#![allow(clippy::unwrap_used, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod line;
#[path = "line/trunk.rs"]
mod trunk;

use std::time::Duration;

use domain::Phi;
use line::{Call, Line, TONE_OF_CALLER, TONE_OF_OURS, options, pitch, telephone};
use testbed::{Baresip, Kamailio, Phone};
use tokio::net::UdpSocket;
use transport::sip::{SipOptions, Trunk};
use transport::{LegNews, NotAnswered};
use trunk::{asked, picks_up, trunk};

const SOON: Duration = Duration::from_secs(10);
const CHALLENGE: &str = "realm=\"practice\", nonce=\"dcd98b71\", algorithm=MD5, qop=\"auth\"";

/// A line with these trunks that may ring these addresses and registers nowhere.
async fn line_by(trunks: Vec<Trunk>, may_ring: &[&str]) -> Line {
    let may_ring = may_ring.iter().map(|to| Phi::new((*to).to_owned())).collect();
    let trunks = trunks.into_iter().map(|trunk| Trunk { register: false, ..trunk }).collect();
    Line::with(SipOptions { trunks, may_ring, ..options() }).await
}

#[tokio::test]
async fn a_doctor_is_rung_by_a_trunk_that_asks_for_a_password() {
    let kamailio = Kamailio::start(Duration::from_secs(60));
    let wavs = tempfile::tempdir().unwrap();
    let phone = Phone { name: "doctor".to_owned(), ..telephone(wavs.path(), "pcmu", 8000) };
    let mut doctor = Baresip::start(&phone).await;
    let port = doctor.address.rsplit_once(':').unwrap().1;
    let number = format!("sip:+1{port}@127.0.0.1:{}", kamailio.port);
    let by_domain = format!("sip:+1{port}@Practice.Example");
    let east = Trunk {
        domain: Some("practice.example".to_owned()),
        realm: Some("practice".to_owned()),
        ..trunk("east", kamailio.port)
    };
    let line = line_by(vec![trunk("other", 9), east.clone()], &[&number, &by_domain]).await;

    for (to, we_hang_up) in [(&number, true), (&by_domain, false)] {
        let answer = line.dials(to).await;
        let rung = doctor.happens("CALL_INCOMING", SOON).await;
        assert_eq!(rung["peeruri"], "sip:clinic-east@practice.example", "{rung}");
        doctor.order("accept", "").await;
        let mut call = Call::new(answer.await.unwrap().unwrap());
        call.says_a_tone(Duration::from_secs(2));
        call.listens(Duration::from_secs(3)).await;
        assert!((pitch(&call.heard, 16_000) - TONE_OF_CALLER).abs() < 8.0, "{to}");
        if we_hang_up {
            call.leg.over.cancel();
            doctor.happens("CALL_CLOSED", SOON).await;
        } else {
            doctor.order("hangup", "").await;
            assert_eq!(call.news(SOON, |news| *news == LegNews::HungUp).await, Some(LegNews::HungUp));
        }
        let heard = audio::wav::read(doctor.heard().await).unwrap();
        assert!((pitch(&heard.samples, heard.hz) - TONE_OF_OURS).abs() < 8.0, "{to}");
    }

    let given_up = line.dials(&number).await;
    doctor.happens("CALL_INCOMING", SOON).await;
    drop(given_up);
    doctor.happens("CALL_CLOSED", SOON).await;
    line.close().await;

    let wrong = Trunk { password: "wrong".into(), ..east };
    let line = line_by(vec![wrong], &[&number]).await;
    assert_eq!(line.dials(&number).await.await.unwrap().unwrap_err(), NotAnswered::NotReached);
    line.close().await;
}

#[tokio::test]
async fn the_password_is_for_its_own_trunk_and_realm_only() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    let to = format!("sip:+12125550190@127.0.0.1:{port}");
    let there = trunk("there", port);
    let without_password = Trunk { password: "".into(), ..there.clone() };
    let other_realm = Trunk { realm: Some("elsewhere".to_owned()), ..there.clone() };
    let other_place = trunk("elsewhere", 9);
    let other_transport = Trunk { server: format!("127.0.0.1:{port};transport=tcp").parse().unwrap(), ..there.clone() };
    let to_by_udp = format!("{to};transport=udp");
    for (trunk, to) in [(without_password, &to), (other_realm, &to), (other_place, &to), (other_transport, &to_by_udp)]
    {
        let line = line_by(vec![trunk.clone()], &[to]).await;
        let answer = line.dials(to).await;
        let challenge = format!("WWW-Authenticate: Digest {CHALLENGE}\r\n");
        let first = asked(&socket, "INVITE", "401 Unauthorized", &challenge).await.expect("it is tried");
        assert!(!first.contains("Authorization"), "{first}");
        assert_eq!(answer.await.unwrap().unwrap_err(), NotAnswered::NotReached, "{trunk:?}");
        line.close().await;
        drain(&socket);
    }

    let there = Trunk { auth_user: Some("practice-2001".to_owned()), realm: Some("practice".to_owned()), ..there };
    let line = line_by(vec![there], &[&to]).await;
    let answer = line.dials(&to).await;
    let challenge = format!("Proxy-Authenticate: Digest {CHALLENGE}\r\n");
    let mut last = String::new();
    while !last.contains("Proxy-Authorization") {
        let status = "407 Proxy Authentication Required";
        last = asked(&socket, "INVITE", status, &challenge).await.expect("it answers what it is asked");
    }
    assert!(last.contains("username=\"practice-2001\"") && last.contains("realm=\"practice\""), "{last}");
    assert!(!last.contains(Kamailio::PASSWORD), "a digest, and no password");
    assert_eq!(answer.await.unwrap().unwrap_err(), NotAnswered::NotReached, "refused twice: it is left at that");
    line.close().await;
}

#[tokio::test]
async fn whoever_asks_later_is_given_no_password() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    let to = format!("sip:+12125550190@127.0.0.1:{port}");
    let keep_alive = Duration::from_secs(600); // nothing but calls comes
    let there = Trunk { realm: Some("practice".to_owned()), keep_alive, ..trunk("there", port) };
    let line = line_by(vec![there], &[&to]).await;
    let (status, challenge) = ("401 Unauthorized", format!("WWW-Authenticate: Digest {CHALLENGE}\r\n"));
    let elsewhere = challenge.replace("practice", "elsewhere").replace("dcd98b71", "second");
    let stale = elsewhere.replace("qop=", "stale=true, qop=");

    // The realm changes.
    let answer = line.dials(&to).await;
    let first = asked(&socket, "INVITE", status, &challenge).await.expect("it is tried");
    assert!(!first.contains("Authorization"), "{first}");
    let second = asked(&socket, "INVITE", status, &stale).await.expect("with the password");
    assert!(second.contains("Authorization") && second.contains("realm=\"practice\""), "{second}");
    assert_eq!(answer.await.unwrap().unwrap_err(), NotAnswered::NotReached);
    while let Some(more) = asked(&socket, "INVITE", status, &stale).await {
        assert!(!more.contains("elsewhere") && !more.contains("second"), "{more}");
    }

    // Whoever has the call asks when it ends.
    let answer = line.dials(&to).await;
    asked(&socket, "INVITE", status, &challenge).await.expect("it is tried");
    picks_up(&socket, &format!("sip:callee@127.0.0.1:{port}"), "").await;
    let leg = answer.await.unwrap().unwrap();
    leg.over.cancel();
    let mut byes = 0;
    while let Some(bye) = asked(&socket, "BYE", status, &challenge).await {
        assert!(!bye.contains("Authorization"), "{bye}");
        byes += 1;
    }
    assert!(byes > 0, "it hangs up");
    line.close().await;
}

#[tokio::test]
async fn nobody_is_put_in_our_place_whom_the_configuration_does_not_name() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    let to = format!("sip:patel@127.0.0.1:{port}");
    let line = line_by(Vec::new(), &[&to]).await;
    for (contact, may) in [("sip:patel@127.0.0.1:5099", true), ("sip:premium@192.0.2.66", false)] {
        let answer = line.dials(&to).await;
        picks_up(&socket, contact, "").await;
        let leg = answer.await.unwrap().unwrap();
        assert_eq!(leg.in_our_place.as_ref().is_some_and(|to| to.expose().starts_with(contact)), may, "{contact}");
        assert_eq!(leg.in_our_place.is_some(), may, "{contact}");
        drop(leg);
        drain(&socket);
    }
    line.close().await;
}

#[tokio::test]
async fn a_call_of_ours_has_a_session_timer_too() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    let to = format!("sip:patel@127.0.0.1:{port}");
    let line = line_by(Vec::new(), &[&to]).await;
    let answer = line.dials(&to).await;
    let first = asked(&socket, "INVITE", "422 Session Interval Too Small", "Min-SE: 3600\r\n").await.expect("it rings");
    assert!(
        first.contains("Session-Expires: 1800;refresher=uas\r\n") && first.contains("Supported: timer\r\n"),
        "{first}"
    );
    let granted = "Session-Expires: 90;refresher=uac\r\nRequire: timer\r\n";
    let second = picks_up(&socket, &format!("sip:patel@127.0.0.1:{port}"), granted).await;
    assert!(
        second.contains("Session-Expires: 3600;refresher=uas\r\n") && second.contains("Min-SE: 3600\r\n"),
        "{second}"
    );
    let leg = answer.await.unwrap().unwrap();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(46)).await;
    tokio::time::resume();
    let refresh = asked(&socket, "UPDATE", "481 Call/Transaction Does Not Exist", "").await.expect("it is refreshed");
    assert!(refresh.contains("Session-Expires: 90;refresher=uac\r\n"), "{refresh}");
    let mut call = Call::new(leg);
    assert_eq!(call.news(SOON, |news| *news == LegNews::Lost).await, Some(LegNews::Lost), "they are gone");
    line.close().await;
}

/// Forgets what has come.
fn drain(socket: &UdpSocket) {
    let mut datagram = [0; 4096];
    while socket.try_recv(&mut datagram).is_ok() {}
}
