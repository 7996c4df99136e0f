//! What a request must tell the office. Asked is only what is missing, each thing once; an answer that the reader makes
//! nothing of is kept in the caller's words. A request for a drug that nobody should be without asks first how long it
//! lasts, and once more if that remains unclear: who still does not say counts as almost out.

use domain::{Intent, Phi, Reading, RequestField};
use serde::{Deserialize, Serialize};

use crate::prompt::RequestLine;
use crate::question::Question;
use crate::resume::Answers;
use crate::{phrases, vital};

/// Whoever has no more than this of a vital drug is an urgent case.
const VITAL_DAYS: u16 = 2;
/// How often it is asked how long a vital drug lasts.
const VITAL_ASKS_MAX: u32 = 2;

/// What only stands where a drug would be named may be a misheard one: "my life's in April".
const DRUG_CERTAINTY_MIN: f32 = 0.7;

/// What was said of a refill, whenever it was said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Details {
    drug: Option<Phi<String>>,
    dose: Option<Phi<String>>,
    pharmacy: Option<Phi<String>>,
    days_left: Option<Phi<u16>>,
}

impl Details {
    pub(crate) fn of(reading: &Reading) -> Self {
        let slots = &reading.slots;
        Self {
            drug: slots
                .drug
                .as_ref()
                .filter(|slot| slot.certainty >= DRUG_CERTAINTY_MIN)
                .map(|slot| slot.value.clone()),
            dose: slots.dose.as_ref().map(|slot| slot.value.clone()),
            pharmacy: slots.pharmacy.as_ref().map(|slot| slot.value.clone()),
            days_left: slots.days_left.as_ref().map(|slot| slot.value.clone()),
        }
    }

    /// What was said later counts.
    fn amend(&mut self, later: Self) {
        self.drug = later.drug.or(self.drug.take());
        self.dose = later.dose.or(self.dose.take());
        self.pharmacy = later.pharmacy.or(self.pharmacy.take());
        self.days_left = later.days_left.or(self.days_left.take());
    }
}

/// A request as far as it is filled in.
#[derive(Debug)]
pub(crate) struct Form {
    intent: Intent,
    wants: &'static [RequestField],
    details: Details,
    /// Answers in the caller's words; `None`: there was nothing in them.
    answers: Answers,
    /// The words of the wish: perhaps they name the drug.
    wish: Phi<String>,
    days_asked: u32,
}

impl Form {
    /// The form of a wish; `None` if it needs none.
    pub(crate) fn of(intent: Intent, details: &Details, wish: &Phi<String>) -> Option<Self> {
        let wants = wanted(intent);
        let (details, wish) = (details.clone(), wish.clone());
        (!wants.is_empty()).then(|| Self { intent, wants, details, answers: Vec::new(), wish, days_asked: 0 })
    }

    /// What is to be asked next.
    pub(crate) fn question(&self) -> Option<Question> {
        let days_first = self.is_vital() && self.is_missing(RequestField::DaysLeft);
        let first = days_first.then_some(RequestField::DaysLeft);
        let mut missing = self.wants.iter().copied().filter(|field| self.is_missing(*field));
        let drug_first = missing.clone().next().filter(|field| *field == RequestField::Drug);
        let field = drug_first.or(first).or_else(|| missing.next())?;
        let nth = if field == RequestField::DaysLeft { self.days_asked } else { 0 };
        Some(Question::Request(RequestLine::Ask { field, intent: self.intent, nth }))
    }

    /// What was told of it: for a later call.
    pub(crate) fn told(&self) -> (Details, Answers) {
        (self.details.clone(), self.answers.clone())
    }

    /// What an earlier call was told.
    pub(crate) fn resume(&mut self, answers: Answers) {
        self.answers = answers;
    }

    /// Takes what an utterance says of it.
    pub(crate) fn take(&mut self, reading: &Reading) {
        if self.intent == Intent::PrescriptionRefill {
            self.details.amend(Details::of(reading));
        }
    }

    /// An answer; [`Self::take`] has taken what the reader made of it.
    pub(crate) fn answer(&mut self, field: RequestField, text: &Phi<String>) {
        if field == RequestField::DaysLeft {
            self.days_asked += 1;
            if self.value(field).is_none() && self.is_vital() && self.days_asked < VITAL_ASKS_MAX {
                return;
            }
        }
        let told = !phrases::is_bare(text.expose());
        self.answers.push((field, told.then(|| text.clone())));
    }

    /// Whether the reader has made something of this field.
    pub(crate) fn knows(&self, field: RequestField) -> bool {
        self.value(field).is_some()
    }

    /// Whether a drug that nobody should be without is at its end, or nobody can tell.
    pub(crate) fn is_almost_out(&self) -> bool {
        let asked_out = self.days_asked >= VITAL_ASKS_MAX;
        self.is_vital() && self.details.days_left.as_ref().map_or(asked_out, |days| *days.expose() <= VITAL_DAYS)
    }

    /// What the office is told, in the order in which it is asked for.
    pub(crate) fn fields(&self) -> Vec<(RequestField, Phi<String>)> {
        let told = |field: &RequestField| {
            let answer = || self.answers.iter().find(|(of, _)| of == field).and_then(|(_, text)| text.clone());
            Some((*field, self.value(*field).or_else(answer)?))
        };
        self.wants.iter().filter_map(told).collect()
    }

    fn is_missing(&self, field: RequestField) -> bool {
        self.wants.contains(&field)
            && self.value(field).is_none()
            && self.answers.iter().all(|(answered, _)| *answered != field)
    }

    fn is_vital(&self) -> bool {
        let answer = || self.answers.iter().find_map(|(of, text)| text.as_ref().filter(|_| *of == RequestField::Drug));
        let drug = self.details.drug.as_ref().or_else(answer).unwrap_or(&self.wish);
        self.intent == Intent::PrescriptionRefill && vital::is_named(drug.expose())
    }

    fn value(&self, field: RequestField) -> Option<Phi<String>> {
        match field {
            RequestField::Drug => self.details.drug.clone(),
            RequestField::Dose => self.details.dose.clone(),
            RequestField::Pharmacy => self.details.pharmacy.clone(),
            RequestField::DaysLeft => self.details.days_left.as_ref().map(|days| Phi::new(days.expose().to_string())),
            RequestField::Test
            | RequestField::Destination
            | RequestField::Detail
            | RequestField::CalledBy
            | RequestField::LeaveMessage => None,
        }
    }
}

/// What a request must tell, in the order in which it is asked for.
fn wanted(intent: Intent) -> &'static [RequestField] {
    match intent {
        Intent::PrescriptionRefill => {
            &[RequestField::Drug, RequestField::Dose, RequestField::Pharmacy, RequestField::DaysLeft]
        }
        Intent::TestResults => &[RequestField::Test],
        Intent::RecordsRequest => &[RequestField::Detail, RequestField::Destination],
        Intent::Referral => &[RequestField::Destination, RequestField::Detail],
        Intent::Billing | Intent::Insurance => &[RequestField::Detail],
        Intent::Symptom
        | Intent::BookAppointment
        | Intent::RescheduleAppointment
        | Intent::CancelAppointment
        | Intent::ConfirmAppointment
        | Intent::OfficeInfo
        | Intent::SpeakToPerson
        | Intent::LeaveMessage
        | Intent::ClinicianCall
        | Intent::PharmacyCall
        | Intent::VendorSales
        | Intent::WrongNumber
        | Intent::Other => &[],
    }
}
