//! From configuration to running parts. The only place that knows every crate, and the only one besides `mod` lines
//! where a feature is asked for.

mod desk;
mod keys;
mod models;
mod office;

pub use desk::{Desk, DeskOptions};
pub use models::{hearing, models_dir, reader, synthesizer, voice};
pub use office::{OfficeParts, open_office};
