#![allow(clippy::unwrap_used)] // a test fails by panicking
use super::*;

const LIMITS: SipDefence = SipDefence { allow: Vec::new(), reserve: 2, calls_per_minute: 5, caller_per_minute: 2 };

fn from(address: &str) -> Caller {
    Caller { address: address.parse().unwrap(), number: None, is_listed: false }
}

fn by_trunk(number: &str) -> Caller {
    Caller { number: Some(Phi::new(number.parse().unwrap())), is_listed: true, ..from("192.0.2.1") }
}

#[test]
fn who_never_acknowledges_takes_no_line_from_anybody() {
    let now = Instant::now();
    let mut doorman = Doorman::new(4, &SipDefence { calls_per_minute: 1000, ..LIMITS });
    // A trunk that has called before.
    let mut first = doorman.ring(from("192.0.2.1"), now).unwrap();
    doorman.picked_up(&mut first, now);
    doorman.over(&first);
    let mut held = Vec::new();
    for nth in 0..40 {
        for _ in 0..3 {
            held.extend(doorman.ring(from(&format!("198.51.100.{nth}")), now).ok());
        }
    }
    assert_eq!(held.len(), RINGING_OF_STRANGERS);
    assert_eq!(doorman.ring(from("203.0.113.1"), now).unwrap_err(), Turned::Ringing);
    let mut lines: Vec<Ring> = (0..4)
        .map(|_| {
            let mut ring = doorman.ring(from("192.0.2.1"), now).unwrap();
            doorman.picked_up(&mut ring, now);
            ring
        })
        .collect();
    assert_eq!(doorman.ring(from("192.0.2.1"), now).unwrap_err(), Turned::Busy);
    // One of them was real after all: nobody who heard us pick up is cut off.
    doorman.picked_up(&mut held[0], now);
    assert!(!doorman.has_line());
    lines.extend(held);
    for ring in &lines {
        doorman.over(ring);
    }
    assert_eq!((doorman.lines, doorman.ringing_known, doorman.ringing_strangers), (0, 0, 0));
    // After a month it is a stranger again.
    let later = now + KNOWN_FOR + Duration::from_secs(1);
    assert!(doorman.ring(from("192.0.2.1"), later).unwrap().is_stranger);
}

#[test]
fn who_calls_too_often_waits_and_others_do_not() {
    let now = Instant::now();
    let mut doorman = Doorman::new(4, &LIMITS);
    for _ in 0..5 {
        let ring = doorman.ring(from("192.0.2.1"), now).unwrap();
        doorman.over(&ring);
    }
    let wait = |doorman: &mut Doorman, at| doorman.ring(from("192.0.2.1"), at).unwrap_err();
    assert_eq!(wait(&mut doorman, now), Turned::TooOften(WAIT_MAX));
    assert_eq!(wait(&mut doorman, now + Duration::from_secs(57)), Turned::TooOften(Duration::from_secs(3)));
    assert!(doorman.ring(from("192.0.2.2"), now).is_ok());
    assert!(doorman.ring(from("192.0.2.1"), now + WINDOW).is_ok());
    // An IPv6 neighbour is the same.
    for neighbour in 0..5 {
        let ring = doorman.ring(from(&format!("2001:db8::{neighbour}")), now).unwrap();
        doorman.over(&ring);
    }
    assert!(matches!(doorman.ring(from("2001:db8::ffff"), now), Err(Turned::TooOften(_))));
}

#[test]
fn by_a_listed_trunk_callers_are_told_apart() {
    let now = Instant::now();
    let mut doorman = Doorman::new(4, &LIMITS);
    for caller in 0..20 {
        for nth in 0..3 {
            let rung = doorman.ring(by_trunk(&format!("+121255501{caller:02}")), now);
            assert_eq!(rung.is_ok(), nth < 2);
            if let Ok(ring) = rung {
                doorman.over(&ring);
            } else {
                assert_eq!(rung.unwrap_err(), Turned::CallerTooOften);
            }
        }
    }
    // Unknown callers have its lines.
    let listed = Caller { is_listed: true, ..from("192.0.2.1") };
    let rings: Vec<_> = (0..4).map(|_| doorman.ring(listed.clone(), now).unwrap()).collect();
    assert_eq!((doorman.ring(listed, now).unwrap_err(), rings.len()), (Turned::Busy, 4));
}

#[test]
fn the_last_lines_are_told() {
    let now = Instant::now();
    let mut doorman = Doorman::new(4, &LIMITS);
    let told: Vec<Lines> = (0..4)
        .map(|_| {
            let mut ring = doorman.ring(from("192.0.2.1"), now).unwrap();
            doorman.picked_up(&mut ring, now)
        })
        .collect();
    assert_eq!(told, [Lines::Plenty, Lines::Plenty, Lines::Reserve, Lines::Reserve]);
    assert_eq!((SipDefence::of(16).reserve, SipDefence::of(4).reserve), (2, 0));
}

#[test]
fn a_flood_of_addresses_is_bounded_and_forgets_no_trunk() {
    let now = Instant::now();
    let mut doorman = Doorman::new(4, &LIMITS);
    let mut trunk = doorman.ring(from("192.0.2.1"), now).unwrap();
    doorman.picked_up(&mut trunk, now);
    doorman.over(&trunk);
    let later = now + WINDOW * 2;
    for nth in 0..3 * SOURCES_MAX as u32 {
        doorman.asks(IpAddr::V4((0x0a00_0000 + nth).into()), later);
    }
    assert_eq!(doorman.sources.len(), SOURCES_MAX);
    let new = doorman.ring(from("198.51.100.1"), later);
    assert_eq!(new.unwrap_err(), Turned::Ringing);
    assert!(!doorman.ring(from("192.0.2.1"), later).unwrap().is_stranger);
    // A minute of peace later there is room.
    assert!(doorman.ring(from("198.51.100.1"), later + WINDOW).is_ok());
    assert!(!doorman.ring(from("192.0.2.1"), later + WINDOW).unwrap().is_stranger);
}

#[test]
fn who_asks_without_end_is_not_answered_for_the_rest_of_the_minute() {
    let now = Instant::now();
    let mut doorman = Doorman::new(4, &LIMITS);
    let address = "192.0.2.1".parse().unwrap();
    let answered = (0..500).filter(|_| doorman.asks(address, now)).count();
    assert_eq!(answered, ASKS as usize);
    assert!(doorman.asks(address, now + WINDOW));
}
