//! What comes back from a gateway: signatures, keys, and the replies of clinicians.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use office::{Key, Named, Progress, SmsReply, is_signed};
use store::Secret;

/// The example of the gateway's documentation.
const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
const SIGNATURE: &str = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";

fn params() -> Vec<(String, String)> {
    let params = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675309"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
    ];
    params.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

#[test]
fn a_request_is_the_gateways_own_only_as_it_signed_it() {
    let token = Secret::new("12345");
    assert!(is_signed(&token, URL, &params(), SIGNATURE));
    let mut backwards = params();
    backwards.reverse();
    assert!(is_signed(&token, URL, &backwards, SIGNATURE), "the order in which they came is nothing");
    let mut twice = params();
    twice.extend(params());
    assert!(is_signed(&token, URL, &twice, SIGNATURE), "the same pair twice is signed once");
    for port in [":443", ":8443"] {
        let url = URL.replace(".com/", &format!(".com{port}/"));
        assert!(is_signed(&token, &url, &params(), SIGNATURE), "it may leave the port out: {url}");
    }

    for n in 0..params().len() {
        let (mut changed, mut fewer) = (params(), params());
        changed[n].1.push('0');
        fewer.remove(n);
        assert!(!is_signed(&token, URL, &changed, SIGNATURE), "{changed:?}");
        assert!(!is_signed(&token, URL, &fewer, SIGNATURE), "{fewer:?}");
    }
    let mut more = params();
    more.push(("Zip".to_owned(), String::new()));
    assert!(!is_signed(&token, URL, &more, SIGNATURE));
    for url in ["https://mycompany.com/myapp.php?foo=1&bar=3", "http://mycompany.com/myapp.php?foo=1&bar=2", ""] {
        assert!(!is_signed(&token, url, &params(), SIGNATURE), "{url}");
    }
    for other in ["123456", "", "1234"] {
        assert!(!is_signed(&Secret::new(other), URL, &params(), SIGNATURE), "{other}");
    }
    for wrong in ["", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "RSOYDt4T1cUTdK1PDd93/VVr8B9=", "RSOYDt4=", "%%%", "AAAA"] {
        assert!(!is_signed(&token, URL, &params(), wrong), "{wrong}");
    }
}

#[test]
fn nobodys_empty_token_signs() {
    // HMAC-SHA1 of the address under the empty key: anybody can make it.
    assert!(!is_signed(&Secret::new(""), "https://a.example/", &[], "bANPvKLIjuKTrtuLvrLLonWOZm8="));
}

fn take(reply: &str) -> Option<Named> {
    match SmsReply::of(reply) {
        SmsReply::Take(named) => named,
        SmsReply::Reached(_) | SmsReply::Other => panic!("{reply:?} takes nothing"),
    }
}

#[test]
fn a_clear_answer_takes_a_case() {
    for reply in ["1", " 1 ", "1.", "1!", "TAKE", "taken", "Accept", "accepted\n"] {
        assert_eq!(take(reply), None, "{reply:?}");
    }
    for reply in
        ["1 1234", "1  1234.", "1, 1234", "1 #1234", "ok 1234", "OK, 1234!", "okay 1234", "Yes 1234", "taken 1234"]
    {
        assert_eq!(take(reply), Some(Named { letters: None, digits: "1234".to_owned() }), "{reply:?}");
    }
    for reply in ["1 AB-1234", "ok AB-1234", "ok ab1234", "Take ab 1234", "yes Ab-1234."] {
        assert_eq!(take(reply), Some(Named { letters: Some("AB".to_owned()), digits: "1234".to_owned() }), "{reply:?}");
    }
}

#[test]
fn only_a_case_that_is_named_is_closed() {
    for reply in ["done 1234", "Done, AB-1234.", "reached ab 1234", "REACHED 1234"] {
        let SmsReply::Reached(named) = SmsReply::of(reply) else { panic!("{reply:?}") };
        assert!(named.names("AB-1234"), "{reply:?}");
    }
    for reply in ["done", "reached", "Done."] {
        assert_eq!(SmsReply::of(reply), SmsReply::Other, "{reply:?}");
    }
}

#[test]
fn everything_else_acknowledges_nothing() {
    let others = [
        "",
        " ",
        "?",
        "1?",
        "1 ?",
        "1234",
        "AB-1234",
        "11234",
        "2",
        "2 1234",
        "0",
        "10",
        "1.5",
        "1 1",
        "1 2",
        "1 123",
        "1 12345",
        "1 1234 1235",
        "1 12 34",
        "1, 10:30",
        "1 10 30",
        "1-1234",
        "1 A-1234",
        "1 ABC-1234",
        "1 AB--1234",
        "1 AB-1234x",
        "1 1234?",
        "no",
        "no 1234",
        "not 1234",
        "n 1234",
        "1 can't",
        "1 cant",
        "1 no",
        "1 sorry",
        "1 not me",
        "not me",
        "not taken 1234",
        "don't take 1234",
        "who is this",
        "who is this?",
        "ok",
        "OK.",
        "okay",
        "yes",
        "y",
        "yes?",
        "ok 1234?",
        "ok I will call",
        "ok not 1234",
        "yes but not 1234",
        "can you take 1234",
        "take 1234 please",
        "1 1234 in 2 hours",
        "taken?",
        "not done 1234",
        "done 1234?",
        "done with 1234",
        "undone 1234",
        "reached nobody 1234",
        "not reached",
        "reached voicemail",
        "could not reach 1234",
        "done AB",
        "stop",
        "STOP",
        "unsubscribe",
        "help",
        "busy",
        "driving",
        "on my way",
        "I'm on it",
        "I am away until Monday",
        "Liked “EMERGENCY AB-1234, Riverside”",
        "👍",
        "１",
        "１ 1234",
        "1 １２３４",
        "１２３４",
        "l 1234",
        "EMERGENCY AB-1234, Riverside Family Medicine. https://x.example Reply 1 1234 to take it.",
        "1\u{200b}1234",
        "one",
    ];
    for reply in others {
        assert_eq!(SmsReply::of(reply), SmsReply::Other, "{reply:?}");
    }
}

#[test]
fn letters_that_were_typed_must_fit_too() {
    let named = |text: &str| take(text).unwrap();
    assert!(named("1 1234").names("AB-1234") && named("1 1234").names("CD-1234"));
    assert!(named("1 ab1234").names("AB-1234"));
    assert!(!named("1 ab1234").names("CD-1234"));
    assert!(!named("1 1234").names("AB-1235"));
    assert!(!named("1 1234").names("1234") && !named("1 1234").names(""));
}

#[test]
fn one_key_alone_takes_a_case() {
    assert_eq!(["1", "2", "3"].map(Key::of), [Key::Accept, Key::Decline, Key::Again]);
    for other in ["", "0", "4", "9", "*", "#", "11", "1 ", " 1", "01", "1#", "one", "１", "-1"] {
        assert_eq!(Key::of(other), Key::Other, "{other:?}");
    }
}

#[test]
fn what_becomes_of_a_page_is_known_or_underway() {
    for status in ["delivered", "read", "completed", "in-progress"] {
        assert_eq!(Progress::of(status), Progress::Arrived, "{status}");
    }
    for status in ["failed", "undelivered", "canceled", "busy", "no-answer"] {
        assert_eq!(Progress::of(status), Progress::Failed, "{status}");
    }
    for status in ["", "queued", "accepted", "sending", "sent", "initiated", "ringing", "Delivered", "new-in-2030"] {
        assert_eq!(Progress::of(status), Progress::Underway, "{status}");
    }
}
