use serde::Deserialize;

/// A telephone's key, as JSON tells it: `0` to `9`, `*`, `#`, `A` to `D`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "char")]
pub(crate) struct Key(pub(crate) char);

impl TryFrom<char> for Key {
    type Error = &'static str;
    fn try_from(key: char) -> Result<Self, Self::Error> {
        match key {
            '0'..='9' | '*' | '#' | 'A'..='D' => Ok(Self(key)),
            _ => Err("not a key of a telephone"),
        }
    }
}
