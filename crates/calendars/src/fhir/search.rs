//! Searches, page by page, and writes by version (<https://hl7.org/fhir/R4/search.html>, <https://hl7.org/fhir/R4/http.html>).

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName, IF_MATCH};
use reqwest::{Method, RequestBuilder, Url};
use serde_json::Value;

use super::json::{reference, text, version};
use super::{FhirCalendar, Resource};
use crate::CalendarError;
use crate::http::{Answered, Server, with_header};

const JSON: &str = "application/fhir+json";
/// Of one provider's day or month; whoever has more is not read in part.
const PAGES_MAX: usize = 50;
const PAGE_COUNT: &str = "200";

/// What a search found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) resources: Vec<Resource>,
    /// Matches that the answer holds no resource of.
    pub(super) unreadable: usize,
}

impl Found {
    /// Takes a page; gives the address of the next.
    fn take(&mut self, kind: &str, mut page: Value, total: &mut u64) -> Result<Option<String>, CalendarError> {
        if text(&page, "resourceType") != "Bundle" {
            return Err(CalendarError::Unreadable("it is no Bundle: the address is perhaps not a FHIR server's"));
        }
        *total = page.get("total").and_then(Value::as_u64).unwrap_or(*total);
        let links = page.get("link").and_then(Value::as_array).into_iter().flatten();
        let next =
            links.filter(|link| text(link, "relation") == "next").map(|link| text(link, "url").to_owned()).next();
        let entries = page.get_mut("entry").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
        for mut entry in entries {
            let resource = entry.get_mut("resource").map(Value::take).unwrap_or_default();
            let mode = entry.pointer("/search/mode").and_then(Value::as_str).unwrap_or("match");
            if text(&resource, "resourceType") == kind {
                self.resources.push(resource);
            } else if mode == "match" && text(&resource, "resourceType") != "OperationOutcome" {
                self.unreadable += 1;
            }
        }
        Ok(next)
    }
}

impl FhirCalendar {
    /// Every resource of `kind` that fits, or an error: never a part of them.
    pub(super) async fn search(&self, kind: &str, wanted: &[(&str, String)]) -> Result<Found, CalendarError> {
        let mut url = self.server.at(kind)?;
        url.query_pairs_mut().extend_pairs(wanted).append_pair("_count", PAGE_COUNT);
        let (mut found, mut total) = (Found::default(), 0);
        for _ in 0..PAGES_MAX {
            let page = get(&self.server, url.clone()).await?;
            let Some(next) = found.take(kind, page, &mut total)? else {
                // It has more, and does not say where.
                let seen = found.resources.len() + found.unreadable;
                found.unreadable += usize::try_from(total).unwrap_or(usize::MAX).saturating_sub(seen);
                return Ok(found);
            };
            url = next_page(&self.server, &url, &next)?;
        }
        Err(CalendarError::Unreadable("it has more than 50 pages"))
    }

    /// Some of them: the first page. Empty only if there are none.
    pub(super) async fn search_some(
        &self,
        kind: &str,
        wanted: &[(&str, String)],
    ) -> Result<Vec<Resource>, CalendarError> {
        let mut url = self.server.at(kind)?;
        url.query_pairs_mut().extend_pairs(wanted).append_pair("_count", "1");
        let mut found = Found::default();
        found.take(kind, get(&self.server, url).await?, &mut 0)?;
        Ok(found.resources)
    }

    pub(super) async fn read(&self, reference: &str) -> Result<Resource, CalendarError> {
        get(&self.server, self.server.at(reference)?).await
    }

    /// Writes a resource back, if the server's is still the one that was read; gives it as it stands now.
    pub(super) async fn save(&self, resource: &Resource) -> Result<Resource, CalendarError> {
        let place = reference(resource)?;
        let request = self.server.request(Method::PUT, self.server.at(&place)?);
        let was = format!("W/\"{}\"", version(resource)?.as_str());
        let request = with_header(request, IF_MATCH, &was)?;
        let answer = self.server.ask(body(request, resource)).await?.done()?;
        self.written(answer, &place).await
    }

    /// Creates a resource unless one fits `unless`, which is given then (<https://hl7.org/fhir/R4/http.html#ccreate>).
    pub(super) async fn create(&self, resource: &Resource, unless: &str) -> Result<Option<Resource>, CalendarError> {
        let request = self.server.request(Method::POST, self.server.at(text(resource, "resourceType"))?);
        let request = with_header(request, HeaderName::from_static("if-none-exist"), unless)?;
        let answer = self.server.ask(body(request, resource)).await?.done()?;
        // What it did not say, a search will.
        Ok(parsed(&answer).ok().filter(|given| text(given, "resourceType") == text(resource, "resourceType")))
    }

    async fn written(&self, answer: Answered, place: &str) -> Result<Resource, CalendarError> {
        match parsed(&answer) {
            Ok(given) if reference(&given).is_ok_and(|of| of == place) && version(&given).is_ok() => Ok(given),
            Ok(_) | Err(_) => self.read(place).await,
        }
    }
}

async fn get(server: &Server, url: Url) -> Result<Value, CalendarError> {
    parsed(&server.ask(server.request(Method::GET, url).header(ACCEPT, JSON)).await?.done()?)
}

pub(super) fn body(request: RequestBuilder, resource: &Resource) -> RequestBuilder {
    let request = request.header(ACCEPT, JSON).header(CONTENT_TYPE, JSON);
    request.header("prefer", "return=representation").body(resource.to_string())
}

pub(super) fn parsed(answer: &Answered) -> Result<Value, CalendarError> {
    serde_json::from_slice(answer.body.expose()).map_err(|_| CalendarError::Unreadable("it is not JSON"))
}

/// Credentials go to no other host, and a page to no other base.
fn next_page(server: &Server, here: &Url, next: &str) -> Result<Url, CalendarError> {
    let elsewhere = CalendarError::Unreadable("its next page is elsewhere");
    let url = here.join(next).map_err(|_| elsewhere)?;
    if server.is_ours(&url) && url != *here { Ok(url) } else { Err(elsewhere) }
}
