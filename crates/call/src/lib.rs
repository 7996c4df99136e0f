//! The shell of one call: it owns the tasks, the queues and the clock, and decides nothing.
//!
//! ```text
//!  Leg --frames--> ears --Heard--> reader --Reading--> +--> Receptionist (pure) --Output--> mouth --Voiced--> Leg
//!                                                      |                          |
//!                                             office replies  <--- office <--- requests
//! ```
//!
//! [`FrontDesk::answer`] holds one call from pick-up to its end. Models are shared between calls as [`Engine`]s, each on its
//! own OS threads; no model ever runs on a tokio worker. There are three ways to cancel and no more: dropping a
//! call's senders, the leg's one cancellation token, and the generation of a line for barge-in.
//!
//! `call` does not know the database: requests leave through [`OfficeRequests`], which the program connects.

mod cards;
mod conversation;
mod earlier;
mod ears;
mod engine;
mod front_desk;
mod journal;
mod mouth;
mod pace;
mod reader;
mod recorder;
mod recording;
mod recovery;
mod replay;
mod seeking;
mod shell;
mod summary;
mod switchboard;

pub use earlier::{LAST_CALLS_MAX, LastCall, LastCalls};
pub use ears::{HearingEngines, HearingNews, VadPool};
pub use engine::{Engine, EngineError, Haste};
pub use front_desk::{FrontDesk, OFFICE_REQUESTS_MAX, OfficeEnvelope, OfficeRequests};
pub use journal::{Entry, Happening, Journal, Party};
pub use mouth::Voice;
pub use pace::{Hold, Pace};
pub use reader::ReaderEngine;
pub use recorder::{RECORDING_NEWS_MAX, Recorder, RecordingNews};
pub use recording::hear;
pub use recovery::{Finished, Recovery, is_settled};
pub use replay::{Differs, ReadTurn, check_replay, turns};
pub use summary::{Achieved, EscalationTimes, Summary, Turn};
pub use switchboard::{Callee, CalleeNews, HandingOver, SWITCHBOARD_MAX, Switchboard, SwitchboardRequest};
