//! How values stand in columns. Errors name the column, never its content, which may be a patient's.

use domain::UnknownWord;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::any::AnyRow;
use uuid::Uuid;

use crate::StoreError;

/// RFC 3339 with six decimals: always as many, so that times sort as text.
pub(crate) fn time(at: Timestamp) -> String {
    format!("{at:.6}")
}

/// Serialises one of our own types.
pub(crate) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("our types have string keys only and cannot fail to serialise")
}

/// Reads columns of one row.
pub(crate) struct Columns<'a>(pub(crate) &'a AnyRow);

impl Columns<'_> {
    pub(crate) fn text(&self, column: &str) -> Result<String, StoreError> {
        self.0.try_get(column).map_err(|_| corrupt(column))
    }

    /// The first column, if it is a text: for pragmas, which name their columns as they like.
    pub(crate) fn first_text(&self) -> Option<String> {
        self.0.try_get(0).ok()
    }

    pub(crate) fn optional_text(&self, column: &str) -> Result<Option<String>, StoreError> {
        self.0.try_get(column).map_err(|_| corrupt(column))
    }

    pub(crate) fn bytes(&self, column: &str) -> Result<Vec<u8>, StoreError> {
        self.0.try_get(column).map_err(|_| corrupt(column))
    }

    pub(crate) fn optional_bytes(&self, column: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.try_get(column).map_err(|_| corrupt(column))
    }

    pub(crate) fn integer(&self, column: &str) -> Result<i64, StoreError> {
        self.0.try_get(column).map_err(|_| corrupt(column))
    }

    pub(crate) fn optional_integer(&self, column: &str) -> Result<Option<i64>, StoreError> {
        self.0.try_get(column).map_err(|_| corrupt(column))
    }

    pub(crate) fn number(&self, column: &str) -> Result<u32, StoreError> {
        u32::try_from(self.integer(column)?).map_err(|_| corrupt(column))
    }

    pub(crate) fn id(&self, column: &str) -> Result<Uuid, StoreError> {
        self.text(column)?.parse().map_err(|_| corrupt(column))
    }

    pub(crate) fn time(&self, column: &str) -> Result<Timestamp, StoreError> {
        self.text(column)?.parse().map_err(|_| corrupt(column))
    }

    pub(crate) fn optional_time(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        self.optional_text(column)?.map(|t| t.parse().map_err(|_| corrupt(column))).transpose()
    }

    pub(crate) fn word<T: std::str::FromStr<Err = UnknownWord>>(&self, column: &str) -> Result<T, StoreError> {
        self.text(column)?.parse().map_err(|_| corrupt(column))
    }

    /// A value in its own notation, such as a date. The error is dropped: it may quote the value.
    pub(crate) fn parsed<T: std::str::FromStr>(&self, column: &str) -> Result<T, StoreError> {
        self.text(column)?.parse().map_err(|_| corrupt(column))
    }

    /// The error of serde is dropped: it may quote the value.
    pub(crate) fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        serde_json::from_str(&self.text(column)?).map_err(|_| corrupt(column))
    }
}

pub(crate) fn corrupt(column: &str) -> StoreError {
    StoreError::Corrupt { what: format!("the column {column}") }
}
