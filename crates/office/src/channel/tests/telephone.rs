//! Texts and telephone calls through a gateway.

use super::fake::Server;
use super::*;

#[tokio::test]
async fn a_text_message_goes_to_the_clinician_by_the_practices_account() {
    let mut server = Server::start(201).await;
    let api = format!("{}/api/laml/", server.url);
    checked(&sms(&api)).send(&client(), &page(), LONG).await.expect("taken");
    let asked = server.asked();
    let path = "/api/laml/2010-04-01/Accounts/AC0123456789abcdef/Messages.json";
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", path));
    assert_eq!(asked.basic(), format!("AC0123456789abcdef:{TOKEN}"));
    let form = asked.form();
    assert_eq!(form["To"], CLINICIAN);
    assert_eq!(form["From"], "+15550001111");
    assert_eq!(form["Body"], format!("EMERGENCY AB-1234, Riverside Family Medicine. {LINK} Reply 1 1234 to take it."));
    assert_eq!(form.len(), 3, "{form:?}");

    let service = sms_from(&server.url, SmsFrom::Service("MG0123".to_owned()));
    let told = PageNotice { status_url: Some(STATUS_URL), ..page() };
    checked(&service).send(&client(), &told, LONG).await.expect("taken");
    let form = server.asked().form();
    assert_eq!(form["MessagingServiceSid"], "MG0123");
    assert_eq!(form["StatusCallback"], STATUS_URL);
    assert!(!form.contains_key("From"), "{form:?}");
}

#[tokio::test]
async fn a_telephone_call_says_one_sentence_and_asks_for_a_key() {
    let mut server = Server::start(201).await;
    let named = PageNotice { practice: "Smith & <Sons>", status_url: Some(STATUS_URL), ..page() };
    checked(&voice(&server.url)).send(&client(), &named, LONG).await.expect("taken");
    let asked = server.asked();
    assert_eq!(asked.path, "/2010-04-01/Accounts/AC0123456789abcdef/Calls.json");
    assert_eq!(asked.basic(), format!("AC0123456789abcdef:{TOKEN}"));
    let form = asked.form();
    let others = [("To", CLINICIAN), ("From", "+15550001111"), ("Timeout", "25"), ("StatusCallback", STATUS_URL)];
    for (name, value) in others {
        assert_eq!(form[name], value, "{name}");
    }
    assert_eq!(
        form["Twiml"],
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>\
         <Gather input=\"dtmf\" numDigits=\"1\" timeout=\"10\" \
         action=\"https://firstring.example/gateway/key?page=3&amp;t=&#34;x&#34;\" method=\"POST\">\
         <Pause length=\"1\"/><Say loop=\"2\">This is FirstRing for Smith &amp; &lt;Sons&gt;. There is an emergency, \
         reference A B 1 2 3 4. Press 1 to take it, 2 to decline, 3 to hear it again.</Say></Gather>\
         <Say>No key was pressed. Somebody else will be paged. Goodbye.</Say><Hangup/></Response>"
    );
    // Longer than a gateway takes is no name's doing.
    let endless = PageNotice { practice: &"&".repeat(100_000), ..page() };
    checked(&voice(&server.url)).send(&client(), &endless, LONG).await.expect("taken");
    assert!(server.asked().form()["Twiml"].len() < 4000);
}

#[tokio::test]
async fn a_gateways_own_number_for_its_refusal_is_kept_and_its_words_are_not() {
    let server = Server::start(400).await;
    let refusal = r#"{"code":21610,"message":"+15551234567 has said STOP","more_info":"https://x","status":400}"#;
    server.answer(400, refusal);
    for channel in [sms(&server.url), voice(&server.url)] {
        let why = checked(&channel).send(&client(), &page(), LONG).await.expect_err("refused");
        assert_eq!(why.to_string(), "refused with status 400, code 21610");
        assert!(!format!("{why:?}").contains("555"), "{why:?}");
    }
    for nonsense in ["", "<h1>no</h1>", "{\"code\":\"x\"}"] {
        server.answer(500, nonsense);
        let why = checked(&sms(&server.url)).send(&client(), &page(), LONG).await.expect_err("refused");
        assert_eq!(why.to_string(), "refused with status 500");
    }
}

#[tokio::test]
async fn a_gateway_that_refuses_the_address_for_its_reports_takes_the_page_without() {
    let mut server = Server::start(400).await;
    server.answer(400, r#"{"code":21609,"message":"not a public address","status":400}"#);
    let told = PageNotice { status_url: Some(STATUS_URL), ..page() };
    for channel in [sms(&server.url), voice(&server.url)] {
        let why = checked(&channel).send(&client(), &told, LONG).await.expect_err("refused");
        assert_eq!(why.to_string(), "refused with status 400, code 21609");
        let (with, without) = (server.asked().form(), server.asked().form());
        let mut rest = with.clone();
        assert_eq!((rest.remove("StatusCallback").as_deref(), rest), (Some(STATUS_URL), without));
    }
    server.answer(500, "{}");
    checked(&sms(&server.url)).send(&client(), &told, LONG).await.expect_err("refused");
    server.asked();
    assert!(server.is_quiet(), "it may have sent it all the same");
}
