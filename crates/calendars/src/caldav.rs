//! A calendar on a CalDAV server (RFC 4791).
//!
//! CalDAV has conditional writes of one object (RFC 4791, 5.3.2; RFC 9110, 13.1) and nothing that keeps two objects apart. So a
//! booking looks, writes, and looks again: whoever finds somebody else's entry beside its own afterwards, withdraws its own.
//! Of two that write at once, at least one sees the other, so both never stand; that both withdraw is possible, and the second
//! try of either succeeds. People's programs do not withdraw: an entry of theirs always stays.
//!
//! What a server leaves out of its answers nobody sees: Radicale does so with files in its folder that it cannot parse.

mod report;

use std::time::Duration;

use domain::{AppointmentId, Phi};
use jiff::tz::TimeZone;
use reqwest::header::{self, HeaderName};
use reqwest::{Method, Url};

use crate::http::{Answered, Server, refusal, with_header};
use crate::ical::{self, Reading};
use crate::{Access, Answer, Busy, CalendarError, Entry, OutsideCalendar, Period, Version};

/// Servers differ about when days and times without a zone are, by less than this. What is beside the wish is left out here.
const WIDER: Duration = Duration::from_hours(36);

/// One calendar as the practice wrote it.
#[derive(Clone, Debug)]
pub struct CalDavConfig {
    /// Of the calendar collection itself, such as `https://dav.example.org/calendars/patel/appointments/`.
    pub access: Access,
    /// The practice's: when its days are, and times that are written without a zone.
    pub zone: TimeZone,
}

/// One calendar on a CalDAV server.
#[derive(Debug)]
pub struct CalDav {
    server: Server,
    zone: TimeZone,
}

/// One of our objects as it stands.
struct Standing {
    version: Version,
    text: Phi<String>,
}

impl CalDav {
    /// Asks nobody yet. The error is `Misconfigured`.
    pub fn new(config: &CalDavConfig) -> Result<Self, CalendarError> {
        Ok(Self { server: Server::new(&config.access)?, zone: config.zone.clone() })
    }

    fn place(&self, id: AppointmentId) -> Result<Url, CalendarError> {
        self.server.at(&ical::href(id))
    }

    async fn look(&self, period: Period) -> Result<Busy, CalendarError> {
        let wider = |at: jiff::Timestamp, by: jiff::SignedDuration| at.saturating_add(by).unwrap_or(at);
        let by = jiff::SignedDuration::try_from(WIDER).unwrap_or_default();
        let (from, to) = (wider(period.start(), -by), wider(period.end(), by));
        let report = Method::from_bytes(b"REPORT").map_err(|_| CalendarError::Unreadable("REPORT is no method"))?;
        let request = self.server.request(report, self.server.base().clone());
        let request = request.header("depth", "1").header(header::CONTENT_TYPE, "application/xml; charset=utf-8");
        let answer = self.server.ask(request.body(report::query(from, to))).await?.done()?;
        let zone = self.zone.clone();
        // Series of years may take a moment; calls go on meanwhile.
        let read = tokio::task::spawn_blocking(move || {
            let mut reading = Reading::new(period, zone);
            report::read(answer.body.expose(), &mut reading)?;
            Ok(reading.done())
        });
        read.await.unwrap_or(Err(CalendarError::Unreadable("reading it failed")))
    }

    async fn put(&self, id: AppointmentId, text: String, only: Only<'_>) -> Result<Answered, CalendarError> {
        let request = self.server.request(Method::PUT, self.place(id)?);
        let request = request.header(header::CONTENT_TYPE, "text/calendar; charset=utf-8").body(text);
        self.server.ask(only.on(request)?).await
    }

    async fn standing(&self, id: AppointmentId) -> Result<Option<Standing>, CalendarError> {
        let answer = self.server.ask(self.server.request(Method::GET, self.place(id)?)).await?;
        if answer.is_gone() {
            return Ok(None);
        }
        let answer = answer.done()?;
        let etag = answer.etag.ok_or(CalendarError::Unreadable("the server gives no ETag"))?;
        let text = String::from_utf8(answer.body.into_exposed()).map_err(|_| CalendarError::Conflict)?;
        Ok(Some(Standing { version: Version::new(etag), text: Phi::new(text) }))
    }

    /// After a write: the version that the server told, or else the one that stands there now.
    async fn version_of(&self, entry: &Entry, written: Answered) -> Result<Version, CalendarError> {
        if let Some(etag) = written.etag {
            return Ok(Version::new(etag));
        }
        match self.standing(entry.id).await? {
            Some(standing) if self.is_at(&standing, entry) => Ok(standing.version),
            _ => Err(CalendarError::Conflict),
        }
    }

    fn is_at(&self, standing: &Standing, entry: &Entry) -> bool {
        ical::single(standing.text.expose(), &self.zone) == Some((entry.id, entry.period))
    }

    async fn book_once(&self, entry: &Entry) -> Result<Version, CalendarError> {
        let version = match self.standing(entry.id).await? {
            Some(standing) if self.is_at(&standing, entry) => standing.version,
            Some(_) => return Err(CalendarError::Conflict),
            None => {
                if self.look(entry.period).await?.is_taken(&entry.period, entry.id) {
                    return Err(CalendarError::Conflict);
                }
                match self.put(entry.id, ical::text(entry), Only::IfNone).await?.done() {
                    Ok(written) => self.version_of(entry, written).await?,
                    // Another try of the same booking was faster, or it is something else that stands there.
                    Err(CalendarError::Conflict) => match self.standing(entry.id).await? {
                        Some(standing) if self.is_at(&standing, entry) => standing.version,
                        Some(_) | None => return Err(CalendarError::Conflict),
                    },
                    Err(why) => return Err(why),
                }
            }
        };
        if self.look(entry.period).await?.is_taken(&entry.period, entry.id) {
            self.remove(entry.id, Some(&version)).await.map_err(still_stands)?;
            return Err(CalendarError::Conflict);
        }
        Ok(version)
    }

    async fn change_once(&self, entry: &Entry, version: &Version) -> Result<Version, CalendarError> {
        let before = self.standing(entry.id).await?.ok_or(CalendarError::Conflict)?;
        if before.version != *version {
            // A repeat, after a reply that was lost.
            return if self.is_at(&before, entry) { Ok(before.version) } else { Err(CalendarError::Conflict) };
        }
        if self.look(entry.period).await?.is_taken(&entry.period, entry.id) {
            return Err(CalendarError::Conflict);
        }
        let written = self.put(entry.id, ical::text(entry), Only::If(version)).await?;
        if written.is_gone() {
            return Err(CalendarError::Conflict);
        }
        let after = self.version_of(entry, written.done()?).await?;
        if self.look(entry.period).await?.is_taken(&entry.period, entry.id) {
            let back = self.put(entry.id, before.text.into_exposed(), Only::If(&after)).await?;
            back.done().map_err(still_stands)?;
            return Err(CalendarError::Conflict);
        }
        Ok(after)
    }

    async fn remove(&self, id: AppointmentId, version: Option<&Version>) -> Result<(), CalendarError> {
        let request = self.server.request(Method::DELETE, self.place(id)?);
        let only = version.map_or(Only::Always, Only::If);
        let answer = self.server.ask(only.on(request)?).await?;
        if answer.is_gone() {
            return Ok(());
        }
        if refusal(answer.status) == CalendarError::Conflict && self.standing(id).await?.is_none() {
            // Some servers say of what is gone that it is not in the state that was meant.
            return Ok(());
        }
        answer.done().map(|_| ())
    }
}

/// What is ours and should not stand could not be taken back: the caller cannot take it as undone.
fn still_stands(why: CalendarError) -> CalendarError {
    match why {
        CalendarError::Conflict => {
            CalendarError::Unreadable("somebody changed an entry of ours that was to be withdrawn")
        }
        CalendarError::Unavailable(_)
        | CalendarError::Refused(_)
        | CalendarError::Unreadable(_)
        | CalendarError::Misconfigured(_) => why,
    }
}

/// On what a write depends.
#[derive(Clone, Copy)]
enum Only<'a> {
    Always,
    IfNone,
    If(&'a Version),
}

impl Only<'_> {
    fn on(self, request: reqwest::RequestBuilder) -> Result<reqwest::RequestBuilder, CalendarError> {
        let (name, value): (HeaderName, &str) = match self {
            Self::Always => return Ok(request),
            Self::IfNone => (header::IF_NONE_MATCH, "*"),
            Self::If(version) => (header::IF_MATCH, version.as_str()),
        };
        with_header(request, name, value)
    }
}

impl OutsideCalendar for CalDav {
    fn busy(&self, period: Period) -> Answer<'_, Busy> {
        Box::pin(self.look(period))
    }

    fn book<'a>(&'a self, entry: &'a Entry) -> Answer<'a, Version> {
        Box::pin(self.book_once(entry))
    }

    fn change<'a>(&'a self, entry: &'a Entry, version: &'a Version) -> Answer<'a, Version> {
        Box::pin(self.change_once(entry, version))
    }

    fn cancel<'a>(&'a self, id: AppointmentId, version: Option<&'a Version>) -> Answer<'a, ()> {
        Box::pin(self.remove(id, version))
    }
}
