//! Bad input: each fault is started once and ends in one sentence with the fix, or in a call that still ends well.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod support;

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use support::{fails, firstring, fixture, models_are_there, practice};

fn call(out: &Path, wav: &Path) -> Command {
    let mut command = firstring();
    command.args(["call", "--fast", "--no-llm", "--practice"]).arg(practice());
    command.arg("--out").arg(out).arg("--wav").arg(wav);
    command
}

#[test]
fn recordings_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let (empty, broken) = (folder.path().join("empty.wav"), folder.path().join("broken.wav"));
    std::fs::write(&empty, b"").unwrap();
    std::fs::write(&broken, b"RIFF\x10\x00\x00\x00WAVEfmt but then nothing").unwrap();
    let out = folder.path().join("out");
    for (wav, word) in [
        (folder.path().join("missing.wav"), "missing.wav"),
        (empty, "empty"),
        (broken, "broken.wav"),
        (folder.path().to_owned(), "directory"),
    ] {
        fails(&mut call(&out, &wav), 1, &[word]);
        fails(firstring().arg("hear").arg(&wav), 1, &[word]);
    }
}

#[test]
fn models_that_are_missing() {
    let folder = tempfile::tempdir().unwrap();
    let none = folder.path().join("models");
    let mut command = call(&folder.path().join("out"), &fixture("goodbye"));
    fails(command.arg("--models").arg(&none), 1, &["is not in", "firstring models fetch"]);
    fails(firstring().arg("hear").arg(fixture("goodbye")).arg("--models").arg(&none), 1, &["firstring models fetch"]);
    let wav = folder.path().join("x.wav");
    fails(firstring().args(["say", "hello", "-o"]).arg(wav).arg("--models").arg(&none), 1, &["firstring models fetch"]);
}

/// Rotas that cannot be followed, behind a practice's file.
fn wrong_rotas(good: &str) -> impl Iterator<Item = (String, &'static str)> {
    const SHIFT: &str = "[[rota.shifts]]\ndays = [\"monday\"]\nfrom = \"08:00\"\nto = \"17:00\"\n";
    const CHANGE: &str = "[[rota.changes]]\nfrom = \"2026-12-24\"\nto = \"2026-12-25\"\n";
    let person = |id: &str| format!("[[oncall]]\nid = \"{id}\"\nname = \"{id}\"\npage_url = \"https://example.org\"\n");
    let rota = |text: &str| format!("[rota]\nlast_resort = \"okafor\"\n{text}");
    let shift = |text: &str| rota(&format!("{SHIFT}{text}"));
    let change = |text: &str| rota(&format!("{CHANGE}{text}"));
    let rotas = [
        (person("a") + &person("b"), "write a [rota]"),
        ("[rota]\nlast_resort = \"house\"".to_owned(), "nobody of [[oncall]]"),
        (shift("who = [\"house\"]"), "house is not among those"),
        (shift("who = []"), "`since`"),
        (shift("who = [\"patel\", \"okafor\"]"), "`since`"),
        (shift("who = [\"patel\"]\ntier = \"last_resort\""), "\"backup\""),
        (shift("who = [\"patel\"]\nline = \"heart\""), "[[rota.lines]]"),
        (shift("who = [\"patel\"]\nuntil_day = \"someday\""), "weekday"),
        (change("tier = \"backup\""), "`who`"),
        (change("swap = [\"patel\"]"), "name both"),
        (change("swap = [\"patel\", \"okafor\"]\ntier = \"backup\""), "leave tier out"),
        (shift("who = [\"patel\"]").replace("[\"monday\"]", "[]"), "days is empty"),
        (shift("who = [\"patel\"]\nweeks = 2"), "`since`"),
        (change("who = \"patel\"").replace("2026-12-25", "2026-12-23"), "ends before it begins"),
        (rota("[[rota.lines]]\nid = \"heart\"\nred_flags = [\"hart\"]"), "no such red flag"),
    ];
    rotas.into_iter().map(move |(text, word)| (format!("{good}\n{text}\n"), word)).collect::<Vec<_>>().into_iter()
}

/// Where Okafor keeps a calendar, in ways that cannot be.
fn calendars(good: &str) -> impl Iterator<Item = (String, &'static str)> {
    let okafor = "[[providers]]\nid = \"okafor\"\nname = \"Doctor Okafor\"\n";
    let calendar = |text: &str| good.replace(okafor, &format!("{okafor}[providers.calendar]\n{text}\n"));
    let caldav = "caldav = \"https://dav.example.org/okafor/\"";
    let fhir = "fhir = \"https://ehr.example.org/R4\"";
    vec![
        (calendar("names = true"), "name the calendar's address"),
        (calendar(&format!("{caldav}\n{fhir}")), "name the calendar's address"),
        (calendar("caldav = \"http://dav.example.org/okafor/\""), "https://"),
        (calendar(&format!("{caldav}\nactor = \"Practitioner/1\"")), "only FHIR"),
        (calendar(fhir), "name whose"),
        (calendar(&format!("{fhir}\nactor = \"Practitioner/1\"\nlook_back_days = 61")), "at most 60"),
        (calendar(&format!("{caldav}\nuser = \"okafor\"")), "user and password"),
        (calendar(&format!("{caldav}\nuser = \"okafor\"\npassword = \"secret\"")), "env:NAME"),
    ]
    .into_iter()
}

/// Messages by e-mail that would never come, behind a practice's file.
fn wrong_mailboxes(good: &str) -> Vec<(String, &'static str)> {
    const MAIL: &str = "[mail]\nserver = \"mail.example.org\"\nfrom = \"pages@example.org\"\n";
    const MESSAGES: &str = "[messages]\nemail = \"desk@example.org\"\ndigest_at = [\"12:00\"]\n";
    let mailbox = |text: &str| format!("{good}\n{MAIL}{text}");
    vec![
        (format!("{good}\n{MESSAGES}"), "nothing sends e-mail; write [mail]"),
        (mailbox(&MESSAGES.replace("desk@", "desk ")), "not an e-mail address"),
        (mailbox(&MESSAGES.replace("[\"12:00\"]", "[]")), "digest_at is empty"),
        (mailbox(&MESSAGES.replace("12:00", "noon")), "not a time of day"),
        (mailbox(&format!("{MESSAGES}digest_days = []\n")), "a digest never comes"),
        (mailbox("[messages]\nemail = \"desk@example.org\"\n"), "when the digest comes"),
        (mailbox("[messages]\ndigest_at = [\"12:00\"]\n"), "write to whom"),
        (mailbox("[messages.fhir]\nurl = \"http://ehr.example.org/R4\"\n"), "https://"),
        (
            mailbox("[messages.fhir]\nurl = \"https://ehr.example.org/R4\"\n")
                .replace("# messages_url", "messages_url"),
            "write one of the two",
        ),
        (mailbox(&format!("{MESSAGES}digest_days = [\"weekend\"]\n")), "not a weekday"),
    ]
}

#[test]
fn configurations_that_are_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let good = std::fs::read_to_string(practice()).unwrap();
    let cases = [
        (good.replace("zone = \"America/New_York\"", "zone = \"Mars/Olympus\""), "IANA"),
        (good.replace("from = \"08:00\"", "from = \"25:00\""), "08:30"),
        (good.replace("crisis_number", "crisis_nummer"), "crisis_nummer"),
        (good.replace("secret = \"env:FIRSTRING_WEBHOOK_SECRET\"", "secret = \"hunter2\""), "env:NAME"),
        (good.replace("voice = \"piper/joe\"", "voice = \"robot\""), "piper/joe"),
        (good.replace("http://127.0.0.1:9900", "http://127.0.0.1.example.org"), "https://"),
        // Appointments.
        (good.replace("id = \"nguyen\"", "id = \"patel\""), "stands twice"),
        (good.replace("id = \"vaccine\"", "id = \"physical\""), "stands twice"),
        (good.replace("providers = [\"okafor\"]", "providers = [\"house\"]"), "no [[providers]]"),
        (good.replace("providers = [\"okafor\"]", "providers = []"), "at least one provider"),
        (good.replace("\nminutes = 10", "\nminutes = 0"), "1 to 1440"),
        (good.replace("ages = [18, 130]", "ages = [18, 12]"), "ages are"),
        (good.replace("for = \"known\"", "for = \"friends\""), "\"everybody\""),
        (good.replace("types = [\"vaccine\",", "types = [\"vacine\","), "no [[appointment_types]]"),
        (good.replace("from = \"10:00\"", "from = \"09:00\""), "overlap"),
        (good.replace("from = \"13:30\"", "from = \"17:30\""), "ends before it begins"),
        (good.replace("provider = \"nguyen\"\nfrom", "provider = \"house\"\nfrom"), "no [[providers]]"),
        (good.replace("from = \"2026-11-26\"", "from = \"26.11.2026\""), "2026-12-24"),
        (good.replace("to = \"2026-11-28\"", "to = \"2026-11-20\""), "ends before it begins"),
        // Requests and kinds of callers.
        (good.replace("new_patients = \"registered\"", "new_patients = \"maybe\""), "with_insurance"),
        (good.replace("\nbilling = ", "\nbiling = "), "no such kind of request"),
        (good.replace("\npharmacy = ", "\npharmacist = "), "no such kind of caller"),
        (good.replace("vendor = \"decline\"", "vendor = \"hang_up\""), "\"decline\""),
        (good.replace("language = \"Spanish\"", "language = \"\""), "language is empty"),
        (
            good.replace("resume_within_minutes = 15", "resume_within_minutes = -1"),
            "resume_within_minutes: invalid value: integer `-1`",
        ),
        (
            good.replace("resume_within_minutes = 15", "waiting_list = { answer_within_minutes = 3 }"),
            "answer_within_minutes is from 5 to 240",
        ),
        // Whom a case pages.
        (good.replacen("connect = true", "connect = \"yes\"", 1), "connect: invalid type"),
        (good.replace("within_minutes = 10 ", "within_minutes = 0 "), "1 to 120"),
        (good.replace("urgency = \"emergency\" ", "urgency = \"dire\" "), "\"urgent\""),
        (good.replacen("next_s = 120 }", "next_s = 0 }", 1), "3600"),
        (good.replacen("connect = true", "connect = true\nretry_s = 61", 1), "1 to 60"),
        (good.replacen("page = [\"primary\"]", "page = [\"house\"]", 1), "\"last_resort\""),
        (good.replacen("page = [\"primary\"]", "page = [\"backup\"]", 1), "no clinician on call"),
        (good.replacen("page = [\"primary\"]", "page = [\"primary\", \"desk\"]", 1), "[desk]"),
        (good.replacen("page = [\"primary\"]", "page = []", 1), "pages nobody"),
        (good.replacen("page = [\"primary\"]", "by = [\"sms\"], page = [\"primary\"]", 1), "in this way"),
        (good.replacen("page = [\"primary\"]", "by = [\"pigeon\"], page = [\"primary\"]", 1), "pagerduty"),
        (good.replace("reached_within_minutes = 10 ", "hours = \"open\"\nreached_within_minutes = 10 "), "last rule"),
        (
            good.replace("page_details = false", "test_pages = { days = [], at = \"12:00\" }\npage_details = false"),
            "days is empty",
        ),
        // How they are reached.
        (good.replace("phone = \"+1 212 555 0190\"\n", ""), "the last resort"),
        (good.replace("+1 212 555 0190", "555 0190"), "not a telephone number"),
        (good.replace("phone = \"+1", "email = \"a@example.org\"\nphone = \"+1"), "write [mail]"),
        (good.replace("phone = \"+1", "ways = [\"sms\"]\nphone = \"+1"), "there is webhook"),
        (good.replace("phone = \"+1", "ntfy = \"https://ntfy.example.org/x\"\nphone = \"+1"), "never as its value"),
        (good.replace("page_url = \"http://127.0.0.1:9900/page/patel\"\n", ""), "cannot be paged"),
        (good.replace("[webhooks]", "[desk]\nid = \"desk\"\nname = \"Desk\"\n\n[webhooks]"), "needs no id"),
        (good.replace("riverside_patients.csv", "nobody.csv"), "CSV"),
    ];
    let elsewhere = calendars(&good).chain(wrong_mailboxes(&good));
    for (text, word) in cases.into_iter().chain(wrong_rotas(&good)).chain(elsewhere) {
        assert_ne!(text, good, "the case for {word} changes nothing");
        let file = folder.path().join("practice.toml");
        std::fs::write(&file, text).unwrap();
        let place = if word == "CSV" { "nobody.csv:" } else { "practice.toml:" };
        fails(firstring().arg("check-config").arg("--practice").arg(&file), 1, &[place, word]);
    }
    fails(firstring().args(["check-config", "--real-lines", "--practice"]).arg(practice()), 1, &["approval"]);
    fails(firstring().arg("check-config"), 1, &["--practice"]);
    let done = firstring().args(["check-config", "--practice"]).arg(practice()).output().unwrap();
    assert!(done.status.success());
}

#[test]
fn what_cannot_be_served() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let serve = || {
        let mut command = firstring();
        command.args(["serve", "--practice"]).arg(practice());
        command
    };
    fails(serve().args(["--http", &address]), 1, &[&address, "--http"]);
    fails(serve().args(["--http", "0.0.0.0:0"]), 1, &["public_url"]);
    fails(serve().args(["--http", "192.0.2.1:0"]), 1, &["tls_certificate"]);
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("firstring.toml");
    std::fs::write(&config, "[http]\nreverse_proxies = [\"localhost\"]\n").unwrap();
    fails(serve().arg("--config").arg(&config), 1, &["firstring.toml:2", "reverse proxy", "127.0.0.1"]);
    let token = folder.path().join("token");
    std::fs::write(&token, "short").unwrap();
    let secret = format!("token = \"file:{}\"", token.display());
    for (text, words) in [
        ("[streams]\ncalls_max = 4\n".to_owned(), ["firstring.toml", "token or account_token"]),
        ("[streams]\ntoken = \"hunter2hunter2hunter2\"\n".to_owned(), ["firstring.toml:2", "env:NAME"]),
        (format!("[streams]\n{secret}\n"), ["too short", "16"]),
        (
            format!("[http]\npublic_url = \"https://phone.example.org\"\n[streams]\n{secret}\n"),
            ["telephones are not answered", "[approval]"],
        ),
    ] {
        std::fs::write(&config, text).unwrap();
        fails(serve().args(["--http", "127.0.0.1:0", "--config"]).arg(&config), 1, &words);
    }
    // Whoever is streamed to the first practice's pages may have called the other's number.
    let approved = std::fs::read_to_string(practice()).unwrap();
    let approved: Vec<&str> = approved
        .lines()
        .filter(|line| !line.starts_with("patients"))
        .map(|line| match line.strip_prefix('#') {
            Some(bare) if ["[approval]", "red_flags ", "policy ", "lines "].iter().any(|key| bare.starts_with(key)) => {
                bare
            }
            Some(_) | None => line,
        })
        .collect();
    std::fs::write(folder.path().join("approved.toml"), approved.join("\n")).unwrap();
    let token = folder.path().join("long-token");
    std::fs::write(&token, "a token of sixteen characters").unwrap();
    let other = practice().with_file_name("lakeside_pediatrics.toml");
    let text = format!(
        "[http]\nlisten = \"127.0.0.1:0\"\npublic_url = \"https://phone.example.org\"\n[streams]\ntoken = \"file:{}\"\n\
         [data]\ndirectory = \"data\"\n[practice]\nfile = \"approved.toml\"\n[[practices]]\nfile = {other:?}\nlisten = \"127.0.0.1:1\"\n",
        token.display()
    );
    std::fs::write(&config, text).unwrap();
    let words = ["lakeside_pediatrics.toml", "telephones are not answered", "[approval]"];
    fails(firstring().args(["serve", "--config"]).arg(&config), 1, &words);
    fails(serve().args(["--sip", "192.0.2.1:5060"]), 1, &["telephones are not answered", "[approval]", "clinician"]);
    assert_eq!(firstring().arg("serf").output().unwrap().status.code(), Some(2));
}

#[test]
fn a_wrong_database_key_is_told_before_any_call() {
    if !models_are_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    assert!(call(&out, &fixture("goodbye")).status().unwrap().success());
    std::fs::write(out.join("data/key"), "0".repeat(64)).unwrap();
    fails(&mut call(&out, &fixture("goodbye")), 1, &["firstring.db", "key"]);
    std::fs::write(out.join("data/key"), "").unwrap();
    fails(&mut call(&out, &fixture("goodbye")), 1, &["damaged"]);
}

#[test]
fn a_full_disk_is_told() {
    // A device that is always full stands for the disk.
    if !Path::new("/dev/full").exists() || !models_are_there() {
        eprintln!("SKIPPED: no /dev/full or no models here");
        return;
    }
    fails(firstring().args(["say", "hello", "-o", "/dev/full"]), 1, &["/dev/full"]);
}

#[test]
fn lines_that_cannot_be_read() {
    let mut command = firstring();
    command.args(["read", "--json", "--no-llm", "--practice"]).arg(practice());
    command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let text = "{\"text\": 7}\nmy chest hurts and I can't breathe\n{broken\n";
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(1));
    let lines: Vec<serde_json::Value> =
        String::from_utf8_lossy(&done.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3, "a line of output for each of input");
    assert!(lines[0]["error"].is_string() && lines[2]["error"].is_string());
    assert_eq!(lines[1]["urgency"], "emergency");
    assert!(!String::from_utf8_lossy(&done.stderr).contains("chest"), "a patient's words on stderr");
}
