//! Whole conversations as data: a [`Scenario`] is a Markdown file that a receptionist could have written, a
//! [`TextCall`] holds it with the real rules, grammars and receptionist, in virtual time and without sound.
//!
//! What is not real here is said by name: the office answers as the scenario tells it to, and lines take as long as
//! their letters. Sound, models and database are tested by `firstring call`.

mod office;
mod scenario;
mod text_call;

pub use office::OfficeManner;
pub use scenario::{Expectation, Scenario, ScenarioError, Step};
pub use text_call::{Spoken, TextCall};
