//! What a reader made of a suite, in figures that say how far they can be trusted.

mod bounds;
mod calibration;
mod compare;
mod confusion;
mod gates;
mod held;
mod outcome;
mod overlap;
mod rates;
mod summary;
mod values;

pub use bounds::{Bound, upper_bound};
pub use calibration::{Bin, CurvePoint, calibration, curve};
pub use compare::{Comparison, compare};
pub use confusion::{Confusion, PerClass};
pub use gates::{Bars, Broken, Gates, GatesError};
pub use held::{AFTER_READ_BACK, Errand, HeldCall, NOT_DONE, held_calls};
pub use outcome::{Judged, Labels, Outcome, Place, Witness};
pub use overlap::{Overlap, overlap};
pub use rates::{RATES, Rate, RateKind, rates};
pub use summary::{Stratum, Summary, quantile, strata};
pub use values::ValueOutcome;
