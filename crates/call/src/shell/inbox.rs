//! Everything that a call waits for, in one place.

use dialogue::Unfinished;
use domain::{OfficeReply, RequestId};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use transport::LegNews;

use crate::ears::HearingNews;
use crate::mouth::MouthNews;
use crate::reader::Read;
use crate::seeking::Sought;

/// What the line and the call's own tasks report.
pub(super) struct Inbox {
    pub(super) leg: mpsc::Receiver<LegNews>,
    /// `None` once the ears have ended.
    pub(super) hearing: Option<mpsc::Receiver<HearingNews>>,
    pub(super) readings: mpsc::Receiver<Option<Read>>,
    pub(super) mouth: mpsc::Receiver<MouthNews>,
    pub(super) office: mpsc::Receiver<(RequestId, OfficeReply)>,
    /// What becomes of a search for a person, while there is one.
    pub(super) sought: Option<mpsc::Receiver<Sought>>,
    /// What an earlier call of the caller left undone. Once, or never.
    pub(super) earlier: mpsc::Receiver<Box<Unfinished>>,
}

/// What the loop woke for.
pub(super) enum Wake {
    Hearing(HearingNews),
    Read(Option<Box<Read>>),
    Mouth(MouthNews),
    Office(RequestId, OfficeReply),
    Earlier(Box<Unfinished>),
    /// `None`: the search ended without a word.
    Sought(Option<Sought>),
    Leg(LegNews),
    LegGone,
    NothingMoreHeard,
    Timeout,
}

impl Inbox {
    /// Whether the ears may still tell something.
    pub(super) fn hears(&self) -> bool {
        self.hearing.is_some()
    }

    /// What comes first, or [`Wake::Timeout`] at `wake_at`. A line that is not `open` tells nothing more.
    pub(super) async fn next(&mut self, open: bool, wake_at: Option<Instant>) -> Wake {
        let wake = tokio::select! {
            biased;
            Some((id, reply)) = self.office.recv() => Wake::Office(id, reply),
            news = self.leg.recv(), if open => news.map_or(Wake::LegGone, Wake::Leg),
            Some(read) = self.readings.recv() => Wake::Read(read.map(Box::new)),
            news = recv(&mut self.hearing) => news.map_or(Wake::NothingMoreHeard, Wake::Hearing),
            Some(news) = self.mouth.recv() => Wake::Mouth(news),
            sought = recv(&mut self.sought) => Wake::Sought(sought),
            Some(unfinished) = self.earlier.recv() => Wake::Earlier(unfinished),
            () = until(wake_at) => Wake::Timeout,
        };
        if let Wake::NothingMoreHeard = wake {
            self.hearing = None;
        }
        wake
    }
}

async fn recv<T>(source: &mut Option<mpsc::Receiver<T>>) -> Option<T> {
    match source {
        Some(source) => source.recv().await,
        None => std::future::pending().await,
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
