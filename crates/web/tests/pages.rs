//! The pages over real HTTP.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
use domain::{CallId, CaseDraft, CaseId, CaseStanding, CaseUpdate, Phi, RedFlagId, RequestId, Urgency};
use jiff::tz::TimeZone;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, Response};
use store::{CaseEvent, CaseFile, CaseRow, OpenOptions, Secret, Store};
use tokio::sync::watch;
use web::{
    AcknowledgeError, Acknowledgements, Clock, GatewayPosts, InboxDesk, LinkedPage, Parts, Posted, Readiness, Scheme,
    TrunkReport, Trunks,
};

const LINK: &str = "right-token";
const TOKEN: &str = "the operator's token";
const ATTACK: &str = "<script>alert('x')</script> \"quoted\" & more";

/// An office with one case; counts how often it was taken.
struct OneCase {
    case: CaseId,
    taken: AtomicU32,
    closed: AtomicBool,
    /// How urgent the case was on the pages from which it was taken.
    shown: Mutex<Vec<Urgency>>,
}

impl OneCase {
    fn linked(&self, case: CaseId, token: &str) -> Result<LinkedPage, AcknowledgeError> {
        if token == "no-office" {
            return Err(AcknowledgeError::Unavailable);
        }
        if case != self.case || token != LINK {
            return Err(AcknowledgeError::BadLink);
        }
        let taken = self.taken.load(Ordering::SeqCst) > 0;
        Ok(LinkedPage {
            practice: "Riverside & Sons".to_owned(),
            zone: TimeZone::get("America/New_York").expect("a zone"),
            clinician: "Doctor Ann".to_owned(),
            standing: match (self.closed.load(Ordering::SeqCst), taken) {
                (true, _) => CaseStanding::Closed { by: "Doctor Ann".to_owned() },
                (false, true) => CaseStanding::Taken {
                    by: "Doctor Ann".to_owned(),
                    pages_again: "2026-03-02T14:25:00Z".parse().ok(),
                },
                (false, false) => CaseStanding::Open,
            },
            file: file(case),
        })
    }
}

impl Acknowledgements for OneCase {
    async fn look(&self, case: CaseId, token: &str) -> Result<LinkedPage, AcknowledgeError> {
        self.linked(case, token)
    }

    async fn acknowledge(&self, case: CaseId, token: &str, shown: Urgency) -> Result<LinkedPage, AcknowledgeError> {
        self.linked(case, token)?;
        self.shown.lock().expect("alive").push(shown);
        self.taken.fetch_add(1, Ordering::SeqCst);
        self.linked(case, token)
    }

    async fn caller_reached(&self, case: CaseId, token: &str, _shown: Urgency) -> Result<LinkedPage, AcknowledgeError> {
        self.linked(case, token)?;
        self.closed.store(true, Ordering::SeqCst);
        self.linked(case, token)
    }
}

fn file(id: CaseId) -> CaseFile {
    let at = |time: &str| format!("2026-03-02T{time}Z").parse().expect("a time");
    let call = CallId::new();
    let event = |request, time, update| CaseEvent { call, request: RequestId(request), at: at(time), update };
    CaseFile {
        case: CaseRow {
            id,
            call,
            request: RequestId(1),
            practice: "riverside".into(),
            reference: "KT-4821".to_owned(),
            opened_at: at("14:05:00"),
            urgency: Urgency::Emergency,
            draft: CaseDraft {
                urgency: Urgency::Urgent,
                caller: domain::CallerKind::Patient,
                red_flags: vec![RedFlagId("chest_pain".to_owned())],
                heard: Phi::from(ATTACK),
                callback: Some(Phi::new("+15550000001".parse().expect("a number"))),
                unconfirmed: false,
                continues: None,
            },
            state: String::new(),
            acknowledged: None,
            closed: None,
        },
        events: vec![
            event(2, "14:05:30", CaseUpdate::Callback(Phi::new("+15551234567".parse().expect("a number")))),
            event(3, "14:06:00", CaseUpdate::WhoIsThere(Phi::from("my <b>son</b>"))),
            event(4, "14:06:30", raised()),
            event(5, "14:07:00", CaseUpdate::StoppedAnswering),
        ],
        pages: Vec::new(),
    }
}

fn raised() -> CaseUpdate {
    let red_flags = vec![RedFlagId("chest_pain".to_owned()), RedFlagId("arm_or_jaw_pain".to_owned())];
    CaseUpdate::Raised { urgency: Urgency::Emergency, red_flags }
}

impl GatewayPosts for OneCase {
    async fn text_message(&self, post: &Posted) -> Result<String, AcknowledgeError> {
        if post.signature == "good" {
            Ok(format!("<{} {:?}/>", post.path, post.form))
        } else {
            Err(AcknowledgeError::BadLink)
        }
    }

    async fn key_pressed(
        &self,
        case: CaseId,
        token: &str,
        told: Urgency,
        post: &Posted,
    ) -> Result<String, AcknowledgeError> {
        self.linked(case, token)?;
        Ok(format!("{told} {}", self.text_message(post).await?))
    }

    async fn page_reported(&self, case: CaseId, attempt: u32, post: &Posted) -> Result<String, AcknowledgeError> {
        Ok(format!("page {attempt} of {case} {}", self.text_message(post).await?))
    }

    async fn test_page_reported(
        &self,
        clinician: &str,
        way: &str,
        sent_ms: i64,
        post: &Posted,
    ) -> Result<String, AcknowledgeError> {
        Ok(format!("{clinician} by {way} at {sent_ms} {}", self.text_message(post).await?))
    }
}

struct Site {
    base: String,
    client: Client,
    office: Arc<OneCase>,
    store: Store,
    readiness: watch::Sender<Readiness>,
    trunks: Arc<Mutex<Vec<TrunkReport>>>,
    _dir: tempfile::TempDir,
}

impl Site {
    async fn start(token: Option<&str>, scheme: Scheme) -> Self {
        // Fails from the second test of a process on, when it is there already.
        rustls::crypto::ring::default_provider().install_default().ok();
        let dir = tempfile::tempdir().expect("a directory");
        let key = Secret::new("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
        let store = Store::open(&OpenOptions::new(dir.path().join("p.db"), key)).await.expect("opens");
        let office = Arc::new(OneCase {
            case: CaseId::new(),
            taken: AtomicU32::new(0),
            closed: AtomicBool::new(false),
            shown: Mutex::default(),
        });
        let (sender, readiness) = watch::channel(Readiness::Ready);
        let trunks = Arc::<Mutex<Vec<TrunkReport>>>::default();
        let told = Arc::clone(&trunks);
        let router = web::router(Parts {
            store: store.clone(),
            inbox: InboxDesk {
                practice: "riverside".into(),
                name: "Riverside & Sons".to_owned(),
                zone: TimeZone::UTC,
                clock: Clock::new(|| "2026-03-02T14:00:00Z".parse().expect("a time")),
            },
            acknowledgements: Arc::clone(&office),
            readiness,
            trunks: Trunks::new(move || told.lock().expect("nobody panics with it").clone()),
            token: token.map(Secret::new),
            scheme,
            proxies: Vec::new(),
            legs: Router::new().route("/call/ws", get(async || "a leg")),
            open_legs: Router::new().route("/streams", get(async || "a stream")),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Self { base, client, office, store, readiness: sender, trunks, _dir: dir }
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let mut request = self.client.request(method, format!("{}{path}", self.base)).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.expect("an answer")
    }

    async fn get(&self, path: &str) -> Response {
        self.ask(Method::GET, path, &[], "").await
    }

    async fn post(&self, path: &str, form: &str) -> Response {
        self.ask(Method::POST, path, &[("content-type", "application/x-www-form-urlencoded")], form).await
    }

    fn taken(&self) -> u32 {
        self.office.taken.load(Ordering::SeqCst)
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).unwrap_or_else(|| panic!("{name} is missing")).to_str().expect("ASCII")
}

#[tokio::test]
async fn every_answer_is_hardened() {
    let site = Site::start(Some(TOKEN), Scheme::Http).await;
    for path in ["/", "/livez", "/ack/nonsense", "/call/call.js", "/nowhere", "/ack/style.css", "/inbox/style.css"] {
        let answer = site.get(path).await;
        let policy = header(answer.headers(), "content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        for (name, value) in [
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(header(answer.headers(), name), value, "{path}");
        }
    }
}

#[tokio::test]
async fn the_callers_page_is_served_with_all_it_loads() {
    let site = Site::start(None, Scheme::Http).await;
    let html = site.get("/call").await.text().await.expect("text");
    let scripts = site.get("/call/call.js").await.text().await.expect("text")
        + &site.get("/call/line.js").await.text().await.expect("text");
    let is_path = |word: &&str| word.starts_with("/call/") && word.contains('.');
    let loaded: Vec<_> = html.split('"').chain(scripts.split('"')).filter(is_path).collect();
    assert!(loaded.len() >= 4, "{loaded:?}");
    for path in loaded {
        assert_eq!(site.get(path).await.status(), 200, "{path}");
    }
    assert!(!html.contains("style=\"") && !html.contains("<script>"), "nothing inline: the policy forbids it");
    assert!(site.get("/").await.text().await.expect("text").contains("href=\"/call\""));
}

#[tokio::test]
async fn opening_the_link_shows_the_case_and_takes_nothing() {
    let site = Site::start(Some(TOKEN), Scheme::Http).await;
    let path = format!("/ack/{}?t={LINK}", site.office.case);
    for method in [Method::HEAD, Method::GET, Method::GET] {
        assert_eq!(site.ask(method, &path, &[], "").await.status(), 200);
    }
    assert_eq!(site.taken(), 0);
    let html = site.get(&path).await.text().await.expect("text");
    assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
    for expected in [
        "Emergency KT-4821",
        "Riverside &amp; Sons",
        "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &quot;quoted&quot; &amp; more",
        "chest pain, arm or jaw pain",
        "09:05:00, Monday 2 March",
        "<h2>Call back</h2>\n<p><a href=\"tel:+15551234567\">", // the later number
        "my &lt;b&gt;son&lt;/b&gt;",
        "The caller stopped answering",
        "I am Doctor Ann, and I take this case",
        "method=\"post\"",
    ] {
        assert!(html.contains(expected), "{expected} is missing in {html}");
    }
}

#[tokio::test]
async fn only_a_post_takes_the_case_and_leads_back_to_the_page() {
    let site = Site::start(None, Scheme::Http).await;
    let path = format!("/ack/{}", site.office.case);
    let shown = site.get(&format!("{path}?t={LINK}")).await.text().await.expect("text");
    assert!(shown.contains("name=\"u\" value=\"emergency\""), "{shown}");
    let answer = site.post(&path, &format!("t={LINK}&u=emergency")).await;
    assert_eq!(*site.office.shown.lock().expect("alive"), [Urgency::Emergency]);
    assert_eq!(answer.status(), 303);
    assert_eq!(header(answer.headers(), "location"), format!("{path}?t={LINK}"));
    assert_eq!(site.taken(), 1);
    let html = site.get(&format!("{path}?t={LINK}")).await.text().await.expect("text");
    assert!(
        html.contains("You have taken this case") && html.contains("pages again at") && html.contains("09:25:00"),
        "{html}"
    );
    assert!(
        html.contains(&format!("action=\"{path}/reached\"")) && !html.contains(&format!("action=\"{path}\"")),
        "{html}"
    );
    assert_eq!(site.post(&format!("{path}/reached"), "t=wrong").await.status(), 404);
    assert_eq!(site.get(&format!("{path}/reached?t={LINK}")).await.status(), 405, "a link never closes");
    let answer = site.post(&format!("{path}/reached"), &format!("t={LINK}")).await;
    assert_eq!((answer.status().as_u16(), header(answer.headers(), "location")), (303, &*format!("{path}?t={LINK}")));
    let html = site.get(&format!("{path}?t={LINK}")).await.text().await.expect("text");
    assert!(html.contains("The caller was reached") && !html.contains("<button"), "{html}");
}

#[tokio::test]
async fn a_wrong_link_shows_nothing_in_one_answer_whatever_is_wrong() {
    let site = Site::start(None, Scheme::Http).await;
    let case = site.office.case;
    let paths = [
        format!("/ack/{case}"),
        format!("/ack/{case}?t=wrong"),
        format!("/ack/{case}?t="),
        format!("/ack/{}?t={LINK}", CaseId::new()),
        format!("/ack/not-a-case?t={LINK}"),
    ];
    let mut answers = Vec::new();
    for path in &paths {
        let answer = site.get(path).await;
        assert_eq!(answer.status(), 404, "{path}");
        answers.push(answer.text().await.expect("text"));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    for form in ["", "t=wrong", "x=1", &format!("t={}", "A".repeat(10_000))] {
        assert_eq!(site.post(&format!("/ack/{case}"), form).await.status(), 404);
    }
    assert_eq!(site.taken(), 0);
    let answer = site.post(&format!("/ack/{case}"), "t=no-office").await;
    assert_eq!(answer.status(), 503);
    assert!(answer.text().await.expect("text").contains("Nothing was changed"));
}

#[tokio::test]
async fn the_token_guards_everything_but_liveness_and_links() {
    let site = Site::start(Some(TOKEN), Scheme::Http).await;
    let link = format!("/ack/{}?t={LINK}", site.office.case);
    for (path, without) in [
        ("/", 401),
        ("/call", 401),
        ("/call/call.js", 401),
        ("/call/ws", 401),
        ("/readyz", 401),
        ("/livez", 200),
        ("/streams", 200),
        ("/ack/style.css", 200),
        (link.as_str(), 200),
    ] {
        assert_eq!(site.get(path).await.status(), without, "{path}");
        let bearer = format!("Bearer {TOKEN}");
        assert_eq!(site.ask(Method::GET, path, &[("authorization", &bearer)], "").await.status(), 200, "{path}");
    }
    for wrong in ["Bearer wrong", "Bearer ", TOKEN, "Basic eDp5"] {
        assert_eq!(site.ask(Method::GET, "/", &[("authorization", wrong)], "").await.status(), 401, "{wrong}");
    }
}

#[tokio::test]
async fn the_token_in_the_address_is_exchanged_for_a_cookie_once() {
    let query = format!("?token={}", TOKEN.replace(' ', "%20"));
    for (scheme, secure) in [(Scheme::Http, false), (Scheme::Https, true)] {
        let site = Site::start(Some(TOKEN), scheme).await;
        let answer = site.get(&format!("/call{query}")).await;
        assert_eq!(answer.status(), 303);
        assert_eq!(header(answer.headers(), "location"), "/call");
        let cookie = header(answer.headers(), "set-cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && !cookie.contains(TOKEN));
        assert_eq!(cookie.contains("Secure"), secure);
        let pair = cookie.split(';').next().expect("a pair");
        let both = format!("other=1; {pair}");
        assert_eq!(site.ask(Method::GET, "/call", &[("cookie", &both)], "").await.status(), 200);
        assert_eq!(site.ask(Method::GET, "/call", &[("cookie", "firstring=guess")], "").await.status(), 401);
        let elsewhere = site.get(&format!("//evil.example{query}")).await;
        assert_eq!(elsewhere.status(), 404, "never to another host");
        assert_eq!(site.get("/call?token=wrong").await.status(), 401);
        assert_eq!(site.post(&format!("/call{query}"), "").await.status(), 401, "only a page is redirected");
    }
}

#[tokio::test]
async fn readiness_tells_what_it_waits_for() {
    let site = Site::start(None, Scheme::Http).await;
    let ready = async || {
        let answer = site.get("/readyz").await;
        (answer.status().as_u16(), answer.text().await.expect("text"))
    };
    assert_eq!(ready().await, (200, "{\"ready\":true}".to_owned()));
    let carrier = TrunkReport { name: "carrier".to_owned(), registered: Some(false), answers: None };
    site.trunks.lock().expect("nobody panics with it").push(carrier);
    let told = "{\"ready\":true,\"trunks\":[{\"name\":\"carrier\",\"registered\":false,\"answers\":null}]}";
    assert_eq!(ready().await, (200, told.to_owned()), "a trunk makes nothing unready");
    site.trunks.lock().expect("nobody panics with it").clear();
    let waiting_for = "loading the recogniser".to_owned();
    site.readiness.send(Readiness::Starting { waiting_for }).expect("somebody listens");
    assert_eq!(ready().await, (503, "{\"ready\":false,\"waiting_for\":\"loading the recogniser\"}".to_owned()));
    site.readiness.send(Readiness::Ready).expect("somebody listens");
    site.store.close().await;
    let (status, report) = ready().await;
    assert!(status == 503 && report.contains("the database is closed"), "{report}");
    assert_eq!(site.get("/livez").await.status(), 200);
}

#[tokio::test]
async fn what_a_gateway_posts_is_handed_over_as_it_was_signed() {
    let site = Site::start(Some(TOKEN), Scheme::Http).await;
    let form = "From=%2B12125550142&Body=1+1234&Body=again";
    let sent = async |path: &str, signature: &str| {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-twilio-signature", signature)];
        site.ask(Method::POST, path, &headers, form).await
    };
    let told = sent("/gateway/sms?x=a%20b", "good").await;
    assert_eq!(header(told.headers(), "content-type"), "text/xml; charset=utf-8");
    let told = told.text().await.expect("text");
    assert_eq!(told, r#"</gateway/sms?x=a%20b [("From", "+12125550142"), ("Body", "1 1234"), ("Body", "again")]/>"#);
    let key = format!("/gateway/key/{}", site.office.case);
    let told = sent(&format!("{key}?t={LINK}&u=urgent"), "good").await;
    let told = told.text().await.expect("text");
    assert!(told.starts_with("urgent") && told.contains(&key), "{told}");
    let status = format!("/gateway/status/{}", site.office.case);
    let told = sent(&format!("{status}/7"), "good").await.text().await.expect("text");
    let expected = format!("page 7 of {} <{status}/7 [(\"From\"", site.office.case);
    assert!(told.starts_with(&expected), "{told}");
    let told = sent("/gateway/test/ann%20b/sms/1772442000000", "good").await.text().await.expect("text");
    let expected = "ann b by sms at 1772442000000 </gateway/test/ann%20b/sms/1772442000000 [";
    assert!(told.starts_with(expected), "{told}");
    for (path, signature, status) in [
        (format!("{status}/7"), "bad", 403),
        (format!("{status}/7"), "", 403),
        (format!("{status}/-1"), "good", 400),
        (format!("{status}/x"), "good", 400),
        ("/gateway/status/x/1".to_owned(), "good", 400),
        (status.clone(), "good", 404),
        ("/gateway/test/ann/sms/1".to_owned(), "bad", 403),
        ("/gateway/test/ann/sms/today".to_owned(), "good", 400),
        ("/gateway/sms".to_owned(), "", 403),
        (format!("{key}?t={LINK}&u=urgent"), "bad", 403),
        (format!("{key}?t=AAAAAAAAAAAAAAAAAAAAAA&u=urgent"), "good", 403),
        (key.clone(), "good", 400),
        (format!("{key}?t={LINK}"), "good", 400),
        ("/gateway/key/x?t=y".to_owned(), "good", 400),
    ] {
        assert_eq!(sent(&path, signature).await.status(), status, "{path}");
    }
    assert_eq!(site.get("/gateway/sms").await.status(), 405);
    assert_eq!(site.get(&format!("{status}/7")).await.status(), 405);
}
