//! What the caller wants, one thing after the other: complaints first, then as it was said.

use std::collections::VecDeque;

use domain::{AppointmentTypeId, Intent, Interval, Phi, ProviderWish, Reading};

use crate::request::Details;

/// So many wishes of one utterance are kept; whoever has more says so again when asked for anything else.
const WISHES_MAX: usize = 4;

/// Something that the caller wants, in their words.
#[derive(Debug)]
pub(crate) struct Wish {
    pub(crate) intent: Intent,
    pub(crate) words: Phi<String>,
    /// What was said of an appointment.
    pub(crate) visit: VisitWish,
    /// What was said of a refill.
    pub(crate) details: Details,
}

/// What was said of an appointment: for what, when and with whom.
#[derive(Clone, Debug, Default)]
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
        let mut visit = VisitWish::told(text, reading);
        let mut wish = |intent| {
            let visit = if is_visit(intent) { std::mem::take(&mut visit) } else { VisitWish::default() };
            Wish { intent, words: text.clone(), visit, details: Details::of(reading) }
        };
        let first = wish(wishes.next().unwrap_or(Intent::Other));
        self.waiting.extend(wishes.map(wish));
        self.waiting.truncate(WISHES_MAX);
        first
    }

    /// Keeps for later what an utterance wants beside the question that it asks or the answer that it gives.
    pub(crate) fn hear_beside(&mut self, text: &Phi<String>, reading: &Reading) {
        let mut intents = reading.intents.clone();
        intents.retain(|intent| is_errand(*intent));
        for intent in in_turn(&intents).into_iter().filter(|intent| is_errand(*intent)) {
            let (words, visit) = (text.clone(), VisitWish::told(text, reading));
            self.waiting.push_back(Wish { intent, words, visit, details: Details::of(reading) });
        }
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

    /// What was said later counts. True if something was said.
    pub(crate) fn amend(&mut self, reading: &Reading) -> bool {
        let said = Self::of(reading);
        let any = said.kind.is_some() || said.provider.is_some() || !said.when.is_empty();
        self.kind = said.kind.or(self.kind.take());
        self.provider = said.provider.or(self.provider.take());
        self.reason = said.reason.or(self.reason.take());
        if !said.when.is_empty() {
            self.when = said.when;
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
