//! The inbox over real HTTP.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

mod practice;

use domain::{MessageId, Phi, Urgency};
use jiff::{SignedDuration, Timestamp};
use practice::{ANN, PASSWORD, Practice, at, header, message, riverside};
use reqwest::Method;
use store::MessageDeed::{self, CalledBack, Done, Opened, Reopened};
use store::{MessageRow, NoticeWay, Notify, SESSION_MAX, SessionToken, WorkRow};
use web::Scheme;

const ATTACK: &str = "<script>alert('x')</script> \"quoted\" & more";

#[tokio::test]
async fn staff_log_in_read_call_back_and_close() {
    let practice = Practice::open(Scheme::Http).await;
    let row = practice.left(|_| {}).await;
    let session = practice.log_in().await;
    let list = session.page("/inbox").await;
    for expected in
        ["Riverside &amp; Sons", "Ada Byron", "prescription refill", ">Routine<", "04:00, Mon 2 Mar 2026", "new</td>"]
    {
        assert!(list.contains(expected), "{expected} is missing in {list}");
    }
    assert!(!list.contains("inhaler"), "the list shows no words: {list}");

    let path = format!("/inbox/messages/{}", row.id);
    assert!(list.contains(&format!("href=\"{path}\"")));
    let shown = session.page(&path).await;
    for expected in [
        "Routine</strong>: prescription refill",
        "please renew my inhaler",
        "<a href=\"tel:+15551234567\">+15551234567</a> <span class=\"quiet\">(not confirmed)</span>",
        "<dt>Date of birth</dt><dd>14 March 1958 <span class=\"quiet\">(record)</span>",
        "<dt>Was told to hear from you</dt><dd>by the end of the day</dd>",
        "<dt>Calling</dt><dd>patient</dd>",
        "<dt>Name</dt><dd>Ada Byron <span class=\"quiet\">(read back)</span></dd>",
        "<dt>days left</dt><dd>three</dd>",
        "Nobody has opened it before",
        "I have called back</button>",
        "Done</button>",
    ] {
        assert!(shown.contains(expected), "{expected} is missing in {shown}");
    }
    assert!(!shown.contains("INCOMPLETE") && !shown.contains("Open again"), "{shown}");
    assert!(session.page("/inbox").await.contains("opened by Ann Reyes"));

    let answer = session.post(&path, "what=called_back&note=+left+a+voicemail+").await;
    assert_eq!((answer.status().as_u16(), header(&answer, "location")), (303, &*path));
    practice.later(SignedDuration::from_mins(2));
    let shown = session.page(&path).await;
    assert!(shown.contains("called back by Ann Reyes: left a voicemail"), "{shown}");
    let answer = session.post(&path, "what=done&note=").await;
    assert_eq!((answer.status().as_u16(), header(&answer, "location")), (303, "/inbox"));
    assert!(session.page("/inbox").await.contains("There are none"));
    assert!(session.page("/inbox/done").await.contains("done by Ann Reyes"));
    let shown = session.page(&path).await;
    assert!(shown.contains("Done since") && shown.contains("Open again</button>"), "{shown}");
    assert_eq!(session.post(&path, "what=reopened").await.status(), 303);
    assert!(session.page("/inbox").await.contains("opened again by Ann Reyes"));
    assert!(session.page("/inbox/done").await.contains("There are none"));
    for nonsense in ["what=opened", "what=", "", "note=x", "what=done&note=%FF%FE&what=done"] {
        assert!([400, 422].contains(&session.post(&path, nonsense).await.status().as_u16()), "{nonsense}");
    }
    let long = format!("what=called_back&note={}", "x".repeat(2001));
    assert_eq!(session.post(&path, &long).await.status(), 400);

    let work: Vec<_> = practice.store.inbox_message(&riverside(), row.id).await.unwrap().unwrap().1;
    let deeds: Vec<_> = work.iter().map(|row| row.what).collect();
    assert_eq!(deeds, [Opened, CalledBack, Done, Reopened], "opened once, however often she looks");
    assert!(practice.store.verify_ledger(&riverside(), None).await.unwrap().flaws.is_empty());
}

#[tokio::test]
async fn every_login_and_every_read_is_written_down() {
    let practice = Practice::open(Scheme::Http).await;
    let rows = [practice.left(|_| {}).await, practice.left(|_| {}).await];
    let session = practice.log_in().await;
    session.page("/inbox").await;
    let path = format!("/inbox/messages/{}", rows[0].id);
    session.page(&path).await;
    session.page(&path).await;
    session.post(&path, "what=called_back").await;
    session.post(&path, "what=done").await;
    practice.post("/inbox/login", "name=ann+reyes&password=wrong").await;
    practice.post("/inbox/login", "name=correct-horse-battery&password=x").await;
    session.post("/inbox/logout", "").await;

    let trail = practice.audit().await;
    let object = format!("message {}", rows[0].id);
    let staff = "staff Ann Reyes";
    let expected: Vec<(&str, &str, &str)> = vec![
        (staff, "logged_in", "inbox"),
        (staff, "listed", trail[1].2.as_str()),
        (staff, "read", &object),
        (staff, "read", &object),
        (staff, "called_back", &object),
        (staff, "done", &object),
        ("inbox", "login_failed", staff),
        ("inbox", "login_failed", "an unknown name"),
        (staff, "logged_out", "inbox"),
    ];
    let told: Vec<_> = trail.iter().map(|(who, what, object)| (who.as_str(), what.as_str(), object.as_str())).collect();
    assert_eq!(told, expected);
    assert!(rows.iter().all(|row| trail[1].2.contains(&row.id.to_string())), "which messages stood in the list");
    assert!(trail.iter().all(|row| !format!("{row:?}").contains("horse")), "a password in the wrong field is not kept");
}

#[tokio::test]
async fn nothing_is_shown_that_cannot_be_written_down() {
    let practice = Practice::open(Scheme::Http).await;
    let row = practice.left(|_| {}).await;
    let session = practice.log_in().await;
    let path = format!("/inbox/messages/{}", row.id);
    practice.sql("CREATE TRIGGER no_audit BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END").await;
    for page in ["/inbox", "/inbox/done", &path] {
        let answer = session.get(page).await;
        assert_eq!(answer.status(), 503, "{page}");
        assert_eq!(header(&answer, "retry-after"), "30");
        let html = answer.text().await.unwrap();
        assert!(!html.contains("Byron") && !html.contains("inhaler") && html.contains("Nothing is shown"), "{html}");
    }
    assert_eq!(session.post(&path, "what=done").await.status(), 503);
    for login in [format!("name=Ann+Reyes&password={PASSWORD}"), "name=x&password=y".to_owned()] {
        let answer = practice.post("/inbox/login", &login).await;
        assert_eq!(answer.status(), 503);
        assert!(answer.headers().get("set-cookie").is_none());
    }
    practice.sql("DROP TRIGGER no_audit").await;
    assert!(session.page("/inbox").await.contains("new</td>"), "nothing was done");
    practice.sql("ALTER TABLE audit RENAME TO gone").await;
    assert_eq!(session.get(&path).await.status(), 503);
}

#[tokio::test]
async fn another_practices_message_and_one_that_is_not_there_are_answered_alike() {
    let practice = Practice::open(Scheme::Http).await;
    let foreign = practice.left(|row| row.practice = "lakeside".into()).await;
    let own = practice.left(|_| {}).await;
    let session = practice.log_in().await;
    let mut answers = Vec::new();
    let paths = [foreign.id.to_string(), MessageId::new().to_string(), "not-an-id".to_owned()];
    for id in &paths {
        let path = format!("/inbox/messages/{id}");
        let (read, done) = (session.get(&path).await, session.post(&path, "what=done&note=x").await);
        assert_eq!((read.status().as_u16(), done.status().as_u16()), (404, 404), "{id}");
        answers.extend([read.text().await.unwrap(), done.text().await.unwrap()]);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    let list = session.page("/inbox").await;
    assert!(list.contains(&own.id.to_string()) && !list.contains(&foreign.id.to_string()));
    assert!(session.page(&format!("/inbox?after={}", foreign.id)).await.contains("There are none"));
    assert!(practice.audit().await.iter().all(|(_, _, object)| !object.contains(&foreign.id.to_string())));
    let (row, work) = practice.store.inbox_message(&"lakeside".into(), foreign.id).await.unwrap().unwrap();
    assert!(row.done_at.is_none() && work.is_empty());

    let token = SessionToken::random();
    practice.add("lakeside", "Bo").await;
    practice.store.begin_session(&"lakeside".into(), "Bo", &token, practice.now()).await.unwrap();
    let theirs = practice.with_cookie(&format!("firstring_session={}", token.expose()));
    let answer = theirs.get("/inbox").await;
    assert_eq!(
        (answer.status().as_u16(), header(&answer, "location")),
        (303, "/inbox/login"),
        "a session of elsewhere"
    );
}

#[tokio::test]
async fn what_a_caller_said_is_never_html() {
    let practice = Practice::open(Scheme::Http).await;
    let row = practice
        .left(|row| {
            row.draft.text = Phi::from(ATTACK);
            row.draft.name = Some(Phi::from(ATTACK));
            row.draft.fields[0].1 = Phi::from(ATTACK);
        })
        .await;
    let session = practice.log_in().await;
    let path = format!("/inbox/messages/{}", row.id);
    session.post(&path, "what=called_back&note=%3Cscript%3Ealert(1)%3C/script%3E").await;
    for page in ["/inbox", "/inbox/done", &path, &format!("/inbox?after={}", row.id)] {
        let html = session.page(page).await;
        assert!(!html.contains("<script") && !html.contains("style=\""), "{html}");
    }
    let html = session.page(&path).await;
    assert_eq!(
        html.matches("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &quot;quoted&quot; &amp; more").count(),
        3
    );
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
}

#[tokio::test]
async fn an_incomplete_a_continued_and_a_redacted_message_say_so() {
    let practice = Practice::open(Scheme::Http).await;
    let first = practice.left(|row| row.draft.complete = false).await;
    let later = practice.left(|row| row.draft.continues = Some(first.id)).await;
    let session = practice.log_in().await;
    assert_eq!(session.page("/inbox").await.matches("INCOMPLETE").count(), 1);
    let link = |row: &MessageRow| format!("/inbox/messages/{}", row.id);
    let html = session.page(&link(&first)).await;
    assert!(
        html.contains("<strong>INCOMPLETE</strong>") && html.contains(&format!("href=\"{}\"", link(&later))),
        "{html}"
    );
    let html = session.page(&link(&later)).await;
    assert!(html.contains(&format!("Goes on from</dt><dd><a href=\"{}\">", link(&first))), "{html}");
    assert!(!html.contains("INCOMPLETE"), "{html}");

    session.post(&link(&first), "what=called_back&note=talked+to+Ada").await;
    let why = Phi::from("asked for in <writing>");
    practice.store.redact_message(&riverside(), first.id, "Ann Reyes", &why, practice.now()).await.unwrap();
    let (list, html) = (session.page("/inbox/done").await, session.page(&link(&first)).await);
    assert!(list.contains(">Redacted</a>"), "{list}");
    assert!(html.contains("Redacted</strong>") && html.contains("asked for in &lt;writing&gt;"), "{html}");
    for gone in ["inhaler", "Byron", "talked to Ada", "tel:"] {
        assert!(!html.contains(gone), "{gone} is still there: {html}");
    }
    assert!(html.contains("called back by Ann Reyes<"), "what was done stays: {html}");
}

#[tokio::test]
async fn the_most_urgent_come_first_then_the_oldest_in_pages_of_25() {
    let practice = Practice::open(Scheme::Http).await;
    let mut ids = Vec::new();
    for number in 0..60_i64 {
        let row = practice
            .left(|row| {
                row.saved_at = at(600 - number);
                let urgency = [Urgency::Routine, Urgency::Emergency, Urgency::Urgent][number as usize % 3];
                row.draft.urgency = urgency;
            })
            .await;
        ids.push((std::cmp::Reverse(row.draft.urgency), row.saved_at, row.id));
    }
    ids.sort();
    let session = practice.log_in().await;
    let (mut path, mut seen, mut pages) = ("/inbox".to_owned(), Vec::new(), 0);
    loop {
        let html = session.page(&path).await;
        let found = html.split("href=\"/inbox/messages/").skip(1).map(|rest| rest[..36].parse().unwrap());
        seen.extend(found.map(|uuid: uuid::Uuid| MessageId(uuid)));
        pages += 1;
        let Some((_, next)) = html.split_once("href=\"/inbox?after=") else { break };
        path = format!("/inbox?after={}", &next[..36]);
    }
    assert_eq!(pages, 3);
    assert_eq!(seen, ids.iter().map(|(_, _, id)| *id).collect::<Vec<_>>());
    for (n, id) in seen.iter().take(30).enumerate() {
        let done = WorkRow { at: at(n as i64), by: "Ann".to_owned(), what: MessageDeed::Done, note: None };
        practice.store.work_on_message(&riverside(), *id, &done).await.unwrap();
    }
    let html = session.page("/inbox/done").await;
    assert!(html.contains(&format!("/inbox/done?after={}", seen[5])), "what was done last comes first: {html}");
    assert!(session.page(&format!("/inbox/done?after={}", seen[5])).await.contains(&seen[0].to_string()));
    assert_eq!(session.get("/inbox?after=nonsense").await.status(), 404);
}

#[tokio::test]
async fn messages_that_the_practices_system_does_not_take_raise_an_alarm() {
    let practice = Practice::open(Scheme::Http).await;
    let row = message(&practice.now());
    practice.store.save_message(&row, Notify::Practice).await.unwrap();
    let session = practice.log_in().await;
    assert!(!session.page("/inbox").await.contains("has not taken"));
    practice.later(SignedDuration::from_mins(11));
    practice.store.notifications_failed(NoticeWay::Webhook, &[row.id], practice.now()).await.unwrap();
    let html = session.page("/inbox").await;
    assert!(html.contains("has not taken 1 message since <time") && html.contains("role=\"alert\""), "{html}");
    assert_eq!(practice.store.unannounced_messages(&riverside()).await.unwrap()[&row.id], 1);
    practice.store.notifications_delivered(NoticeWay::Webhook, &[row.id], practice.now()).await.unwrap();
    assert!(!session.page("/inbox").await.contains("has not taken"));
    assert!(practice.store.unannounced_messages(&riverside()).await.unwrap().is_empty());

    let mailed = message(&practice.now());
    practice.store.save_message(&mailed, Notify::Mailbox { from: practice.now() }).await.unwrap();
    practice.later(SignedDuration::from_mins(11));
    let html = session.page("/inbox").await;
    assert!(html.contains("The mail server has not taken 1 message") && !html.contains("practice's system"), "{html}");
}

#[tokio::test]
async fn a_wrong_password_an_unknown_name_and_a_disabled_one_are_answered_alike() {
    let practice = Practice::open(Scheme::Http).await;
    practice.add("riverside", "Old Hand").await;
    practice.store.disable_staff(&riverside(), "Old Hand", practice.now()).await.unwrap();
    practice.add("lakeside", "Bo").await;
    let mut answers = Vec::new();
    for form in [
        "name=Ann+Reyes&password=wrong".to_owned(),
        "name=Ann+Reyes&password=".to_owned(),
        format!("name=Nobody&password={PASSWORD}"),
        format!("name=Bo&password={PASSWORD}"),
        format!("name=Old+Hand&password={PASSWORD}"),
        format!("name=&password={PASSWORD}"),
        format!("name={}&password={PASSWORD}", "n".repeat(65)),
    ] {
        let answer = practice.post("/inbox/login", &form).await;
        assert_eq!(answer.status(), 401, "{form}");
        assert!(answer.headers().get("set-cookie").is_none());
        answers.push(answer.text().await.unwrap());
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(answers[0].contains("Name or password is wrong"));
    for form in ["", "name=Ann", "password=x"] {
        assert_eq!(practice.post("/inbox/login", form).await.status(), 400, "{form}");
    }
    let answer = practice.post("/inbox/login", &format!("name=+ann+REYES+&password={PASSWORD}")).await;
    assert_eq!(answer.status(), 303, "a telephone writes capitals by itself");
}

#[tokio::test]
async fn who_guesses_waits_longer_and_longer() {
    let practice = Practice::open(Scheme::Http).await;
    let right = format!("name=Ann+Reyes&password={PASSWORD}");
    for _ in 0..5 {
        assert_eq!(practice.post("/inbox/login", "name=Ann+Reyes&password=wrong").await.status(), 401);
    }
    let answer = practice.post("/inbox/login", &right).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "retry-after")), (429, "60"), "not even with the right one");
    let html = answer.text().await.unwrap();
    assert!(html.contains("possible at <time datetime=\"2026-03-02T09:01:00Z\">04:01"), "{html}");
    practice.later(SignedDuration::from_secs(60));
    assert_eq!(practice.post("/inbox/login", "name=ann+reyes&password=wrong").await.status(), 401);
    let answer = practice.post("/inbox/login", &right).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "retry-after")), (429, "120"));
    practice.later(SignedDuration::from_secs(120));
    assert_eq!(practice.post("/inbox/login", &right).await.status(), 303);
    assert_eq!(practice.post("/inbox/login", "name=Ann+Reyes&password=wrong").await.status(), 401, "afresh");
    let locked = practice.audit().await.into_iter().filter(|(_, what, _)| what == "login_locked");
    assert_eq!(locked.map(|(_, _, object)| object).collect::<Vec<_>>(), ["staff Ann Reyes", "staff Ann Reyes"]);
}

#[tokio::test]
async fn who_guesses_keeps_nobody_else_from_logging_in() {
    let practice = Practice::open(Scheme::Http).await;
    let wrong = "name=Ann+Reyes&password=wrong";
    let right = format!("name=Ann+Reyes&password={PASSWORD}");
    for expected in [401, 401, 401, 401, 401, 429, 429] {
        // What stands before the address that our proxy has added, a guesser may write as they like.
        let answer = practice.post_from("192.0.2.1, 198.51.100.7", "/inbox/login", wrong).await;
        assert_eq!(answer.status(), expected);
    }
    let answer = practice.post_from("198.51.100.7", "/inbox/login", &right).await;
    assert_eq!(answer.status(), 429, "from there not even with the right one");
    assert_eq!(practice.post_from("203.0.113.5", "/inbox/login", &right).await.status(), 303, "from elsewhere");
    assert_eq!(practice.post("/inbox/login", &right).await.status(), 303);
}

#[tokio::test]
async fn tries_at_the_same_time_find_no_gap() {
    let practice = Practice::open(Scheme::Http).await;
    let tries = (0..12).map(|_| practice.post("/inbox/login", "name=Ann+Reyes&password=wrong"));
    let mut told = Vec::new();
    for answer in futures_util::future::join_all(tries).await {
        told.push(answer.status().as_u16());
    }
    told.sort_unstable();
    assert_eq!(told, [[401; 5].as_slice(), &[429; 7]].concat());
}

#[tokio::test]
async fn a_session_ends_by_itself_by_logging_out_and_by_being_disabled() {
    let practice = Practice::open(Scheme::Http).await;
    let row = practice.left(|_| {}).await;
    let path = format!("/inbox/messages/{}", row.id);
    let refused = async |session: &practice::Visitor, page: &str| {
        let answer = session.get(page).await;
        assert_eq!((answer.status().as_u16(), header(&answer, "location")), (303, "/inbox/login"), "{page}");
        assert!(answer.text().await.unwrap().is_empty());
    };
    for page in ["/inbox", "/inbox/done", &path, "/inbox/messages/nonsense", "/inbox?after=nonsense"] {
        refused(&practice.visitor(), page).await;
        refused(&practice.with_cookie("firstring_session=0000; firstring_session="), page).await;
    }

    let idle = practice.log_in().await;
    for _ in 0..4 {
        practice.later(SignedDuration::from_mins(14));
        assert_eq!(idle.get("/inbox").await.status(), 200, "used within 15 minutes");
    }
    practice.later(SignedDuration::from_mins(15));
    refused(&idle, &path).await;
    let answer = idle.post(&path, "what=done").await;
    assert_eq!((answer.status().as_u16(), header(&answer, "location")), (303, "/inbox/login"));
    practice.later(SignedDuration::from_mins(-15));
    assert_eq!(idle.get("/inbox").await.status(), 200);

    let long = practice.log_in().await;
    let minutes = SESSION_MAX.as_mins() / 10;
    for _ in 1..minutes {
        practice.later(SignedDuration::from_mins(10));
        assert_eq!(long.get("/inbox").await.status(), 200);
    }
    practice.later(SignedDuration::from_mins(10));
    refused(&long, "/inbox").await;

    let (left, other) = (practice.log_in().await, practice.log_in().await);
    let answer = left.post("/inbox/logout", "").await;
    assert_eq!((answer.status().as_u16(), header(&answer, "location")), (303, "/inbox/login"));
    assert!(header(&answer, "set-cookie").contains("Max-Age=0"));
    refused(&left, &path).await;
    assert_eq!(other.get("/inbox").await.status(), 200, "another browser's stays");
    assert_eq!(practice.store.disable_staff(&riverside(), "ann reyes", practice.now()).await.unwrap(), 1);
    refused(&other, &path).await;
    assert!(
        practice.store.inbox_message(&riverside(), row.id).await.unwrap().unwrap().1.is_empty(),
        "nobody has read it"
    );
}

#[tokio::test]
async fn the_cookie_is_for_the_inbox_alone_and_the_database_cannot_make_one() {
    for (scheme, secure) in [(Scheme::Http, false), (Scheme::Https, true)] {
        let practice = Practice::open(scheme).await;
        let answer = practice.post("/inbox/login", &format!("name=Ann+Reyes&password={PASSWORD}")).await;
        assert_eq!((answer.status().as_u16(), header(&answer, "location")), (303, "/inbox"));
        let cookie = header(&answer, "set-cookie").to_owned();
        for part in ["; Path=/inbox;", "; HttpOnly", "; SameSite=Strict"] {
            assert!(cookie.contains(part), "{part}: {cookie}");
        }
        assert_eq!(cookie.contains("; Secure"), secure);
        assert!(!cookie.contains("Domain") && !cookie.contains("Max-Age"));
        let (pair, _) = cookie.split_once(';').unwrap();
        let token = pair.strip_prefix("firstring_session=").unwrap();
        let kept = practice.texts("SELECT hex(token_hash) FROM session").await;
        assert!(
            kept.len() == 1 && kept[0].len() == 64 && !kept[0].eq_ignore_ascii_case(token),
            "only its hash is kept"
        );
        let hashes = practice.texts("SELECT password_hash FROM staff").await;
        assert!(hashes[0].starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashes:?}");
        let first = practice.with_cookie(pair);
        let answer = first.post("/inbox/login", &format!("name=Ann+Reyes&password={PASSWORD}")).await;
        assert_ne!(header(&answer, "set-cookie"), cookie, "each login has its own");
        assert_eq!(first.get("/inbox").await.status(), 303, "the one before is over");
    }
}

#[tokio::test]
async fn forms_of_other_pages_are_refused() {
    let practice = Practice::open(Scheme::Http).await;
    let row = practice.left(|_| {}).await;
    let session = practice.log_in().await;
    let path = format!("/inbox/messages/{}", row.id);
    let login = format!("name=Ann+Reyes&password={PASSWORD}");
    let host = practice.base.trim_start_matches("http://").to_owned();
    let from = async |headers: &[(&str, &str)], path: &str, form: &str| {
        let mut all = vec![("content-type", "application/x-www-form-urlencoded"), ("cookie", session.cookie())];
        all.extend_from_slice(headers);
        practice.ask(Method::POST, path, &all, form).await.status().as_u16()
    };
    let foreign = format!("http://evil.example#{host}");
    let refused: [&[(&str, &str)]; 7] = [
        &[],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("origin", "http://evil.example")],
        &[("origin", "null")],
        &[("origin", &foreign)],
    ];
    for headers in refused {
        for (path, form) in [(path.as_str(), "what=done"), ("/inbox/logout", ""), ("/inbox/login", &login)] {
            assert_eq!(from(headers, path, form).await, 403, "{path} {headers:?}");
        }
    }
    assert!(session.page("/inbox").await.contains("new</td>"), "still open, still logged in");
    assert_eq!(from(&[("origin", &practice.base)], &path, "what=done").await, 303, "an old browser");
    assert_eq!(practice.ask(Method::PUT, &path, &[("cookie", session.cookie())], "").await.status(), 403);
}

#[tokio::test]
async fn the_pages_need_no_token_no_script_and_are_hardened() {
    let practice = Practice::open(Scheme::Http).await;
    practice.left(|_| {}).await;
    let session = practice.log_in().await;
    let pages = [practice.visitor().get("/inbox/login").await, session.get("/inbox").await];
    for answer in pages {
        assert_eq!(answer.status(), 200);
        let policy = header(&answer, "content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(header(&answer, "cache-control"), "no-store");
        // With no referrer at all a form of ours would not tell its origin.
        assert_eq!(header(&answer, "referrer-policy"), "same-origin");
        let html = answer.text().await.unwrap();
        assert!(html.contains("<html lang=\"en\">") && html.contains("/inbox/style.css") && !html.contains("<script"));
        assert!(html.matches("<input").count() == html.matches("<label").count(), "every field has its label: {html}");
    }
    let html = session.page("/inbox").await;
    assert!(html.contains("<caption>") && html.contains("scope=\"col\"") && html.contains("scope=\"row\""), "{html}");
    let begun: Timestamp = practice.now();
    assert_eq!(begun, at(0), "time stands still unless a test moves it");
    assert_eq!(ANN, "Ann Reyes");
}
