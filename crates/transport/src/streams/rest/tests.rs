#![allow(clippy::unwrap_used)] // a test fails by panicking
use domain::{Phi, PhoneNumber};
use reqwest::Method;
use serde_json::{Value, json};

use super::*;
use crate::streams::Provider;

const SECRET: &str = "a secret of this test";

fn account(interface: Interface, base: &str, id: &str) -> Account {
    Account::check(interface, base, id, Phi::new(SECRET.replace(' ', "-"))).unwrap()
}

fn twilio() -> Account {
    account(Interface::Twilio, "https://api.twilio.com", "AC123")
}

fn telnyx() -> Account {
    account(Interface::Telnyx, "https://api.telnyx.com/v2/", "7267")
}

fn call(id: &str) -> RemoteId {
    RemoteId::of(id).unwrap()
}

fn number(written: &str) -> PhoneNumber {
    written.parse().unwrap()
}

/// The doctor, rung by the practice.
fn rung(by: &Account, end: &OurEnd, at: &str) -> Request {
    let (to, from) = (&number("+12125550190"), &number("+12125550111"));
    by.ring(&Ring { to, from, end, ringing: "0f", at, seconds: 25 })
}

/// What the doctor's call is to do.
fn of_the_doctor(by: &Account, end: &OurEnd) -> Phi<String> {
    by.instructions(&Orders { end, parameters: &[("ringing", "0f")], callee: None, at: "7e" })
}

/// What the caller's is, with the doctor called.
fn of_the_caller(by: &Account, end: &OurEnd, parameters: &[(&str, &str)]) -> Phi<String> {
    let (to, from) = (&number("+12125550190"), &number("+12125550111"));
    let callee = Some(Callee { to, from: Some(from), seconds: 20 });
    by.instructions(&Orders { end, parameters, callee, at: "7e" })
}

fn moved(by: &Account, call: &RemoteId, owner: Option<&RemoteId>) -> Option<Request> {
    let end = &our_end();
    by.hand_over(&Move { call, owner, orders: Orders { end, parameters: &[("back", "0f")], callee: None, at: "7e" } })
}

fn our_end() -> OurEnd {
    OurEnd { url: "wss://phone.example.org/streams".to_owned(), token: Some(Phi::new("a & \"b\"".to_owned())) }
}

fn asked(request: &Request) -> (Method, &str) {
    (request.method.clone(), request.url.as_str())
}

fn form(request: &Request) -> Vec<(&'static str, String)> {
    let Body::Form(fields) = &request.body else { panic!("not a form: {request:?}") };
    fields.expose().clone()
}

#[test]
fn twilio_ends_places_looks_at_and_moves_calls_as_documented() {
    let ended = twilio().hang_up(&call("CA1"));
    assert_eq!(asked(&ended), (Method::POST, "https://api.twilio.com/2010-04-01/Accounts/AC123/Calls/CA1.json"));
    assert_eq!(form(&ended), [("Status", "completed".to_owned())]);
    assert_eq!(ended.authorization, Authorization::Basic("AC123".to_owned(), Phi::new(SECRET.replace(' ', "-"))));

    let rung = rung(&twilio(), &our_end(), "");
    assert_eq!(asked(&rung), (Method::POST, "https://api.twilio.com/2010-04-01/Accounts/AC123/Calls.json"));
    let twiml = "<Response><Connect><Stream url=\"wss://phone.example.org/streams\">\
                 <Parameter name=\"token\" value=\"a &amp; &quot;b&quot;\"></Parameter>\
                 <Parameter name=\"ringing\" value=\"0f\"></Parameter></Stream></Connect></Response>";
    let expected = [("To", "+12125550190"), ("From", "+12125550111"), ("Twiml", twiml), ("Timeout", "25")];
    assert_eq!(form(&rung), expected.map(|(name, value)| (name, value.to_owned())));

    let look = twilio().look(&call("CA1")).unwrap();
    assert_eq!(asked(&look), (Method::GET, "https://api.twilio.com/2010-04-01/Accounts/AC123/Calls/CA1.json"));
    assert_eq!(look.body, Body::None);

    // Of the answers only what counts here.
    let body = json!({ "sid": "CA9", "status": "queued", "to": "+12125550190", "account_sid": "AC123" }).to_string();
    assert_eq!(twilio().read_call(body.as_bytes()), Some(call("CA9")));
    assert_eq!(twilio().read_call(b"{}"), None);
    for (status, progress) in [
        ("queued", Progress::Rings),
        ("ringing", Progress::Rings),
        ("in-progress", Progress::PickedUp),
        ("completed", Progress::Over),
        ("busy", Progress::Busy),
        ("failed", Progress::Over),
        ("no-answer", Progress::Over),
        ("canceled", Progress::Over),
        ("of a later version", Progress::Rings),
    ] {
        let body = json!({ "sid": "CA9", "status": status }).to_string();
        assert_eq!(twilio().read_progress(body.as_bytes()), Some(progress), "{status}");
    }
    assert_eq!(twilio().read_progress(b"not JSON"), None);
}

#[test]
fn twilio_hands_a_call_over_and_takes_it_back() {
    let end = OurEnd { token: None, ..our_end() };
    let moved = moved(&twilio(), &call("CA1"), None).unwrap();
    assert_eq!(asked(&moved), (Method::POST, "https://api.twilio.com/2010-04-01/Accounts/AC123/Calls/CA1.json"));
    let [("Twiml", twiml)] = &form(&moved)[..] else { panic!("{moved:?}") };
    assert!(twiml.starts_with("<Response><Connect><Stream"), "{twiml}");
    let twiml = "<Response><Dial timeout=\"20\">+12125550190</Dial>\
                 <Connect><Stream url=\"wss://phone.example.org/streams\">\
                 <Parameter name=\"back\" value=\"0f\"></Parameter></Stream></Connect></Response>";
    assert_eq!(of_the_caller(&twilio(), &end, &[("back", "0f")]).expose(), twiml);

    let children = twilio().children(&call("CA1")).unwrap();
    let url = "https://api.twilio.com/2010-04-01/Accounts/AC123/Calls.json?ParentCallSid=CA1&PageSize=20";
    assert_eq!(asked(&children), (Method::GET, url));
    let answer = |statuses: &[&str]| {
        let child = |status| json!({ "sid": "CA2", "parent_call_sid": "CA1", "status": status });
        // Those that were not asked for.
        let others = [("CA1", Value::Null), ("CA3", "CA4".into())]
            .map(|(sid, parent)| json!({ "sid": sid, "parent_call_sid": parent, "status": "in-progress" }));
        let calls: Vec<_> = statuses.iter().map(child).chain(others).collect();
        twilio().read_children(&call("CA1"), json!({ "calls": calls, "page": 0 }).to_string().as_bytes())
    };
    assert_eq!(answer(&[]), Some(false));
    assert_eq!(answer(&["ringing", "no-answer"]), Some(false));
    assert_eq!(answer(&["in-progress", "no-answer"]), Some(true));
    assert_eq!(twilio().read_children(&call("CA1"), b"{}"), None);
}

#[test]
fn telnyx_ends_places_and_looks_at_calls_as_documented() {
    let id = "v3:MdI91X4lWFEs7IgbBEOT9M4AigoY08M0WWZFISt1Yw2axZ_IiE4pqg";
    let ended = telnyx().hang_up(&call(id));
    assert_eq!(ended.url.as_str(), format!("https://api.telnyx.com/v2/calls/{id}/actions/hangup"));
    assert_eq!(ended.authorization, Authorization::Bearer(Phi::new(SECRET.replace(' ', "-"))));

    let rung = rung(&telnyx(), &our_end(), "");
    assert_eq!(asked(&rung), (Method::POST, "https://api.telnyx.com/v2/calls"));
    let Body::Json(order) = &rung.body else { panic!("not JSON: {rung:?}") };
    let expected: Value = json!({
        "connection_id": "7267", "to": "+12125550190", "from": "+12125550111", "timeout_secs": 25,
        "stream_url": "wss://phone.example.org/streams?ringing=0f", "stream_track": "inbound_track", "stream_codec": "PCMU",
        "stream_bidirectional_mode": "rtp", "stream_bidirectional_codec": "PCMU", "stream_auth_token": "a & \"b\"",
    });
    assert_eq!(order.expose(), &expected);

    let look = telnyx().look(&call(id)).unwrap();
    assert_eq!(look.url.as_str(), format!("https://api.telnyx.com/v2/calls/{id}"));
    let placed = json!({ "data": { "call_control_id": id, "is_alive": false, "record_type": "call" } }).to_string();
    assert_eq!(telnyx().read_call(placed.as_bytes()), Some(call(id)));
    assert_eq!(telnyx().read_progress(placed.as_bytes()), Some(Progress::Rings), "it has not begun");
    let over = json!({ "data": { "call_control_id": id, "is_alive": false, "end_time": "2019-01-23T18:11:52.574Z" } });
    assert_eq!(telnyx().read_progress(over.to_string().as_bytes()), Some(Progress::Over));
}

#[test]
fn telnyx_hands_a_call_over_by_texml_and_takes_it_back() {
    let id = "v3:MdI91X4lWFEs7IgbBEOT9M4AigoY08M0WWZFISt1Yw2axZ_IiE4pqg";
    let owner = call("61bf923e-5e4d-4595-a110-56190ea18a1b");
    let request = moved(&telnyx(), &call(id), Some(&owner)).unwrap();
    let url = format!("https://api.telnyx.com/v2/texml/Accounts/{}/Calls/{id}", owner.as_str());
    assert_eq!(asked(&request), (Method::POST, url.as_str()));
    let [("Texml", texml)] = &form(&request)[..] else { panic!("{request:?}") };
    assert!(texml.starts_with("<Response><Connect><Stream"), "{texml}");
    assert_eq!(request.authorization, Authorization::Bearer(Phi::new(SECRET.replace(' ', "-"))));
    assert_eq!(moved(&telnyx(), &call(id), None), None, "nobody knows whose call it is");

    // Who has called whom stands in no address.
    let parameters = [("back", "0f"), ("from", "+12125550142"), ("to", "+12125550111")];
    let texml = "<Response><Dial timeout=\"20\" callerId=\"+12125550111\">\
                 <Number statusCallback=\"https://phone.example.org/streams/told/7e\" statusCallbackEvent=\"answered completed\" \
                 statusCallbackMethod=\"POST\">+12125550190</Number></Dial>\
                 <Connect><Stream url=\"wss://phone.example.org/streams?token=a+%26+%22b%22&amp;back=0f\" track=\"inbound_track\" \
                 bidirectionalMode=\"rtp\" codec=\"PCMU\" bidirectionalCodec=\"PCMU\"></Stream></Connect></Response>";
    assert_eq!(of_the_caller(&telnyx(), &our_end(), &parameters).expose(), texml);
    assert_eq!(telnyx().children(&call(id)), None, "it tells by itself");
}

#[test]
fn signalwire_ends_places_looks_at_and_moves_calls_as_documented() {
    let signalwire = account(Interface::SignalWire, "https://practice.signalwire.com/api/laml", "8c0f-4d");
    let of_call = "https://practice.signalwire.com/api/laml/2010-04-01/Accounts/8c0f-4d/Calls/1a-2b.json";
    let ended = signalwire.hang_up(&call("1a-2b"));
    assert_eq!(asked(&ended), (Method::POST, of_call));
    assert_eq!(form(&ended), [("Status", "completed".to_owned())]);
    let cancelled = signalwire.cancel(&call("1a-2b")).unwrap();
    assert_eq!(asked(&cancelled), (Method::POST, of_call));
    assert_eq!(form(&cancelled), [("Status", "canceled".to_owned())]);

    let end = OurEnd { token: None, ..our_end() };
    let address = "https://phone.example.org/streams/instructions/7e";
    let rung = rung(&signalwire, &end, "7e");
    let calls = "https://practice.signalwire.com/api/laml/2010-04-01/Accounts/8c0f-4d/Calls.json";
    assert_eq!(asked(&rung), (Method::POST, calls));
    let expected =
        [("To", "+12125550190"), ("From", "+12125550111"), ("Url", address), ("Method", "GET"), ("Timeout", "25")];
    assert_eq!(form(&rung), expected.map(|(name, value)| (name, value.to_owned())));
    let stream = |name: &str| {
        format!(
            "<Connect><Stream url=\"wss://phone.example.org/streams\"><Parameter name=\"{name}\" value=\"0f\"></Parameter>\
             </Stream></Connect></Response>"
        )
    };
    assert_eq!(of_the_doctor(&signalwire, &end).expose(), &format!("<Response>{}", stream("ringing")));

    let moved = moved(&signalwire, &call("1a-2b"), None).unwrap();
    assert_eq!(asked(&moved), (Method::POST, of_call));
    let expected = [("Url", address), ("Method", "GET"), ("FallbackUrl", address), ("FallbackMethod", "GET")];
    assert_eq!(form(&moved), expected.map(|(name, value)| (name, value.to_owned())));
    let fetched = of_the_caller(&signalwire, &end, &[("back", "0f")]);
    assert_eq!(fetched.expose(), &format!("<Response><Dial timeout=\"20\">+12125550190</Dial>{}", stream("back")));

    assert_eq!(asked(&signalwire.look(&call("1a-2b")).unwrap()), (Method::GET, of_call));
    let children = signalwire.children(&call("1a-2b")).unwrap();
    assert_eq!(asked(&children), (Method::GET, format!("{calls}?ParentCallSid=1a-2b&PageSize=20").as_str()));
    let body = json!({ "calls": [{ "sid": "3c", "status": "in-progress" }], "page": 0 }).to_string();
    assert_eq!(signalwire.read_children(&call("1a-2b"), body.as_bytes()), Some(true));
    let body = json!({ "sid": "3c-4d", "status": "queued", "price": null }).to_string();
    assert_eq!(signalwire.read_call(body.as_bytes()), Some(call("3c-4d")));
}

#[test]
fn plivo_ends_places_and_moves_calls_as_documented() {
    let plivo = account(Interface::Plivo, "https://api.plivo.com/v1", "MA1");
    let id = call("eba53b9e-8fbd-45c1-9444-696d2172fbc8");
    let ended = plivo.hang_up(&id);
    let url = "https://api.plivo.com/v1/Account/MA1/Call/eba53b9e-8fbd-45c1-9444-696d2172fbc8/";
    assert_eq!((asked(&ended), &ended.body), ((Method::DELETE, url), &Body::None));
    assert_eq!(plivo.cancel(&id), None, "the same ends a call in the queue");

    let rung = rung(&plivo, &our_end(), "7e");
    assert_eq!(asked(&rung), (Method::POST, "https://api.plivo.com/v1/Account/MA1/Call/"));
    assert_eq!(rung.authorization, Authorization::Basic("MA1".to_owned(), Phi::new(SECRET.replace(' ', "-"))));
    let Body::Json(order) = &rung.body else { panic!("not JSON: {rung:?}") };
    let expected = json!({
        "to": "12125550190", "from": "12125550111", "ring_timeout": 25,
        "answer_url": "https://phone.example.org/streams/instructions/7e", "answer_method": "GET",
        "hangup_url": "https://phone.example.org/streams/told/7e", "hangup_method": "POST",
    });
    assert_eq!(order.expose(), &expected);
    let body = json!({ "message": "call fired", "request_uuid": id.as_str(), "api_id": "97ce" }).to_string();
    assert_eq!(plivo.read_call(body.as_bytes()), Some(id.clone()));
    assert_eq!(plivo.read_call(json!({ "request_uuid": ["a", "b"] }).to_string().as_bytes()), None, "several calls");

    let end = OurEnd { token: Some(Phi::new("THETOKEN".to_owned())), ..our_end() };
    let stream = |headers: &str| {
        format!(
            "<Stream bidirectional=\"true\" keepCallAlive=\"true\" contentType=\"audio/x-mulaw;rate=8000\" \
             extraHeaders=\"token=THETOKEN,{headers}\">wss://phone.example.org/streams</Stream></Response>"
        )
    };
    assert_eq!(of_the_doctor(&plivo, &end).expose(), &format!("<Response>{}", stream("ringing=0f")));

    let moved = moved(&plivo, &id, None).unwrap();
    assert_eq!(asked(&moved), (Method::POST, url));
    let Body::Json(order) = &moved.body else { panic!("not JSON: {moved:?}") };
    let address = "https://phone.example.org/streams/instructions/7e";
    assert_eq!(order.expose(), &json!({ "legs": "aleg", "aleg_url": address, "aleg_method": "GET" }));
    let dial = "<Dial timeout=\"20\" callerId=\"12125550111\" callbackUrl=\"https://phone.example.org/streams/told/7e\" \
                callbackMethod=\"POST\"><Number>12125550190</Number></Dial>";
    let parameters = [("back", "0f"), ("from", "+12125550142"), ("to", "sip:practice@example.org")];
    let fetched = of_the_caller(&plivo, &end, &parameters);
    assert_eq!(fetched.expose(), &format!("<Response>{dial}{}", stream("back=0f,from=12125550142")));
    assert_eq!((plivo.look(&id), plivo.children(&id)), (None, None), "it tells by itself");
}

#[test]
fn a_provider_tells_how_far_a_call_is() {
    for (told, progress) in [
        (json!({ "CallStatus": "busy", "HangupCause": "USER_BUSY" }), Progress::Busy),
        (json!({ "CallStatus": "no-answer" }), Progress::Over),
        (json!({ "CallStatus": "timeout" }), Progress::Over),
        (json!({ "CallStatus": "failed" }), Progress::Over),
        (json!({ "CallStatus": "cancel" }), Progress::Over),
        (json!({ "CallStatus": "completed" }), Progress::Over),
        (json!({ "CallStatus": "of a later version" }), Progress::Over),
        (json!({}), Progress::Over),
        (json!({ "CallStatus": "ringing" }), Progress::Rings),
        (json!({ "CallStatus": "in-progress" }), Progress::PickedUp),
        // Plivo's of a doctor who is called for a caller: the status is the caller's.
        (json!({ "CallStatus": "in-progress", "DialAction": "answer" }), Progress::PickedUp),
        (json!({ "CallStatus": "in-progress", "DialAction": "connected" }), Progress::PickedUp),
        (json!({ "CallStatus": "in-progress", "DialAction": "digits" }), Progress::Rings),
        (json!({ "CallStatus": "in-progress", "DialAction": "hangup" }), Progress::Over),
        (json!({ "CallStatus": "in-progress", "DialAction": "of a later version" }), Progress::Rings),
    ] {
        assert_eq!(serde_json::from_value::<Report>(told.clone()).unwrap().progress(), progress, "{told}");
    }
}

#[test]
fn no_id_leads_elsewhere_and_none_ends_every_call() {
    for id in ["", "/", "..", "CA1/../../AC9", "CA1.json", "CA1?x=1", "CA1#", "CA1%2f", "CA1\\", "CA 1", "CA1\r\n", "Ü"]
    {
        assert_eq!(RemoteId::of(id), None, "{id}");
    }
    assert_eq!(RemoteId::of(&"a".repeat(257)), None);
    rustls::crypto::ring::default_provider().install_default().ok();
    let rest = Rest::open(RestOptions { account: twilio(), end: our_end(), from: None, may_ring: Vec::new() }).unwrap();
    let ids = |call: &str| crate::streams::CallIds {
        stream: "MZ1".to_owned().try_into().unwrap(),
        call: call.to_owned().try_into().unwrap(),
        account: None,
    };
    assert_eq!(rest.call_of(Provider::Twilio, &ids("CA1")), Some(call("CA1")));
    assert_eq!(rest.call_of(Provider::Twilio, &ids("CA1/../x")), None);
    assert_eq!(rest.call_of(Provider::Plivo, &ids("CA1")), None, "another provider's");
}

#[test]
fn an_account_is_asked_over_tls_or_on_this_machine() {
    let check = |base: &str, id: &str, secret: &str| {
        Account::check(Interface::Twilio, base, id, Phi::new(secret.to_owned())).map(drop)
    };
    assert_eq!(check("http://127.0.0.1:8080", "AC1", "s"), Ok(()));
    assert_eq!(check("http://[::1]:8080/api/laml/", "AC1", "s"), Ok(()));
    assert_eq!(check("http://api.twilio.com", "AC1", "s"), Err(BadAccount::NotEncrypted));
    assert_eq!(check("http://127.0.0.1.example.org", "AC1", "s"), Err(BadAccount::NotEncrypted));
    assert_eq!(check("ftp://127.0.0.1", "AC1", "s"), Err(BadAccount::NotEncrypted));
    assert_eq!(check("https://api.twilio.com?x=1", "AC1", "s"), Err(BadAccount::NotAnAddress));
    assert_eq!(check("https://me@api.twilio.com", "AC1", "s"), Err(BadAccount::NotAnAddress));
    assert_eq!(check("api.twilio.com", "AC1", "s"), Err(BadAccount::NotAnAddress));
    assert_eq!(check("https://api.twilio.com", "AC1/..", "s"), Err(BadAccount::NotAnId));
    assert_eq!(check("https://api.twilio.com", "AC1", ""), Err(BadAccount::NoSecret));
}

#[test]
fn neither_secrets_nor_numbers_are_printed() {
    let rung = rung(&twilio(), &our_end(), "");
    let moved = of_the_caller(&telnyx(), &our_end(), &[("back", "0f")]);
    let printed = format!("{:?} {rung:?} {:?} {moved:?}", twilio(), our_end());
    assert!(!printed.contains("a-secret") && !printed.contains("5550190") && !printed.contains("\"b\""), "{printed}");
}
