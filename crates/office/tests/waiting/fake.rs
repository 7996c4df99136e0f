//! A calendar that does as it is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use calendars::{Answer, Busy, CalendarError, Entry, OutsideCalendar, Period, Unreached, Version};
use domain::AppointmentId;
use office::ProviderCalendar;

#[derive(Debug, Default)]
pub struct Fake {
    pub is_down: AtomicBool,
    pub unreadable: AtomicUsize,
    /// A booking takes a second.
    pub is_slow: AtomicBool,
    /// The practice's clock goes on by two minutes while it is looked at.
    pub clock: Option<Arc<AtomicI64>>,
}

impl Fake {
    pub fn of_patel(self: &Arc<Self>) -> Vec<(domain::ProviderId, ProviderCalendar)> {
        let calendar: Arc<dyn OutsideCalendar> = Arc::clone(self) as _;
        vec![("patel".into(), ProviderCalendar { calendar, names: false })]
    }

    async fn written(&self) -> Result<Version, CalendarError> {
        if self.is_slow.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok(Version::new("1"))
    }
}

impl OutsideCalendar for Fake {
    fn busy(&self, _: Period) -> Answer<'_, Busy> {
        Box::pin(async {
            if let Some(minutes) = &self.clock {
                minutes.fetch_add(2, Ordering::SeqCst);
            }
            if self.is_down.load(Ordering::SeqCst) {
                return Err(CalendarError::Unavailable(Unreached::NotReached));
            }
            Ok(Busy { taken: Vec::new(), unreadable: self.unreadable.load(Ordering::SeqCst) })
        })
    }

    fn book<'a>(&'a self, _: &'a Entry) -> Answer<'a, Version> {
        Box::pin(self.written())
    }

    fn change<'a>(&'a self, _: &'a Entry, _: &'a Version) -> Answer<'a, Version> {
        Box::pin(self.written())
    }

    fn cancel<'a>(&'a self, _: AppointmentId, _: Option<&'a Version>) -> Answer<'a, ()> {
        Box::pin(async { Ok(()) })
    }
}
