//! From configuration to running parts. The only place that knows every crate, and the only one besides `mod` lines
//! where a feature is asked for.

mod calendars;
mod channels;
mod desk;
mod keys;
mod last_calls;
mod models;
mod office;
mod record;
mod recordings;
mod recovery;
mod streams;
mod switchboard;

pub use desk::{Desk, DeskOptions};
pub use keys::{is_whole_key, load_or_make};
#[cfg(feature = "onnx")]
pub use models::kokoro;
pub use models::{Engines, Written, hearing, lines_cache, models_dir, reader, synthesizer, witnesses};
pub use office::{DATABASE, OfficeParts, office_config, open_office, open_store, rota_gaps, whole_config};
pub use record::{end_call, keep_journal};
pub use recordings::{RECORDINGS, RecordingsList, is_ours, recorder, recordings_due, shelf, sweep_recordings};
pub use recovery::{SoleServer, take_up_calls};
pub use streams::{StreamDoor, StreamSecrets, stream_door};
pub use switchboard::telephones;
