//! Session timers (RFC 4028): a call whose other side has vanished, together with its BYE, ends all the same.

use std::time::Duration;

use rsipstack::sip::{Header, Headers, Request, Response, StatusCode};
use tokio::time::Instant;

use super::abilities;

/// The shortest that RFC 4028 (5) allows.
const INTERVAL_MIN: u32 = 90;
/// Longer is as good as none.
const INTERVAL_MAX: u32 = 7200;
/// What a call that we place asks for: shorter is discouraged (RFC 4028 4).
const INTERVAL_OURS: u32 = 1800;
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
        let Some((seconds, refresher)) = expires(&request.headers) else { return Ok(None) };
        if seconds < INTERVAL_MIN {
            return Err(TooShort);
        }
        // Without support on their side nobody but us can refresh; with it they do, unless they name us.
        let they_can = value(&request.headers, &["Supported", "k"])
            .is_some_and(|all| all.split(',').any(|one| one.trim().eq_ignore_ascii_case("timer")));
        Ok(Some(Self::new(seconds.min(INTERVAL_MAX), refresher == Some(Refresher::Uas) || !they_can, now)))
    }

    /// As the answer to an INVITE of ours grants it; `None` if the other side has no such timer.
    pub(super) fn granted(headers: &Headers, now: Instant) -> Option<Self> {
        let (seconds, refresher) = expires(headers)?;
        Some(Self::new(seconds.max(INTERVAL_MIN), refresher != Some(Refresher::Uas), now))
    }

    /// As the answer to a refresh of ours grants it. We go on refreshing, whatever it says: nobody may change who does (RFC 4028 9), and some name
    /// themselves who then do not.
    pub(super) fn granted_again(headers: &Headers, now: Instant) -> Option<Self> {
        Some(Self { we_refresh: true, ..Self::granted(headers, now)? })
    }

    fn new(seconds: u32, we_refresh: bool, now: Instant) -> Self {
        let interval = Duration::from_secs(seconds.into());
        Self { interval, we_refresh, since: now, asks_at: now + interval / 2, refusals: 0 }
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
        vec![Header::Other("Session-Expires".to_owned(), expires), abilities::supported()]
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

    /// They are there, and have not refreshed it: perhaps because they want it to last so many seconds.
    pub(super) fn refused(&mut self, at_least: Option<u32>, now: Instant) {
        let at_least = Duration::from_secs(at_least.unwrap_or(0).min(INTERVAL_MAX).into());
        self.interval = self.interval.max(at_least);
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

/// What an INVITE of ours asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asking {
    /// Half an hour.
    Usual,
    /// As long as a 422 wants it at least, in seconds.
    AtLeast(u32),
    /// Nothing: better a call without a timer than none.
    Nothing,
}

impl Asking {
    /// The other side is asked to refresh: a trunk that wants the password for each request would refuse ours.
    pub(super) fn headers(self) -> Vec<Header> {
        let (seconds, at_least) = match self {
            Self::Usual => (INTERVAL_OURS, None),
            Self::AtLeast(least) => (least.max(INTERVAL_OURS), Some(least)),
            Self::Nothing => return vec![abilities::supported()],
        };
        let expires = Header::Other("Session-Expires".to_owned(), format!("{seconds};refresher=uas"));
        let least = at_least.map(|seconds| Header::Other("Min-SE".to_owned(), seconds.to_string()));
        [expires, abilities::supported()].into_iter().chain(least).collect()
    }

    /// What is asked for next, if this answer says that the session is too short (422).
    pub(super) fn after(self, answer: &Response) -> Option<Self> {
        let is_too_short = answer.status_code == StatusCode::SessionIntervalTooSmall;
        let next = match self {
            Self::Usual => too_short_for(answer).map_or(Self::Nothing, Self::AtLeast),
            Self::AtLeast(_) => Self::Nothing,
            Self::Nothing => return None,
        };
        is_too_short.then_some(next)
    }
}

/// The header of a 422.
pub(super) fn min_se() -> Header {
    Header::Other("Min-SE".to_owned(), INTERVAL_MIN.to_string())
}

/// How long a session has to be at least, in seconds, where one of ours was too short for somebody (422).
pub(super) fn too_short_for(response: &Response) -> Option<u32> {
    let is_it = response.status_code == StatusCode::SessionIntervalTooSmall;
    let least = value(&response.headers, &["Min-SE"]).filter(|_| is_it)?;
    least.split(';').next()?.trim().parse().ok()
}

/// Who refreshes: who made the request in which it stands, or who answered it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Refresher {
    Uac,
    Uas,
}

/// Seconds, and who is named.
fn expires(headers: &Headers) -> Option<(u32, Option<Refresher>)> {
    let written = value(headers, &["Session-Expires", "x"])?.to_ascii_lowercase();
    let mut parts = written.split(';').map(str::trim);
    let seconds = parts.next()?.parse().ok()?;
    let refresher = parts.find_map(|part| match part.strip_prefix("refresher=")?.trim() {
        "uac" => Some(Refresher::Uac),
        "uas" => Some(Refresher::Uas),
        _ => None,
    });
    Some((seconds, refresher))
}

fn value(headers: &Headers, names: &[&str]) -> Option<String> {
    let named = |header: &&Header| names.iter().any(|name| header.name().eq_ignore_ascii_case(name));
    headers.iter().find(named).map(|header| header.value().trim().to_owned())
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
            timer.refused(None, at);
            at.duration_since(start).as_secs()
        };
        let asked: Vec<u64> = (0..6).map(|_| asks(&mut timer)).collect();
        assert_eq!(asked, [300, 302, 304, 306, 606, 608]);
        let now = start + Duration::from_secs(610);
        timer.refreshed(now);
        assert_eq!(timer.next().0, now + Duration::from_secs(300));
        timer.refused(Some(900), now);
        let written: Vec<_> = timer.refresh_headers().iter().map(ToString::to_string).collect();
        assert_eq!(written, ["Session-Expires: 900;refresher=uac", "Supported: timer"]);
    }

    #[test]
    fn a_call_of_ours_lasts_as_whoever_picks_up_grants() {
        let now = Instant::now();
        let answer = |status: &str, headers: &str| {
            Response::try_from(format!("SIP/2.0 {status}\r\n{headers}\r\n\r\n").as_str()).unwrap()
        };
        let granted = |headers: &str| SessionTimer::granted(&answer("200 OK", headers).headers, now);
        assert!(granted("Supported: timer").is_none());
        let after = |seconds| now + Duration::from_secs(seconds);
        assert_eq!(granted("Session-Expires: 600;refresher=uas").unwrap().next(), (after(568), Due::Expired));
        assert_eq!(granted("x: 600; Refresher=UAC").unwrap().next(), (after(300), Due::Refresh));
        assert_eq!(granted("Session-Expires: 1").unwrap().next(), (after(45), Due::Refresh));

        let again = SessionTimer::granted_again(&answer("200 OK", "Session-Expires: 600;refresher=uas").headers, now);
        assert_eq!(again.unwrap().next(), (after(300), Due::Refresh), "we go on");
    }

    #[test]
    fn who_finds_a_session_too_short_is_asked_for_a_longer_one_and_then_for_none() {
        let answer = |status: &str, headers: &str| {
            Response::try_from(format!("SIP/2.0 {status}\r\n{headers}\r\n\r\n").as_str()).unwrap()
        };
        let headers = |asking: Asking| asking.headers().iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(headers(Asking::Usual), ["Session-Expires: 1800;refresher=uas", "Supported: timer"]);
        assert_eq!(Asking::Usual.after(&answer("200 OK", "Min-SE: 3600")), None);
        let too_short = answer("422 Session Interval Too Small", "Min-SE: 3600;x=y");
        let longer = Asking::Usual.after(&too_short).unwrap();
        assert_eq!(headers(longer), ["Session-Expires: 3600;refresher=uas", "Supported: timer", "Min-SE: 3600"]);
        assert_eq!(longer.after(&too_short), Some(Asking::Nothing), "by another on the way");
        assert_eq!(Asking::Usual.after(&answer("422 Too Short", "")), Some(Asking::Nothing));
        assert_eq!((headers(Asking::Nothing).len(), Asking::Nothing.after(&too_short)), (1, None));
    }
}
