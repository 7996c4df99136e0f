//! The practice's staff read their messages: `firstring staff` and headless Chromium against the running server.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod support;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use domain::{CallId, MessageId, PracticeId, RequestId};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::{MessageRow, Notify, OpenOptions, SESSION_IDLE_MAX, Secret, SessionToken, Store};
use support::browser::Browser;
use support::{Server, fails, firstring, models_are_there, practice};

const PASSWORD: &str = "correct-horse-battery";

fn staff(data: &Path, args: &[&str]) -> Command {
    let mut command = firstring();
    command.arg("staff").args(args).arg("--practice").arg(practice()).arg("--data").arg(data);
    command
}

/// The command succeeds, with this on stdin; what it says.
fn told(command: &mut Command, stdin: &str) -> String {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

fn riverside() -> PracticeId {
    "riverside".into()
}

async fn open(data: &Path) -> Store {
    let key = std::fs::read_to_string(data.join("key")).unwrap();
    Store::open(&OpenOptions::new(data.join("firstring.db"), Secret::new(key.trim()))).await.unwrap()
}

/// A caller of `practice` has left a message.
async fn left(store: &Store, practice: &PracticeId, urgency: &str, text: &str) -> MessageRow {
    let draft = json!({
        "caller": "patient", "intent": "prescription_refill", "urgency": urgency, "name": "Maria Lopez",
        "date_of_birth": "1958-03-14", "callback": "+12125550123", "text": text, "complete": true,
    });
    let row = MessageRow {
        id: MessageId::new(),
        call: CallId::new(),
        request: RequestId(1),
        practice: practice.clone(),
        saved_at: Timestamp::now(),
        draft: serde_json::from_value(draft).unwrap(),
        redacted_at: None,
    };
    store.save_message(&row, Notify::Nobody).await.unwrap();
    row
}

#[tokio::test]
async fn staff_are_added_listed_and_disabled_by_command() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    fails(&mut staff(&data.join("none"), &["list"]), 1, &["no records in", "--data"]);
    let file = folder.path().join("password");
    std::fs::write(&file, "too short\n").unwrap();
    let add = |name: &str| staff(data, &["add", name, "--password-file", file.to_str().unwrap()]);
    fails(&mut add("Ann Reyes"), 1, &["not taken", "at least 12"]);
    std::fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    assert!(told(&mut add("Ann Reyes"), "").contains("/inbox"));
    fails(&mut add("ann reyes"), 1, &["already", "staff disable"]);
    told(&mut staff(data, &["add", "Bo"]), &format!("{PASSWORD}\r\nmore\n"));
    assert_eq!(add("\n").output().unwrap().status.code(), Some(2));

    let listed = told(&mut staff(data, &["list"]), "");
    assert!(listed.contains("Ann Reyes") && listed.contains("Bo") && !listed.contains("argon2"), "{listed}");
    assert!(told(&mut staff(data, &["disable", "Bo"]), "").contains("Bo may log in no more"));
    fails(&mut staff(data, &["disable", "Nobody"]), 1, &["Nobody", "staff list"]);
    let lines = told(&mut staff(data, &["list", "--json"]), "");
    let bo: Value =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).find(|one: &Value| one["name"] == "Bo").unwrap();
    assert!(bo["disabled_at"].is_string(), "{bo}");
    assert!(told(&mut add("Bo"), "").contains("again"));
    let store = open(data).await;
    let trail: Vec<_> = store.audit_of("staff Bo").await.unwrap().into_iter().map(|entry| entry.action).collect();
    assert_eq!(trail, ["added", "disabled", "added"]);
    let bo = store.staff_named(&riverside(), "bo").await.unwrap().unwrap();
    assert!(bo.password.is_of(&Secret::new(PASSWORD)), "the line without its end");
    store.close().await;
}

#[tokio::test]
async fn a_message_is_read_called_back_and_done_in_a_browser() {
    if !models_are_there() {
        return;
    }
    drop(rustls::crypto::ring::default_provider().install_default());
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    told(&mut staff(&data, &["add", "Ann Reyes"]), PASSWORD);
    let store = open(&data).await;
    let urgent = left(&store, &riverside(), "urgent", "I am out of <b>insulin</b> on Friday").await;
    left(&store, &riverside(), "routine", "please renew my inhaler").await;
    let foreign = left(&store, &"lakeside".into(), "urgent", "words of another practice").await;
    let server = Server::start(&data, &["--no-llm"]);
    let inbox = format!("http://{}/inbox", server.http);
    let browser = Browser::start(&folder.path().join("profile"), &[]).await;

    // Without a login: no list, no message.
    for page in [inbox.clone(), format!("{inbox}/messages/{}", urgent.id)] {
        browser.open(&page).await;
        browser.wait_for("return location.pathname === '/inbox/login'").await;
    }
    let log_in = async |name: &str, password: &str| {
        browser.type_into("#name", name).await;
        browser.type_into("#password", password).await;
        // The page before says the same words as the one that answers: what is typed into it is lost.
        browser.run("window.before = true").await;
        browser.click("main button").await;
        browser.wait_for("return !window.before").await;
    };
    for (name, password) in [("Ann Reyes", "correct-horse-batterie"), ("Nobody", PASSWORD)] {
        log_in(name, password).await;
        browser.wait_for("return /Name or password is wrong/.test(document.body.innerText)").await;
    }
    log_in("ann reyes", PASSWORD).await;
    browser.wait_for("return location.pathname === '/inbox'").await;
    let list = browser.text().await;
    let (first, second) = (list.find("Urgent").unwrap(), list.find("Routine").unwrap());
    assert!(first < second && list.contains("Maria Lopez") && list.matches("new").count() == 2, "{list}");

    // Read, call back, done.
    browser.click("tbody tr:first-child a").await;
    browser.wait_for("return /out of <b>insulin<.b>/.test(document.body.innerText)").await;
    let number = browser.run("return document.querySelector('a[href^=tel]').href").await;
    assert_eq!(number, "tel:+12125550123");
    browser.type_into("#note", "sample left at the desk").await;
    browser.click("button[value=called_back]").await;
    browser.wait_for("return /called back by Ann Reyes: sample left at the desk/.test(document.body.innerText)").await;
    browser.click("button[value=done]").await;
    browser.wait_for("return location.pathname === '/inbox' && !/Urgent/.test(document.body.innerText)").await;
    browser.click("nav a[href='/inbox/done']").await;
    browser.wait_for("return /done by Ann Reyes/.test(document.body.innerText)").await;
    let style = "return getComputedStyle(document.querySelector('table')).borderCollapse === 'collapse'";
    browser.wait_for(style).await;
    let wide = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";
    browser.wait_for(wide).await;

    // Another practice's message is not there.
    browser.open(&format!("{inbox}/messages/{}", foreign.id)).await;
    let refused = browser.text().await;
    assert!(refused.contains("There is no such message") && !refused.contains("another practice"), "{refused}");

    // Logged out, and then a session that nobody has used for too long.
    browser.click("main a").await;
    browser.wait_for("return location.pathname === '/inbox'").await;
    browser.click("header button").await;
    browser.wait_for("return location.pathname === '/inbox/login'").await;
    let token = SessionToken::random();
    let long_ago = Timestamp::now() - SESSION_IDLE_MAX - SignedDuration::from_secs(1);
    store.begin_session(&riverside(), "Ann Reyes", &token, long_ago).await.unwrap();
    browser.set_cookie("firstring_session", &token.expose(), "/inbox").await;
    browser.open(&format!("{inbox}/messages/{}", urgent.id)).await;
    browser.wait_for("return location.pathname === '/inbox/login'").await;
    assert!(!browser.text().await.contains("insulin"));

    assert_trail(&store, &urgent, &foreign).await;
    store.close().await;
}

/// Who read what is written down, and nothing of the other practice's message.
async fn assert_trail(store: &Store, read: &MessageRow, foreign: &MessageRow) {
    let actions = async |object: String| -> Vec<_> {
        store.audit_of(&object).await.unwrap().into_iter().map(|entry| (entry.actor, entry.action)).collect()
    };
    let ann = |action: &str| ("staff Ann Reyes".to_owned(), action.to_owned());
    assert_eq!(actions(format!("message {}", read.id)).await, ["read", "called_back", "read", "done"].map(ann));
    assert_eq!(actions("inbox".to_owned()).await, ["logged_in", "logged_out"].map(ann));
    assert_eq!(actions(format!("message {}", foreign.id)).await, []);
    let failed = ("inbox".to_owned(), "login_failed".to_owned());
    assert_eq!(actions("staff Ann Reyes".to_owned()).await.last(), Some(&failed));
}
