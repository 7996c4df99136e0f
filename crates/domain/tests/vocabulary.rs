//! The vocabulary's promises: labels are the same everywhere, patients' values do not print, urgency does not fall.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a test fails by panicking

use domain::{
    CallTime, CallerKind, CaseDraft, Closure, EmergencyKind, FrontDesk, Intent, OpenHours, Phi, PhoneNumber, Practice,
    Reading, Slot, Urgency, Utterance,
};
use jiff::civil::{Weekday, date};
use jiff::tz::TimeZone;

#[test]
fn every_label_reads_back_and_is_the_one_that_json_has() {
    for intent in Intent::ALL {
        assert_eq!(intent.label().parse::<Intent>().unwrap(), *intent);
        assert_eq!(serde_json::to_value(intent).unwrap(), intent.label());
    }
    for caller in CallerKind::ALL {
        assert_eq!(caller.label().parse::<CallerKind>().unwrap(), *caller);
        assert_eq!(serde_json::to_value(caller).unwrap(), caller.label());
    }
    for kind in EmergencyKind::ALL {
        assert_eq!(kind.label().parse::<EmergencyKind>().unwrap(), *kind);
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.label());
    }
    assert_eq!(Intent::ALL.len(), 19);
    assert!("doctor".parse::<CallerKind>().is_err());
}

#[test]
fn urgency_only_rises() {
    for one in Urgency::ALL {
        for other in Urgency::ALL {
            assert!(one.raise(*other) >= *one && one.raise(*other) >= *other);
        }
    }
}

#[test]
fn what_a_patient_said_does_not_print() {
    let secret = "my chest hurts";
    let number: PhoneNumber = "+12125550142".parse().unwrap();
    let mut reading = Reading::unsure();
    reading.slots.reason = Some(Slot { value: secret.into(), heard: secret.into(), certainty: 1.0 });
    let utterance =
        Utterance { text: secret.into(), from: CallTime::ZERO, to: CallTime::from_ms(900), confidence: 1.0 };
    let case = CaseDraft {
        urgency: Urgency::Emergency,
        caller: domain::CallerKind::Patient,
        red_flags: Vec::new(),
        heard: secret.into(),
        callback: Some(Phi::new(number.clone())),
        unconfirmed: false,
        continues: None,
    };
    let printed = format!("{reading:?} {utterance:?} {case:?} {number:?}");
    assert!(!printed.contains("chest") && !printed.contains("5550"), "{printed}");
    assert!(serde_json::to_string(&case).unwrap().contains(secret), "the store keeps every word");
}

#[test]
fn numbers_that_are_none_are_refused() {
    for text in ["", "911", "12125550142", "+0123456789", "+1212555014a", "+1234567890123456"] {
        assert!(text.parse::<PhoneNumber>().is_err(), "{text}");
    }
    assert_eq!("+12125550142".parse::<PhoneNumber>().unwrap().national_digits(), "2125550142");
}

#[test]
fn a_holiday_is_closed_against_the_opening_hours() {
    let clock = |hour| jiff::civil::time(hour, 0, 0, 0);
    let day = |day| date(2026, 11, day);
    let thanksgiving =
        Closure { from: day(26).at(0, 0, 0, 0), to: day(27).at(12, 0, 0, 0), why: "Thanksgiving".to_owned() };
    let weekdays = [Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
    let practice = Practice {
        id: "riverside".into(),
        name: String::new(),
        zone: TimeZone::UTC,
        emergency_number: String::new(),
        crisis_number: String::new(),
        hours: weekdays.map(|weekday| OpenHours { weekday, from: clock(8), to: clock(17) }).into(),
        facts: Vec::new(),
        words: Vec::new(),
        meanwhile: Vec::new(),
        front_desk: FrontDesk { closures: vec![thanksgiving], ..FrontDesk::default() },
    };
    for (at, open) in [((25, 10), true), ((25, 18), false), ((26, 10), false), ((27, 11), false), ((27, 12), true)] {
        let (on, hour) = at;
        let moment = day(on).at(hour, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap();
        assert_eq!(practice.is_open(&moment), open, "{moment}");
    }
}

#[test]
fn call_time_is_whole_milliseconds() {
    let at = CallTime::from_ms(67_200);
    assert_eq!(serde_json::to_string(&at).unwrap(), "67200");
    assert_eq!(format!("{at:?}"), "01:07.200");
    assert_eq!((CallTime::ZERO - std::time::Duration::from_secs(1)), CallTime::ZERO);
}
