//! Who calls whom, as far as a SIP request tells. Everything here is what a stranger wrote: nothing panics, and what is no number
//! is none.

use domain::{Phi, PhoneNumber};
use rsipstack::sip::{HasHeaders, Request};

/// More addresses than this in one request are nobody's forwarding.
const ADDRESSES_MAX: usize = 16;

/// The number that the call comes from: what the network vouches for (`P-Asserted-Identity`, RFC 3325; `Remote-Party-ID`), else what
/// the caller's side says (`From`). `None` if the caller wishes not to be known (`Privacy: id`, RFC 3323), or if it is no number.
/// `country` is the code that numbers without one belong to, such as `1`.
pub(super) fn caller(request: &Request, country: &str) -> Option<Phi<PhoneNumber>> {
    let wishes_privacy = values(request, &["Privacy"])
        .any(|value| value.split(';').any(|word| matches!(word.trim().to_ascii_lowercase().as_str(), "id" | "user")));
    if wishes_privacy {
        return None;
    }
    let numbers = |names: &'static [&'static str]| users(request, names).into_iter().find_map(|u| number(&u, country));
    numbers(&["P-Asserted-Identity"])
        .or_else(|| numbers(&["Remote-Party-ID"]))
        .or_else(|| numbers(&["From", "f"]))
        .map(Phi::new)
}

/// The numbers or names that were dialled, those that tell most first: to whom the last network delivers (`P-Called-Party-ID`, RFC
/// 7315), the request's own address, what the caller dialled (`To`), and who forwarded the call to us (`Diversion`, RFC 5806;
/// `History-Info`, RFC 7044).
pub(super) fn dialled(request: &Request, country: &str) -> Vec<String> {
    let mut all = users(request, &["P-Called-Party-ID"]);
    all.extend(user(&request.uri.to_string()));
    for names in [&["To", "t"][..], &["Diversion"], &["History-Info"]] {
        all.extend(users(request, names));
    }
    let mut known = Vec::new();
    for one in all.into_iter().take(ADDRESSES_MAX) {
        let one = number(&one, country).map_or(one, |number| number.as_str().to_owned());
        if !known.contains(&one) {
            known.push(one);
        }
    }
    known
}

fn values<'a>(request: &'a Request, names: &'a [&'a str]) -> impl Iterator<Item = String> + 'a {
    let is_named = |name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    request.headers().iter().filter(move |header| is_named(header.name())).map(|header| header.value().to_owned())
}

fn users(request: &Request, names: &[&str]) -> Vec<String> {
    values(request, names)
        .flat_map(|value| entries(&value).iter().filter_map(|one| user(one)).collect::<Vec<_>>())
        .collect()
}

/// The entries of a header that lists addresses. Commas within quotes and angle brackets are none of the list's.
fn entries(value: &str) -> Vec<&str> {
    let (mut from, mut is_quoted, mut is_escaped, mut is_bracketed) = (0, false, false, false);
    let mut all = Vec::new();
    for (at, byte) in value.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b'<' if !is_quoted => is_bracketed = true,
            b'>' if !is_quoted => is_bracketed = false,
            b',' if !is_quoted && !is_bracketed => {
                all.push(&value[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    all.push(&value[from..]);
    all.truncate(ADDRESSES_MAX);
    all
}

/// The user part of an address such as `"Ann" <sip:+12125550100;ext=1@example.org>;tag=7` or `tel:+1-212-555-0100`.
fn user(address: &str) -> Option<String> {
    let address = match (address.rfind('<'), address.rfind('>')) {
        (Some(from), Some(to)) if from < to => &address[from + 1..to],
        _ => address.trim(),
    };
    let (scheme, rest) = address.split_once(':')?;
    let user = match scheme.to_ascii_lowercase().as_str() {
        "sip" | "sips" => rest.split_once('@')?.0,
        "tel" => rest,
        _ => return None,
    };
    let user = user.split([';', ':', '?']).next()?.replace("%2B", "+").replace("%2b", "+");
    (!user.is_empty()).then_some(user)
}

/// A telephone number as networks write them: `+12125550100`, `0012125550100`, `12125550100`, `2125550100`, with or without
/// separators.
fn number(user: &str, country: &str) -> Option<PhoneNumber> {
    let written: String = user.chars().filter(|c| !matches!(c, '-' | '.' | '(' | ')' | ' ')).collect();
    let national = |digits: &str| match (country, digits.len()) {
        ("1", 10) => Some(format!("+1{digits}")),
        ("1", 11) if digits.starts_with('1') => Some(format!("+{digits}")),
        ("1", _) => None,
        (country, _) => digits.strip_prefix('0').map(|national| format!("+{country}{national}")),
    };
    let full = if written.starts_with('+') {
        written
    } else if let Some(abroad) = written.strip_prefix("00") {
        format!("+{abroad}")
    } else {
        national(&written)?
    };
    full.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking
    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request {
        let mut text = "INVITE sip:clinic@192.0.2.1:5060 SIP/2.0\r\n".to_owned();
        for (name, value) in headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        Request::try_from(format!("{text}\r\n").as_str()).unwrap()
    }

    fn calls(headers: &[(&str, &str)]) -> Option<String> {
        caller(&request(headers), "1").map(|number| number.expose().as_str().to_owned())
    }

    #[test]
    fn the_network_is_believed_before_the_caller() {
        let from = ("From", "\"Ann, \\\"A\\\" <x>\" <sip:2125550100@example.org;user=phone>;tag=7");
        assert_eq!(calls(&[from]).as_deref(), Some("+12125550100"));
        let asserted = ("P-Asserted-Identity", "<sip:ann@example.org>, <tel:+1-212-555-0199;phone-context=x>");
        assert_eq!(calls(&[from, asserted]).as_deref(), Some("+12125550199"));
        assert_eq!(calls(&[from, asserted, ("Privacy", "header;id")]), None);
        assert_eq!(calls(&[from, ("Privacy", "none")]).as_deref(), Some("+12125550100"));
        for nobody in ["<sip:anonymous@anonymous.invalid>;tag=1", "<sip:100@pbx>", "garbage", "<>", "", "<sip:@x>"] {
            assert_eq!(calls(&[("From", nobody)]), None, "{nobody}");
        }
    }

    #[test]
    fn numbers_are_read_as_networks_write_them() {
        let table = [
            ("2125550100", "1", Some("+12125550100")),
            ("12125550100", "1", Some("+12125550100")),
            ("0044 20 7946 0000", "1", Some("+442079460000")),
            ("02079460000", "44", Some("+442079460000")),
            ("+44-20-7946-0000", "1", Some("+442079460000")),
            ("100", "1", None),
            ("clinic", "1", None),
            ("+0123456789", "1", None),
        ];
        for (written, country, expected) in table {
            assert_eq!(number(written, country).as_ref().map(PhoneNumber::as_str), expected, "{written}");
        }
    }

    #[test]
    fn every_number_that_was_dialled_is_told_the_nearest_first() {
        let all = request(&[
            ("To", "<sip:12125550111@carrier.example>"),
            ("Diversion", "\"Front desk\" <tel:+12125550122>;reason=no-answer, <sip:+12125550111@x>;reason=user-busy"),
            ("History-Info", "<sip:%2B12125550133@x?Reason=SIP%3Bcause%3D302>;index=1, <sip:clinic@x>;index=1.1"),
            ("P-Called-Party-ID", "<sip:+12125550144@x>"),
        ]);
        assert_eq!(dialled(&all, "1"), ["+12125550144", "clinic", "+12125550111", "+12125550122", "+12125550133"]);
    }
}

#[cfg(test)]
#[path = "../../tests/fuzz/sip.rs"]
mod fuzz;
