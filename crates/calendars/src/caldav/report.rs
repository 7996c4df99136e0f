//! The one question that a calendar server is asked about others' entries, and its answer.

use jiff::Timestamp;
use roxmltree::{Document, Node, ParsingOptions};

use crate::CalendarError;
use crate::ical::{Reading, utc};

const DAV: &str = "DAV:";
const CALDAV: &str = "urn:ietf:params:xml:ns:caldav";
/// A full answer has about ten for each entry.
const NODES_MAX: u32 = 2_000_000;

/// A calendar-query for the events that touch a time, with their text (RFC 4791, 7.8.1).
pub(super) fn query(from: Timestamp, to: Timestamp) -> String {
    let (from, to) = (utc(from), utc(to));
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:getetag/><C:calendar-data/></D:prop>
<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="{from}" end="{to}"/>
</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"#
    )
}

/// Every object of a multistatus (RFC 4918, 13). One without its text is one that cannot be read, unless it is gone.
pub(super) fn read(body: &[u8], reading: &mut Reading) -> Result<(), CalendarError> {
    let text = std::str::from_utf8(body).map_err(|_| CalendarError::Unreadable("it is not UTF-8"))?;
    let options = ParsingOptions { nodes_limit: NODES_MAX, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options);
    let document = document.map_err(|_| CalendarError::Unreadable("it is not XML"))?;
    let root = document.root_element();
    if !root.has_tag_name((DAV, "multistatus")) {
        return Err(CalendarError::Unreadable("it is no multistatus: the address is perhaps not a calendar's"));
    }
    for response in root.children().filter(|node| node.has_tag_name((DAV, "response"))) {
        match data(response) {
            Some(text) => reading.read(&text),
            None if is_gone(response) => {}
            None => reading.is_unreadable(),
        }
    }
    Ok(())
}

/// The object's text, which may stand in several pieces.
fn data(response: Node) -> Option<String> {
    let data = response.descendants().find(|node| node.has_tag_name((CALDAV, "calendar-data")))?;
    let text: String = data.descendants().filter(Node::is_text).filter_map(|piece| piece.text()).collect();
    (!text.trim().is_empty()).then_some(text)
}

/// Deleted between the server's search and its answer.
fn is_gone(response: Node) -> bool {
    let status = response.children().find(|node| node.has_tag_name((DAV, "status")));
    status.and_then(|status| status.text()).is_some_and(|text| text.contains(" 404 ") || text.contains(" 410 "))
}
