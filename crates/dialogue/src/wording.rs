//! The words of every prompt: `prompts/lines.toml` and `prompts/emergency.toml`, checked as a whole before the first call.
//!
//! Each key has one or more variants. Lines that may come again are numbered, and the number chooses the variant, so that
//! a line with two variants never sounds the same twice in a row. Placeholders: `{practice}`, `{emergency_number}`,
//! `{crisis_number}` anywhere; `{name}`, `{number}`, `{doctor}` and the like only in the lines that have them.

mod check;
mod request;
mod visit;
mod whisper;

use std::collections::BTreeMap;

use domain::{EmergencyKind, Intent, Phi, Practice};

use crate::{Prompt, spoken, when};

const LINES: &str = include_str!("../../../prompts/lines.toml");
const EMERGENCY: &str = include_str!("../../../prompts/emergency.toml");

/// Allowed in every line.
const COMMON: &[&str] = &["practice", "emergency_number", "crisis_number"];

/// Every key of `lines.toml`, and the placeholders that it must have.
const KEYS: &[(&str, &[&str])] = &[
    ("greeting", &["practice"]),
    ("emergency_first", &["practice"]),
    ("lines_are_busy", &[]),
    ("how_can_i_help", &[]),
    ("did_not_catch", &[]),
    ("still_there", &[]),
    ("one_moment", &[]),
    ("anything_else", &[]),
    ("go_on", &[]),
    ("goodbye", &[]),
    ("goodbye_no_answer", &["emergency_number"]),
    ("goodbye_too_long", &["emergency_number"]),
    ("goodbye_vendor", &[]),
    ("wrong_number", &["practice"]),
    ("ask_called_emergency_number", &["emergency_number"]),
    ("call_emergency_number_now", &["emergency_number"]),
    ("ask_who_is_there", &[]),
    ("check_in", &[]),
    ("check_in_self_harm", &["crisis_number"]),
    ("safety_question", &[]),
    ("safety_question_in_doubt", &[]),
    ("safety_question_again", &[]),
    ("doubt_passed_on", &[]),
    ("doctor_paged", &["emergency_number"]),
    ("desk_paged", &["emergency_number"]),
    ("meanwhile", &["line"]),
    ("nobody_answers", &["emergency_number"]),
    ("doctor_acknowledged", &["doctor"]),
    ("doctor_not_paged", &["emergency_number"]),
    ("doctor_not_paged_emergency", &["emergency_number"]),
    ("page_unknown", &["emergency_number"]),
    ("more_for_doctor", &[]),
    ("ringing_doctor", &[]),
    ("ringing_person", &[]),
    ("still_ringing", &[]),
    ("heard_while_ringing", &[]),
    ("on_the_line", &["doctor"]),
    ("not_connected", &[]),
    ("connection_lost", &[]),
    ("whisper", &["practice", "what", "who", "why"]),
    ("whisper_declined", &[]),
    ("whisper_caller_gone", &[]),
    ("nobody_available", &[]),
    ("office_closed", &[]),
    ("offer_message", &[]),
    ("ask_message", &[]),
    ("pass_on_symptom", &["emergency_number"]),
    ("pass_on_appointment", &[]),
    ("pass_on_clinician", &[]),
    ("pass_on_other", &[]),
    ("more_message", &[]),
    ("ask_name", &[]),
    ("ask_spelling", &[]),
    ("read_back_name", &["name", "spelled"]),
    ("offer_caller_id", &[]),
    ("ask_number", &[]),
    ("ask_number_again", &[]),
    ("read_back_number", &["number"]),
    ("message_passed_on", &[]),
    ("message_passed_on_until", &["by"]),
    ("message_not_saved", &[]),
    ("now_about_symptom", &[]),
    ("now_about_appointment", &[]),
    ("now_about_refill", &[]),
    ("now_about_results", &[]),
    ("now_about_billing", &[]),
    ("now_about_records", &[]),
    ("now_about_other", &[]),
    ("noted", &[]),
    ("dropped", &[]),
    ("take_your_time", &[]),
    ("slower", &[]),
    ("who_speaks", &["practice"]),
    ("hears_you", &[]),
    ("fact", &["fact"]),
    ("closed", &["when"]),
    ("fact_unknown", &[]),
    ("foreign", &["line"]),
    ("hearing_lost", &["emergency_number"]),
    ("hearing_lost_ask_keys", &["emergency_number"]),
    ("voice_lost", &["emergency_number"]),
];

/// The words of every line, parsed and checked.
#[derive(Clone, Debug)]
pub struct Wording {
    lines: BTreeMap<String, Vec<String>>,
    emergency: BTreeMap<String, Vec<String>>,
}

/// A line with its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// What to say.
    pub text: Phi<String>,
    /// So many bytes of the text, from its beginning, hold no patient's words: the sound of clauses within them may be kept on
    /// disk, and a line whose first clause is kept begins at once.
    pub fixed_bytes: usize,
}

/// What is wrong with a file of lines.
#[derive(Debug, thiserror::Error)]
pub enum WordingError {
    /// The file is not what it should be.
    #[error("{file} cannot be read: write each line as key = [\"variant\", \"variant\"]")]
    Unreadable {
        /// `lines.toml` or `emergency.toml`.
        file: &'static str,
        /// What TOML says.
        source: toml::de::Error,
    },
    /// A line is missing.
    #[error("{file} has no words for \"{key}\": add {key} = [\"..\"]")]
    Missing {
        /// Which file.
        file: &'static str,
        /// The key.
        key: String,
    },
    /// A line that nothing says.
    #[error("{file} has \"{key}\", which no line is called: correct its spelling or remove it")]
    Unknown {
        /// Which file.
        file: &'static str,
        /// The key.
        key: String,
    },
    /// A placeholder is missing or unknown.
    #[error("{file}, \"{key}\": a variant must contain {{{placeholder}}}, and it does not: {text}")]
    MissingPlaceholder {
        /// Which file.
        file: &'static str,
        /// The key.
        key: String,
        /// What is missing.
        placeholder: String,
        /// The variant.
        text: String,
    },
    /// A placeholder that this line has no value for.
    #[error("{file}, \"{key}\": there is no {{{placeholder}}} in this line; write one of {allowed}")]
    UnknownPlaceholder {
        /// Which file.
        file: &'static str,
        /// The key.
        key: String,
        /// What is unknown.
        placeholder: String,
        /// What there is.
        allowed: String,
    },
}

impl Wording {
    /// Parses `lines.toml` and `emergency.toml`, and checks that every line has words and every placeholder a value.
    pub fn parse(lines: &str, emergency: &str) -> Result<Self, WordingError> {
        let kinds: Vec<_> =
            EmergencyKind::ALL.iter().map(|kind| (kind.label(), emergency_placeholders(*kind))).collect();
        Ok(Self {
            lines: check::checked("lines.toml", lines, &[KEYS, request::KEYS, visit::KEYS].concat())?,
            emergency: check::checked("emergency.toml", emergency, &kinds)?,
        })
    }

    /// The lines that FirstRing is shipped with.
    pub fn built_in() -> Self {
        Self::parse(LINES, EMERGENCY).expect("the shipped lines are checked by a test")
    }

    /// The words of a line.
    pub fn render(&self, prompt: &Prompt, practice: &Practice) -> Rendered {
        let Line { file, key, variant, own, fixed } = self.line(prompt, practice);
        let variants = &file[key];
        let variant = variants[variant as usize % variants.len()].as_str();
        let first_value = own.iter().filter_map(|(placeholder, _)| variant.find(&format!("{{{placeholder}}}"))).min();
        let (opening, rest) = variant.split_at(first_value.unwrap_or(variant.len()));
        let common = [
            ("practice", practice.name.clone()),
            ("emergency_number", practice.emergency_number.clone()),
            ("crisis_number", practice.crisis_number.clone()),
        ];
        let put = |text: &str, values: &[(&str, String)]| {
            values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
        };
        // The line's own values last: a placeholder inside a caller's words stays what it is.
        let (opening, rest) = (put(opening, &common), put(&put(rest, &common), &own));
        let fixed_bytes = opening.len() + if fixed { rest.len() } else { 0 };
        Rendered { text: Phi::new(opening + &rest), fixed_bytes }
    }

    fn said(&self, said: Said) -> Line<'_> {
        let fixed = said.own.is_empty();
        Line { file: &self.lines, key: said.key, variant: said.variant, own: said.own, fixed }
    }

    fn line(&self, prompt: &Prompt, practice: &Practice) -> Line<'_> {
        let line = |key, variant| Line { file: &self.lines, key, variant, own: Vec::new(), fixed: true };
        match prompt {
            Prompt::Greeting => line("greeting", 0),
            Prompt::EmergencyFirst => line("emergency_first", 0),
            Prompt::LinesAreBusy => line("lines_are_busy", 0),
            Prompt::HowCanIHelp(nth) => line("how_can_i_help", *nth),
            Prompt::DidNotCatch(nth) => line("did_not_catch", *nth),
            Prompt::StillThere(nth) => line("still_there", *nth),
            Prompt::OneMoment(nth) => line("one_moment", *nth),
            Prompt::AnythingElse(nth) => line("anything_else", *nth),
            Prompt::GoOn(nth) => line("go_on", *nth),
            Prompt::Goodbye => line("goodbye", 0),
            Prompt::GoodbyeNoAnswer => line("goodbye_no_answer", 0),
            Prompt::GoodbyeTooLong => line("goodbye_too_long", 0),
            Prompt::GoodbyeVendor => line("goodbye_vendor", 0),
            Prompt::WrongNumber => line("wrong_number", 0),
            Prompt::EmergencyLine(kind) => Line { file: &self.emergency, ..line(kind.label(), 0) },
            Prompt::AskCalledEmergencyNumber => line("ask_called_emergency_number", 0),
            Prompt::CallEmergencyNumberNow => line("call_emergency_number_now", 0),
            Prompt::AskWhoIsThere => line("ask_who_is_there", 0),
            Prompt::CheckIn(nth) => line("check_in", *nth),
            Prompt::CheckInSelfHarm(nth) => line("check_in_self_harm", *nth),
            Prompt::SafetyQuestion => line("safety_question", 0),
            Prompt::SafetyQuestionInDoubt => line("safety_question_in_doubt", 0),
            Prompt::DoubtPassedOn => line("doubt_passed_on", 0),
            Prompt::SafetyQuestionAgain => line("safety_question_again", 0),
            Prompt::DoctorPaged => line("doctor_paged", 0),
            Prompt::DeskPaged => line("desk_paged", 0),
            Prompt::Meanwhile(says) => Line { own: vec![("line", says.clone())], ..line("meanwhile", 0) },
            Prompt::NobodyAnswers => line("nobody_answers", 0),
            Prompt::DoctorAcknowledged { by } => {
                Line { own: vec![("doctor", by.clone())], ..line("doctor_acknowledged", 0) }
            }
            Prompt::DoctorNotPaged => line("doctor_not_paged", 0),
            Prompt::DoctorNotPagedEmergency => line("doctor_not_paged_emergency", 0),
            Prompt::PageUnknown => line("page_unknown", 0),
            Prompt::MoreForDoctor => line("more_for_doctor", 0),
            Prompt::RingingDoctor => line("ringing_doctor", 0),
            Prompt::RingingPerson => line("ringing_person", 0),
            Prompt::StillRinging(nth) => line("still_ringing", *nth),
            Prompt::HeardWhileRinging(nth) => line("heard_while_ringing", *nth),
            Prompt::OnTheLine { by } => Line { own: vec![("doctor", by.clone())], ..line("on_the_line", 0) },
            Prompt::NotConnected => line("not_connected", 0),
            Prompt::ConnectionLost => line("connection_lost", 0),
            Prompt::Whisper(about) => {
                Line { own: whisper::of(about), fixed: about.name.is_none(), ..line("whisper", 0) }
            }
            Prompt::WhisperDeclined => line("whisper_declined", 0),
            Prompt::WhisperCallerGone => line("whisper_caller_gone", 0),
            Prompt::NobodyAvailable => line("nobody_available", 0),
            Prompt::OfficeClosed => line("office_closed", 0),
            Prompt::OfferMessage => line("offer_message", 0),
            Prompt::AskMessage => line("ask_message", 0),
            Prompt::PassOn(intent) => line(pass_on(*intent), 0),
            Prompt::MoreMessage(nth) => line("more_message", *nth),
            Prompt::AskName => line("ask_name", 0),
            Prompt::AskSpelling => line("ask_spelling", 0),
            Prompt::ReadBackName { name } => Line {
                own: vec![("spelled", spoken::spelled(name.expose())), ("name", name.expose().clone())],
                fixed: false,
                ..line("read_back_name", 0)
            },
            Prompt::OfferCallerId => line("offer_caller_id", 0),
            Prompt::AskNumber => line("ask_number", 0),
            Prompt::AskNumberAgain => line("ask_number_again", 0),
            Prompt::ReadBackNumber(number) => Line {
                own: vec![("number", spoken::grouped(number.expose()))],
                fixed: false,
                ..line("read_back_number", 0)
            },
            Prompt::MessagePassedOn => line("message_passed_on", 0),
            Prompt::MessagePassedOnUntil { by } => {
                Line { own: vec![("by", by.clone())], ..line("message_passed_on_until", 0) }
            }
            Prompt::MessageNotSaved => line("message_not_saved", 0),
            Prompt::Patient(about) => self.said(visit::patient_line(about)),
            Prompt::OfYou(about) => self.said(visit::line_to_the_patient(about)),
            Prompt::Visit(about) => self.said(visit::visit_line(about, &practice.front_desk)),
            Prompt::Request(about) => self.said(request::request_line(about)),
            Prompt::NowAbout(intent) => line(now_about(*intent), 0),
            Prompt::Noted(nth) => line("noted", *nth),
            Prompt::Dropped(nth) => line("dropped", *nth),
            Prompt::TakeYourTime(nth) => line("take_your_time", *nth),
            Prompt::Slower(nth) => line("slower", *nth),
            Prompt::WhoSpeaks => line("who_speaks", 0),
            Prompt::HearsYou(nth) => line("hears_you", *nth),
            Prompt::Fact(id) => match practice.facts.iter().find(|fact| fact.id == *id) {
                Some(fact) => Line { own: vec![("fact", fact.answer.clone())], ..line("fact", 0) },
                None => line("fact_unknown", 0),
            },
            Prompt::Closed { from, to } => Line { own: vec![("when", when::closed(*from, *to))], ..line("closed", 0) },
            Prompt::Foreign(language) => {
                match practice.front_desk.languages.iter().find(|one| one.language == *language) {
                    Some(foreign) => Line { own: vec![("line", foreign.line.clone())], ..line("foreign", 0) },
                    None => line("one_moment", 0),
                }
            }
            Prompt::FactUnknown => line("fact_unknown", 0),
            Prompt::HearingLost => line("hearing_lost", 0),
            Prompt::HearingLostAskKeys => line("hearing_lost_ask_keys", 0),
            Prompt::VoiceLost => line("voice_lost", 0),
        }
    }
}

/// A key of `lines.toml` and the values of its placeholders.
struct Said {
    key: &'static str,
    variant: u32,
    own: Vec<(&'static str, String)>,
}

impl Said {
    /// A line without values: its sound may be kept.
    fn fixed(key: &'static str, variant: u32) -> Self {
        Self { key, variant, own: Vec::new() }
    }

    fn with(key: &'static str, variant: u32, own: Vec<(&'static str, String)>) -> Self {
        Self { key, variant, own }
    }

    fn and(mut self, placeholder: &'static str, value: String) -> Self {
        self.own.push((placeholder, value));
        self
    }
}

/// Where the words of a prompt stand.
struct Line<'a> {
    file: &'a BTreeMap<String, Vec<String>>,
    key: &'static str,
    variant: u32,
    /// The placeholders that only this line has.
    own: Vec<(&'static str, String)>,
    fixed: bool,
}

fn now_about(intent: Intent) -> &'static str {
    match intent {
        Intent::Symptom => "now_about_symptom",
        Intent::BookAppointment
        | Intent::RescheduleAppointment
        | Intent::CancelAppointment
        | Intent::ConfirmAppointment => "now_about_appointment",
        Intent::PrescriptionRefill => "now_about_refill",
        Intent::TestResults => "now_about_results",
        Intent::Billing | Intent::Insurance => "now_about_billing",
        Intent::RecordsRequest | Intent::Referral => "now_about_records",
        Intent::ClinicianCall
        | Intent::PharmacyCall
        | Intent::OfficeInfo
        | Intent::SpeakToPerson
        | Intent::LeaveMessage
        | Intent::VendorSales
        | Intent::WrongNumber
        | Intent::Other => "now_about_other",
    }
}

fn pass_on(intent: Intent) -> &'static str {
    match intent {
        Intent::Symptom => "pass_on_symptom",
        Intent::BookAppointment
        | Intent::RescheduleAppointment
        | Intent::CancelAppointment
        | Intent::ConfirmAppointment => "pass_on_appointment",
        Intent::ClinicianCall | Intent::PharmacyCall => "pass_on_clinician",
        Intent::PrescriptionRefill
        | Intent::TestResults
        | Intent::Billing
        | Intent::Insurance
        | Intent::RecordsRequest
        | Intent::Referral
        | Intent::OfficeInfo
        | Intent::SpeakToPerson
        | Intent::LeaveMessage
        | Intent::VendorSales
        | Intent::WrongNumber
        | Intent::Other => "pass_on_other",
    }
}

/// Every emergency line gives a number that helps now.
fn emergency_placeholders(kind: EmergencyKind) -> &'static [&'static str] {
    match kind {
        EmergencyKind::SelfHarm => &["emergency_number", "crisis_number"],
        EmergencyKind::General
        | EmergencyKind::Cardiac
        | EmergencyKind::Stroke
        | EmergencyKind::Breathing
        | EmergencyKind::Choking
        | EmergencyKind::Bleeding
        | EmergencyKind::Overdose
        | EmergencyKind::Infant
        | EmergencyKind::Pregnancy
        | EmergencyKind::Allergy
        | EmergencyKind::Seizure
        | EmergencyKind::Unresponsive
        | EmergencyKind::Trauma
        | EmergencyKind::Infection
        | EmergencyKind::Violence => &["emergency_number"],
    }
}
