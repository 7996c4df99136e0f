//! Pages by e-mail.

use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use testbed::{MailServer, Manner};

use super::*;

async fn send(server: &MailServer, page: &PageNotice<'_>, within: Duration) -> Result<(), Undelivered> {
    let channel = Channel::Email(mail(server.port, Encryption::Plain));
    checked(&channel).send(&client(), page, within).await
}

#[tokio::test]
async fn an_e_mail_says_what_every_page_says() {
    let mut server = MailServer::start(Manner::Takes).await;
    send(&server, &page(), LONG).await.expect("taken");
    let said = server.said();
    assert_eq!(said[0], "EHLO riverside.example");
    let login = said[1].strip_prefix("AUTH PLAIN ").expect("signs in first");
    assert_eq!(STANDARD.decode(login).expect("base64"), format!("\0pages\0{TOKEN}").as_bytes());
    assert_eq!(said[2], "MAIL FROM:<pages@riverside.example>");
    assert_eq!(said[3], format!("RCPT TO:<{ADDRESS}>"));
    assert_eq!(said[4], "DATA");
    assert_eq!(said.last().map(String::as_str), Some("QUIT"));
    for line in [
        "Subject: EMERGENCY AB-1234 - Riverside Family Medicine",
        "From: FirstRing <pages@riverside.example>",
        &format!("To: {ADDRESS}"),
        &format!("Message-ID: <{ID}@riverside.example>"),
        "X-Priority: 1",
        "Importance: high",
        "Auto-Submitted: auto-generated",
        "Content-Type: text/plain; charset=utf-8",
        "EMERGENCY AB-1234",
        "Riverside Family Medicine. Open the link to read what is known and to take the case.",
        LINK,
    ] {
        assert_eq!(said.iter().filter(|said| *said == line).count(), 1, "{line}\n{said:#?}");
    }
    assert!(said.iter().any(|line| line.starts_with("Date: ")), "{said:#?}");
}

#[tokio::test]
async fn what_is_not_an_emergency_is_not_marked_as_one_and_a_name_adds_no_header() {
    let mut server = MailServer::start(Manner::Takes).await;
    let urgent = PageNotice { urgency: Urgency::Urgent, practice: "Łódź\r\nBcc: eve@evil.example", ..page() };
    send(&server, &urgent, LONG).await.expect("taken");
    send(&server, &PageNotice { test: true, ..page() }, LONG).await.expect("taken");
    let said = server.said();
    assert!(!said.iter().any(|line| line.starts_with("X-Priority") || line.starts_with("Bcc")), "{said:#?}");
    assert!(!said.iter().any(|line| line.starts_with("RCPT") && line.contains("evil")), "{said:#?}");
    let subject = said.iter().find(|line| line.starts_with("Subject: ")).expect("a subject");
    assert!(subject.is_ascii() && subject.starts_with("Subject: URGENT AB-1234 - =?utf-8?b?"), "{subject}");
    assert!(said.iter().any(|line| line == "Subject: TEST AB-1234 - Riverside Family Medicine"), "{said:#?}");
    assert!(said.iter().any(|line| line.starts_with("TEST, nobody needs to act.")), "{said:#?}");
}

#[tokio::test]
async fn a_refusal_has_its_code_and_none_of_the_servers_words() {
    let refusals = [
        (Manner::RefusesTheRecipient, Undelivered::RefusedBySmtp(550)),
        (Manner::RefusesTheMail, Undelivered::RefusedBySmtp(554)),
        (Manner::RefusesToSignIn, Undelivered::RefusedBySmtp(535)),
        (Manner::SignsNobodyIn, Undelivered::Unfit),
    ];
    for (manner, expected) in refusals {
        let mut server = MailServer::start(manner).await;
        let why = send(&server, &page(), LONG).await.expect_err("refused");
        assert_eq!(why, expected);
        assert!(!format!("{why} {why:?}").contains("doctor"), "{why}");
        let said = server.said();
        let got_the_mail = said.iter().any(|line| line.contains(LINK));
        assert_eq!(got_the_mail, manner == Manner::RefusesTheMail, "{said:#?}");
    }
}

#[tokio::test]
async fn who_never_answers_is_too_late_and_who_never_says_goodbye_has_taken_it() {
    let server = MailServer::start(Manner::NeverAnswers).await;
    let began = Instant::now();
    assert_eq!(send(&server, &page(), SHORT).await, Err(Undelivered::TooLate));
    assert!(began.elapsed() < LONG / 4);

    let server = MailServer::start(Manner::NeverSaysGoodbye).await;
    assert_eq!(send(&server, &page(), LONG).await, Ok(()));
    assert!(began.elapsed() < LONG / 4);

    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    let gone = Channel::Email(mail(port, Encryption::Plain));
    assert_eq!(checked(&gone).send(&client(), &page(), LONG).await, Err(Undelivered::NotReached));
}

#[tokio::test]
async fn a_server_without_encryption_is_told_neither_the_password_nor_the_page() {
    for encryption in [Encryption::StartTls, Encryption::Tls] {
        let mut server = MailServer::start(Manner::Takes).await;
        let sender = checked(&Channel::Email(mail(server.port, encryption)));
        assert_eq!(sender.send(&client(), &page(), LONG).await, Err(Undelivered::Unencrypted), "{encryption:?}");
        let said = server.said().join("\n");
        for secret in ["AUTH", "MAIL", ADDRESS, TOKEN, LINK] {
            assert!(!said.contains(secret), "{secret} in {said}");
        }
    }
}
