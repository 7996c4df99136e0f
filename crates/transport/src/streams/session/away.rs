//! A caller who was handed over is back, or is not.

use audio::codec::Encoder;
use tokio::time::Instant;

use super::{End, Session};
use crate::NotAnswered;
use crate::streams::awaited::Arrived;
use crate::streams::handing_over::{Away, News, Outcome};
use crate::streams::hearing::Hearing;

impl Session {
    /// What became of a caller who is handed over.
    pub(super) fn away(&mut self, news: News) -> Result<(), End> {
        let Some(mut away) = self.away.take() else { return Ok(()) };
        let is_theirs = |arrived: &Arrived| self.behind.as_ref().is_some_and(|behind| behind.is(&arrived.start));
        let outcome = match news {
            News::Back(arrived) if is_theirs(&arrived) => {
                self.goes_on(*arrived, away);
                return Ok(());
            }
            News::Back(_) => {
                away.was_another();
                self.away = Some(away);
                return Ok(());
            }
            News::Outcome(outcome) => match away.late().filter(is_theirs) {
                Some(arrived) => {
                    self.goes_on(arrived, away);
                    return Ok(());
                }
                None => outcome,
            },
        };
        self.came_to(outcome, away)
    }

    /// They are not back.
    fn came_to(&mut self, outcome: Outcome, away: Away) -> Result<(), End> {
        match outcome {
            Outcome::PutThrough => {
                // It is not ours to end any more.
                self.behind = None;
                away.tell(Ok(()));
                Ok(())
            }
            Outcome::CallerGone if self.socket.is_none() => Err(End::ByCaller),
            // Perhaps they speak with each other: it is left to them, and nobody listens any more.
            Outcome::Unknown => {
                self.behind = None;
                away.tell(Err(NotAnswered::NotReached));
                Err(End::Broken)
            }
            Outcome::Refused | Outcome::NotDone | Outcome::CallerGone => {
                // An order that was refused is dropped: whoever gave it rings by themselves.
                if outcome != Outcome::Refused {
                    away.tell(Err(NotAnswered::NotReached));
                }
                // Nothing need have come meanwhile.
                self.last_sound = Instant::now();
                if self.socket.is_some() { Ok(()) } else { Err(End::Broken) }
            }
        }
    }

    /// The same call by another stream.
    fn goes_on(&mut self, arrived: Arrived, away: Away) {
        let Arrived { socket, adapter, start, .. } = arrived;
        self.socket = Some(socket);
        self.adapter = adapter;
        self.hearing = Hearing::new(start.codec);
        self.encoder = Encoder::new(start.codec);
        self.last_sound = Instant::now();
        self.spoke = false;
        away.tell(Err(NotAnswered::NotReached));
    }
}
