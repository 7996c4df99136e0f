#![allow(clippy::unwrap_used)] // a test fails by panicking
use std::net::Ipv4Addr;

use tokio::time::timeout;

use super::*;

const SOON: Duration = Duration::from_secs(10);

async fn started() -> Sip {
    let options = SipOptions {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        tls: None,
        external: None,
        rtp_ports: 30_000..=39_999,
        codecs: Codec::ALL.to_vec(),
        country: "1".to_owned(),
        calls_max: 8,
        may_ring: Vec::new(),
        defence: SipDefence::of(8),
        trunks: Vec::new(),
        calls_from: Phi::new("firstring".to_owned()),
    };
    let (incoming, _calls) = mpsc::channel(16);
    Sip::start(options, incoming).await.unwrap()
}

#[tokio::test]
async fn whoever_watches_is_told_when_the_task_that_answers_has_failed() {
    let sip = started().await;
    let gone = sip.gone();
    assert!(!gone.is_cancelled());
    // As if it had panicked.
    sip.serving.abort();
    timeout(SOON, gone.cancelled()).await.expect("it is told");

    let sip = started().await;
    let gone = sip.gone();
    sip.stop().await;
    assert!(gone.is_cancelled());
}
