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

use domain::Phi;

use crate::OfficeManner;
use crate::scenario::Scenario;
use crate::score::ValueOutcome;
use crate::suite::{Case, Field};

/// A caller who has said so much and is not done gives up.
const TURNS_MAX: usize = 30;

/// The call that a case is held in: an office that works, and an empty book.
fn scenario(case: &Case) -> Scenario {
    Scenario {
        title: case.id.clone(),
        now: case.now.clone(),
        caller_id: None,
        office: OfficeManner::Works,
        book: Vec::new(),
        spoken: false,
        steps: Vec::new(),
    }
}

/// A labelled value with what stands in the office in the end; none of a case without that label.
fn outcome(field: Field, case: Option<&Case>, got: Option<String>) -> Option<ValueOutcome> {
    Some(ValueOutcome { field, expected: case?.values.get(&field)?.clone(), got: got.map(Phi::from) })
}
