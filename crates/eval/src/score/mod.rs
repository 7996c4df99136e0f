//! What a reader made of a suite, in figures that say how far they can be trusted.

mod bounds;
mod calibration;
mod compare;
mod confusion;
mod gates;
mod outcome;
mod overlap;
mod rates;
mod summary;
mod values;

pub use bounds::{Bound, upper_bound};
pub use calibration::{Bin, CurvePoint, calibration, curve};
pub use compare::{Comparison, compare};
pub use confusion::{Confusion, PerClass};
pub use gates::{Broken, Gates, GatesError};
pub use outcome::{Judged, Labels, Outcome, Place, Witness};
pub use overlap::{Overlap, overlap};
pub use rates::{AFTER_READ_BACK, RATES, Rate, RateKind, after_read_back, rates};
pub use summary::{Stratum, Summary, quantile, strata};
pub use values::ValueOutcome;
