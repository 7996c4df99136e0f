//! A message for the office: its text or, of a request, its fields; then whose it is, and where to call back.

use domain::{CallerKind, Intent, Phi, Reading, RequestField};
use jiff::civil::Date;

use super::{Errand, Next};
use crate::agenda::Wish;
use crate::contact::Contact;
use crate::prompt::{PatientLine, RequestLine};
use crate::question::Question;
use crate::request::Form;
use crate::resume::Answers;

/// A message.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) intent: Intent,
    text: Text,
    /// What a request must tell.
    form: Option<Form>,
    whom: Whom,
    called_by: CalledBy,
    order: Order,
}

/// Whether what a request must tell is asked before whose it is. What an earlier call told of it is not touched upon before
/// the patient is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    WhatFirst,
    WhoseFirst,
}

/// Which questions about the patient of a request have been answered, however: name and date of birth are asked for
/// together once, the date alone once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whom {
    Unasked,
    AskedOnce,
    AskedTwice,
}

/// Who calls for the patient, where it is not the patient.
#[derive(Clone, Debug)]
enum CalledBy {
    Unasked,
    Said(Phi<String>),
}

/// How far the text of a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Text {
    /// Nothing yet.
    Wanted,
    /// The wish is known; the caller is told that it will be passed on, and asked for details.
    Begun,
    /// There is some; perhaps there is more.
    Some,
    /// There is some, and there is more.
    More,
    /// That is all.
    Whole,
}

impl Message {
    /// A message about a wish that was told. `told`: the caller has said what the message is, not only that there is one.
    pub(crate) fn about(intent: Intent, told: bool) -> Self {
        let text = match Errand::of(intent) {
            Errand::Message | Errand::Person | Errand::Fact if told => Text::Some,
            Errand::Message | Errand::Person | Errand::Fact => Text::Wanted,
            Errand::Matter | Errand::Vendor | Errand::WrongNumber | Errand::Unknown => Text::Begun,
        };
        let (whom, called_by, order) = (Whom::Unasked, CalledBy::Unasked, Order::WhatFirst);
        Self { intent, text, form: None, whom, called_by, order }
    }

    /// A request with questions of its own; `None` if the wish is another.
    pub(crate) fn request(wish: &Wish) -> Option<Self> {
        let form = Form::of(wish.intent, &wish.details, &wish.words)?;
        Some(Self { text: Text::Whole, form: Some(form), ..Self::about(wish.intent, true) })
    }

    /// A message that an earlier call has begun.
    pub(crate) fn resumed(wish: &Wish, answers: Option<Answers>) -> Self {
        let request = answers.and_then(|answers| {
            let mut form = Form::of(wish.intent, &wish.details, &wish.words)?;
            form.resume(answers);
            Some(Self {
                text: Text::Whole,
                form: Some(form),
                order: Order::WhoseFirst,
                ..Self::about(wish.intent, true)
            })
        });
        request.unwrap_or_else(|| Self::about_visit(wish.intent))
    }

    /// What is left of it when the call breaks off.
    pub(crate) fn left(&self, words: Phi<String>) -> (Option<Wish>, Option<Answers>) {
        let (details, answers) = self.form.as_ref().map(Form::told).unzip();
        let details = details.unwrap_or_default();
        (Some(Wish { details, ..Wish::of(self.intent, words) }), answers)
    }

    /// A message about an appointment that could not be made here: what was said is its text.
    pub(crate) fn about_visit(intent: Intent) -> Self {
        Self { text: Text::Some, ..Self::about(intent, true) }
    }

    /// A later utterance told more clearly what the message is about.
    pub(crate) fn learn(&mut self, intent: Intent) {
        if matches!(self.intent, Intent::Other | Intent::LeaveMessage) && intent != Intent::Other {
            self.intent = intent;
        }
    }

    /// An answer to one of the questions about the text. `only_no`: "no, that's all", or silence.
    pub(crate) fn answer_text(&mut self, only_no: bool) {
        self.text = match (self.text, only_no) {
            (Text::Begun | Text::Some | Text::More | Text::Whole, true) => Text::Whole,
            (Text::Wanted, true) => Text::Wanted,
            (Text::Wanted | Text::Begun | Text::Some | Text::More | Text::Whole, false) => Text::Some,
        };
    }

    /// "Yes" to whether there is more: what is it?
    pub(crate) fn ask_for_more(&mut self) {
        self.text = Text::More;
    }

    /// Whether the caller has said what the message is.
    pub(crate) fn has_text(&self) -> bool {
        match self.text {
            Text::Wanted => false,
            Text::Begun | Text::Some | Text::More | Text::Whole => true,
        }
    }

    /// `born`: the patient's date of birth, if it is known.
    pub(crate) fn next(&self, contact: &Contact, born: Option<&Phi<Date>>) -> Next {
        let form = match self.order {
            Order::WhatFirst => self.form.as_ref(),
            Order::WhoseFirst => {
                if let Some(question) = self.patient_question(contact, born) {
                    return Next::Ask(question);
                }
                self.form.as_ref().filter(|_| contact.name().is_some() && born.is_some())
            }
        };
        if let Some(question) = form.and_then(Form::question) {
            return Next::Ask(question);
        }
        match self.text {
            Text::Wanted | Text::More => Next::Ask(Question::Message),
            Text::Begun => Next::Ask(Question::PassOn(self.intent)),
            Text::Some => Next::Ask(Question::MoreMessage),
            Text::Whole => {
                let who = self.patient_question(contact, born).or_else(|| contact.name_question());
                let question = who.or_else(|| self.caller_question(contact)).or_else(|| contact.callback_question());
                question.map_or(Next::Save, Next::Ask)
            }
        }
    }

    /// Whose request it is. Asked of whoever calls for somebody, too.
    fn patient_question(&self, contact: &Contact, born: Option<&Phi<Date>>) -> Option<Question> {
        if self.form.is_none() && contact.caller() != CallerKind::Caregiver {
            return None;
        }
        let line = match (self.whom, contact.name(), born) {
            (Whom::Unasked, None, None) => PatientLine::AskNameAndBirth(0),
            (Whom::Unasked, Some(_), None) => PatientLine::AskBirth(0),
            (Whom::AskedOnce, Some(_), None) => PatientLine::AskBirth(1),
            (_, _, Some(_)) | (Whom::AskedOnce, None, None) | (Whom::AskedTwice, _, None) => return None,
        };
        Some(Question::Patient(line))
    }

    fn caller_question(&self, contact: &Contact) -> Option<Question> {
        let unasked = matches!(self.called_by, CalledBy::Unasked) && contact.caller() == CallerKind::Caregiver;
        let line = RequestLine::Ask { field: RequestField::CalledBy, intent: self.intent, nth: 0 };
        unasked.then_some(Question::Request(line))
    }

    /// A question about the patient was answered.
    pub(crate) fn answer_patient(&mut self) {
        self.whom = match self.whom {
            Whom::Unasked => Whom::AskedOnce,
            Whom::AskedOnce | Whom::AskedTwice => Whom::AskedTwice,
        };
    }

    /// An answer to one of the request's questions.
    pub(crate) fn answer_field(&mut self, field: RequestField, text: &Phi<String>) {
        match (field, &mut self.form) {
            (RequestField::CalledBy, _) => self.called_by = CalledBy::Said(text.clone()),
            (_, Some(form)) => form.answer(field, text),
            (_, None) => {}
        }
    }

    /// What the office must know.
    pub(crate) fn form(&self) -> Option<&Form> {
        self.form.as_ref()
    }

    /// Takes what an utterance says of the request.
    pub(crate) fn take(&mut self, reading: &Reading) {
        if let Some(form) = &mut self.form {
            form.take(reading);
        }
    }

    /// What the message tells, field by field.
    pub(crate) fn fields(&self) -> Vec<(RequestField, Phi<String>)> {
        let mut fields = self.form.as_ref().map(Form::fields).unwrap_or_default();
        if let CalledBy::Said(who) = &self.called_by {
            fields.push((RequestField::CalledBy, who.clone()));
        }
        fields
    }
}
