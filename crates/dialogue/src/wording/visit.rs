//! The words of lines about appointments and patients. Names of providers and of what an appointment is for are the
//! practice's own.

use domain::{Fit, FrontDesk};

use super::Said;
use crate::prompt::{Opening, PatientLine, VisitLine};
use crate::when;

/// Every key, and the placeholders that it must have.
pub(super) const KEYS: &[(&str, &[&str])] = &[
    ("ask_name_and_birth", &[]),
    ("ask_your_name_and_birth", &[]),
    ("ask_your_name", &[]),
    ("ask_your_birth", &[]),
    ("ask_you_new_or_known", &[]),
    ("ask_your_number_on_file", &[]),
    ("ask_your_insurance", &[]),
    ("ask_patient_name", &[]),
    ("ask_birth", &[]),
    ("ask_new_or_known", &[]),
    ("ask_again", &[]),
    ("ask_number_on_file", &[]),
    ("read_back_birth", &["birth"]),
    ("ask_insurance", &[]),
    ("patient_not_found", &[]),
    ("no_new_patients", &[]),
    ("ask_reason", &[]),
    ("ask_when", &[]),
    ("ask_new_time", &["when", "provider"]),
    ("ask_new_time_again", &[]),
    ("ask_other_time", &[]),
    ("offer_one", &["offers"]),
    ("offer_several", &["offers"]),
    ("offer_one_other_provider", &["offers"]),
    ("offer_several_other_provider", &["offers"]),
    ("offer_one_other_time", &["offers"]),
    ("offer_several_other_time", &["offers"]),
    ("offer_one_again", &["offers"]),
    ("offer_several_again", &["offers"]),
    ("which", &["appointments"]),
    ("read_back_booking", &["kind", "patient", "when", "provider"]),
    ("read_back_booking_again", &["when", "provider"]),
    ("read_back_move", &["patient", "from", "when", "provider"]),
    ("read_back_move_again", &["when", "provider"]),
    ("read_back_cancel", &["patient", "when", "provider"]),
    ("read_back_cancel_again", &["when", "provider"]),
    ("booked", &["when", "provider"]),
    ("moved", &["when", "provider"]),
    ("cancelled", &["when", "provider"]),
    ("to_be_confirmed", &["when", "provider"]),
    ("offer_waiting_list", &[]),
    ("offer_waiting_list_by_text", &[]),
    ("nothing_fits_offer_waiting_list", &[]),
    ("nothing_fits_offer_waiting_list_by_text", &[]),
    ("on_waiting_list", &[]),
    ("on_waiting_list_by_text", &[]),
    ("not_on_waiting_list", &[]),
    ("message_instead", &[]),
    ("ahead", &["appointments"]),
    ("nothing_ahead", &[]),
    ("left_as_it_is", &[]),
    ("slot_taken", &[]),
    ("nothing_fits", &[]),
    ("not_understood", &[]),
    ("not_allowed", &[]),
    ("out_of_reach", &[]),
];

/// A line about the patient.
pub(super) fn patient_line(line: &PatientLine) -> Said {
    match line {
        PatientLine::AskNameAndBirth(nth) => Said::fixed("ask_name_and_birth", *nth),
        PatientLine::AskName(nth) => Said::fixed("ask_patient_name", *nth),
        PatientLine::AskBirth(nth) => Said::fixed("ask_birth", *nth),
        PatientLine::AskNewOrKnown(nth) => Said::fixed("ask_new_or_known", *nth),
        PatientLine::AskAgain(nth) => Said::fixed("ask_again", *nth),
        PatientLine::AskNumberOnFile(nth) => Said::fixed("ask_number_on_file", *nth),
        PatientLine::ReadBackBirth(date) => {
            Said::with("read_back_birth", 0, vec![("birth", when::birth(*date.expose()))])
        }
        PatientLine::AskInsurance(nth) => Said::fixed("ask_insurance", *nth),
        PatientLine::NotFound => Said::fixed("patient_not_found", 0),
        PatientLine::NotUnderstood => Said::fixed("not_understood", 0),
        PatientLine::NoNewPatients => Said::fixed("no_new_patients", 0),
    }
}

/// A line about the patient, said to the patient.
pub(super) fn line_to_the_patient(line: &PatientLine) -> Said {
    match line {
        PatientLine::AskNameAndBirth(nth) => Said::fixed("ask_your_name_and_birth", *nth),
        PatientLine::AskName(nth) => Said::fixed("ask_your_name", *nth),
        PatientLine::AskBirth(nth) => Said::fixed("ask_your_birth", *nth),
        PatientLine::AskNewOrKnown(nth) => Said::fixed("ask_you_new_or_known", *nth),
        PatientLine::AskNumberOnFile(nth) => Said::fixed("ask_your_number_on_file", *nth),
        PatientLine::AskInsurance(nth) => Said::fixed("ask_your_insurance", *nth),
        PatientLine::AskAgain(_)
        | PatientLine::ReadBackBirth(_)
        | PatientLine::NotFound
        | PatientLine::NotUnderstood
        | PatientLine::NoNewPatients => patient_line(line),
    }
}

/// A line about appointments.
pub(super) fn visit_line(line: &VisitLine, desk: &FrontDesk) -> Said {
    let told = |key, opening: &Opening| {
        Said::with(key, 0, vec![("when", when::full(&opening.at)), ("provider", provider(opening, desk))])
    };
    match line {
        VisitLine::AskReason(nth) => Said::fixed("ask_reason", *nth),
        VisitLine::AskWhen(nth) => Said::fixed("ask_when", *nth),
        VisitLine::AskNewTime { from, nth: 0 } => told("ask_new_time", from),
        VisitLine::AskNewTime { nth, .. } => Said::fixed("ask_new_time_again", *nth),
        VisitLine::AskOtherTime(nth) => Said::fixed("ask_other_time", *nth),
        VisitLine::Offer { openings, fit, nth } => offer(openings, *fit, *nth, desk),
        VisitLine::Which { appointments, nth } => {
            Said::with("which", *nth, vec![("appointments", listed(appointments, "or", |one| named(one, desk)))])
        }
        VisitLine::ReadBackBooking { opening, patient, nth: 0 } => {
            told("read_back_booking", opening).and("kind", kind(opening, desk)).and("patient", patient.expose().clone())
        }
        VisitLine::ReadBackBooking { opening, .. } => told("read_back_booking_again", opening),
        VisitLine::ReadBackMove { from, to, patient, nth: 0 } => {
            told("read_back_move", to).and("from", when::short(&from.at)).and("patient", patient.expose().clone())
        }
        VisitLine::ReadBackMove { to, .. } => told("read_back_move_again", to),
        VisitLine::ReadBackCancel { appointment, patient, nth: 0 } => {
            told("read_back_cancel", appointment).and("patient", patient.expose().clone())
        }
        VisitLine::ReadBackCancel { appointment, .. } => told("read_back_cancel_again", appointment),
        VisitLine::Booked(opening) => told("booked", opening),
        VisitLine::Moved(opening) => told("moved", opening),
        VisitLine::Cancelled(opening) => told("cancelled", opening),
        VisitLine::OfferWaitingList { by_text, nothing_fits, nth } => {
            let key = match (nothing_fits, by_text) {
                (false, false) => "offer_waiting_list",
                (false, true) => "offer_waiting_list_by_text",
                (true, false) => "nothing_fits_offer_waiting_list",
                (true, true) => "nothing_fits_offer_waiting_list_by_text",
            };
            Said::fixed(key, *nth)
        }
        VisitLine::OnWaitingList { by_text: true } => Said::fixed("on_waiting_list_by_text", 0),
        VisitLine::OnWaitingList { by_text: false } => Said::fixed("on_waiting_list", 0),
        VisitLine::MessageInstead => Said::fixed("message_instead", 0),
        VisitLine::NotOnWaitingList => Said::fixed("not_on_waiting_list", 0),
        VisitLine::ToBeConfirmed(opening) => told("to_be_confirmed", opening),
        VisitLine::Ahead(list) => {
            Said::with("ahead", 0, vec![("appointments", listed(list, "and", |one| named(one, desk)))])
        }
        VisitLine::NothingAhead => Said::fixed("nothing_ahead", 0),
        VisitLine::LeftAsItIs => Said::fixed("left_as_it_is", 0),
        VisitLine::SlotTaken => Said::fixed("slot_taken", 0),
        VisitLine::NothingFits => Said::fixed("nothing_fits", 0),
        VisitLine::NotUnderstood => Said::fixed("not_understood", 0),
        VisitLine::NotAllowed => Said::fixed("not_allowed", 0),
        VisitLine::OutOfReach => Said::fixed("out_of_reach", 0),
    }
}

fn offer(openings: &[Opening], fit: Fit, nth: u32, desk: &FrontDesk) -> Said {
    let key = match (fit, openings.len(), nth) {
        (_, 1, 1..) => "offer_one_again",
        (_, _, 1..) => "offer_several_again",
        (Fit::AsWished, 1, _) => "offer_one",
        (Fit::AsWished, _, _) => "offer_several",
        (Fit::OtherProvider, 1, _) => "offer_one_other_provider",
        (Fit::OtherProvider, _, _) => "offer_several_other_provider",
        (Fit::OtherTime, 1, _) => "offer_one_other_time",
        (Fit::OtherTime, _, _) => "offer_several_other_time",
    };
    let spoken = |one: &Opening| format!("{} with {}", when::short(&one.at), provider(one, desk));
    Said::with(key, 0, vec![("offers", listed(openings, "or", spoken))])
}

/// "a check-up tomorrow at 9 with Doctor Patel".
fn named(one: &Opening, desk: &FrontDesk) -> String {
    format!("{} {} with {}", kind(one, desk), when::short(&one.at), provider(one, desk))
}

/// "a, b, or c".
fn listed(openings: &[Opening], last: &str, spoken: impl Fn(&Opening) -> String) -> String {
    let all: Vec<String> = openings.iter().map(spoken).collect();
    match all.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [before @ .., end] => format!("{}, {last} {end}", before.join(", ")),
    }
}

fn provider(one: &Opening, desk: &FrontDesk) -> String {
    let known = desk.providers.iter().find(|provider| provider.id == one.provider);
    known.map_or_else(|| "one of our doctors".to_owned(), |provider| provider.name.clone())
}

fn kind(one: &Opening, desk: &FrontDesk) -> String {
    let known = desk.appointment_types.iter().find(|kind| kind.id == one.kind);
    known.map_or_else(|| "a visit".to_owned(), |kind| kind.name.clone())
}
