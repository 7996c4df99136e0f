use std::sync::Arc;

use call::{FrontDesk, Pace};
use dialogue::Wording;
use jiff::Zoned;
use office::Clock;
use oncall::Rota;
use tokio::time::Instant;
use transport::Dials;

use super::{Engines, OfficeParts, RecordingsList, last_calls, open_office, switchboard};
use crate::config::{Numbers, PracticeConfig, Server};

/// What differs between a server and a recorded call.
pub struct DeskOptions<'a> {
    /// How time passes.
    pub pace: Pace,
    /// Takes the place of every clinician's address.
    pub page_url: Option<String>,
    /// Who rings those to whom callers are put through; `None`: nobody is.
    pub dials: Option<Dials>,
    /// What time it is; the computer's if absent.
    pub now: Option<Zoned>,
    /// Another practice's desk on this server, whose models are used here, too.
    pub beside: Option<&'a Desk>,
}

/// Everything that answers calls, warm.
pub struct Desk {
    /// Answers.
    pub front: FrontDesk,
    /// Keeps and pages.
    pub office: OfficeParts,
    /// Where recordings are listed, while calls are recorded.
    pub recordings: Option<RecordingsList>,
    /// Who is on call.
    pub rota: Rota,
    /// Which number stands in which advertisement.
    pub numbers: Numbers,
    /// The voice's name.
    pub voice: String,
    /// Tells the wall time.
    pub clock: Clock,
}

impl Desk {
    /// Loads the models, opens the database, warms everything up.
    pub async fn open(server: &Server, config: PracticeConfig, options: DeskOptions<'_>) -> anyhow::Result<Self> {
        let DeskOptions { pace, page_url, dials, now, beside } = options;
        let clock = clock(now);
        let hold = pace.hold();
        let office = open_office(server, &config, page_url.as_deref(), clock.clone()).await?;
        let Engines { hearing, reader, voice } = match beside {
            None => Engines::load(server, &config, pace)?,
            Some(first) => Engines::beside(first, server, &config, pace)?,
        };
        let front = FrontDesk {
            hearing,
            reader,
            voice,
            wording: Arc::new(Wording::built_in()),
            office: office.requests.clone(),
            last_calls: Some(last_calls::answer_for(office.store.clone(), config.practice.id.clone(), pace)),
            switchboard: dials.map(|dials| {
                let names = config.page_details;
                switchboard::open(office.office.clone(), dials, names, server.handing_over, clock.clone())
            }),
            practice: Arc::new(config.practice),
            recorder: None,
            pace,
        };
        front.warm_up().await;
        drop(hold);
        let (rota, numbers, voice) = (config.rota, config.numbers, config.voice);
        Ok(Self { front, office, recordings: None, rota, numbers, voice, clock })
    }

    /// The wall time in the practice's zone.
    pub fn now(&self) -> Zoned {
        self.clock.now().to_zoned(self.front.practice.zone.clone())
    }

    /// Lets the last recordings be written, stops the office and closes the database.
    pub async fn close(self) {
        // The front desk holds a way to the office; the office closes when the last one is gone.
        drop(self.front);
        if let Some(recordings) = self.recordings {
            recordings.close().await;
        }
        self.office.close().await;
    }
}

/// The computer's clock, or one that begins at `now` and goes as fast as the runtime's.
fn clock(now: Option<Zoned>) -> Clock {
    let Some(now) = now else { return Clock::system() };
    let (start, began) = (now.timestamp(), Instant::now());
    Clock::new(move || start.checked_add(began.elapsed()).unwrap_or(start))
}
