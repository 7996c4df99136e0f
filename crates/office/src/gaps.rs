//! Gaps and overlaps of the rota, told to the practice before they happen.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use oncall::{ClinicianId, Flaw, Rota, Tier};
use store::StoreError;

use crate::{Office, messages};

/// So long before it begins the practice is told of a gap: it can still be filled.
const AHEAD: SignedDuration = SignedDuration::from_hours(7 * 24);
/// So far around are the ends of a gap looked for, that it has the same name whenever it is looked at. Calendars are not followed
/// farther back.
const AROUND: SignedDuration = SignedDuration::from_hours(28 * 24);
/// A database that does not answer is asked again after this time.
const ASK_AGAIN: Duration = Duration::from_secs(30);

impl Office {
    /// Leaves the practice an urgent message that names every gap and overlap of its rota within the next seven days of which it was not
    /// told before, by whatever node. Returns when the message is kept, at once if there is nothing new. To be asked every day.
    pub async fn tell_of_gaps(&self) {
        loop {
            match self.try_to_tell_of_gaps().await {
                Ok(true) => return,
                // Another node was faster with one of them.
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(%error, "gaps cannot be told, will be tried again");
                    tokio::time::sleep(ASK_AGAIN).await;
                }
            }
        }
    }

    /// The message and the turns are kept together, so that no gap counts as told of which nobody was.
    async fn try_to_tell_of_gaps(&self) -> Result<bool, StoreError> {
        let premises = &self.premises;
        let (rota, practice) = (&premises.config.rota, &premises.config.practice);
        let window = Window::around(premises.now());
        let (mut names, mut sentences) = (Vec::new(), Vec::new());
        for flaw in window.flaws(rota) {
            let name = window.name(&flaw);
            if !names.contains(&name) && premises.store.is_turn_free(&practice.id, &name).await? {
                sentences.push(window.sentence(&flaw, rota, &practice.zone));
                names.push(name);
            }
        }
        if names.is_empty() {
            return Ok(true);
        }
        let text = format!(
            "The rota is not as it should be. {} Please mend it; `firstring oncall gaps` shows more. While nobody is on call, \
             the next who can be paged is paged at once.",
            sentences.join(" ")
        );
        let message = messages::urgent(premises, &text);
        let told = premises.store.save_message_once(&message, premises.notify(&message), &names).await?;
        if told {
            tracing::warn!(gaps = names.len(), "the rota has gaps or overlaps: the practice is told");
            self.message_saved.notify_one();
        }
        Ok(told)
    }
}

/// What is looked at.
struct Window {
    now: Timestamp,
    from: Timestamp,
    to: Timestamp,
}

impl Window {
    fn around(now: Timestamp) -> Self {
        let from = now.checked_sub(AROUND).unwrap_or(Timestamp::MIN);
        Self { now, from, to: now.checked_add(AHEAD + AROUND).unwrap_or(Timestamp::MAX) }
    }

    /// Those that are now or begin soon, with their ends as far as the window goes.
    fn flaws(&self, rota: &Rota) -> Vec<Flaw> {
        let soon = self.now.checked_add(AHEAD).unwrap_or(Timestamp::MAX);
        let mut flaws = rota.flaws(self.from, self.to);
        flaws.retain(|flaw| flaw.stretch.to > self.now && flaw.stretch.from < soon);
        flaws
    }

    /// When it begins and ends; `None`: not within the window, whose own ends are others every day.
    fn ends(&self, flaw: &Flaw) -> (Option<Timestamp>, Option<Timestamp>) {
        let within = |at: Timestamp| Some(at).filter(|at| (self.from < *at) && (*at < self.to));
        (within(flaw.stretch.from), within(flaw.stretch.to))
    }

    /// The same for the same gap, another for one that was changed.
    fn name(&self, flaw: &Flaw) -> String {
        let (from, to) = self.ends(flaw);
        let end = |at: Option<Timestamp>| at.map_or_else(|| "far".to_owned(), |at| at.to_string());
        let who = flaw.stretch.who.iter().chain(&flaw.stretch.too).map(|who| who.0.as_str()).collect::<Vec<_>>();
        format!("rota {} {:?} {} {} {}", flaw.line, flaw.tier, end(from), end(to), who.join(" "))
    }

    fn sentence(&self, flaw: &Flaw, rota: &Rota, zone: &TimeZone) -> String {
        let (from, to) = self.ends(flaw);
        let local = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%a %-d %b %Y, %H:%M").to_string();
        let from = from.map_or_else(|| "since long ago".to_owned(), |at| format!("from {}", local(at)));
        let to = to.map_or_else(|| "with no end in sight".to_owned(), |at| format!("until {}", local(at)));
        let name = |who: &ClinicianId| {
            let known = rota.clinicians().find(|one| one.id == *who);
            known.map_or_else(|| who.0.clone(), |one| one.name.clone())
        };
        let tier = match flaw.tier {
            Tier::Primary => "primary",
            Tier::Backup => "backup",
            Tier::LastResort => "last resort",
        };
        let what = match &flaw.stretch.who {
            None => "Nobody is on call".to_owned(),
            Some(who) => {
                let too: Vec<_> = flaw.stretch.too.iter().map(name).collect();
                format!("{} is on call, and {} may think to be, too", name(who), too.join(" and "))
            }
        };
        format!("{what} (line {}, {tier}), {from} {to}.", flaw.line)
    }
}
