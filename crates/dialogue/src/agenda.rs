//! What the caller wants, one thing after the other: complaints first, then as it was said.

use std::collections::VecDeque;

use domain::{AppointmentTypeId, FactId, Intent, Interval, Phi, ProviderWish, Reading};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::people::Whom;
use crate::request::Details;
use crate::visit::times;

/// So many wishes of one utterance are kept; whoever has more says so again when asked for anything else.
const WISHES_MAX: usize = 4;

/// Something that the caller wants, in their words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Wish {
    pub(crate) intent: Intent,
    pub(crate) words: Phi<String>,
    /// What was said of an appointment.
    pub(crate) visit: VisitWish,
    /// What was said of a refill.
    pub(crate) details: Details,
    /// What was asked.
    pub(crate) fact: Option<FactId>,
    /// Whom it is for.
    pub(crate) whom: Whom,
}

impl Wish {
    /// A wish of which nothing more is known.
    pub(crate) fn of(intent: Intent, words: Phi<String>) -> Self {
        let (visit, details) = (VisitWish::default(), Details::default());
        Self { intent, words, visit, details, fact: None, whom: Whom::default() }
    }

    fn told(intent: Intent, text: &Phi<String>, reading: &Reading) -> Self {
        Self {
            visit: if is_visit(intent) { VisitWish::told(text, reading) } else { VisitWish::default() },
            details: Details::of(reading),
            fact: reading.fact.clone().filter(|_| intent == Intent::OfficeInfo),
            whom: Whom::told(text, reading),
            ..Self::of(intent, text.clone())
        }
    }
}

/// What was said of an appointment: for what, when and with whom.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct VisitWish {
    pub(crate) kind: Option<AppointmentTypeId>,
    pub(crate) when: Vec<Interval>,
    pub(crate) provider: Option<ProviderWish>,
    /// What it is for, in the caller's words.
    pub(crate) reason: Option<Phi<String>>,
}

/// What is still to be done after the present errand.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    waiting: VecDeque<Wish>,
}

impl Agenda {
    /// Takes what an utterance wants and gives the first of it; the rest waits.
    pub(crate) fn hear(&mut self, text: &Phi<String>, reading: &Reading) -> Wish {
        let mut wishes = in_turn(&reading.intents).into_iter();
        let first = Wish::told(wishes.next().unwrap_or(Intent::Other), text, reading);
        let mut visit_told = is_visit(first.intent);
        for intent in wishes {
            let mut wish = Wish::told(intent, text, reading);
            // what was said of an appointment belongs to the first wish for one
            if visit_told {
                wish.visit = VisitWish::default();
            }
            visit_told |= is_visit(intent);
            self.waiting.push_back(wish);
        }
        self.waiting.truncate(WISHES_MAX);
        first
    }

    /// Keeps for later what an utterance wants beside the question that it asks or the answer that it gives.
    pub(crate) fn hear_beside(&mut self, text: &Phi<String>, reading: &Reading) {
        self.hear_others(text, reading, Intent::Other);
    }

    /// The same beside `present`, which is being seen to. True if there is something.
    pub(crate) fn hear_others(&mut self, text: &Phi<String>, reading: &Reading, present: Intent) -> bool {
        let mut intents = reading.intents.clone();
        intents.retain(|intent| is_errand(*intent) && !belongs_to(*intent, present));
        if intents.is_empty() {
            return false;
        }
        self.waiting.extend(in_turn(&intents).into_iter().map(|intent| Wish::told(intent, text, reading)));
        self.waiting.truncate(WISHES_MAX);
        true
    }

    /// The same, and a question or the wish for a person too: they are seen to when the present errand is done.
    pub(crate) fn hear_after(&mut self, text: &Phi<String>, reading: &Reading, present: Intent) {
        self.hear_others(text, reading, present);
        let asks = reading.fact.is_some().then_some(Intent::OfficeInfo);
        let seeks = reading.intents.contains(&Intent::SpeakToPerson).then_some(Intent::SpeakToPerson);
        self.waiting.extend(asks.into_iter().chain(seeks).map(|intent| Wish::told(intent, text, reading)));
        self.waiting.truncate(WISHES_MAX);
    }

    /// The caller would rather have this: it comes before everything else.
    pub(crate) fn hear_instead(&mut self, text: &Phi<String>, reading: &Reading) {
        let first = self.hear(text, reading);
        self.waiting.push_front(first);
    }

    /// The next wish.
    pub(crate) fn next(&mut self) -> Option<Wish> {
        self.waiting.pop_front()
    }

    /// The wishes that wait, the next first.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Wish> {
        self.waiting.iter()
    }

    /// These waited in an earlier call.
    pub(crate) fn wait(&mut self, wishes: Vec<Wish>) {
        self.waiting.extend(wishes);
        self.waiting.truncate(WISHES_MAX);
    }

    pub(crate) fn has_more(&self) -> bool {
        !self.waiting.is_empty()
    }
}

impl VisitWish {
    /// A wish with the words it was told in: a complaint among them is the reason.
    fn told(text: &Phi<String>, reading: &Reading) -> Self {
        let complaint = reading.intents.contains(&Intent::Symptom);
        let mut wish = Self::of(reading);
        wish.reason = wish.reason.or_else(|| complaint.then(|| text.clone()));
        wish
    }

    fn of(reading: &Reading) -> Self {
        Self {
            kind: reading.slots.appointment_type.clone(),
            when: reading.slots.when.clone(),
            provider: reading.slots.provider_wish.clone(),
            reason: reading.slots.reason.as_ref().map(|slot| slot.value.clone()),
        }
    }

    /// What was said later counts; an hour keeps the day that was named, and a day the hour. True if something was said.
    pub(crate) fn amend(&mut self, reading: &Reading, zone: &TimeZone) -> bool {
        let said = Self::of(reading);
        let any = said.kind.is_some() || said.provider.is_some() || !said.when.is_empty();
        self.kind = said.kind.or(self.kind.take());
        self.provider = said.provider.or(self.provider.take());
        self.reason = said.reason.or(self.reason.take());
        if !said.when.is_empty() {
            self.when = times::met(&self.when, said.when, zone);
        }
        any
    }
}

/// The wishes of one utterance in the order in which they are seen to. A complaint told with the wish for an appointment is
/// its reason, and moving an appointment is cancelling and booking in one.
fn in_turn(intents: &[Intent]) -> Vec<Intent> {
    let main = intents.first().copied().unwrap_or(Intent::Other);
    if !is_errand(main) && !matches!(main, Intent::Symptom | Intent::OfficeInfo) {
        return vec![main];
    }
    let has = |intent| intents.contains(&intent);
    let included = |intent: Intent| match intent {
        Intent::Symptom => has(Intent::BookAppointment),
        Intent::BookAppointment | Intent::CancelAppointment => has(Intent::RescheduleAppointment),
        Intent::ConfirmAppointment => intents.iter().any(|other| is_visit(*other) && *other != intent),
        Intent::RescheduleAppointment
        | Intent::PrescriptionRefill
        | Intent::TestResults
        | Intent::Billing
        | Intent::Insurance
        | Intent::RecordsRequest
        | Intent::Referral => false,
        Intent::OfficeInfo
        | Intent::SpeakToPerson
        | Intent::LeaveMessage
        | Intent::ClinicianCall
        | Intent::PharmacyCall
        | Intent::VendorSales
        | Intent::WrongNumber
        | Intent::Other => intent != main,
    };
    let mut wishes: Vec<Intent> = Vec::new();
    for intent in intents.iter().copied().filter(|intent| !included(*intent)) {
        if !wishes.contains(&intent) {
            wishes.push(intent);
        }
    }
    wishes.sort_by_key(|intent| *intent != Intent::Symptom);
    wishes
}

/// Whether an intent is another word for what is being seen to: "yes, book it", of a move too.
fn belongs_to(intent: Intent, present: Intent) -> bool {
    let moves = present == Intent::RescheduleAppointment && is_visit(intent);
    intent == present || moves || (is_visit(present) && intent == Intent::ConfirmAppointment)
}

/// Whether it is about an appointment.
pub(crate) fn is_visit(intent: Intent) -> bool {
    matches!(
        intent,
        Intent::BookAppointment
            | Intent::RescheduleAppointment
            | Intent::CancelAppointment
            | Intent::ConfirmAppointment
    )
}

/// Whether it is something of its own to be done, rather than a way to do it ("a person", "a message").
pub(crate) fn is_errand(intent: Intent) -> bool {
    is_visit(intent)
        || matches!(
            intent,
            Intent::PrescriptionRefill
                | Intent::TestResults
                | Intent::Billing
                | Intent::Insurance
                | Intent::RecordsRequest
                | Intent::Referral
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_seen_to_in_turn() {
        use Intent::{
            Billing, BookAppointment, CancelAppointment, ConfirmAppointment, LeaveMessage, Other, PrescriptionRefill,
            RescheduleAppointment, SpeakToPerson, Symptom,
        };
        let cases: &[(&[Intent], &[Intent])] = &[
            (&[], &[Other]),
            (&[RescheduleAppointment, PrescriptionRefill], &[RescheduleAppointment, PrescriptionRefill]),
            (&[PrescriptionRefill, Symptom], &[Symptom, PrescriptionRefill]),
            (&[Symptom, BookAppointment], &[BookAppointment]),
            (&[CancelAppointment, BookAppointment], &[CancelAppointment, BookAppointment]),
            (&[RescheduleAppointment, CancelAppointment, BookAppointment], &[RescheduleAppointment]),
            (&[ConfirmAppointment, CancelAppointment], &[CancelAppointment]),
            (&[SpeakToPerson, Billing], &[SpeakToPerson]),
            (&[Billing, LeaveMessage, Billing], &[Billing]),
        ];
        for (heard, expected) in cases {
            assert_eq!(in_turn(heard), *expected, "{heard:?}");
        }
    }
}
