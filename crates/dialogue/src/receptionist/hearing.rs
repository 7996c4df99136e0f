//! What the caller said, before it is known what it answers: urgency first, then the words, then the values in them.

use domain::{CallTime, CaseUpdate, Phi, Reading, RequestField, Urgency, YesNo};

use super::{Latest, Receptionist, Sense};
use crate::plan::Plan;
use crate::prompt::{PatientLine, RequestLine};
use crate::question::{AnswerKind, Question};
use crate::turn_taking::LineEnd;
use crate::{Prompt, Witness, asking, phrases};

impl Receptionist {
    pub(super) fn hear(&mut self, text: &Phi<String>, reading: &Reading, now: CallTime) {
        if !phrases::words(text.expose()).is_empty() {
            self.last_words = now;
            self.silence.broken();
        }
        if self.is_aside(text, reading) {
            self.turn.heard(true, now);
            return;
        }
        let stopped = self.turn.heard(false, now);
        let question_cut_off = stopped.is_some() && self.is_asking();
        if let Some(end) = stopped {
            self.line_over(end, now);
        }
        let open = matches!(
            self.question,
            Some(Question::Greeting | Question::HowCanIHelp | Question::DidNotCatch | Question::AnythingElse)
        );
        let about_the_call = asking::about_the_call(text.expose(), reading, open);
        let is_plain = about_the_call.is_some() || phrases::is_plain_yes_or_no(text.expose());
        let reading = &if is_plain { asking::without_doubt(reading) } else { reading.clone() };
        self.take(text, reading, Witness::Final, now);
        if let Some(about) = about_the_call {
            return self.answer_about_the_call(about);
        }
        if self.hear_foreign(reading, now) || self.hear_recording(reading, now) {
            return;
        }
        if self.follow(reading, now) {
            return;
        }
        self.echo.answered();
        let (slots, question) = (reading.slots.clone(), self.question.clone());
        self.latest = Some(Latest { text: text.clone(), slots, yes_no: reading.yes_no, question });
        self.answer(text, reading, question_cut_off, now);
        self.desk.update_contact(self.contact.name(), self.contact.callback(), now);
    }

    /// The second decode of an utterance: it may raise urgency and improve what is not settled. A "no" to the safety question
    /// may have been a "yes"; any other answer stays. As long as nothing was said since, what was asked meanwhile is taken back if
    /// it has lost its point, and a wish for an appointment is another.
    pub(super) fn correct(&mut self, was: &Phi<String>, text: &Phi<String>, reading: &Reading, now: CallTime) {
        self.said.correct(was, text);
        self.contact.take(reading, false);
        self.identity.take(reading);
        self.triage.hear(reading);
        let question = self.latest.as_ref().and_then(|latest| latest.question.as_ref());
        let safety = matches!(question, Some(Question::Safety | Question::SafetyAgain));
        if safety && reading.yes_no == Some(YesNo::Yes) {
            self.triage.safety_corrected();
        }
        if matches!(question, Some(Question::EmergencyFirst)) && reading.yes_no == Some(YesNo::Yes) {
            self.triage.must_page(Urgency::Emergency);
        }
        let had_case = self.desk.case_urgency().is_some();
        self.escalate(Witness::SecondDecode, now);
        if had_case && was != text {
            self.desk.update_case(CaseUpdate::Heard(text.clone()), now);
        }
        self.desk.update_contact(self.contact.name(), self.contact.callback(), now);
        let latest = self.latest.take_if(|latest| latest.text == *was && was != text);
        // who is speaking answers what was asked, and is not interrupted
        if let Some(latest) = latest.filter(|_| !self.turn.awaits_words()) {
            self.take_back_what_is_stale(now);
            self.correct_visit(&latest.slots, reading, now);
            self.answer_after_all(&latest, text, reading, now);
        }
    }

    /// What was no answer at first is one in its second decode, and the same is being asked again: it is not asked any more.
    /// Danger is judged by [`Self::correct`], and what is read back waits for an answer that was heard.
    fn answer_after_all(&mut self, latest: &Latest, text: &Phi<String>, reading: &Reading, now: CallTime) {
        let asked_again = self.question.as_ref().filter(|question| latest.question.as_ref() == Some(question));
        let waits = asked_again.is_some_and(|question| {
            let of_danger_or_read_back = matches!(
                question,
                Question::Safety
                    | Question::SafetyAgain
                    | Question::NameReadBack(_)
                    | Question::NumberReadBack(_)
                    | Question::Patient(PatientLine::ReadBackBirth(_))
                    | Question::Request(RequestLine::ReadBackNumber(_))
                    | Question::Visit(_)
            );
            question.wants_yes_or_no() && !of_danger_or_read_back
        });
        if waits && latest.yes_no.is_none() && reading.yes_no.is_some() {
            self.cut(now);
            self.answer(text, reading, false, now);
        }
    }

    /// Sound without words for 5 s. An answer to the safety question it is not; after the second asking the clinician is
    /// paged.
    pub(super) fn hear_noise(&mut self, now: CallTime) {
        self.turn.noise(now);
        self.triage.doubt();
        match self.question {
            Some(Question::Safety) if !self.turn.is_speaking() => {
                self.triage.safety_answer(None);
                self.question = None;
            }
            Some(Question::SafetyAgain) if !self.turn.is_speaking() => {
                self.triage.falls_silent();
                self.escalate(Witness::Timeout, now);
            }
            Some(_) | None => {}
        }
    }

    /// A key: a digit of the number or date that is asked for, or else `0` for a person. Where digits are wanted, `#` before
    /// the first of them is for a person; after them it only ends them.
    pub(super) fn hear_key(&mut self, key: char, now: CallTime) {
        self.last_words = now;
        self.silence.broken();
        let number_wanted = matches!(
            self.question,
            Some(
                Question::Number
                    | Question::NumberAgain
                    | Question::OfferCallerId
                    | Question::Request(RequestLine::OfferCallerId)
                    | Question::Patient(PatientLine::AskNumberOnFile(_))
            )
        ) || self.ears == Sense::Lost;
        let digits_wanted = self.birth_wanted() || number_wanted;
        let none_typed = !self.identity.has_keys() && !self.contact.has_keys();
        let for_a_person = if digits_wanted { key == '#' && none_typed } else { key == '0' };
        if for_a_person {
            self.leave_for_a_person(now);
        } else if self.choose_by_key(key, now) {
            self.latest = None;
        } else if self.birth_wanted() {
            let today = self.began.date();
            if self.identity.key(key, today) {
                self.question = None;
                self.cut(now);
            }
        } else if number_wanted && self.contact.key(key) {
            self.question = None;
            self.cut(now);
            self.desk.update_contact(None, self.contact.callback(), now);
        }
    }

    fn leave_for_a_person(&mut self, now: CallTime) {
        let busy = matches!(self.plan, Plan::Ringing | Plan::Connecting | Plan::Unspoken(_));
        if self.triage.to_page().is_none() && !busy {
            self.question = None;
            self.cut(now);
            self.save_if_begun(now);
            self.connect_desk(now);
        }
    }

    /// Words that come when the caller has already hung up: delivered like the rest.
    pub(super) fn hear_last_words(&mut self, text: Phi<String>, reading: &Reading, now: CallTime) {
        self.turn.heard(false, now);
        let empty = phrases::words(text.expose()).is_empty();
        let had_case = self.desk.case_urgency().is_some();
        self.said.keep(text.clone(), self.tells_more(&text, reading));
        self.contact.take(reading, true);
        self.triage.hear(reading);
        self.triage.ends();
        self.escalate(Witness::Final, now);
        if had_case && !empty {
            self.desk.update_case(CaseUpdate::Heard(text), now);
        } else if self.desk.case_urgency().is_none() && self.said.has_unsaved() {
            self.save_message(false, now);
        }
    }

    /// Whether the caller's last words are still being made out.
    pub(super) fn words_may_come(&self) -> bool {
        self.turn.awaits_words()
    }

    /// Keeps the words, judges them, and takes the values.
    fn take(&mut self, text: &Phi<String>, reading: &Reading, on: Witness, now: CallTime) {
        let tells_more = self.tells_more(text, reading);
        self.said.keep(text.clone(), tells_more);
        self.take_values(reading);
        let had_case = self.desk.case_urgency().is_some();
        self.triage.hear(reading);
        self.escalate(on, now);
        if had_case && tells_more {
            self.desk.update_case(CaseUpdate::Heard(text.clone()), now);
        }
    }

    fn take_values(&mut self, reading: &Reading) {
        let of_the_caller =
            matches!(self.question, Some(Question::Request(RequestLine::Ask { field: RequestField::CalledBy, .. })));
        if of_the_caller {
            return; // the name that is known is the patient's
        }
        self.contact.take(reading, true);
        self.identity.take(reading);
        if let Plan::Message(message) = &mut self.plan {
            message.take(reading);
        }
    }

    /// Whether an utterance holds more than the answer that was asked for.
    pub(super) fn tells_more(&self, text: &Phi<String>, reading: &Reading) -> bool {
        let text = text.expose();
        !match self.question.as_ref().map(Question::answer_kind) {
            Some(AnswerKind::Text) => phrases::is_bare_in_a_message(text),
            Some(AnswerKind::Contact) => {
                phrases::is_only_contact(text, &reading.slots) || phrases::is_bare_in_a_message(text)
            }
            Some(AnswerKind::Other) | None => phrases::is_bare(text),
        }
    }

    /// "Mm-hm" into a line, or nothing at all: the caller listens.
    fn is_aside(&self, text: &Phi<String>, reading: &Reading) -> bool {
        let yes_no_asked = self.question.as_ref().is_some_and(Question::wants_yes_or_no);
        let murmur = self.turn.is_speaking() && phrases::is_murmur(text.expose(), yes_no_asked);
        (murmur || phrases::words(text.expose()).is_empty()) && reading.red_flags.is_empty()
    }

    /// A better decode has told what is being asked for, or changed what is being read back or what no record matched: the
    /// question has lost its point.
    fn take_back_what_is_stale(&mut self, now: CallTime) {
        let stale = match &self.question {
            Some(Question::Patient(PatientLine::AskNewOrKnown(_) | PatientLine::AskAgain(_))) => {
                self.identity.corrected(&self.contact)
            }
            Some(Question::Patient(line)) => self.identity.knows(line, &self.contact),
            Some(Question::Spelling) => self.contact.name().is_some(),
            Some(
                Question::OfferCallerId
                | Question::Number
                | Question::NumberAgain
                | Question::Request(RequestLine::OfferCallerId),
            ) => self.contact.said_number().is_some(),
            Some(Question::NumberReadBack(read) | Question::Request(RequestLine::ReadBackNumber(read))) => {
                self.contact.callback() != Some(read)
            }
            Some(Question::NameReadBack(read)) => self.contact.name() != Some(read),
            Some(_) | None => false,
        };
        if stale {
            self.question = None;
            self.cut(now);
        }
    }

    /// Ends an interruptible line that has lost its point.
    pub(super) fn cut(&mut self, now: CallTime) {
        if !self.turn.holds_the_floor()
            && let Some(end) = self.turn.stop(LineEnd::Stopped)
        {
            self.line_over(end, now);
        }
    }

    /// What was said wants nothing known.
    pub(super) fn miss(&mut self) {
        self.misses += 1;
        self.plan = if self.misses > super::MISSES_MAX {
            Plan::Offer(Question::OfferMessage(Prompt::OfferMessage))
        } else {
            Plan::Open(Question::DidNotCatch)
        };
    }
}
