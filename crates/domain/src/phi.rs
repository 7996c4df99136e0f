use std::fmt;

use serde::{Deserialize, Serialize};

/// Protected health information: a value that cannot print itself.
///
/// `Debug` gives `Phi(***)` whatever is inside and there is no `Display`, so a log line, a panic message or a metric
/// label cannot carry it by accident. Serialisation is transparent: it is for the journal, the store and the legs,
/// which are the places that are meant to hold patients' words.
///
/// ```
/// use domain::Phi;
/// assert_eq!(format!("{:?}", Phi::new("my chest hurts")), "Phi(***)");
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phi<T>(T);

impl<T> Phi<T> {
    /// Wraps a patient's value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, where it is needed. Search for this word to see every place that looks.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself, for a place that keeps it.
    pub fn into_exposed(self) -> T {
        self.0
    }

    /// Derives another protected value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Phi<U> {
        Phi(f(self.0))
    }
}

impl<T> fmt::Debug for Phi<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phi(***)")
    }
}

impl From<&str> for Phi<String> {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Phi<String> {
    fn from(text: String) -> Self {
        Self(text)
    }
}
