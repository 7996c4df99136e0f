//! What an answer means at each stage of a visit.

use domain::{Appointment, Directive, OfferedSlot, Phi, Reading, YesNo};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::choice::{Pick, is_within, named, pick};
use super::{Chosen, End, Stage, Told, Visit, times};
use crate::prompt::VisitLine;
use crate::setting::Setting;

/// How often nothing of what was offered fits before a message is taken.
const MISFITS_MAX: u8 = 2;
/// "Anything later?" looks so far ahead.
const LATER_WEEKS: i64 = 26;

impl Visit {
    /// What the caller says while nothing is asked, or into another question: it counts if it changes the wish. False if it
    /// says nothing of an appointment.
    pub(crate) fn amend(&mut self, reading: &Reading, setting: &Setting<'_>) -> bool {
        let zone = &setting.practice.zone;
        let correction = reading.directive == Some(Directive::Correction);
        match &self.stage {
            Stage::Identifying | Stage::Looking | Stage::Wishing => self.wish.amend(reading, zone),
            Stage::ReadingBack { .. } => self.correct(reading, zone),
            Stage::OtherTime | Stage::Searching | Stage::Offering(_)
                if self.wish.amend(reading, zone) || correction =>
            {
                self.stage = Stage::Wishing;
                true
            }
            Stage::OtherTime
            | Stage::Searching
            | Stage::Offering(_)
            | Stage::Which(_)
            | Stage::Changing(_)
            | Stage::Waiting(_)
            | Stage::Over(_) => false,
        }
    }

    /// An answer to `line`. False if it is none. The next step may be a change of the book.
    pub(crate) fn answer(
        &mut self,
        line: &VisitLine,
        text: &Phi<String>,
        reading: &Reading,
        now: &Setting<'_>,
    ) -> bool {
        let used = match &self.stage {
            Stage::Which(appointments) => {
                let picked = pick(appointments, reading);
                self.choose_appointment(picked)
            }
            Stage::Wishing => self.learn_wish(line, text, reading, now),
            Stage::OtherTime => {
                let said = self.wish.amend(reading, &now.practice.zone);
                if !said {
                    self.wish.when.clear(); // "whenever": the soonest
                }
                self.time_asked = true;
                self.stage = Stage::Wishing;
                said
            }
            Stage::Offering(slots) => {
                let picked = pick(slots, reading);
                self.choose_slot(picked, reading, now)
            }
            Stage::ReadingBack { .. } => self.answer_read_back(reading, now),
            Stage::Identifying
            | Stage::Looking
            | Stage::Searching
            | Stage::Changing(_)
            | Stage::Waiting(_)
            | Stage::Over(_) => false,
        };
        self.unanswered = if used { 0 } else { self.unanswered + 1 };
        used
    }

    fn choose_appointment(&mut self, picked: Pick<Appointment>) -> bool {
        match picked {
            Pick::This(appointment) => self.take_up(appointment),
            Pick::OneOf(appointments) => self.stage = Stage::Which(appointments),
            Pick::None => {
                self.hand_over(VisitLine::NothingFits);
            }
            Pick::Earlier | Pick::Later | Pick::Elsewhere | Pick::NotSaid => return false,
        }
        true
    }

    fn learn_wish(&mut self, line: &VisitLine, text: &Phi<String>, reading: &Reading, setting: &Setting<'_>) -> bool {
        let said = self.wish.amend(reading, &setting.practice.zone);
        if let VisitLine::AskReason(_) = line {
            let only_when = said && self.wish.kind.is_none();
            if !only_when {
                self.wish.reason.get_or_insert_with(|| text.clone());
            }
            return !only_when;
        }
        self.time_asked = true; // once; who does not say hears of the soonest
        said
    }

    fn choose_slot(&mut self, picked: Pick<OfferedSlot>, reading: &Reading, setting: &Setting<'_>) -> bool {
        let Stage::Offering(slots) = &self.stage else { return false };
        let (first, last) = (slots.iter().map(|s| s.start).min(), slots.iter().map(|s| s.start).max());
        let refused = slots.clone();
        let again = |visit: &mut Self, when| {
            visit.refused.extend(refused.iter().cloned());
            visit.wish.when = when;
            visit.misfit(Stage::Wishing, setting);
        };
        match picked {
            Pick::This(slot) => {
                let chosen = match self.appointment.clone() {
                    Some(from) => Chosen::Move { from, to: slot },
                    None => Chosen::Book(slot),
                };
                self.become_stage(Stage::ReadingBack { chosen, told: Told::NotYet });
            }
            Pick::OneOf(fitting) => self.stage = Stage::Offering(fitting),
            Pick::Earlier => again(self, first.map(|first| (setting.now(), first)).into_iter().collect()),
            Pick::Later => {
                again(self, last.map(|last| (last + 1.minute(), later(last))).into_iter().collect());
            }
            Pick::Elsewhere => {
                self.wish_elsewhere(reading, setting);
                self.become_stage(Stage::Wishing);
            }
            Pick::None => {
                self.refused.extend(refused);
                self.misfit(Stage::OtherTime, setting);
            }
            Pick::NotSaid => return false,
        }
        true
    }

    /// Another time or provider than any that was offered. An hour without a day is meant for the day that was offered; who
    /// asks again for the same provider wants them more than the time.
    fn wish_elsewhere(&mut self, reading: &Reading, setting: &Setting<'_>) {
        let zone = &setting.practice.zone;
        let Stage::Offering(slots) = &self.stage else { return };
        let days: Vec<_> = slots.iter().filter_map(|slot| times::whole_day(slot.start, zone)).collect();
        if times::are_hours(&reading.slots.when, zone) && days.windows(2).all(|two| two[0] == two[1]) {
            self.wish.when = days.into_iter().take(1).collect();
        }
        let insists = named(reading.slots.provider_wish.as_ref()) == named(self.wish.provider.as_ref());
        if insists && reading.slots.when.is_empty() {
            let first = self.wish.when.first().map_or(setting.now(), |(from, _)| *from);
            self.wish.when = vec![(first, later(first))];
        }
        self.wish.amend(reading, zone);
    }

    /// What was named as the `nth`, from 0, is chosen. False if there is none.
    pub(crate) fn choose_nth(&mut self, nth: u8, setting: &Setting<'_>) -> bool {
        let nth = usize::from(nth);
        match &self.stage {
            Stage::Which(list) => {
                let picked = list.get(nth).cloned().map_or(Pick::NotSaid, Pick::This);
                self.choose_appointment(picked)
            }
            Stage::Offering(slots) => {
                let picked = slots.get(nth).cloned().map_or(Pick::NotSaid, Pick::This);
                self.choose_slot(picked, &Reading::unsure(), setting)
            }
            Stage::Identifying
            | Stage::Looking
            | Stage::Wishing
            | Stage::OtherTime
            | Stage::Searching
            | Stage::ReadingBack { .. }
            | Stage::Changing(_)
            | Stage::Waiting(_)
            | Stage::Over(_) => false,
        }
    }

    /// Nothing of what was offered fits: once more, then a message.
    fn misfit(&mut self, next: Stage, setting: &Setting<'_>) {
        self.misfits += 1;
        if self.misfits >= MISFITS_MAX {
            self.nothing_fits(setting);
        } else {
            self.become_stage(next);
        }
    }

    fn answer_read_back(&mut self, reading: &Reading, setting: &Setting<'_>) -> bool {
        if self.correct(reading, &setting.practice.zone) {
            return true;
        }
        let Stage::ReadingBack { chosen, .. } = &self.stage else { return false };
        match (reading.yes_no, chosen) {
            // Taken by `take_confirmed` if it was heard to its end; else it is put again.
            (Some(YesNo::Yes), _) => {}
            (Some(YesNo::No), Chosen::Cancel(_)) => {
                self.stage = Stage::Over(End::Done(Some(VisitLine::LeftAsItIs)));
            }
            (Some(YesNo::No), Chosen::Book(slot) | Chosen::Move { to: slot, .. }) => {
                self.refused.push(slot.clone());
                self.misfit(Stage::OtherTime, setting);
            }
            (None, _) => return false,
        }
        true
    }

    /// Another time, provider or kind than what is read back: it is sought. True if there is one.
    fn correct(&mut self, reading: &Reading, zone: &TimeZone) -> bool {
        let Stage::ReadingBack { chosen: Chosen::Book(slot) | Chosen::Move { to: slot, .. }, .. } = &self.stage else {
            return false;
        };
        let slots = &reading.slots;
        let time = !slots.when.is_empty() && !is_within(&slots.when, slot.start);
        let provider = named(slots.provider_wish.as_ref()).is_some_and(|named| *named != slot.provider);
        let kind = self.appointment.is_none() && slots.appointment_type.as_ref().is_some_and(|kind| *kind != slot.kind);
        let another = time || provider || kind;
        if another {
            let day = times::whole_day(slot.start, zone);
            if !slots.when.is_empty() && times::are_hours(&slots.when, zone) {
                self.wish.when = day.into_iter().collect(); // the hour was corrected, and not the day
            }
            self.wish.amend(reading, zone);
            self.become_stage(Stage::Wishing);
        }
        another
    }
}

fn later(than: Timestamp) -> Timestamp {
    than.checked_add((LATER_WEEKS * 7 * 24).hours()).unwrap_or(than)
}
