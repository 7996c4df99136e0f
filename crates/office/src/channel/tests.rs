//! Each channel against a server of its kind on the loopback.

use std::time::Duration;

use domain::Urgency;
use oncall::Why;
use reqwest::Client;
use store::Secret;

use super::*;
use crate::webhook;

mod email;
mod fake;
mod rest;
mod telephone;
mod words;

/// Nothing on the loopback takes so long.
const LONG: Duration = Duration::from_secs(20);
/// Of who never answers.
const SHORT: Duration = Duration::from_millis(300);

const ID: &str = "page-0190b5f0-0000-7000-8000-000000000000-3";
const DEDUP: &str = "0190b5f0-0000-7000-8000-000000000000";
const LINK: &str = "https://firstring.example/ack/0190b5f0-0000-7000-8000-000000000000?t=c2l4dGVlbi1ieXRlcy0xNg";
const KEY_URL: &str = "https://firstring.example/gateway/key?page=3&t=\"x\"";
const STATUS_URL: &str = "https://firstring.example/gateway/status?page=3";
const TOKEN: &str = "the-token-of-the-account";
const CLINICIAN: &str = "+15551234567";
const ADDRESS: &str = "doctor.ann@clinic.example";

fn page() -> PageNotice<'static> {
    PageNotice {
        id: ID,
        dedup: DEDUP,
        practice: "Riverside Family Medicine",
        reference: "AB-1234",
        urgency: Urgency::Emergency,
        why: Why::Opened,
        link: LINK,
        key_url: KEY_URL,
        status_url: None,
        test: false,
        json: "{\"type\":\"page\"}",
    }
}

fn client() -> Client {
    // Fails from the second test of a process on, when it is there already.
    rustls::crypto::ring::default_provider().install_default().ok();
    webhook::client().expect("a client")
}

fn gateway(api: &str) -> Gateway {
    Gateway { api: api.to_owned(), account: "AC0123456789abcdef".to_owned(), token: Secret::new(TOKEN) }
}

fn sms(api: &str) -> Channel {
    let from = SmsFrom::Number("+15550001111".to_owned());
    Channel::Sms(Sms { gateway: gateway(api), from, to: CLINICIAN.parse().expect("a number") })
}

fn voice(api: &str) -> Channel {
    let number = |text: &str| text.parse().expect("a number");
    Channel::Voice(Voice { gateway: gateway(api), from: number("+15550001111"), to: number(CLINICIAN) })
}

fn ntfy(api: &str) -> Channel {
    let (url, token) = (Secret::new(format!("{api}/r7Tq-secret-topic")), Some(Secret::new(TOKEN)));
    Channel::Ntfy(Ntfy { url, token })
}

fn pagerduty(api: &str) -> Channel {
    Channel::PagerDuty(PagerDuty { api: api.to_owned(), routing_key: Secret::new(TOKEN) })
}

fn hook(api: &str) -> Channel {
    let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    Channel::Webhook(Webhook { url: Secret::new(format!("{api}/hook-secret-path")), secret })
}

fn mail(port: u16, encryption: Encryption) -> Email {
    Email {
        server: "127.0.0.1".to_owned(),
        port: Some(port),
        encryption,
        login: Some(Login { user: Secret::new("pages"), password: Secret::new(TOKEN) }),
        from: Secret::new("FirstRing <pages@riverside.example>"),
        to: Secret::new(ADDRESS),
    }
}

fn checked(channel: &Channel) -> Sender {
    client(); // TLS has its provider
    Sender::check("pager", channel).expect("a channel that can be used")
}

fn why(channel: &Channel) -> String {
    client();
    let error = Sender::check("pager", channel).err().expect("a channel that cannot be used");
    error.to_string()
}

#[test]
fn nothing_of_a_channel_can_be_printed_that_is_somebodys_own() {
    let api = "https://gateway.example";
    let email = Channel::Email(mail(25, Encryption::Plain));
    for channel in [sms(api), voice(api), ntfy(api), pagerduty(api), hook(api), email] {
        let printed = format!("{channel:?}");
        for secret in
            [TOKEN, CLINICIAN, &CLINICIAN[..10], ADDRESS, "clinic.example", "secret-topic", "secret-path", "whsec"]
        {
            assert!(!printed.contains(secret), "{secret} in {printed}");
        }
        assert!(printed.contains("***"), "{printed}");
    }
}

#[test]
fn what_cannot_work_is_found_at_the_start_and_named_without_what_is_private() {
    let api = "https://gateway.example";
    let with = |change: &dyn Fn(&mut Gateway)| {
        let mut gateway = gateway(api);
        change(&mut gateway);
        let from = SmsFrom::Service("MG12".to_owned());
        Channel::Sms(Sms { gateway, from, to: CLINICIAN.parse().expect("a number") })
    };
    let email = |change: &dyn Fn(&mut Email)| {
        let mut email = mail(25, Encryption::Plain);
        change(&mut email);
        Channel::Email(email)
    };
    let ntfy = |url: &str, token: &str| Channel::Ntfy(Ntfy { url: Secret::new(url), token: Some(Secret::new(token)) });
    let bad = [
        (with(&|g| g.api = "http://gateway.example".to_owned()), "use https"),
        (with(&|g| g.api = "gateway".to_owned()), "not a URL"),
        (with(&|g| g.api = "ftp://gateway.example".to_owned()), "neither http nor https"),
        (with(&|g| g.api = "https://gateway.example?a=b".to_owned()), "query"),
        (with(&|g| g.account = "AC/../..".to_owned()), "account"),
        (with(&|g| g.token = Secret::new("")), "token"),
        (sms_from(api, SmsFrom::Number(String::new())), "sender"),
        (sms_from(api, SmsFrom::Service("M&G".to_owned())), "messaging service"),
        (voice_to(api, "+15550001111"), "the number that it calls"),
        (ntfy("https://ntfy.example/", TOKEN), "no topic"),
        (ntfy("https://ntfy.example/t", "two\nlines"), "token"),
        (pagerduty_with(""), "routing key"),
        (email(&|e| e.server = "smtp.clinic.example".to_owned()), "127.0.0.1"),
        (email(&|e| e.server = "localhost".to_owned()), "127.0.0.1"),
        (email(&|e| e.server = "clinic.example/smtp".to_owned()), "server"),
        (email(&|e| e.to = Secret::new("doctor.ann")), "recipient"),
        (email(&|e| e.from = Secret::new("a@b\r\nBcc: c@d.example")), "sender"),
    ];
    for (channel, expected) in bad {
        let why = why(&channel);
        assert!(why.starts_with("the channel \"pager\" cannot be used: ") && why.contains(expected), "{why}");
        for secret in [TOKEN, CLINICIAN, "doctor", "gateway.example", "ntfy.example", "clinic.example"] {
            assert!(!why.contains(secret), "{secret} in {why}");
        }
    }
    for near in
        ["http://127.0.0.1:8080", "http://192.168.1.5", "http://[::1]:80", "http://ntfy", "https://a.example/api/laml"]
    {
        checked(&sms(near));
    }
}

fn sms_from(api: &str, from: SmsFrom) -> Channel {
    Channel::Sms(Sms { gateway: gateway(api), from, to: CLINICIAN.parse().expect("a number") })
}

fn voice_to(api: &str, to: &str) -> Channel {
    let number = |text: &str| text.parse().expect("a number");
    Channel::Voice(Voice { gateway: gateway(api), from: number("+15550001111"), to: number(to) })
}

fn pagerduty_with(key: &str) -> Channel {
    Channel::PagerDuty(PagerDuty { api: PagerDuty::EVENTS.to_owned(), routing_key: Secret::new(key) })
}

#[test]
fn a_channel_that_works_has_the_time_that_it_needs() {
    let api = "https://gateway.example";
    let email = Channel::Email(mail(25, Encryption::Plain));
    let times = [hook(api), ntfy(api), pagerduty(api), sms(api), voice(api), email].map(|c| checked(&c).within());
    assert!(times.is_sorted(), "{times:?}");
    assert!(times[0] >= Duration::from_secs(2) && times[5] <= Duration::from_secs(8), "{times:?}");
}
