//! From an utterance to a [`Reading`](domain::Reading): written red flags first, which may only raise urgency; then a
//! language model that chooses among labels and writes no text, and a learned head on what the sentence means; values by
//! grammars over the caller's own words.

mod context;
mod conversation;
mod error;
mod evidence;
pub mod facts;
pub mod grammar;
pub mod model;
mod ordinary;
mod phrase;
mod questions;
mod reader;
pub mod red_flags;
mod rules;
mod scope;
mod view;
pub mod wishes;
mod witnesses;

pub use context::{ReadContext, Said};
pub use error::NluError;
pub use questions::Questions;
pub use reader::Reader;
pub use rules::Rules;
pub use view::{ReadingView, WitnessesView};
