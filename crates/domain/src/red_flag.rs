use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Urgency;
use crate::caller::UnknownWord;

/// The name of a written red-flag rule, e.g. `chest_pain`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedFlagId(pub String);

impl fmt::Display for RedFlagId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A red flag that was heard: it may only raise urgency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RedFlag {
    /// Which rule.
    pub id: RedFlagId,
    /// How urgent the rule makes the call.
    pub urgency: Urgency,
    /// Which line is spoken first.
    pub kind: EmergencyKind,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $label:literal,)*) => {
        /// Which emergency line (`prompts/emergency.toml`) a red flag asks for.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum EmergencyKind { $($(#[$doc])* $variant,)* }

        impl EmergencyKind {
            /// Every kind, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The key in `prompts/emergency.toml`.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }
        }

        impl FromStr for EmergencyKind {
            type Err = UnknownWord;
            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word {
                    $($label => Ok(Self::$variant),)*
                    _ => Err(UnknownWord { what: "emergency kind", word: word.to_owned() }),
                }
            }
        }
    };
}

kinds! {
    /// No line of its own: "Call 911 now. I am paging the doctor."
    General = "general",
    /// Heart attack, chest pain.
    Cardiac = "cardiac",
    /// Stroke.
    Stroke = "stroke",
    /// Cannot breathe.
    Breathing = "breathing",
    /// Something is stuck in the windpipe: back blows and thrusts, not rest and an inhaler.
    Choking = "choking",
    /// Bleeding that does not stop and can be pressed on.
    Bleeding = "bleeding",
    /// Overdose and poisoning.
    Overdose = "overdose",
    /// Suicide, self-harm: FirstRing stays on the line and gives 988.
    SelfHarm = "self_harm",
    /// A very young child.
    Infant = "infant",
    /// Pregnancy and birth.
    Pregnancy = "pregnancy",
    /// Anaphylaxis.
    Allergy = "allergy",
    /// A seizure.
    Seizure = "seizure",
    /// Does not wake up, fainted.
    Unresponsive = "unresponsive",
    /// Injury, burn, head trauma.
    Trauma = "trauma",
    /// Sepsis, meningitis.
    Infection = "infection",
    /// Violence, abuse, danger from a person.
    Violence = "violence",
}

impl fmt::Display for EmergencyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}
