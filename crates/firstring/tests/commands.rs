//! The commands with which a practice's staff look at its records, each against a data directory that only this test uses.
//! What is shown of patients is written down, and shown on stdout only.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod support;

use std::path::Path;
use std::process::Command;

use domain::{
    Booking, CallId, CallTime, Fit, MessageDraft, MessageId, OfferedSlot, OfficeReply, Phi, PracticeId, RequestId,
    SlotId, WaitingWish,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::{CallRow, MessageRow, Notify, OfferRow, Requested, Store, WaitingOfferRow, WaitingOutcome};
use support::{Pager, fails, firstring, fixture, models_are_there, practice};

const PATIENTS: &str = "id,name,date_of_birth,numbers,own_provider
R-1,Maria Lopez,1958-03-14,+12125550123,patel
,Thomas Reed,1984-07-02,+12125550134 +12125550135,
";
/// A Wednesday; the clock is put forward on Sunday.
const NOW: &str = "2026-03-04T10:00:00-05:00[America/New_York]";

fn staff(data: &Path, args: &[&str]) -> Command {
    let mut command = firstring();
    command.args(args).arg("--practice").arg(practice()).arg("--data").arg(data).env("RUST_LOG", "trace");
    command
}

/// What the command writes to stdout; nothing of a patient may stand on stderr.
fn told(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    for word in ["Lopez", "Reed", "1958-03", "5550123", "inhaler"] {
        assert!(!stderr.contains(word), "a patient's {word} on stderr: {stderr}");
    }
    String::from_utf8(output.stdout).unwrap()
}

fn told_json(command: &mut Command) -> Vec<Value> {
    told(command.arg("--json")).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn open(data: &Path) -> Store {
    let key = std::fs::read_to_string(data.join("key")).unwrap();
    let options = store::OpenOptions::new(data.join("firstring.db"), store::Secret::new(key.trim()));
    Store::open(&options).await.unwrap()
}

fn riverside() -> PracticeId {
    "riverside".into()
}

async fn call(store: &Store) -> CallId {
    let row = CallRow {
        id: CallId::new(),
        practice: riverside(),
        caller_id: None,
        began_at: "2026-03-04T15:00:00Z".parse().unwrap(),
        ended_at: None,
        summary: None,
    };
    store.begin_call(&row).await.unwrap();
    row.id
}

/// Books Maria Lopez a physical with Doctor Patel, as a call does.
async fn book(store: &Store, start: Timestamp) {
    let call = call(store).await;
    let patients = store.patients(&riverside()).await.unwrap();
    let patient = patients.iter().find(|row| row.external_id.is_some()).unwrap().id;
    let practice = riverside();
    let at = "2026-03-04T15:00:30Z".parse().unwrap();
    let requested = |request| Requested { practice: &practice, call, request: RequestId(request), at, outside: &[] };
    store.keep_match(call, patient, at).await.unwrap();
    let slot = SlotId::new();
    let offer = OfferRow {
        slot: OfferedSlot { id: slot, start, provider: "patel".into(), kind: "physical".into(), fit: Fit::AsWished },
        patient,
        end: start + SignedDuration::from_mins(40),
        blocked: (start, start + SignedDuration::from_mins(60)),
    };
    store.keep_offers(&requested(1), &[offer]).await.unwrap();
    let booking = Booking { slot, patient, reason: Some("a\tyearly one".into()) };
    assert!(matches!(store.book(&requested(2), &booking).await.unwrap(), OfficeReply::Booked(_)));
}

#[tokio::test]
async fn the_book_as_its_staff_see_it() {
    let folder = tempfile::tempdir().unwrap();
    let (data, csv) = (folder.path().join("data"), folder.path().join("patients.csv"));
    std::fs::write(&csv, PATIENTS).unwrap();

    // No server has ever run here.
    let slots = || staff(&data, &["appointments", "slots", "--type", "physical", "--now", NOW]);
    let free = told_json(&mut slots());
    let first = json!({
        "start": "2026-03-05T10:00:00-05:00",
        "end": "2026-03-05T10:40:00-05:00",
        "provider": "patel",
        "type": "physical",
    });
    let monday = json!({
        "start": "2026-03-09T09:00:00-04:00",
        "end": "2026-03-09T09:40:00-04:00",
        "provider": "patel",
        "type": "physical",
    });
    assert_eq!(free[0], first, "the first that leaves a day's notice");
    assert!(free.contains(&monday), "{free:?}");
    assert!(free.iter().all(|one| one["start"].as_str().unwrap() < "2026-03-11"), "a week if nothing is said");

    let import = || told(staff(&data, &["patients", "import"]).arg(&csv));
    assert_eq!(import(), "2 added, 0 changed, 0 unchanged\n");
    assert_eq!(import(), "0 added, 0 changed, 2 unchanged\n");
    let store = open(&data).await;
    book(&store, "2026-03-09T13:00:00Z".parse().unwrap()).await;

    let without: Vec<_> = free.into_iter().filter(|one| *one != monday).collect();
    assert_eq!(told_json(&mut slots()), without, "what is booked is not free");
    let list = |more: &[&str]| {
        let mut command = staff(&data, &["appointments", "list", "--now", NOW]);
        command.args(more);
        command
    };
    assert_eq!(
        told(&mut list(&[])),
        "start                      provider  type      status  patient      born        reason\n\
         2026-03-09T09:00:00-04:00  patel     physical  booked  Maria Lopez  1958-03-14  a yearly one\n"
    );
    let listed = told_json(&mut list(&["--provider", "patel", "--from", "2026-03-09", "--to", "2026-03-09"]));
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["end"], "2026-03-09T09:40:00-04:00");
    assert_eq!(listed[0]["patient"]["numbers"], json!(["+12125550123"]));
    assert!(told_json(&mut list(&["--provider", "nguyen"])).is_empty());
    assert!(told_json(&mut list(&["--to", "2026-03-08"])).is_empty());

    assert_eq!(
        told(&mut staff(&data, &["patients", "list"])),
        "name         born        numbers                    provider  practice's id  by\n\
         Maria Lopez  1958-03-14  +12125550123               patel     R-1            import\n\
         Thomas Reed  1984-07-02  +12125550134 +12125550135                           import\n"
    );
    assert_eq!(told_json(&mut staff(&data, &["patients", "list"]))[0]["external_id"], "R-1");

    let done = store.audit_of("patients").await.unwrap();
    let actions: Vec<_> = done.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["imported", "imported", "read", "read"]);
    assert!(done.iter().all(|entry| !entry.actor.is_empty()));
    assert_eq!(store.audit_of("appointments 2026-03-09 to 2026-03-09").await.unwrap().len(), 1);
    store.close().await;
}

/// Maria Lopez waits for a physical, and staff are to call her about this time.
async fn offered(store: &Store, start: Timestamp, code: &str) -> WaitingOfferRow {
    let (practice, now) = (riverside(), Timestamp::now());
    let patient = store.patients(&practice).await.unwrap()[0].id;
    let call = call(store).await;
    store.keep_match(call, patient, now).await.unwrap();
    let wish = WaitingWish {
        patient,
        kind: "physical".into(),
        provider: None,
        when: Vec::new(),
        instead_of: None,
        number: Phi::new("+12125550123".parse().unwrap()),
        may_text: false,
        refused: Vec::new(),
        reason: Some("a yearly one".into()),
    };
    let requested = Requested { practice: &practice, call, request: RequestId(9), at: now, outside: &[] };
    let until = start + SignedDuration::from_hours(48);
    store.join_waiting_list(&requested, &wish, until).await.unwrap();
    let waiting = store.waiting(&practice).await.unwrap().remove(0).id;
    let (end, length) = (start + SignedDuration::from_mins(40), SignedDuration::from_mins(60));
    let offer = WaitingOfferRow {
        id: SlotId::new(),
        waiting,
        code: code.to_owned(),
        call: CallId::new(),
        provider: "patel".into(),
        kind: "physical".into(),
        start,
        end,
        blocked: (start, start + length),
        offered_at: now,
        answer_by: now,
        told_at: None,
        by_staff: false,
        outcome: WaitingOutcome::Open,
    };
    assert!(store.offer_waiting(&practice, &offer).await.unwrap());
    store.waiting_told(offer.id, now, true).await.unwrap();
    offer
}

#[tokio::test]
async fn what_staff_agree_on_with_one_who_waits_is_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let (data, csv) = (folder.path().join("data"), folder.path().join("patients.csv"));
    std::fs::write(&csv, PATIENTS).unwrap();
    told(staff(&data, &["patients", "import"]).arg(&csv));
    let store = open(&data).await;
    let waiting = |more: &[&str]| staff(&data, &[&["appointments", "waiting"], more].concat());
    assert_eq!(told(&mut waiting(&[])), "nobody waits for an appointment\n");
    // Whatever is closed this week.
    let to = (jiff::Zoned::now().date() + jiff::ToSpan::days(20)).to_string();
    let free = told_json(&mut staff(&data, &["appointments", "slots", "--type", "physical", "--to", &to]));
    let of_patel = free.iter().filter(|one| one["provider"] == "patel").map(|one| one["start"].as_str().unwrap());
    let starts: Vec<Timestamp> = of_patel.map(|start| start.parse().unwrap()).collect();

    let first = offered(&store, starts[starts.len() - 1], "4821").await;
    let listed = told_json(&mut waiting(&[]));
    assert_eq!((&listed[0]["offered"]["code"], &listed[0]["offered"]["by_staff"]), (&json!("4821"), &json!(true)));
    let shown = told(&mut waiting(&[]));
    assert!(shown.contains("4821") && shown.contains(&first.waiting.to_string()), "{shown}");
    fails(&mut waiting(&["book", "0000"]), 1, &["no open offer 0000"]);
    assert_eq!(
        told(&mut waiting(&["decline", "4821"])),
        "declined; the patient waits on, and the next is offered that time\n"
    );
    fails(&mut waiting(&["book", "4821"]), 1, &["no open offer 4821"]);

    let second = offered(&store, starts[starts.len() - 2], "4822").await;
    let booked = told(&mut waiting(&["book", "4822"]));
    assert!(booked.starts_with("it is booked: ") && booked.ends_with("with patel\n"), "{booked}");
    let made = store.appointments(&riverside(), (second.start, second.end)).await.unwrap().remove(0);
    assert_eq!((made.appointment.start, made.reason.unwrap().expose().as_str()), (second.start, "a yearly one"));
    assert_eq!(told(&mut waiting(&[])), "nobody waits for an appointment\n");

    let third = offered(&store, starts[starts.len() - 3], "4823").await;
    let place = third.waiting.to_string();
    assert_eq!(told(&mut waiting(&["remove", &place])), "the patient waits no more\n");
    fails(&mut waiting(&["remove", &place]), 1, &["nobody waits under"]);
    assert_eq!(store.audit_of(&format!("offer {} of the waiting list", second.id)).await.unwrap()[0].action, "booked");
    store.close().await;
}

#[tokio::test]
async fn messages_as_staff_read_them() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let today = told_json(&mut staff(data, &["appointments", "slots", "--type", "same_day", "--now", NOW]));
    assert!(!today.is_empty() && today.iter().all(|one| one["start"].as_str().unwrap().starts_with("2026-03-04")));
    let list = || staff(data, &["messages", "list"]);
    assert_eq!(told(&mut list()), "no messages\n");

    let store = open(data).await;
    let draft: MessageDraft = serde_json::from_value(json!({
        "caller": "patient", "intent": "prescription_refill", "urgency": "routine", "name": "Maria Lopez",
        "date_of_birth": "1958-03-14", "callback": "+12125550123", "text": "please renew my inhaler",
        "complete": false, "fields": [["drug", "albuterol"], ["days_left", "3"], ["called_by", "her daughter Ann"]],
    }))
    .unwrap();
    let row = MessageRow {
        id: MessageId::new(),
        call: call(&store).await,
        request: RequestId(1),
        practice: riverside(),
        saved_at: "2026-03-04T15:01:00Z".parse().unwrap(),
        draft,
        redacted_at: None,
    };
    store.save_message(&row, Notify::Nobody).await.unwrap();

    let id = row.id.to_string();
    let listed = told(&mut list());
    assert!(listed.contains(&id) && listed.contains("2026-03-04T10:01:00-05:00") && listed.contains("incomplete"));
    assert!(!listed.contains("inhaler"), "the list shows no words: {listed}");
    assert_eq!(told_json(&mut list())[0]["text"], "please renew my inhaler");
    let show = || staff(data, &["messages", "show", &id]);
    let shown = told(&mut show());
    assert!(shown.contains("Maria Lopez") && shown.contains("please renew my inhaler"), "{shown}");
    for (field, words) in [("drug", "albuterol"), ("days left", "3"), ("called by", "her daughter Ann")] {
        assert!(shown.lines().any(|line| line.starts_with(field) && line.ends_with(words)), "{field}: {shown}");
    }
    let json = &told_json(&mut show())[0];
    assert_eq!(json["saved_at"], "2026-03-04T10:01:00-05:00");
    assert_eq!((&json["fields"]["drug"], &json["fields"]["days_left"]), (&"albuterol".into(), &"3".into()));
    assert_eq!(store.audit_of(&format!("message {id}")).await.unwrap().len(), 2);
    store.close().await;
}

#[tokio::test]
async fn a_redacted_message_stays_in_the_ledger_and_an_altered_one_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    told(&mut staff(data, &["appointments", "slots", "--type", "same_day", "--now", NOW]));
    let verify = |more: &[&str]| staff(data, &[&["ledger", "verify"], more].concat());
    assert_eq!(told(&mut verify(&[])), "the ledger is sound: it has no entries\n");

    let store = open(data).await;
    let mut row = MessageRow {
        id: MessageId::new(),
        call: call(&store).await,
        request: RequestId(1),
        practice: riverside(),
        saved_at: "2026-03-04T15:01:00Z".parse().unwrap(),
        draft: serde_json::from_value(json!({
            "caller": "patient", "intent": "prescription_refill", "urgency": "routine", "name": "Maria Lopez",
            "date_of_birth": null, "callback": "+12125550123", "text": "please renew my inhaler", "complete": true,
        }))
        .unwrap(),
        redacted_at: None,
    };
    store.save_message(&row, Notify::Nobody).await.unwrap();
    let id = row.id.to_string();
    let redact = || staff(data, &["messages", "redact", &id, "--by", "Ann Reyes", "--why", "asked for in writing"]);
    let words = told(&mut redact());
    assert!(words.contains("is redacted since") && words.contains(&row.call.to_string()), "{words}");
    assert_eq!(told_json(&mut redact())[0]["before"], true);
    assert_eq!(store.audit_of(&format!("message {id}")).await.unwrap()[0].action, "redacted");

    let listed = told(&mut staff(data, &["messages", "list"]));
    assert!(listed.contains("redacted") && !listed.contains("Lopez"), "{listed}");
    let shown = told(&mut staff(data, &["messages", "show", &id]));
    assert!(shown.contains("by Ann Reyes: asked for in writing") && !shown.contains("inhaler"), "{shown}");
    let json = &told_json(&mut staff(data, &["messages", "show", &id]))[0];
    assert_eq!((&json["text"], json["redacted_at"].is_string()), (&"".into(), true));

    let report = &told_json(&mut verify(&[]))[0];
    assert_eq!((&report["sound"], &report["entries"], &report["redacted"]), (&true.into(), &2.into(), &1.into()));
    let head = report["head"].as_str().unwrap();
    (row.id, row.request) = (MessageId::new(), RequestId(2));
    store.save_message(&row, Notify::Nobody).await.unwrap();
    let words = told(&mut verify(&["--expect", head]));
    assert!(words.starts_with("the ledger is sound: 3 entries, 1 redacted\nhead 3:"), "{words}");
    let other = format!("2:{}", "0".repeat(64));
    fails(&mut verify(&["--expect", &other]), 1, &["entry 2 has another hash", "backup"]);
    fails(
        &mut verify(&["--json", "--expect", &other.replace("2:", "4:")]),
        1,
        &["entry 4 is missing", "ends with entry 3"],
    );
    assert_eq!(verify(&["--expect", "nonsense"]).output().unwrap().status.code(), Some(2));
    assert_eq!(store.audit_of("ledger").await.unwrap()[0].action, "verified");
    store.close().await;
}

#[test]
fn what_cannot_be_shown_is_told_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let (data, none) = (folder.path().join("data"), folder.path().join("none"));
    told(&mut staff(&data, &["appointments", "slots", "--type", "vaccine", "--now", NOW]));
    let reading = [&["appointments", "list"][..], &["messages", "list"], &["patients", "list"], &["ledger", "verify"]];
    for records in reading {
        fails(&mut staff(&none, records), 1, &["no records in", "--data"]);
    }
    assert!(!none.exists(), "whoever only reads makes nothing");

    let nobody = "01937b0c-5f2e-7c3a-9d41-2b8e6f0a1c55";
    let csv = folder.path().join("patients.csv");
    std::fs::write(&csv, PATIENTS.replace("+12125550134", "2125550134")).unwrap();
    let journal = folder.path().join("journal.jsonl");
    std::fs::write(&journal, "\n").unwrap();
    let (csv, journal) = (csv.to_str().unwrap(), journal.to_str().unwrap());
    let rows: [(&[&str], i32, &[&str]); 12] = [
        (&["appointments", "slots", "--type", "botox"], 1, &["botox", "office_visit"]),
        (&["appointments", "slots", "--type", "vaccine", "--from", "2026-03-04", "--to", "2026-03-03"], 2, &["--to"]),
        (&["appointments", "list", "--provider", "house"], 1, &["house", "okafor"]),
        (&["appointments", "list", "--from", "9999-12-31"], 2, &["9999-12-31"]),
        (&["messages", "show", nobody], 1, &[nobody, "messages list"]),
        (&["messages", "redact", nobody, "--by", "Ann", "--why", "asked"], 1, &[nobody, "messages list"]),
        (&["patients", "import", "nobody.csv"], 1, &["nobody.csv", "CSV"]),
        (&["patients", "import", csv], 1, &["patients.csv:3:", "E.164"]),
        (&["replay", nobody], 1, &["no call", nobody]),
        (&["replay", "nothing.jsonl"], 1, &["nothing.jsonl", "journal.jsonl"]),
        (&["replay", journal], 1, &["journal.jsonl:1:", "not a line of a journal"]),
        (&["replay", "/dev/null"], 1, &["does not begin with the answer of a call"]),
    ];
    for (args, code, words) in rows {
        fails(&mut staff(&data, args), code, words);
    }
    let written = staff(&data, &["messages", "show", "seven"]).output().unwrap();
    assert_eq!(written.status.code(), Some(2), "no id at all");
}

/// Lakeside's rota: nights in turns, a weekend as one shift, Christmas taken over, a week swapped.
fn oncall(args: &[&str]) -> Command {
    let mut command = firstring();
    command.arg("oncall").args(args).arg("--practice").arg(lakeside());
    command
}

#[test]
fn who_is_on_call_is_told_for_any_time() {
    let rows = [
        ("2026-12-16T10:00", "lindqvist", "2026-12-16T18:00:00-06:00"),
        ("2026-12-16T22:00-06:00", "haddad", "2026-12-17T07:30:00-06:00"),
        ("2026-12-24T22:00", "lindqvist", "2026-12-25T18:00:00-06:00"),
        ("2026-12-27T03:00:00-06:00[America/Chicago]", "obi", "2026-12-28T07:30:00-06:00"),
        ("2026-12-29T22:00", "obi", "2026-12-30T07:30:00-06:00"),
    ];
    for (at, holder, until) in rows {
        let told = &told_json(&mut oncall(&["who", "--at", at]))[0];
        assert_eq!((&told["holder"], &told["until"]), (&holder.into(), &until.into()), "{at}: {told}");
        assert_eq!(told["tier"], "primary");
        assert_eq!(told["then"][1]["tier"], "last_resort");
    }
    let table = told(&mut oncall(&["who", "--at", "2026-12-16T22:00"]));
    assert!(table.lines().nth(1).unwrap().starts_with("primary      haddad"), "{table}");
    fails(&mut oncall(&["who", "--at", "tonight"]), 2, &["tonight", "2026-03-04T02:30"]);
    fails(&mut oncall(&["who", "--line", "heart"]), 1, &["heart", "general"]);
}

#[test]
fn gaps_in_the_rota_are_told_before_they_happen() {
    let now = "2026-12-01T10:00:00-06:00[America/Chicago]";
    let whole = told(&mut oncall(&["gaps", "--now", now]));
    assert!(whole.contains("every minute of the next 28 days"), "{whole}");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lakeside_pediatrics.toml");
    let written = std::fs::read_to_string(lakeside()).unwrap();
    let short = written.replacen("until_day = \"monday\" ", "until_day = \"sunday\" ", 1);
    assert_ne!(short, written);
    std::fs::write(&file, short).unwrap();
    std::fs::copy(lakeside().with_file_name("lakeside_patients.csv"), folder.path().join("lakeside_patients.csv"))
        .unwrap();
    let mut gaps = firstring();
    gaps.args(["oncall", "gaps", "--days", "7", "--now", now, "--json", "--practice"]).arg(&file);
    let output = gaps.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let gap: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&gap["what"], &gap["paged"]), (&"gap".into(), &"lindqvist".into()));
    assert_eq!((&gap["from"], &gap["to"]), (&"2026-12-06T07:30:00-06:00".into(), &"2026-12-07T07:30:00-06:00".into()));
}

fn lakeside() -> std::path::PathBuf {
    practice().with_file_name("lakeside_pediatrics.toml")
}

#[tokio::test]
async fn a_journal_replays_until_it_is_altered() {
    if !models_are_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let data = out.join("data");
    let mut held = firstring();
    held.args(["call", "--fast", "--no-llm", "--now", NOW, "--practice"]).arg(practice());
    held.arg("--out").arg(&out).arg("--wav").arg(fixture("question_parking"));
    assert!(held.status().unwrap().success());
    let file = out.join("journal.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    let replay = |journal: &str| staff(&data, &["replay", journal]);

    let outputs = text.lines().filter(|line| line.contains("{\"output\":")).count();
    assert!(outputs > 2, "{text}");
    let same = format!("the same: {outputs} outputs\n");
    assert_eq!(told(&mut replay(file.to_str().unwrap())), same);

    // As the server keeps it.
    let store = open(&data).await;
    let call = call(&store).await;
    let lines: Vec<_> = text.lines().map(Phi::from).collect();
    store.append_journal(call, &lines).await.unwrap();
    assert_eq!(told(&mut replay(&call.to_string())), same);
    assert_eq!(store.audit_of(&format!("call {call}")).await.unwrap()[0].action, "replayed");
    store.close().await;

    let altered = out.join("altered.jsonl");
    let mut entries: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = entries.iter().rposition(|entry| entry["what"]["output"]["say"].is_object()).unwrap();
    let write = |entries: &[Value]| {
        let lines: Vec<_> = entries.iter().map(Value::to_string).collect();
        std::fs::write(&altered, lines.join("\n")).unwrap();
    };
    let place = CallTime::from_ms(entries[last]["at"].as_u64().unwrap()).to_string();
    let mut missing = entries.clone();
    missing.remove(entries.iter().rposition(|entry| entry["what"]["output"].is_object()).unwrap());
    write(&missing);
    fails(&mut replay(altered.to_str().unwrap()), 1, &["expected nothing more, got Note("]);
    entries[last]["what"]["output"]["say"]["line"] = 99.into();
    write(&entries);
    fails(&mut replay(altered.to_str().unwrap()), 1, &["altered.jsonl", &place, "99", "expected Say", "got Say"]);
    entries.truncate(last);
    write(&entries);
    assert!(
        told(&mut replay(altered.to_str().unwrap())).starts_with("the same"),
        "one that breaks off is held to what it has"
    );
    entries.remove(0);
    write(&entries);
    fails(&mut replay(altered.to_str().unwrap()), 1, &["does not begin with the answer of a call"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn test_pages_tell_who_would_not_be_reached() {
    let (pager, folder) = (Pager::start().await, tempfile::tempdir().unwrap());
    let file = folder.path().join("practice.toml");
    let written = std::fs::read_to_string(practice()).unwrap().replace("riverside_patients.csv", "patients.csv");
    let written = written.replace("http://127.0.0.1:9900/page/patel", &pager.url);
    // Nobody listens there.
    std::fs::write(&file, written.replace("127.0.0.1:9900", "127.0.0.1:1")).unwrap();
    let test = |args: &[&str]| {
        let mut command = firstring();
        command.args(["page", "test", "--practice"]).arg(&file).args(args);
        command
    };
    let table = told(&mut test(&["--to", "patel"]));
    assert!(table.contains("webhook") && table.contains("taken"), "{table}");
    let pages = pager.pages();
    assert!(pages.len() == 1 && pages[0].signed && pages[0].body["type"] == "test_page", "{pages:?}");
    fails(&mut test(&[]), 1, &["1 of 2 test pages were not taken"]);
    let lines = test(&["--json"]).output().unwrap().stdout;
    let lines: Vec<serde_json::Value> =
        String::from_utf8(lines).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let taken: Vec<_> = lines.iter().map(|line| (line["who"].as_str().unwrap(), line["taken"] == true)).collect();
    assert_eq!(taken, [("okafor", false), ("patel", true)]);
    assert_eq!(lines[0]["why"], "not reached");
    fails(&mut test(&["--to", "house"]), 2, &["patel, okafor"]);
}
