//! Whole conversations as data: a [`Scenario`] is a Markdown file that a receptionist could have written, a
//! [`TextCall`] holds it with the real rules, grammars and receptionist, in virtual time and without sound.
//!
//! Messages, patients and appointments go to a real office on a real database ([`Book`]). What is not real here is said by
//! name: pages go as the scenario tells them to, and lines take as long as their letters. Sound and models are tested by
//! `firstring call`.

mod book;
mod office;
mod scenario;
mod text_call;

pub use book::{Book, BookError, BookOptions};
pub use office::OfficeManner;
pub use scenario::{Expectation, Scenario, ScenarioError, Step};
pub use text_call::{Spoken, TextCall};
