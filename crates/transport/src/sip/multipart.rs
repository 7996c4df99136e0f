//! A body of several parts, one of which describes the session (RFC 5621; RFC 2046 5.1): trunks put a place or an ISUP message beside it.
//!
//! Read strictly. Other parts are passed over, also those that do not say whether they may be: an errand is not refused for what came
//! beside it. Only `handling=required` (RFC 3204) is heeded.

/// Bodies with more parts are refused; trunks send two or three.
const PARTS_MAX: usize = 16;
/// RFC 2046 5.1.1.
const BOUNDARY_MAX: usize = 70;

/// Why there is no description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// Not written as RFC 2046 says, or with two descriptions: 400.
    Malformed,
    /// A part must be understood and is not, the description is coded, or there is none: 415.
    Unsupported,
}

/// Whether it is this type, whatever its parameters.
pub(super) fn is_type(content_type: &str, wanted: &str) -> bool {
    content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted))
}

/// The part that is `application/sdp`, as it stands in the body of this `multipart/mixed`.
pub(super) fn description<'a>(content_type: &str, body: &'a [u8]) -> Result<&'a [u8], Unread> {
    let boundary = parameter(content_type, "boundary").filter(|text| is_boundary(text)).ok_or(Unread::Malformed)?;
    let mut found = None;
    for part in parts(&boundary, body)? {
        let Part { headers, content } = read(part)?;
        let kind = headers.content_type.unwrap_or("text/plain");
        let disposition = headers.disposition.unwrap_or("session");
        if !(is_type(kind, "application/sdp") && is_type(disposition, "session")) {
            let is_required =
                parameter(disposition, "handling").is_some_and(|how| how.eq_ignore_ascii_case("required"));
            if is_required {
                return Err(Unread::Unsupported);
            }
            continue;
        }
        let is_plain = |how: &str| ["7bit", "8bit", "binary"].iter().any(|plain| plain.eq_ignore_ascii_case(how));
        if !headers.encoding.is_none_or(is_plain) {
            return Err(Unread::Unsupported);
        }
        if found.replace(content).is_some() {
            return Err(Unread::Malformed);
        }
    }
    found.ok_or(Unread::Unsupported)
}

/// What lies between the boundaries. What stands before the first and behind the last is no part.
fn parts<'a>(boundary: &str, body: &'a [u8]) -> Result<Vec<&'a [u8]>, Unread> {
    let dashes = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut begin = None;
    let mut at = 0;
    while let Some(line) = body.get(at..).filter(|rest| !rest.is_empty()) {
        let end = find(line, b"\r\n").map_or(body.len(), |len| at + len);
        let next = (end + 2).min(body.len());
        if let Some(rest) = body[at..end].strip_prefix(dashes.as_bytes()) {
            let is_last = rest.starts_with(b"--");
            let padding = if is_last { &rest[2..] } else { rest };
            if padding.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
                // The line end before a boundary belongs to the boundary.
                parts.extend(begin.map(|begin| &body[begin..at.saturating_sub(2).max(begin)]));
                if parts.len() > PARTS_MAX || (is_last && begin.is_none()) {
                    return Err(Unread::Malformed);
                }
                if is_last {
                    return Ok(parts);
                }
                begin = Some(next);
            }
        }
        at = next;
    }
    // Nobody has ended it.
    Err(Unread::Malformed)
}

struct Part<'a> {
    headers: Headers<'a>,
    content: &'a [u8],
}

#[derive(Default)]
struct Headers<'a> {
    content_type: Option<&'a str>,
    disposition: Option<&'a str>,
    encoding: Option<&'a str>,
}

/// Headers, an empty line, and the content. A header that goes on in a second line is not taken.
fn read(part: &[u8]) -> Result<Part<'_>, Unread> {
    let (headers, content) = match part.strip_prefix(b"\r\n") {
        Some(content) => (&part[..0], content),
        None => {
            let len = find(part, b"\r\n\r\n").ok_or(Unread::Malformed)?;
            (&part[..len], &part[len + 4..])
        }
    };
    let mut read = Headers::default();
    for line in std::str::from_utf8(headers).map_err(|_| Unread::Malformed)?.split("\r\n").filter(|l| !l.is_empty()) {
        let (name, value) = line.split_once(':').ok_or(Unread::Malformed)?;
        let place = match name.trim_end().to_ascii_lowercase().as_str() {
            "content-type" | "c" => &mut read.content_type,
            "content-disposition" => &mut read.disposition,
            "content-transfer-encoding" => &mut read.encoding,
            _ => continue,
        };
        if place.replace(value.trim()).is_some() {
            return Err(Unread::Malformed);
        }
    }
    Ok(Part { headers: read, content })
}

/// The value of a parameter, without the quotes in which it may stand.
fn parameter(value: &str, name: &str) -> Option<String> {
    let mut rest = value.split_once(';')?.1;
    loop {
        let (key, behind) = rest.split_once('=')?;
        let behind = behind.trim_start();
        let (text, after) = match behind.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => (behind.split(';').next()?.trim_end(), behind),
        };
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(text.to_owned());
        }
        rest = after.split_once(';')?.1;
    }
}

/// RFC 2046 5.1.1.
fn is_boundary(text: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
    (1..=BOUNDARY_MAX).contains(&text.len()) && !text.ends_with(' ') && text.bytes().all(is_fit)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
#[path = "multipart/tests.rs"]
mod tests;

#[cfg(test)]
#[path = "../../tests/fuzz/multipart.rs"]
mod fuzz;
