//! Whole conversations as data: a [`Scenario`] is a Markdown file that a receptionist could have written, a
//! [`TextCall`] holds it with the real rules, grammars and receptionist, in virtual time and without sound.
//!
//! Messages, patients and appointments go to a real office on a real database ([`Book`]). What is not real here is said by
//! name: pages go as the scenario tells them to, and lines take as long as their letters. A [`SpokenCall`] holds a scenario
//! in sound, over a noisy telephone line to the shell that answers calls: there only the pages are not real.

mod book;
mod fair_caller;
mod misheard;
mod noise;
mod office;
mod read_back;
pub mod report;
mod scenario;
pub mod score;
mod seen;
mod spoken_call;
pub mod suite;
mod text_call;

pub use book::{Book, BookError, BookOptions};
pub use fair_caller::{BEEN_HERE, NOT_RIGHT, spelled};
pub use misheard::Misheard;
pub use noise::{Room, pink};
pub use office::OfficeManner;
pub use read_back::{Registration, VisitWish};
pub use scenario::{Expectation, Scenario, ScenarioError, Step};
pub use seen::Spoken;
pub use spoken_call::{Exchange, SpokenCall, Unlike, Verdict};
pub use text_call::TextCall;
