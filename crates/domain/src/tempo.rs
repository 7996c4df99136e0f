use serde::{Deserialize, Serialize};

/// How fast a line is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tempo {
    /// As the voice speaks by itself.
    #[default]
    Usual,
    /// For a caller who asked for it.
    Slower,
}

impl Tempo {
    /// How many times as long a line takes.
    pub const fn stretch(self) -> f32 {
        match self {
            Self::Usual => 1.0,
            Self::Slower => 1.25,
        }
    }
}
