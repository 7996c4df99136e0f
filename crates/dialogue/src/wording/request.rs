//! The words of lines about requests.

use domain::{Intent, RequestField};

use super::Said;
use crate::prompt::RequestLine;
use crate::spoken;

/// Every key, and the placeholders that it must have.
pub(super) const KEYS: &[(&str, &[&str])] = &[
    ("begun_refill", &[]),
    ("begun_results", &[]),
    ("begun_billing", &[]),
    ("begun_other", &[]),
    ("ask_drug", &[]),
    ("ask_dose", &[]),
    ("ask_pharmacy", &[]),
    ("ask_days_left", &[]),
    ("ask_test", &[]),
    ("ask_records", &[]),
    ("ask_records_to", &[]),
    ("ask_referral_to", &[]),
    ("ask_referral_for", &[]),
    ("ask_bill", &[]),
    ("ask_plan", &[]),
    ("ask_called_by", &[]),
    ("almost_out", &[]),
    ("ask_about_whom", &[]),
    ("offer_caller_id_for_messages", &[]),
    ("read_back_number_for_messages", &["number"]),
];

/// A line about a request.
pub(super) fn request_line(line: &RequestLine) -> Said {
    match line {
        RequestLine::Begun(intent) => Said::fixed(begun(*intent), 0),
        RequestLine::Ask { field, intent, nth } => Said::fixed(ask(*field, *intent), *nth),
        RequestLine::AlmostOut => Said::fixed("almost_out", 0),
        RequestLine::AskAboutWhom => Said::fixed("ask_about_whom", 0),
        RequestLine::OfferCallerId => Said::fixed("offer_caller_id_for_messages", 0),
        RequestLine::ReadBackNumber(number) => {
            let number = spoken::grouped(number.expose());
            Said::with("read_back_number_for_messages", 0, vec![("number", number)])
        }
    }
}

fn begun(intent: Intent) -> &'static str {
    match super::now_about(intent) {
        "now_about_refill" => "begun_refill",
        "now_about_results" => "begun_results",
        "now_about_billing" => "begun_billing",
        _ => "begun_other",
    }
}

fn ask(field: RequestField, intent: Intent) -> &'static str {
    match field {
        RequestField::Drug => "ask_drug",
        RequestField::Dose => "ask_dose",
        RequestField::Pharmacy => "ask_pharmacy",
        RequestField::DaysLeft => "ask_days_left",
        RequestField::Test => "ask_test",
        RequestField::Destination if intent == Intent::Referral => "ask_referral_to",
        RequestField::Destination => "ask_records_to",
        RequestField::Detail if intent == Intent::Referral => "ask_referral_for",
        RequestField::Detail if intent == Intent::Billing => "ask_bill",
        RequestField::Detail if intent == Intent::Insurance => "ask_plan",
        RequestField::Detail => "ask_records",
        RequestField::CalledBy => "ask_called_by",
        RequestField::LeaveMessage => "offer_caller_id_for_messages",
    }
}
