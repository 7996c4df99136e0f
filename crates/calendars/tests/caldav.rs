//! CalDAV against Radicale.
#![allow(clippy::unwrap_used, unreachable_pub)] // a test fails by panicking

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use calendars::{
    Busy, CalDav, CalDavConfig, CalendarError, Credentials, Entry, OutsideCalendar, Period, Unreached, Version,
};
use domain::Phi;

mod tools;

use tools::caldav::{Radicale, zone};
use tools::{Fate, access, between, entry, period, stub};

fn begins(busy: &Busy) -> Vec<String> {
    busy.taken.iter().map(|taken| format!("{}/{}", taken.period.start(), taken.period.end())).collect()
}

fn morning() -> Period {
    period("2026-12-01T14:00:00Z", "2026-12-01T14:30:00Z")
}

#[tokio::test]
async fn busy_is_what_stands_each_in_its_own_zone() {
    let server = Radicale::start().await;
    server.put("single", "DTSTART:20261027T150000Z; DTEND:20261027T153000Z").await;
    server.put("weekly", "DTSTART;TZID=America/New_York:20261005T090000; DURATION:PT1H; RRULE:FREQ=WEEKLY; EXDATE;TZID=America/New_York:20261109T090000").await;
    server.put("day", "DTSTART;VALUE=DATE:20261105; DTEND;VALUE=DATE:20261106").await;
    server.put("floating", "DTSTART:20261106T120000; DTEND:20261106T130000").await;
    server.put("cancelled", "DTSTART:20261028T150000Z; DTEND:20261028T160000Z; STATUS:CANCELLED").await;
    server.put("free", "DTSTART:20261029T150000Z; DTEND:20261029T160000Z; TRANSP:TRANSPARENT").await;
    let wanted = period("2026-10-26T00:00:00Z", "2026-11-11T00:00:00Z");
    let busy = server.calendar().busy(wanted).await.unwrap();
    let expected = [
        // Nine o'clock in New York, in summer time and, from 1 November, in winter time.
        "2026-10-26T13:00:00Z/2026-10-26T14:00:00Z",
        "2026-10-27T15:00:00Z/2026-10-27T15:30:00Z",
        "2026-11-02T14:00:00Z/2026-11-02T15:00:00Z",
        "2026-11-05T05:00:00Z/2026-11-06T05:00:00Z",
        "2026-11-06T17:00:00Z/2026-11-06T18:00:00Z",
    ];
    assert_eq!(begins(&busy), expected);
    assert_eq!(busy.unreadable, 0);
}

/// Radicale itself leaves out of every answer what it cannot parse: that, no client can know. What it does give is told here.
#[tokio::test]
async fn what_cannot_be_read_never_hides_the_rest() {
    let server = Radicale::start().await;
    server.put("good", "DTSTART:20261201T150000Z; DTEND:20261201T153000Z").await;
    let zone = tools::caldav::calendar("zone", "DTSTART;TZID=Mars/Olympus:20261201T160000; DURATION:PT1H");
    server.place("zone", &zone);
    server.place("broken", "BEGIN:VCALENDAR\r\nthis is none\r\n");
    let calendar = server.calendar();
    let busy = calendar.busy(period("2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z")).await.unwrap();
    assert_eq!(begins(&busy), ["2026-12-01T15:00:00Z/2026-12-01T15:30:00Z"]);
    assert_eq!(busy.unreadable, 1);
    // It stops no booking.
    calendar.book(&entry(morning())).await.unwrap();
}

#[tokio::test]
async fn what_is_taken_is_not_booked() {
    let server = Radicale::start().await;
    server.put("theirs", "DTSTART:20261201T141500Z; DTEND:20261201T144500Z").await;
    let calendar = server.calendar();
    assert_eq!(calendar.book(&entry(morning())).await, Err(CalendarError::Conflict));
    assert_eq!(server.standing().len(), 1);
    // What ends when the other begins is free.
    let before = entry(period("2026-12-01T13:45:00Z", "2026-12-01T14:15:00Z"));
    calendar.book(&before).await.unwrap();
    let busy = calendar.busy(morning()).await.unwrap();
    let ours: Vec<_> = busy.taken.iter().map(|taken| taken.ours).collect();
    assert_eq!(ours, [Some(before.id), None]);
}

/// Somebody else writes between our look and our write.
#[tokio::test]
async fn who_comes_second_withdraws() {
    let server = Radicale::start().await;
    let text = tools::caldav::calendar("theirs", "DTSTART:20261201T141500Z; DTEND:20261201T144500Z");
    let folder = std::sync::Mutex::new(Some((server.path("theirs"), text)));
    let port = between(server.port, move |line| {
        if line.starts_with("PUT")
            && let Some((path, text)) = folder.lock().unwrap().take()
        {
            std::fs::write(path, text).unwrap();
        }
        Fate::Passes
    });
    let calendar = server.calendar_at(port, "secret");
    assert_eq!(calendar.book(&entry(morning())).await, Err(CalendarError::Conflict));
    let standing = server.standing();
    assert!(standing.len() == 1 && standing[0].contains("UID:theirs"), "{standing:?}");
}

/// Our own id, at another time: somebody restored a calendar, say. It is not written over.
#[tokio::test]
async fn what_stands_under_our_id_is_not_written_over() {
    let server = Radicale::start().await;
    let booked = entry(morning());
    let name = format!("firstring-{}", booked.id);
    let text = tools::caldav::calendar(&name, "DTSTART:20261203T141500Z; DTEND:20261203T144500Z");
    let path = server.path(&name);
    let port = between(server.port, move |line| {
        if line.starts_with("PUT") {
            std::fs::write(&path, &text).unwrap();
        }
        Fate::Passes
    });
    assert_eq!(server.calendar_at(port, "secret").book(&booked).await, Err(CalendarError::Conflict));
    assert!(server.standing()[0].contains("DTSTART:20261203T141500Z"));
}

#[tokio::test]
async fn two_tries_of_one_booking_are_one_entry() {
    let server = Radicale::start().await;
    let (one, other, booked) = (server.calendar(), server.calendar(), entry(morning()));
    let (first, second) = tokio::join!(one.book(&booked), other.book(&booked));
    assert!(first.is_ok() && first == second, "{first:?} {second:?}");
    assert_eq!(server.standing().len(), 1);
}

#[tokio::test]
async fn two_at_once_never_both_have_it() {
    let server = Radicale::start().await;
    let (one, other) = (server.calendar(), server.calendar());
    for hour in 10..16 {
        let place = period(&format!("2026-12-02T{hour}:00:00Z"), &format!("2026-12-02T{hour}:30:00Z"));
        let (mine, yours) = (entry(place), entry(place));
        let (first, second) = tokio::join!(one.book(&mine), other.book(&yours));
        let booked = usize::from(first.is_ok()) + usize::from(second.is_ok());
        assert!(booked <= 1, "{first:?} {second:?}");
        assert!([first, second].iter().all(|said| matches!(said, Ok(_) | Err(CalendarError::Conflict))));
        assert_eq!(one.busy(place).await.unwrap().taken.len(), booked);
    }
}

#[tokio::test]
async fn an_entry_is_written_once_however_often_it_is_booked() {
    let server = Radicale::start().await;
    let calendar = server.calendar();
    let booked = entry(morning());
    let version = calendar.book(&booked).await.unwrap();
    assert_eq!(calendar.book(&booked).await, Ok(version));
    assert_eq!(server.standing().len(), 1);
    let text = &server.standing()[0];
    assert!(text.contains("SUMMARY:FirstRing appointment AB-1234"), "{text}");
    // The same id at another time is another wish.
    let moved = Entry { period: period("2026-12-01T16:00:00Z", "2026-12-01T16:30:00Z"), ..booked };
    assert_eq!(calendar.book(&moved).await, Err(CalendarError::Conflict));
    assert_eq!(server.standing().len(), 1);
}

#[tokio::test]
async fn a_reply_that_is_lost_is_no_second_entry() {
    let server = Radicale::start().await;
    let lost = AtomicUsize::new(0);
    let port = between(server.port, move |line| {
        let is_write = line.starts_with("PUT") || line.starts_with("DELETE");
        // The first of each three.
        if is_write && lost.fetch_add(1, Ordering::SeqCst).is_multiple_of(3) { Fate::AnswerLost } else { Fate::Passes }
    });
    let calendar = server.calendar_at(port, "secret");
    let booked = entry(morning());
    let lost = Err(CalendarError::Unavailable(Unreached::NotReached));
    assert_eq!(calendar.book(&booked).await, lost);
    let version = calendar.book(&booked).await.unwrap();
    assert_eq!(server.standing().len(), 1);
    // The second and the third write pass.
    let moved = Entry { period: period("2026-12-01T16:00:00Z", "2026-12-01T16:30:00Z"), ..booked.clone() };
    let version = calendar.change(&moved, &version).await.unwrap();
    calendar.cancel(moved.id, Some(&version)).await.unwrap();
    assert_eq!(calendar.book(&booked).await, lost);
    calendar.cancel(booked.id, None).await.unwrap();
    assert!(server.standing().is_empty());
}

#[tokio::test]
async fn what_somebody_changed_is_not_written_over() {
    let server = Radicale::start().await;
    let calendar = server.calendar();
    let booked = entry(morning());
    let version = calendar.book(&booked).await.unwrap();
    let stale = Version::new("\"another\"");
    let moved = Entry { period: period("2026-12-01T16:00:00Z", "2026-12-01T16:30:00Z"), ..booked.clone() };
    assert_eq!(calendar.change(&moved, &stale).await, Err(CalendarError::Conflict));
    assert_eq!(calendar.cancel(booked.id, Some(&stale)).await, Err(CalendarError::Conflict));
    server.put("theirs", "DTSTART:20261201T161500Z; DTEND:20261201T164500Z").await;
    assert_eq!(calendar.change(&moved, &version).await, Err(CalendarError::Conflict));
    let longer = Entry { period: period("2026-12-01T14:00:00Z", "2026-12-01T15:00:00Z"), ..booked.clone() };
    let after = calendar.change(&longer, &version).await.unwrap();
    assert_ne!(after, version);
    // A repeat of the same change is success; another change of the old state is not.
    assert_eq!(calendar.change(&longer, &version).await, Ok(after.clone()));
    assert_eq!(calendar.change(&booked, &version).await, Err(CalendarError::Conflict));
    assert_eq!(calendar.cancel(booked.id, Some(&version)).await, Err(CalendarError::Conflict));
    calendar.cancel(booked.id, Some(&after)).await.unwrap();
    calendar.cancel(booked.id, Some(&after)).await.unwrap();
    calendar.cancel(booked.id, None).await.unwrap();
    assert_eq!(calendar.change(&longer, &after).await, Err(CalendarError::Conflict));
    // The id may be used again.
    calendar.book(&booked).await.unwrap();
}

#[tokio::test]
async fn an_error_says_what_can_be_done() {
    let mut server = Radicale::start().await;
    let wrong = server.calendar_at(server.port, "wrong");
    assert_eq!(wrong.busy(morning()).await, Err(CalendarError::Refused(401)));
    assert_eq!(wrong.book(&entry(morning())).await, Err(CalendarError::Refused(401)));
    let calendar = server.calendar();
    server.stop();
    let gone = Err(CalendarError::Unavailable(Unreached::NotReached));
    assert_eq!(calendar.busy(morning()).await, gone);
    let said = format!("{calendar:?} {:?}", wrong.busy(morning()).await);
    assert!(!said.contains("secret") && !said.contains("127.0.0.1"), "{said}");
}

fn at(url: &str, within: Duration) -> CalDav {
    let access = access(url, Credentials::Bearer(Phi::from("token")), within);
    CalDav::new(&CalDavConfig { access, zone: zone() }).unwrap()
}

#[tokio::test]
async fn a_server_that_never_answers_is_left_in_time() {
    let within = Duration::from_millis(300);
    let silent = at(&stub(|_| {}), within);
    let begun = Instant::now();
    assert_eq!(silent.busy(morning()).await, Err(CalendarError::Unavailable(Unreached::TooLate)));
    // Nor one that answers a byte at a time.
    let slow = at(
        &stub(|stream| {
            stream.write_all(b"HTTP/1.1 207 Multi-Status\r\ncontent-length: 1000\r\n\r\n<").unwrap();
        }),
        within,
    );
    assert_eq!(slow.busy(morning()).await, Err(CalendarError::Unavailable(Unreached::TooLate)));
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn an_answer_without_end_or_sense_is_no_free_time() {
    let endless = stub(|stream| {
        stream.write_all(b"HTTP/1.1 207 Multi-Status\r\n\r\n<multistatus xmlns=\"DAV:\">").ok();
        while stream.write_all(&[b' '; 1 << 12]).is_ok() {}
    });
    let said = at(&endless, Duration::from_secs(30)).busy(morning()).await;
    assert_eq!(said, Err(CalendarError::Unreadable("it is larger than 16 MiB")));
    for (status, body, expected) in [
        ("200 OK", "<html><p>Sign in", CalendarError::Unreadable("it is not XML")),
        (
            "200 OK",
            "<html/>",
            CalendarError::Unreadable("it is no multistatus: the address is perhaps not a calendar's"),
        ),
        ("302 Found", "", CalendarError::Refused(302)),
        ("503 Service Unavailable", "", CalendarError::Unavailable(Unreached::Status(503))),
        ("429 Too Many Requests", "", CalendarError::Unavailable(Unreached::Status(429))),
    ] {
        let answer =
            format!("HTTP/1.1 {status}\r\nlocation: http://127.0.0.1/\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let url = stub(move |stream| stream.write_all(answer.as_bytes()).unwrap());
        assert_eq!(at(&url, Duration::from_secs(5)).busy(morning()).await, Err(expected));
    }
}

#[tokio::test]
async fn one_odd_response_does_not_hide_the_others() {
    let event = tools::caldav::calendar("good", "DTSTART:20261201T140000Z; DTEND:20261201T143000Z");
    let body = format!(
        "<multistatus xmlns=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\">\
         <response><href>/a</href><propstat><prop><C:calendar-data>{event}</C:calendar-data></prop></propstat></response>\
         <response><href>/a2</href><propstat><prop><C:calendar-data>BEGIN:VCALENDAR this is none</C:calendar-data></prop></propstat></response>\
         <response><href>/b</href><propstat><prop/><status>HTTP/1.1 500 Error</status></propstat></response>\
         <response><href>/c</href><status>HTTP/1.1 404 Not Found</status></response>\
         <response/></multistatus>"
    );
    let answer = format!("HTTP/1.1 207 Multi-Status\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let url = stub(move |stream| stream.write_all(answer.as_bytes()).unwrap());
    let busy = at(&url, Duration::from_secs(5)).busy(morning()).await.unwrap();
    assert_eq!(begins(&busy), ["2026-12-01T14:00:00Z/2026-12-01T14:30:00Z"]);
    assert_eq!(busy.unreadable, 3);
}

#[test]
fn an_address_that_cannot_be_right_is_said_at_once() {
    for (url, word) in [
        ("not a url", "URL"),
        ("ftp://dav.example.org/", "neither"),
        ("http://dav.example.org/", "https"),
        ("https://patel:secret@dav.example.org/", "credentials"),
        ("https://dav.example.org/?key=secret", "query"),
    ] {
        let access = access(url, Credentials::None, Duration::from_secs(1));
        let said = CalDav::new(&CalDavConfig { access, zone: zone() }).unwrap_err();
        assert!(matches!(said, CalendarError::Misconfigured(_)), "{said:?}");
        assert!(said.to_string().contains(word) && !said.to_string().contains("secret"), "{said}");
    }
}
