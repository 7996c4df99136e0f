//! What RFC 4475 torments parsers with, on UDP and TCP: nothing dies of it, and a telephone calls afterwards.
#![allow(clippy::unwrap_used, clippy::print_stderr, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod line;

use std::path::{Path, PathBuf};
use std::time::Duration;

use line::{Line, telephone, trusting};
use testbed::Baresip;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;
use transport::LegNews;

const SOON: Duration = Duration::from_secs(10);
/// Answers to a message come within this on the loopback interface.
const ANSWERS_WITHIN: Duration = Duration::from_millis(100);

/// Each message by its name; `None`, said aloud, where the collection is not there.
fn messages() -> Option<Vec<(String, Vec<u8>)>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/sip_rfc4475/msgs");
    let Ok(files) = std::fs::read_dir(&folder) else {
        eprintln!("SKIPPED: the torture messages of RFC 4475 are not there");
        return None;
    };
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    let read =
        |file: &PathBuf| (file.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read(file).unwrap());
    Some(files.iter().map(read).collect())
}

/// The status of what comes back, if anything does.
fn status(answer: &[u8]) -> Option<u16> {
    let text = String::from_utf8_lossy(answer);
    // Whoever asks in version 7 is answered in version 7.
    text.strip_prefix("SIP/")?.split_once(' ')?.1.get(..3)?.parse().ok()
}

#[tokio::test]
async fn nothing_dies_of_the_messages_that_torment_parsers() {
    let Some(messages) = messages() else { return };
    assert_eq!(messages.len(), 49);
    let options = trusting(64);
    let address = options.listen;
    let mut line = Line::with(options).await;
    for (name, message) in &messages {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.send_to(message, address).await.unwrap();
        let mut answer = [0; 4096];
        if let Ok(Ok(len)) = timeout(ANSWERS_WITHIN, socket.recv(&mut answer)).await {
            assert!(status(&answer[..len]).is_some(), "{name} is answered with nonsense");
        }
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(message).await.unwrap();
        if let Ok(Ok(len)) = timeout(ANSWERS_WITHIN, stream.read(&mut answer)).await {
            assert!(len == 0 || status(&answer[..len]).is_some(), "{name} is answered with nonsense");
        }
    }
    answers_options(&address.to_string()).await;

    let wavs = tempfile::tempdir().unwrap();
    let mut caller = Baresip::start(&telephone(wavs.path(), "pcmu", 8000)).await;
    caller.order("dial", &line.address).await;
    caller.happens("CALL_ESTABLISHED", SOON).await;
    // Those of the messages that are calls may ring before it; none of them is ever acknowledged.
    let mut call = line.rings().await;
    caller.order("hangup", "").await;
    assert_eq!(call.news(SOON, |news| *news == LegNews::HungUp).await, Some(LegNews::HungUp));
    line.close().await;
}

async fn answers_options(address: &str) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let from = socket.local_addr().unwrap();
    let asked = format!(
        "OPTIONS sip:clinic@{address} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bKwell;rport\r\nMax-Forwards: 70\r\n\
         From: <sip:trunk@{from}>;tag=1\r\nTo: <sip:clinic@{address}>\r\nCall-ID: well\r\nCSeq: 1 OPTIONS\r\n\
         Content-Length: 0\r\n\r\n"
    );
    socket.send_to(asked.as_bytes(), address).await.unwrap();
    let mut answer = [0; 4096];
    let len = timeout(SOON, socket.recv(&mut answer)).await.expect("it is there").unwrap();
    assert_eq!(status(&answer[..len]), Some(200));
}
