#![allow(clippy::unwrap_used)] // a test fails by panicking
use tokio::time::timeout;

use super::*;

const SOON: Duration = Duration::from_secs(10);

async fn started() -> Sip {
    let (incoming, _calls) = mpsc::channel(16);
    Sip::start(SipOptions::on_loopback(0), incoming).await.unwrap()
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
