//! A person is sought for the caller, and the two are put together.

use dialogue::{About, Input, TransferNews, TransferTo};
use domain::Urgency;
use tokio::sync::watch;
use transport::{Bridge, Refer};

use super::Running;
use crate::seeking::{Sought, seek};

impl Running {
    pub(super) fn seek(&mut self, to: TransferTo, about: Option<About>) {
        match (self.desk.switchboard.clone(), about) {
            (Some(switchboard), Some(about)) => {
                let (told, about) = watch::channel(about);
                self.sought_about = Some(told);
                self.inbox.sought = Some(seek(&self.desk, switchboard, self.errands.call, to, about));
            }
            (None, _) | (_, None) => self.tell_receptionist(Input::Transfer(TransferNews::Unavailable)),
        }
    }

    pub(super) async fn sought(&mut self, sought: Option<Sought>) {
        let news = match sought {
            Some(Sought::Ringing) => TransferNews::Ringing,
            Some(Sought::Accepted { by, bridge }) => {
                self.accepted = Some(bridge);
                TransferNews::Accepted { by }
            }
            Some(Sought::Refer { to, done }) => {
                // As it stands at this very moment: what is said in an emergency must be heard.
                let speaks_on = self.receptionist.urgency() >= Urgency::Emergency;
                // Dropped, it was not done.
                self.mouth.speaker().refer(Refer { to, speaks_on, done }).ok();
                return;
            }
            Some(Sought::HandedOver) => TransferNews::HandedOver,
            Some(Sought::Ended) => TransferNews::Ended,
            Some(Sought::Unavailable) => TransferNews::Unavailable,
            Some(Sought::Lost) | None => TransferNews::Lost,
        };
        // In an emergency nobody is asked to wait: what is heard then is what is said.
        let rings = news == TransferNews::Ringing && self.receptionist.urgency() < Urgency::Emergency;
        self.mouth.speaker().ringback(rings);
        match news {
            TransferNews::Ringing | TransferNews::Accepted { .. } => {}
            TransferNews::Unavailable | TransferNews::HandedOver | TransferNews::Ended | TransferNews::Lost => {
                self.stop_seeking();
            }
        }
        self.input(Input::Transfer(news)).await;
    }

    /// A search that is under way learns what the call has become.
    pub(super) fn tell_seekers(&self) {
        if let Some(told) = &self.sought_about {
            let now = self.receptionist.about();
            told.send_if_modified(|about| {
                let is_new = *about != now;
                *about = now;
                is_new
            });
        }
    }

    /// Puts the caller together with who has accepted.
    pub(super) fn put_through(&mut self) {
        let (ours, theirs) = Bridge::pair();
        let waiting = self.accepted.take().is_some_and(|accepted| accepted.send(theirs).is_ok());
        // If either is gone this is told by their own line.
        if waiting && self.mouth.speaker().bridge(ours).is_err() {
            tracing::debug!(call = %self.errands.call, "the caller was gone before they were put through");
        }
    }

    /// Nobody is sought any more; who has picked up hears of it.
    pub(super) fn stop_seeking(&mut self) {
        (self.inbox.sought, self.sought_about, self.accepted) = (None, None, None);
        self.mouth.speaker().ringback(false);
    }

    /// The caller's line is gone.
    pub(super) fn closes(&mut self, how: Input) {
        self.stop_seeking();
        self.line.closes(how);
    }
}
