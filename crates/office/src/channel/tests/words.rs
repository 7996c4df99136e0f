//! What pages say.

use super::*;

const WHYS: [Why; 7] =
    [Why::Opened, Why::Repeated, Why::NextInRota, Why::NewRound, Why::Raised, Why::NotReached, Why::Restarted];

/// GSM 03.38's own table, without those that take two places.
fn is_gsm_7(text: &str) -> bool {
    let others = "£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà";
    let missing = "[]{}\\^~|`\u{c}";
    text.chars().all(|c| others.contains(c) || ((' '..='~').contains(&c) && !missing.contains(c)))
}

#[test]
fn a_text_message_is_short_and_in_seven_bits_whatever_the_practices_name() {
    let names = [
        "",
        "Riverside Family Medicine",
        "The Whole of Northern Riverside County Community Health and Family Medicine Partnership, Incorporated",
        "Łódź “Główna” – Przychodnia [Ćwiklińskiej] ~ №1 | 東京クリニック",
        "東京クリニック",
        "Line\r\nBreak\tand\u{0} Bell\u{7}",
        "Ärzte für Kinder, Größe & Señor Ñandú",
    ];
    for practice in names {
        for why in WHYS {
            for (urgency, test) in [(Urgency::Emergency, false), (Urgency::Routine, false), (Urgency::Urgent, true)] {
                let said = text::sms(&PageNotice { practice, urgency, why, test, ..page() });
                assert!(is_gsm_7(&said), "{said}");
                let without_link = said.replace(LINK, "");
                assert!(without_link.len() < said.len() && without_link.chars().count() < 160, "{said}");
                // Two parts hold 153 each.
                assert!(said.chars().count() <= 306, "{said}");
            }
        }
    }
    let of = |practice| text::sms(&PageNotice { practice, ..page() }).replace(LINK, "..");
    assert_eq!(of("東京クリニック"), "EMERGENCY AB-1234. .. Reply 1 1234 to take it.");
    assert_eq!(of("Przychodnia Łódź\r\n’s"), "EMERGENCY AB-1234, Przychodnia Lodz 's. .. Reply 1 1234 to take it.");
}

#[test]
fn it_says_why_it_comes_again() {
    let said: Vec<_> = WHYS.map(|why| text::sms(&PageNotice { why, ..page() })).to_vec();
    assert_eq!(said[0], said[6], "after a restart it may be the first that arrives");
    for (n, text) in said[..6].iter().enumerate() {
        assert!(!said[..n].contains(text), "{text}");
    }
    assert!(said[5].contains("It was taken, but the caller was not reached."));
}

#[tokio::test]
async fn a_test_says_that_it_is_one_on_every_channel_and_asks_for_nothing() {
    let test = PageNotice { test: true, why: Why::NotReached, ..page() };
    let mut server = super::fake::Server::start(201).await;
    checked(&sms(&server.url)).send(&client(), &test, LONG).await.expect("taken");
    let body = server.asked().form()["Body"].clone();
    assert_eq!(body, format!("TEST, nobody needs to act: AB-1234, Riverside Family Medicine. {LINK}"));

    checked(&voice(&server.url)).send(&client(), &test, LONG).await.expect("taken");
    let twiml = server.asked().form()["Twiml"].clone();
    assert!(twiml.contains("with a test. Nobody needs to act."), "{twiml}");
    for word in ["Gather", "emergency", "Press"] {
        assert!(!twiml.contains(word), "{word} in {twiml}");
    }

    server.answer(200, "");
    checked(&ntfy(&server.url)).send(&client(), &test, LONG).await.expect("taken");
    let asked = server.asked();
    assert_eq!(asked.header("title"), Some("TEST AB-1234"));
    assert_eq!(asked.header("x-priority"), Some("3"));
    assert!(asked.body.starts_with("TEST, nobody needs to act."), "{}", asked.body);

    server.answer(202, "");
    checked(&pagerduty(&server.url)).send(&client(), &test, LONG).await.expect("taken");
    let event = server.asked().json();
    assert_eq!(event["payload"]["summary"], "TEST, nobody needs to act: AB-1234, Riverside Family Medicine.");
    assert_eq!(event["payload"]["severity"], "info");
}
