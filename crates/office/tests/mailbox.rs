//! Messages by e-mail: urgent ones at once and alone, the others together at the practice's times, each once.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

mod practice;

use std::time::Duration;

use domain::{MessageDraft, OfficeRequest, Urgency};
use jiff::civil::Weekday;
use jiff::{SignedDuration, Timestamp};
use office::{Details, Email, Encryption, Mailbox, Office, Schedule};
use practice::{Caller, Riverside, slow};
use store::{NodeId, NoticeWay, Secret, Store};
use testbed::{MailServer, Manner, Postgres};

const ALL_DAYS: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];
/// Nothing here takes so long unless it never comes.
const LONG: Duration = Duration::from_secs(20);

/// Has messages by e-mail only, with a digest so much from now.
async fn with_mailbox(server: &MailServer, digest_in: SignedDuration) -> Riverside {
    let mut riverside = Riverside::new(slow()).await;
    riverside.config.messages = None;
    let at = (Timestamp::now() + digest_in).to_zoned(jiff::tz::TimeZone::UTC).time();
    riverside.config.mailbox = Some(Mailbox {
        email: Email {
            server: "127.0.0.1".to_owned(),
            port: Some(server.port),
            encryption: Encryption::Plain,
            login: None,
            from: Secret::new("FirstRing <messages@riverside.example>"),
            to: Secret::new("desk@riverside.example"),
        },
        digest: Schedule { days: ALL_DAYS.to_vec(), at: vec![at] },
    });
    riverside
}

async fn leaves(office: &Office, urgency: Urgency, text: &str) {
    let OfficeRequest::SaveMessage(draft) = practice::message() else { unreachable!() };
    let draft = MessageDraft { urgency, text: text.into(), ..*draft };
    let mut caller = Caller::new(office);
    caller.ask(1, OfficeRequest::SaveMessage(Box::new(draft))).await;
    caller.reply().await;
}

async fn next(server: &mut MailServer) -> String {
    tokio::time::timeout(LONG, server.next_mail()).await.expect("a mail").join("\n")
}

fn in_ms(milliseconds: i64) -> SignedDuration {
    SignedDuration::from_millis(milliseconds)
}

#[tokio::test]
async fn what_is_urgent_comes_at_once_and_the_rest_in_one_digest_also_after_a_restart() {
    let mut server = MailServer::start(Manner::Takes).await;
    let riverside = with_mailbox(&server, in_ms(4000)).await;
    let (office, store, task) = riverside.open().await;
    leaves(&office, Urgency::Routine, "please renew my inhaler").await;
    leaves(&office, Urgency::Urgent, "my wound is red").await;
    let urgent = next(&mut server).await;
    let rows = store.latest_messages(&"riverside".into(), 9).await.unwrap();
    let id = rows.iter().find(|row| row.draft.urgency == Urgency::Urgent).unwrap().id;
    for part in [
        "Subject: URGENT message - Riverside Family Medicine".to_owned(),
        "To: desk@riverside.example".to_owned(),
        format!("Message-ID: <message-{id}@riverside.example>"),
        "URGENT: prescription refill".to_owned(),
        format!("Reference: {id}"),
        format!("https://firstring.example/inbox/messages/{id}"),
        "All messages: https://firstring.example/inbox".to_owned(),
    ] {
        assert!(urgent.lines().any(|line| line == part), "{part} is missing in {urgent}");
    }
    leaves(&office, Urgency::Routine, "and my cream").await;
    drop(office);
    task.await.unwrap();
    store.close().await;

    let (office, store, task) = riverside.open().await;
    let digest = next(&mut server).await;
    assert!(digest.contains("Subject: 2 messages - Riverside Family Medicine"), "{digest}");
    assert_eq!(digest.matches("ROUTINE: prescription refill").count(), 2);
    assert!(!digest.contains("X-Priority") && !digest.contains(&id.to_string()), "{digest}");
    for word in ["inhaler", "wound", "cream", "Ada", practice::NUMBER] {
        assert!(!urgent.contains(word) && !digest.contains(word), "{word}: {urgent} {digest}");
    }
    drop(office);
    task.await.unwrap();
    let none = store.next_notification_at(&"riverside".into(), NoticeWay::Email).await.unwrap();
    assert_eq!(none, None, "each was told, and once");
    assert!(!server.said().iter().any(|line| line == "DATA"), "nothing more is sent");
}

#[tokio::test]
async fn with_details_the_words_stand_in_the_text_and_never_in_a_header() {
    let mut server = MailServer::start(Manner::Takes).await;
    let mut riverside = with_mailbox(&server, in_ms(1500)).await;
    riverside.config.details = Details::Included;
    let (office, _store, task) = riverside.open().await;
    leaves(&office, Urgency::Routine, "please renew\r\n.\r\nRCPT TO:<eve@evil.example>").await;
    let mail = next(&mut server).await;
    let (headers, text) = mail.split_once("\n\n").unwrap();
    assert!(headers.contains("Subject: 1 message - Riverside") && !headers.contains("Ada"), "{headers}");
    for line in ["Name: Ada Byron", "Number: +15551234567", "Words: please renew . RCPT TO:<eve@evil.example>"] {
        assert!(text.lines().any(|told| told == line), "{line} is missing in {text}");
    }
    drop(office);
    task.await.unwrap();
}

#[tokio::test]
async fn a_server_that_takes_nothing_is_tried_again_and_holds_up_no_webhook() {
    let mut server = MailServer::start(Manner::RefusesTheRecipient).await;
    let mut riverside = with_mailbox(&server, in_ms(3_600_000)).await;
    riverside.config.messages = Some(riverside.desk.webhook());
    let (office, store, task) = riverside.open().await;
    leaves(&office, Urgency::Emergency, "help").await;
    assert_eq!(riverside.desk.next().await.body["type"], "message");
    let tried = async || store.unannounced_messages(&"riverside".into()).await.unwrap().into_values().max();
    while tried().await.is_none() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.behave(Manner::Takes);
    let mail = next(&mut server).await;
    assert!(mail.contains("Subject: EMERGENCY message") && mail.contains("X-Priority: 1"), "{mail}");
    drop(office);
    task.await.unwrap();
    assert_eq!(tried().await, None);
    assert!(riverside.desk.is_quiet(), "the system was told once");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_one_sends_the_digest() {
    let mut server = MailServer::start(Manner::Takes).await;
    let riverside = with_mailbox(&server, in_ms(4000)).await;
    let url = Secret::new(Postgres::shared().database());
    let mut nodes = Vec::new();
    for name in ["first", "second"] {
        let store = Store::connect(&url).await.unwrap().as_node(NodeId(name.to_owned()));
        nodes.push(Office::start(store, riverside.config.clone()).await.unwrap());
    }
    for number in 0..6 {
        leaves(&nodes[number % 2].0, Urgency::Routine, "please call").await;
    }
    let digest = next(&mut server).await;
    assert!(digest.contains("Subject: 6 messages"), "{digest}");
    tokio::time::sleep(Duration::from_secs(1)).await;
    for (office, task) in nodes {
        drop(office);
        task.await.unwrap();
    }
    assert!(!server.said().iter().any(|line| line == "DATA"), "one alone has sent it");
}
