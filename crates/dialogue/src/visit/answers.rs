//! What an answer means at each stage of a visit.

use domain::{Appointment, Directive, OfferedSlot, Phi, Reading, SlotId, YesNo};
use jiff::ToSpan;

use super::choice::{Pick, is_within, named, pick};
use super::{Chosen, End, Stage, Told, Visit};
use crate::prompt::VisitLine;
use crate::setting::Setting;

/// How often nothing of what was offered fits before a message is taken.
const MISFITS_MAX: u8 = 2;
/// "Anything later?" looks so far ahead.
const LATER_WEEKS: i64 = 26;

impl Visit {
    /// What the caller says while nothing is asked, or into another question: it counts if it changes the wish. False if it
    /// says nothing of an appointment.
    pub(crate) fn amend(&mut self, reading: &Reading) -> bool {
        let correction = reading.directive == Some(Directive::Correction);
        match &self.stage {
            Stage::Identifying | Stage::Looking | Stage::Wishing => self.wish.amend(reading),
            Stage::ReadingBack { .. } => self.correct(reading),
            Stage::OtherTime | Stage::Searching | Stage::Offering(_) if self.wish.amend(reading) || correction => {
                self.stage = Stage::Wishing;
                true
            }
            Stage::OtherTime
            | Stage::Searching
            | Stage::Offering(_)
            | Stage::Which(_)
            | Stage::Changing(_)
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
            Stage::Wishing => self.learn_wish(line, text, reading),
            Stage::OtherTime => {
                let said = self.wish.amend(reading);
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
            Stage::ReadingBack { .. } => self.answer_read_back(reading),
            Stage::Identifying | Stage::Looking | Stage::Searching | Stage::Changing(_) | Stage::Over(_) => false,
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

    fn learn_wish(&mut self, line: &VisitLine, text: &Phi<String>, reading: &Reading) -> bool {
        let said = self.wish.amend(reading);
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
        let refused: Vec<SlotId> = slots.iter().map(|slot| slot.id).collect();
        let again = |visit: &mut Self, when| {
            visit.refused.extend(&refused);
            visit.wish.when = when;
            visit.misfit(Stage::Wishing);
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
                let end = |last: jiff::Timestamp| last.checked_add((LATER_WEEKS * 7 * 24).hours()).unwrap_or(last);
                again(self, last.map(|last| (last + 1.minute(), end(last))).into_iter().collect());
            }
            Pick::Elsewhere => {
                self.wish.amend(reading);
                self.become_stage(Stage::Wishing);
            }
            Pick::None => {
                self.refused.extend(&refused);
                self.misfit(Stage::OtherTime);
            }
            Pick::NotSaid => return false,
        }
        true
    }

    /// Nothing of what was offered fits: once more, then a message.
    fn misfit(&mut self, next: Stage) {
        self.misfits += 1;
        if self.misfits >= MISFITS_MAX {
            self.hand_over(VisitLine::NothingFits);
        } else {
            self.become_stage(next);
        }
    }

    fn answer_read_back(&mut self, reading: &Reading) -> bool {
        if self.correct(reading) {
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
                self.refused.push(slot.id);
                self.misfit(Stage::OtherTime);
            }
            (None, _) => return false,
        }
        true
    }

    /// Another time, provider or kind than what is read back: it is sought. True if there is one.
    fn correct(&mut self, reading: &Reading) -> bool {
        let Stage::ReadingBack { chosen: Chosen::Book(slot) | Chosen::Move { to: slot, .. }, .. } = &self.stage else {
            return false;
        };
        let slots = &reading.slots;
        let time = !slots.when.is_empty() && !is_within(&slots.when, slot.start);
        let provider = named(slots.provider_wish.as_ref()).is_some_and(|named| *named != slot.provider);
        let kind = self.appointment.is_none() && slots.appointment_type.as_ref().is_some_and(|kind| *kind != slot.kind);
        let another = time || provider || kind;
        if another {
            self.wish.amend(reading);
            self.become_stage(Stage::Wishing);
        }
        another
    }
}
