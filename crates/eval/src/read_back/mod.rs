//! What stands at the end of what a caller said when asked, in whole calls: they hear every value read back, and correct what is
//! wrong.
//!
//! The receptionist, the grammars, the wording and the office are the real ones. The caller's first answers are cases of a suite; what a
//! question asks for again, or a read-back got wrong, the caller says plainly: a name letter by letter, a date with its month, a
//! number digit by digit, a day with its hour. These are written text, also where the first answers came over a telephone: how
//! corrections are heard is not measured here.

mod registration;
mod visit;

pub use registration::Registration;
pub use visit::VisitWish;

/// A caller who has said so much and is not done gives up.
const TURNS_MAX: usize = 30;
