use std::fmt;

/// A password, key or token. It cannot print itself: `Debug` gives `Secret(***)` and there is no `Display`.
///
/// ```
/// use store::Secret;
/// assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(***)");
/// ```
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself, where it is used. Search for this word to see every such place.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}
