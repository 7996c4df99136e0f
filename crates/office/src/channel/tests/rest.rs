//! What the channels over HTTP have in common, and ntfy, PagerDuty and the webhook.

use super::fake::{HANGS, Server};
use super::*;

/// Every channel over HTTP and the one status that it takes for "taken".
fn channels(api: &str) -> [(Channel, u16); 4] {
    [(sms(api), 201), (voice(api), 201), (ntfy(api), 200), (pagerduty(api), 202)]
}

#[tokio::test]
async fn a_page_is_taken_by_one_status_and_by_no_other() {
    let mut server = Server::start(200).await;
    let client = client();
    for (channel, taken) in channels(&server.url.clone()) {
        let sender = checked(&channel);
        for status in [200, 201, 202, 204, 301, 302, 307, 308, 400, 401, 404, 429, 500, 503] {
            server.answer(status, "<h1>sorry, doctor.ann, +15551234567</h1>");
            let sent = sender.send(&client, &page(), LONG).await;
            server.asked();
            assert!(server.is_quiet(), "{channel:?} was sent again at {status}: a redirection was followed");
            if status == taken {
                assert_eq!(sent, Ok(()), "{channel:?}");
            } else {
                let why = sent.expect_err("refused");
                assert_eq!(why.to_string(), format!("refused with status {status}"), "{channel:?}");
            }
        }
    }
}

#[tokio::test]
async fn who_never_answers_is_too_late_and_who_is_not_there_is_not_reached() {
    let server = Server::start(HANGS).await;
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        format!("http://{}", listener.local_addr().expect("an address"))
    };
    let client = client();
    for (channel, _) in channels(&server.url) {
        assert_eq!(checked(&channel).send(&client, &page(), SHORT).await, Err(Undelivered::TooLate), "{channel:?}");
    }
    for (channel, _) in channels(&gone) {
        let why = checked(&channel).send(&client, &page(), LONG).await.expect_err("nobody is there");
        assert_eq!(why, Undelivered::NotReached, "{channel:?}");
        assert!(!format!("{why} {why:?}").contains("127.0.0.1"), "{why:?}");
    }
}

#[tokio::test]
async fn a_push_message_rings_by_its_urgency_and_acknowledges_nothing() {
    let mut server = Server::start(200).await;
    let sender = checked(&ntfy(&server.url));
    sender.send(&client(), &page(), LONG).await.expect("taken");
    let asked = server.asked();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/r7Tq-secret-topic"));
    assert_eq!(asked.header("authorization"), Some("Bearer the-token-of-the-account"));
    let expected = [("title", "EMERGENCY AB-1234"), ("x-priority", "5"), ("tags", "rotating_light"), ("click", LINK)];
    for (name, value) in expected {
        assert_eq!(asked.header(name), Some(value), "{name}");
    }
    assert_eq!(asked.header("actions"), None);
    assert!(asked.body.starts_with("Riverside Family Medicine.") && asked.body.ends_with(LINK), "{}", asked.body);

    let urgent =
        PageNotice { urgency: Urgency::Urgent, practice: "Praxis Łódź", link: "https://ä.example/", ..page() };
    sender.send(&client(), &urgent, LONG).await.expect("taken");
    let asked = server.asked();
    assert_eq!(asked.header("x-priority"), Some("4"));
    assert_eq!(asked.header("click"), None, "not ASCII: in the text alone");
    assert!(asked.body.contains("Praxis Łódź") && asked.body.ends_with("https://ä.example/"), "{}", asked.body);

    let open = Channel::Ntfy(Ntfy { url: Secret::new(format!("{}/topic", server.url)), token: None });
    checked(&open).send(&client(), &page(), LONG).await.expect("taken");
    assert_eq!(server.asked().header("authorization"), None);
}

#[tokio::test]
async fn an_incident_is_opened_and_resolved_under_one_key() {
    let mut server = Server::start(202).await;
    let sender = checked(&pagerduty(&server.url));
    sender.send(&client(), &PageNotice { why: Why::NextInRota, ..page() }, LONG).await.expect("taken");
    let asked = server.asked();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/v2/enqueue"));
    assert_eq!(
        asked.json(),
        serde_json::json!({
            "routing_key": TOKEN,
            "event_action": "trigger",
            "dedup_key": DEDUP,
            "payload": {
                "summary": "EMERGENCY AB-1234, Riverside Family Medicine. Others have not taken it.",
                "source": "Riverside Family Medicine",
                "severity": "critical",
            },
            "links": [{ "href": LINK, "text": "Read what is known and take the case" }],
        })
    );
    sender.send(&client(), &PageNotice { urgency: Urgency::Urgent, ..page() }, LONG).await.expect("taken");
    assert_eq!(server.asked().json()["payload"]["severity"], "error");

    sender.resolve(&client(), DEDUP, LONG).await.expect("taken");
    let resolved = serde_json::json!({ "routing_key": TOKEN, "event_action": "resolve", "dedup_key": DEDUP });
    assert_eq!(server.asked().json(), resolved);
    server.answer(400, "");
    assert!(sender.resolve(&client(), DEDUP, LONG).await.is_err());

    // A channel that folds nothing together has nothing to resolve.
    let before = server.asked();
    assert_eq!(before.json()["event_action"], "resolve");
    assert_eq!(checked(&ntfy(&server.url)).resolve(&client(), DEDUP, LONG).await, Ok(()));
    assert!(server.is_quiet());
}

#[tokio::test]
async fn a_webhook_is_sent_as_it_always_was() {
    let mut server = Server::start(204).await;
    checked(&hook(&server.url)).send(&client(), &page(), LONG).await.expect("taken");
    let asked = server.asked();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/hook-secret-path"));
    assert_eq!(asked.header("webhook-id"), Some(ID));
    assert!(asked.header("webhook-signature").is_some_and(|s| s.starts_with("v1,")));
    assert_eq!(asked.body, page().json);
}
