use std::fmt;
use std::future::Future;
use std::pin::Pin;

use domain::AppointmentId;

use crate::{Busy, CalendarError, Entry, Period, Version};

/// What a calendar will answer. A trait object cannot have `async fn`.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, CalendarError>> + Send + 'a>>;

/// One provider's calendar at somebody else's.
///
/// Each request that an answer needs ends within the time that the calendar was made with; the slowest answer, a change, needs
/// about a dozen, plus the pages of a search. Dropping an answer leaves open what became of it, as
/// [`CalendarError::Unavailable`] does.
pub trait OutsideCalendar: fmt::Debug + Send + Sync {
    /// When the provider is taken within `period`: series repeated, each in its own zone; cancelled entries and those that are
    /// shown as free left out; days, and times without a zone, in the practice's zone.
    fn busy(&self, period: Period) -> Answer<'_, Busy>;

    /// Writes an entry that does not stand there yet, and gives its version.
    ///
    /// An entry that stands there under this id at this time already is success: so a booking whose reply was lost is repeated.
    /// `Conflict` where the time is taken or the id stands at another time; of this booking nothing stands then. What cannot
    /// be read does not stop a booking: the caller knows of it from [`Busy::unreadable`].
    fn book<'a>(&'a self, entry: &'a Entry) -> Answer<'a, Version>;

    /// Writes an entry anew, as long as it is in the state `version`, and gives the new one.
    ///
    /// An entry that stands at the new time already is success. `Conflict` where somebody changed or deleted it, or the new
    /// time is taken; the old one stands then.
    fn change<'a>(&'a self, entry: &'a Entry, version: &'a Version) -> Answer<'a, Version>;

    /// Takes an entry away. One that is gone is success; `Conflict` where somebody changed it since `version`. Without a
    /// version, as after a booking whose reply was lost, whatever stands under the id goes.
    fn cancel<'a>(&'a self, id: AppointmentId, version: Option<&'a Version>) -> Answer<'a, ()>;
}
