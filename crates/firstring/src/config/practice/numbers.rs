//! `[[numbers]]`: which number of the practice stands in which advertisement.

use std::path::Path;

use domain::{Phi, PhoneNumber, PracticeId};
use serde::Deserialize;
use toml::Spanned;

use super::checked::Checked;
use crate::config::ConfigError;

/// More is no label.
const CHANNEL_LEN_MAX: usize = 32;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNumber {
    number: Spanned<String>,
    channel: Spanned<String>,
}

/// The practice's numbers, each with its channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers(Vec<(PhoneNumber, String)>);

impl Numbers {
    /// Whether this number, with its country code, is the practice's.
    pub fn contains(&self, number: &str) -> bool {
        self.0.iter().any(|(known, _)| known.as_str() == number)
    }

    /// Which practice of a server was called is told by the number that was dialled, or by its id, whose page it was. `practices`: their
    /// files, ids and numbers; the first also has the calls that are nobody's.
    ///
    /// # Errors
    /// A further practice has no number, or a number or an id that another has.
    pub fn check_told_apart(practices: &[(&Path, &PracticeId, &Self)]) -> anyhow::Result<()> {
        for (index, (file, id, numbers)) in practices.iter().enumerate().skip(1) {
            let file = file.display();
            let none = "no call could be told to be for this practice; write its [[numbers]]";
            anyhow::ensure!(!numbers.0.is_empty(), "{file}: {none}");
            for (other, other_id, others) in &practices[..index] {
                let other = other.display();
                anyhow::ensure!(id != other_id, "{file}: its id is also that of {other}; write another");
                let has_both = others.0.iter().any(|(one, _)| numbers.contains(one.as_str()));
                anyhow::ensure!(!has_both, "{file}: a number is also in {other}; a number has one practice");
            }
        }
        Ok(())
    }

    /// The channel of the first of these that is the practice's. `dialled`: with the country code, as
    /// [`IncomingFrom::Sip`](transport::IncomingFrom) has them.
    pub fn channel(&self, dialled: &Phi<Vec<String>>) -> Option<&str> {
        let of = |number: &String| self.0.iter().find(|(known, _)| known.as_str() == number);
        dialled.expose().iter().find_map(of).map(|(_, channel)| channel.as_str())
    }
}

impl Checked<'_> {
    pub(super) fn numbers(&self, raw: Vec<RawNumber>) -> Result<Numbers, ConfigError> {
        let mut numbers: Vec<(PhoneNumber, String)> = Vec::new();
        for RawNumber { number, channel } in raw {
            let plain: String =
                number.get_ref().chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')')).collect();
            let known = plain.parse::<PhoneNumber>().ok().filter(|_| plain.starts_with('+'));
            let known = known.ok_or_else(|| {
                self.wrong(&number, "not a telephone number with its country code, such as \"+1 212 555 0111\"")
            })?;
            if numbers.iter().any(|(other, _)| *other == known) {
                return Err(self.wrong(&number, "this number stands twice; a number has one channel"));
            }
            let label = channel.get_ref();
            let is_label = label.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            if !is_label || label.is_empty() || label.len() > CHANNEL_LEN_MAX {
                let wrong = "a channel is a label of small letters and _, such as \"website\" or \"yellow_pages\"";
                return Err(self.wrong(&channel, wrong));
            }
            numbers.push((known, label.clone()));
        }
        Ok(Numbers(numbers))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking
    use super::*;

    fn of(number: &str, channel: &str) -> (PhoneNumber, String) {
        (number.parse().unwrap(), channel.to_owned())
    }

    #[test]
    fn practices_are_told_apart_by_their_numbers() {
        let one = Numbers(vec![of("+12125550111", "website")]);
        let (other, none) = (Numbers(vec![of("+12125550112", "website")]), Numbers::default());
        let (first, second) = (PracticeId::from("riverside"), PracticeId::from("lakeside"));
        let check = |id: &PracticeId, numbers: &Numbers| {
            Numbers::check_told_apart(&[("a".as_ref(), &first, &one), ("b".as_ref(), id, numbers)])
        };
        assert!(check(&second, &other).is_ok() && Numbers::check_told_apart(&[("a".as_ref(), &first, &none)]).is_ok());
        assert!(check(&second, &none).unwrap_err().to_string().contains("[[numbers]]"));
        assert!(check(&second, &one).unwrap_err().to_string().contains("one practice"));
        assert!(check(&first, &other).unwrap_err().to_string().contains("id"));
    }

    #[test]
    fn the_nearest_number_that_is_ours_tells_the_channel() {
        let numbers = Numbers(vec![of("+12125550111", "website"), of("+12125550112", "flyer")]);
        let dialled = |all: &[&str]| Phi::new(all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
        assert_eq!(numbers.channel(&dialled(&["clinic", "+12125550112", "+12125550111"])), Some("flyer"));
        assert_eq!(numbers.channel(&dialled(&["+12125550111"])), Some("website"));
        for nobodys in [&["+442125550111"][..], &["2125550111"], &["clinic"], &[]] {
            assert_eq!(numbers.channel(&dialled(nobodys)), None, "{nobodys:?}");
        }
    }
}
