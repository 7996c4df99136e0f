use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A telephone number in E.164: `+` and 8 to 15 digits. A patient's is kept in a [`Phi`](crate::Phi); a clinician's is
/// configuration. `Debug` shows its last two digits only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

/// Not a telephone number in E.164. Does not repeat the input, which may be a patient's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a telephone number in E.164 (a plus sign and 8 to 15 digits, such as +15551234567)")]
pub struct InvalidPhoneNumber;

impl PhoneNumber {
    /// `+` and the digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits as a person of the same country would read them: without the country code 1.
    pub fn national_digits(&self) -> &str {
        match self.0.strip_prefix("+1") {
            Some(national) if national.len() == 10 => national,
            _ => &self.0[1..],
        }
    }
}

impl FromStr for PhoneNumber {
    type Err = InvalidPhoneNumber;
    fn from_str(text: &str) -> Result<Self, InvalidPhoneNumber> {
        let digits = text.strip_prefix('+').ok_or(InvalidPhoneNumber)?;
        let plausible = (8..=15).contains(&digits.len()) && !digits.starts_with('0');
        (plausible && digits.bytes().all(|b| b.is_ascii_digit()))
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidPhoneNumber)
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = InvalidPhoneNumber;
    fn try_from(text: String) -> Result<Self, InvalidPhoneNumber> {
        text.parse()
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber(..{})", &self.0[self.0.len() - 2..])
    }
}
