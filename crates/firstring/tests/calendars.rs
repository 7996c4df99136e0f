//! The rota as iCalendar: what other programs write becomes who is on call, what cannot be followed is told, and what
//! `oncall export` writes is read again as it was.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

#[allow(dead_code)] // each test uses its own part
mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use firstring::config::PracticeConfig;
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use oncall::{LineId, Tier};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use support::{fails, firstring, practice};
use tempfile::TempDir;

const OUTLOOK: &str = include_str!("fixtures/outlook.ics");
const GOOGLE: &str = include_str!("fixtures/google.ics");
/// A Sunday in the zone of the practice.
const NOW: &str = "2026-11-01T12:00:00-06:00[America/Chicago]";
const ROTA: &str = "[rota]\nlast_resort = \"lindqvist\"\n[[rota.calendars]]\nfile = \"oncall.ics\"\n";

fn lakeside() -> PathBuf {
    practice().with_file_name("lakeside_pediatrics.toml")
}

/// Lakeside with another `[rota]`, and a calendar beside its file.
fn with(rota: &str, calendar: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let written = std::fs::read_to_string(lakeside()).unwrap();
    let (before, rest) = written.split_once("[rota]\n").unwrap();
    let after = &rest[rest.find("[webhooks]").unwrap()..];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("practice.toml");
    std::fs::write(&file, format!("{before}{rota}\n{after}")).unwrap();
    std::fs::write(folder.path().join("oncall.ics"), calendar).unwrap();
    (folder, file)
}

fn load(file: &Path) -> PracticeConfig {
    PracticeConfig::load_at(file, at("2026-11-01T12:00")).unwrap()
}

/// By the practice's clock.
fn at(text: &str) -> Timestamp {
    text.parse::<DateTime>().unwrap().in_tz("America/Chicago").unwrap().timestamp()
}

fn general() -> LineId {
    "general".into()
}

/// Who is primary and who is backup.
fn held(config: &PracticeConfig, time: Timestamp) -> (String, String) {
    let holdings = config.rota.holdings(&general(), time);
    let of = |tier| holdings.iter().find(|held| held.tier == tier).map_or("-", |held| &held.holder.id.0).to_owned();
    (of(Tier::Primary), of(Tier::Backup))
}

fn hold(config: &PracticeConfig, rows: &[(&str, &str, &str)]) {
    for (time, primary, backup) in rows {
        assert_eq!(held(config, at(time)), ((*primary).to_owned(), (*backup).to_owned()), "{time}");
    }
}

fn export(practice: &Path, args: &[&str]) -> Command {
    let mut command = firstring();
    command.args(["oncall", "export", "--now", NOW]).args(args).arg("--practice").arg(practice);
    command
}

fn exported(practice: &Path, args: &[&str]) -> String {
    let output = export(practice, args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn outlooks_weeks_turns_and_exceptions() {
    let only = format!("{ROTA}only = \"on call\"\n");
    for text in [OUTLOOK.to_owned(), OUTLOOK.replace('\n', "\r\n"), format!("\u{feff}{OUTLOOK}")] {
        let (_folder, file) = with(&only, text);
        hold(
            &load(&file),
            &[
                ("2026-11-02T07:29", "-", "-"),
                ("2026-11-02T07:30", "obi", "-"),
                ("2026-11-04T12:30", "obi", "-"),
                ("2026-11-09T07:30", "haddad", "-"),
                ("2026-11-30T07:29", "haddad", "-"),
                ("2026-11-30T07:30", "lindqvist", "-"),
                ("2026-12-14T07:30", "obi", "-"),
                ("2026-12-23T23:59", "-", "-"),
                ("2026-12-24T00:00", "-", "haddad"),
                ("2026-12-25T23:59", "-", "haddad"),
                ("2026-12-28T07:30", "obi", "-"),
                // The clock has changed on the day before.
                ("2027-03-15T07:29", "obi", "-"),
                ("2027-03-15T07:30", "haddad", "-"),
            ],
        );
    }
}

#[test]
fn googles_nights_until_new_year() {
    let (_folder, file) = with(ROTA, GOOGLE);
    hold(
        &load(&file),
        &[
            ("2026-10-31T23:00", "obi", "-"),
            ("2026-11-01T07:29", "obi", "-"),
            ("2026-11-01T07:30", "-", "-"),
            ("2026-11-03T20:00", "-", "-"),
            ("2026-11-05T18:00", "haddad", "-"),
            ("2026-11-06T07:30", "-", "-"),
            ("2026-11-10T20:00", "-", "-"),
            ("2026-12-31T18:00", "obi", "-"),
            ("2027-01-01T07:29", "obi", "-"),
            ("2027-01-01T18:00", "-", "-"),
        ],
    );
}

#[test]
fn calendars_lie_over_the_shifts_and_changes_over_the_calendars() {
    let shift = "[[rota.shifts]]\ndays = [\"monday\", \"tuesday\", \"wednesday\", \"thursday\", \"friday\", \"saturday\", \"sunday\"]\n\
        from = \"00:00\"\nto = \"00:00\"\nwho = [\"lindqvist\"]\n";
    let change = "[[rota.changes]]\nfrom = \"2026-11-02T20:00\"\nto = \"2026-11-02T22:00\"\nwho = \"haddad\"\n";
    let (_folder, file) = with(&format!("{ROTA}{shift}{change}"), GOOGLE);
    let config = load(&file);
    let rows = [
        ("2026-11-02T12:00", "lindqvist", "-"),
        ("2026-11-02T18:00", "obi", "-"),
        ("2026-11-02T20:00", "haddad", "-"),
        ("2026-11-02T22:00", "obi", "-"),
    ];
    hold(&config, &rows);
    assert!(config.rota.flaws(at("2026-11-01T12:00"), at("2027-02-01T12:00")).is_empty());
}

#[test]
fn events_of_two_at_one_time_are_an_overlap() {
    let event = |who: &str, from: &str, to: &str| {
        format!("BEGIN:VEVENT\nDTSTART:202611{from}\nDTEND:202611{to}\nSUMMARY:{who}\nEND:VEVENT\n")
    };
    let events = event("Obi", "03T180000", "03T220000") + &event("Haddad", "02T080000", "05T080000");
    let (_folder, file) = with(ROTA, format!("BEGIN:VCALENDAR\n{events}END:VCALENDAR\n"));
    let config = load(&file);
    // The short event lies upon the long one, wherever they stand in the file.
    hold(&config, &[("2026-11-03T17:59", "haddad", "-"), ("2026-11-03T18:00", "obi", "-")]);
    let flaws = config.rota.flaws(at("2026-11-02T08:00"), at("2026-11-05T08:00"));
    assert_eq!(flaws.len(), 1, "{flaws:?}");
    let stretch = &flaws[0].stretch;
    assert_eq!((stretch.from, stretch.to), (at("2026-11-03T18:00"), at("2026-11-03T22:00")));
    assert_eq!(stretch.too, ["haddad".into()]);
}

#[test]
fn a_calendar_that_cannot_be_followed_is_told() {
    let event = |lines: &str| format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n");
    let times = "DTSTART:20261105T180000\nDTEND:20261106T073000\n";
    let titled = |title: &str| event(&format!("{times}SUMMARY:{title}"));
    let calendar = |more: &str| format!("{ROTA}{more}");
    let rows = [
        (calendar(""), titled("Staff meeting"), "oncall.ics:2: the event \"Staff meeting\" on 2026-11-05 names nobody"),
        (calendar(""), titled("Obi and Haddad"), "names haddad and obi"),
        (calendar(""), titled("Obi (primary) backup"), "both primary and backup"),
        (
            calendar(""),
            titled("Doctor Obi").replace("20261105", "2026-11-05"),
            "oncall.ics:3: the event \"Doctor Obi\": DTSTART is not a day",
        ),
        (calendar(""), titled("Doctor Obi").replace("2026", "2021"), "no event from 2026-10-01 to 2029-02"),
        (calendar("only = \"oncall\""), titled("On call Obi"), "no event from"),
        (calendar("only = \" \""), titled("Obi"), ": only is empty"),
        (calendar("tier = \"third\""), titled("Obi"), "\"backup\""),
        (calendar("line = \"heart\""), titled("Obi"), "[[rota.lines]]"),
        (calendar("until = 1"), titled("Obi"), "until"),
        (ROTA.replace("oncall.ics", "rota.ics"), titled("Obi"), "write a path relative to this file"),
        (ROTA.replace("oncall.ics", "https://example.org/rota.ics"), titled("Obi"), "downloaded"),
        (calendar(""), GOOGLE[..GOOGLE.find("ACTION").unwrap()].to_owned(), "the file ends within VALARM"),
        (calendar(""), "PK\u{3}\u{4} no calendar".to_owned(), "oncall.ics:1: this is no line of a calendar"),
        (calendar(""), " ".repeat(6_000_000), "has more than 5 MB"),
    ];
    for (rota, text, word) in rows {
        let (_folder, file) = with(&rota, text);
        let told = PracticeConfig::load_at(&file, at("2026-11-01T12:00")).unwrap_err().to_string();
        assert!(told.contains(word), "{word:?} is not in {told:?}");
    }
    let (_folder, file) = with(ROTA, titled("Staff meeting"));
    fails(firstring().args(["oncall", "who", "--at", "2026-11-05T20:00", "--practice"]).arg(&file), 1, &["only"]);
}

#[test]
fn what_is_exported_is_read_again_as_it_was() {
    let gaps = "[rota]\nlast_resort = \"lindqvist\"\n[[rota.shifts]]\ndays = [\"sunday\", \"wednesday\"]\nfrom = \"01:30\"\n\
        to = \"02:30\"\nuntil_day = \"monday\"\nwho = [\"obi\"]\n\
        [[rota.shifts]]\ntier = \"backup\"\ndays = [\"saturday\"]\nfrom = \"20:00\"\nto = \"02:30\"\nwho = [\"haddad\"]\n";
    let (_folder, with_gaps) = with(gaps, "");
    for original in [lakeside(), with_gaps] {
        let begin = at("2026-01-01T00:00");
        let before = PracticeConfig::load_at(&original, begin).unwrap();
        let text = exported(&original, &["--from", "2026-01-01", "--days", "366"]);
        let (_folder, file) = with(ROTA, text);
        let after = PracticeConfig::load_at(&file, begin).unwrap();
        let mut rng = StdRng::seed_from_u64(2026);
        let minutes =
            |from: Timestamp, count: i64| (0..count).map(move |minute| from + SignedDuration::from_mins(minute));
        let random = (0..3000).map(|_| begin + SignedDuration::from_secs(rng.random_range(0..260 * 24 * 3600)));
        let spring = minutes(at("2026-03-07T18:00"), 30 * 60);
        for time in random.chain(spring) {
            let (before, after) = (before.rota.holdings(&general(), time), after.rota.holdings(&general(), time));
            assert_eq!(before, after, "{time}");
        }
        // Later the export ends within sight, and with it the last holding.
        for time in minutes(at("2026-10-31T18:00"), 30 * 60) {
            assert_eq!(held(&before, time), held(&after, time), "{time}");
        }
    }
}

/// The lines of each event by its UID, but for the time of the export.
fn by_uid(text: &str) -> BTreeMap<String, String> {
    let unfolded = text.replace("\r\n ", "");
    let events = unfolded.split("BEGIN:VEVENT\r\n").skip(1).map(|event| {
        let uid = event.lines().find(|line| line.starts_with("UID:")).unwrap().to_owned();
        let rest: Vec<_> = event.lines().filter(|line| !line.starts_with("DTSTAMP")).collect();
        (uid, rest.join("\n").replace("\nEND:VCALENDAR", ""))
    });
    let count = unfolded.matches("BEGIN:VEVENT").count();
    let events: BTreeMap<_, _> = events.collect();
    assert_eq!(events.len(), count, "each UID stands once");
    events
}

#[test]
fn an_export_of_another_day_has_the_same_events() {
    let all = by_uid(&exported(&lakeside(), &["--from", "2026-10-01", "--days", "200"]));
    for (from, days) in [("2026-10-02", "60"), ("2026-11-15", "31"), ("2026-12-25", "1"), ("2027-01-03", "92")] {
        let part = by_uid(&exported(&lakeside(), &["--from", from, "--days", days]));
        assert!(!part.is_empty());
        for (uid, event) in part {
            assert_eq!(all.get(&uid), Some(&event), "from {from}");
        }
    }
}

#[test]
fn an_export_is_a_calendar_that_others_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.ics");
    let args = ["--from", "2026-12-24", "--days", "2", "-o", file.to_str().unwrap()];
    assert_eq!(exported(&lakeside(), &args), "");
    let text = std::fs::read_to_string(&file).unwrap();
    let unfolded = text.replace("\r\n ", "");
    for line in [
        "X-WR-CALNAME:Lakeside Pediatrics: on call (general)",
        "DESCRIPTION:Doctor Lindqvist is the last resort: paged at any hour when nobody before answers.",
        "DTSTAMP:20261101T180000Z",
        "DTSTART:20261224T133000Z",
        "DTEND:20261226T000000Z",
        "SUMMARY:Doctor Lindqvist (primary)",
        "SUMMARY:Doctor Lindqvist (backup)",
        "CATEGORIES:primary",
        "LOCATION:Lakeside Pediatrics (general)",
        "UID:general-primary-20261224T133000Z@lakeside",
    ] {
        assert!(unfolded.lines().any(|has| has == line), "{line} is not in {unfolded}");
    }
    assert!(text.lines().all(|line| line.len() <= 76), "{text}");
    assert!(text.split_inclusive('\n').all(|line| line.ends_with("\r\n")));
    // Nobody in reserve is no event; nobody on call is one.
    let shift = "[rota]\nlast_resort = \"lindqvist\"\n[[rota.shifts]]\ndays = [\"monday\"]\nfrom = \"08:00\"\n\
        to = \"17:00\"\nwho = [\"obi\"]\n";
    let (_folder, file) = with(shift, "");
    let text = exported(&file, &["--days", "7"]);
    assert_eq!(text.matches("SUMMARY:NOBODY ON CALL\r\n").count(), 2, "{text}");
    assert_eq!((text.matches("STATUS:TENTATIVE").count(), text.matches("(backup)").count()), (2, 0));
    fails(&mut export(&lakeside(), &["--line", "heart"]), 1, &["heart", "general"]);
    fails(&mut export(&lakeside(), &["-o", "/nowhere/out.ics"]), 1, &["/nowhere/out.ics"]);
    let wrong = export(&lakeside(), &["--days", "0"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn a_calendar_that_cannot_be_read_keeps_no_telephone_from_being_answered() {
    let (_folder, file) = with(ROTA, "no calendar");
    assert!(PracticeConfig::load_at(&file, at("2026-11-01T12:00")).is_err(), "who checks is told");
    let (config, unread) = PracticeConfig::load_to_serve(&file, at("2026-11-01T12:00")).unwrap();
    assert_eq!(unread.len(), 1);
    assert!(unread[0].to_string().contains("oncall.ics"), "{}", unread[0]);
    let tiers: Vec<_> = config.rota.who_at(&general(), at("2026-11-01T12:00")).into_keys().collect();
    assert_eq!(tiers, [Tier::LastResort]);
}
