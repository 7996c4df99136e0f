//! The receptionist: what FirstRing says, asks, hands over and when, as pure state machines.
//!
//! Nothing here knows sound, models, a database, tokio or a clock, and nothing here can fail. A [`Receptionist`] is told
//! what happens ([`Input`], at a [`domain::CallTime`]) and says what is to be done ([`Output`]):
//!
//! ```
//! use dialogue::{CallContext, Input, Output, Prompt, Receptionist};
//! # use std::sync::Arc;
//! # use domain::{CallTime, Practice, PracticeId};
//! # let practice = Practice {
//! #     id: PracticeId::from("p"), name: String::new(), zone: jiff::tz::TimeZone::UTC, emergency_number: "911".into(),
//! #     crisis_number: "988".into(), hours: vec![], facts: vec![], words: vec![], meanwhile: vec![],
//! #     front_desk: domain::FrontDesk::default(),
//! # };
//! let began = jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC);
//! let context = CallContext { caller_id: None, open: true, practice: Arc::new(practice), began };
//! let mut receptionist = Receptionist::new(context);
//! receptionist.handle_input(Input::Answered, CallTime::ZERO);
//! assert!(matches!(receptionist.poll_output(), Some(Output::Say { prompt: Prompt::Greeting, .. })));
//! assert!(receptionist.poll_timeout().is_some(), "until it is over, there is always something that it waits for");
//! ```
//!
//! What it says are [`Prompt`]s; [`Wording`] has their words, from `prompts/`.
//!
//! # What it promises
//!
//! Each is a property test over random calls (`tests/promises.rs`), with a receptionist that breaks it and is caught.
//!
//! 1. Every call ends, and the caller is never left in silence.
//! 2. Urgency never falls.
//! 3. Whatever the state: an emergency is answered by its line, the clinician is paged in the same instant, and the call is
//!    not ended by us. Only after ten minutes without a single word may it end.
//! 4. After the caller starts to speak, our speech stops before any new line. Excepted are emergency lines, and the last
//!    line of a call of twenty minutes.
//! 5. The office's book is changed for one reason only: a read-back of just that, heard to its end and answered with yes.
//! 6. Nothing is claimed before the office's reply says that it happened ([`Prompt::claim`]).
//! 7. No patient's word in any `Debug`.
//! 8. The same inputs at the same times give the same outputs.
//! 9. Nothing about a patient is told ([`Prompt::discloses`]), moved or cancelled before the office has matched the caller to
//!    that patient.
//! 11. Nothing is recorded before the notice of it was heard to its end, or the question and then a yes, as the practice decides;
//!     and nothing of what is said on a bridge.
//!
//! # Every doubt reaches a person
//!
//! - Urgent by a rule or by the reading: the clinician is paged at once, then the one safety question is asked.
//! - Unsure, or sound without words: urgent, and the safety question comes first. "Yes": an emergency. Words that are neither
//!   yes nor no after a second asking: the clinician is paged, as an emergency if the call holds any complaint. A clear
//!   "no": nobody is paged, what was asked before is asked again, and what the caller says is kept as a message marked
//!   urgent. Silence, noise or hanging up instead of an answer: the clinician is paged.
//! - Hearing lost: the clinician is paged and a person is sought.
//! - A request that the office refuses or forgets is asked again under its id until it is done or the call is over.
#![warn(missing_docs)]

mod agenda;
mod asking;
mod case;
mod contact;
mod desk;
mod echo;
mod identity;
mod input;
mod inquiry;
mod output;
mod people;
mod phrases;
mod plan;
mod prompt;
mod question;
mod receptionist;
mod request;
mod requests;
mod resume;
mod said;
mod setting;
mod silence;
mod spoken;
mod triage;
mod turn_taking;
mod unspoken;
mod value;
mod visit;
mod vital;
mod when;
mod wording;

pub use input::{CallContext, Input, TransferNews};
pub use output::{About, AppointmentOutcome, Note, Outcome, Output, Record, TransferTo, Witness};
pub use prompt::{Claim, Moment, Opening, PatientLine, Prompt, RequestLine, VisitLine};
pub use receptionist::{Reason, Receptionist};
pub use resume::Unfinished;
pub use visit::{Offered, Pick, pick};
pub use wording::{Rendered, Wording, WordingError};
