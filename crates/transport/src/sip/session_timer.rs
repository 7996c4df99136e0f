//! Session timers (RFC 4028): a call whose other side has vanished, together with its BYE, ends all the same.

use std::time::Duration;

use rsipstack::sip::{HasHeaders, Header, Request};
use tokio::time::Instant;

/// The shortest that RFC 4028 (5) allows.
const INTERVAL_MIN: u32 = 90;
/// Longer is as good as none.
const INTERVAL_MAX: u32 = 7200;
/// A BYE goes out so long before the session expires, or a third of it if that is less (RFC 4028 10).
const BEFORE_THE_END: Duration = Duration::from_secs(32);

/// A refresh that was refused is asked for again after this: so long waits who has not made the call (RFC 3261 14.1), after a 491.
const AGAIN_AFTER: Duration = Duration::from_secs(2);
/// So often in a row; then at the usual time, since whoever refuses is there.
const AGAIN_MAX: u32 = 3;

/// The other side wants it shorter than allowed: 422 with `Min-SE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooShort;

/// What was agreed on about refreshing.
#[derive(Clone, Copy, Debug)]
pub(super) struct SessionTimer {
    interval: Duration,
    we_refresh: bool,
    since: Instant,
    /// When we ask for the next refresh.
    asks_at: Instant,
    /// How often in a row a refresh was refused.
    refusals: u32,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// To be refreshed by us.
    Refresh,
    /// Nobody has refreshed it.
    Expired,
}

impl SessionTimer {
    /// As the caller's INVITE or a refresh asks; `None` if it asks for nothing.
    pub(super) fn agree(request: &Request, now: Instant) -> Result<Option<Self>, TooShort> {
        let Some(asked) = value(request, &["Session-Expires", "x"]) else { return Ok(None) };
        let (seconds, parameters) = asked.split_once(';').unwrap_or((&asked, ""));
        let Ok(seconds) = seconds.trim().parse::<u32>() else { return Ok(None) };
        if seconds < INTERVAL_MIN {
            return Err(TooShort);
        }
        // Without support on their side nobody but us can refresh; with it they do, unless they name us.
        let they_can = value(request, &["Supported", "k"])
            .is_some_and(|all| all.split(',').any(|one| one.trim().eq_ignore_ascii_case("timer")));
        let they_name_us = parameters.split(';').any(|one| one.trim().eq_ignore_ascii_case("refresher=uas"));
        let interval = Duration::from_secs(seconds.min(INTERVAL_MAX).into());
        Ok(Some(Self {
            interval,
            we_refresh: they_name_us || !they_can,
            since: now,
            asks_at: now + interval / 2,
            refusals: 0,
        }))
    }

    /// What our 200 says of it.
    pub(super) fn headers(&self) -> Vec<Header> {
        let refresher = if self.we_refresh { "uas" } else { "uac" };
        let mut headers = vec![Header::Other(
            "Session-Expires".to_owned(),
            format!("{};refresher={refresher}", self.interval.as_secs()),
        )];
        if !self.we_refresh {
            headers.push(Header::Require("timer".into()));
        }
        headers
    }

    /// What our own refresh says of it: in that request we are the client.
    pub(super) fn refresh_headers(&self) -> Vec<Header> {
        let expires = format!("{};refresher=uac", self.interval.as_secs());
        vec![Header::Other("Session-Expires".to_owned(), expires), Header::Supported("timer".into())]
    }

    /// The session was refreshed.
    pub(super) fn refreshed(&mut self, now: Instant) {
        (self.since, self.refusals) = (now, 0);
        self.asked(now);
    }

    /// We have asked for a refresh.
    pub(super) fn asked(&mut self, now: Instant) {
        self.asks_at = now + self.interval / 2;
    }

    /// They are there, and have not refreshed it.
    pub(super) fn refused(&mut self, now: Instant) {
        self.refusals += 1;
        if self.refusals <= AGAIN_MAX {
            self.asks_at = now + AGAIN_AFTER;
        } else {
            self.refusals = 0;
        }
    }

    /// What is due next, and when.
    pub(super) fn next(&self) -> (Instant, Due) {
        if self.we_refresh {
            (self.asks_at, Due::Refresh)
        } else {
            (self.since + self.interval - BEFORE_THE_END.min(self.interval / 3), Due::Expired)
        }
    }
}

/// The header of a 422.
pub(super) fn min_se() -> Header {
    Header::Other("Min-SE".to_owned(), INTERVAL_MIN.to_string())
}

fn value(request: &Request, names: &[&str]) -> Option<String> {
    let named = |header: &&Header| names.iter().any(|name| header.name().eq_ignore_ascii_case(name));
    request.headers().iter().find(named).map(|header| header.value().trim().to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking
    use super::*;

    fn asks(headers: &str) -> Request {
        Request::try_from(format!("INVITE sip:clinic@192.0.2.1 SIP/2.0\r\n{headers}\r\n\r\n").as_str()).unwrap()
    }

    #[test]
    fn whoever_can_refreshes_and_who_does_not_is_given_up() {
        let now = Instant::now();
        let agreed = |headers: &str| SessionTimer::agree(&asks(headers), now).unwrap();
        assert!(agreed("Supported: timer").is_none() && agreed("Session-Expires: soon").is_none());
        assert_eq!(SessionTimer::agree(&asks("x: 89"), now).unwrap_err(), TooShort);

        let theirs = agreed("Session-Expires: 1800;refresher=uac\r\nSupported: 100rel, timer").unwrap();
        assert_eq!(theirs.next(), (now + Duration::from_secs(1768), Due::Expired));
        let written: Vec<_> = theirs.headers().iter().map(ToString::to_string).collect();
        assert_eq!(written, ["Session-Expires: 1800;refresher=uac", "Require: timer"]);

        let short = agreed("Session-Expires: 90\r\nk: timer").unwrap();
        assert_eq!(short.next(), (now + Duration::from_secs(60), Due::Expired));
        for ours in ["Session-Expires: 600;refresher=uas\r\nSupported: timer", "Session-Expires: 600"] {
            let mut timer = agreed(ours).unwrap();
            assert_eq!(timer.next(), (now + Duration::from_secs(300), Due::Refresh));
            timer.refreshed(now + Duration::from_secs(300));
            assert_eq!(timer.next().0, now + Duration::from_secs(600));
            assert_eq!(timer.headers().len(), 1);
        }
    }

    #[test]
    fn a_refresh_that_is_refused_is_asked_for_again_a_few_times() {
        let start = Instant::now();
        let mut timer = SessionTimer::agree(&asks("Session-Expires: 600"), start).unwrap().unwrap();
        let asks = |timer: &mut SessionTimer| {
            let (at, due) = timer.next();
            assert_eq!(due, Due::Refresh);
            timer.asked(at);
            timer.refused(at);
            at.duration_since(start).as_secs()
        };
        let asked: Vec<u64> = (0..6).map(|_| asks(&mut timer)).collect();
        assert_eq!(asked, [300, 302, 304, 306, 606, 608]);
        let now = start + Duration::from_secs(610);
        timer.refreshed(now);
        assert_eq!(timer.next().0, now + Duration::from_secs(300));
    }
}
