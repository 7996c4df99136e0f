//! What the caller's words mean after what was asked.

use domain::{CallTime, CaseUpdate, Intent, Phi, Reading, Urgency, YesNo};

use super::{MISSES_MAX, Receptionist};
use crate::agenda::Wish;
use crate::phrases;
use crate::plan::{Caller, Emergency, Errand, Message, Plan, Urgent};
use crate::question::{AnswerKind, Question};
use crate::setting::Setting;
use crate::triage::SafetyAnswer;
use crate::{Prompt, Witness};

/// An utterance of at most this many words that wants nothing known is asked about rather than passed on: "hello?"
const STRAY_WORDS_MAX: usize = 3;
/// A question that wants a yes or a no and is talked over is put again this often before the words count as its answer.
pub(super) const CUT_OFFS_MAX: u32 = 2;

impl Receptionist {
    /// `cut_off`: the words came before the question was heard to its end.
    pub(super) fn answer(&mut self, text: &Phi<String>, reading: &Reading, cut_off: bool, now: CallTime) {
        if self.take_leave(text, reading, now) {
            return;
        }
        if self.hear_of_help(text, now) {
            return;
        }
        let Some(question) = self.question.take() else { return self.unasked(text, reading, now) };
        let open_answer = matches!(question, Question::Visit(_));
        let no_answer_yet = question.wants_yes_or_no() && !open_answer && reading.yes_no.is_none() && cut_off;
        if no_answer_yet && self.cut_offs < CUT_OFFS_MAX {
            self.cut_offs += 1;
            return self.unasked(text, reading, now);
        }
        self.cut_offs = 0;
        let yes_no = reading.yes_no;
        let one_word = phrases::words(text.expose()).len() == 1;
        let bare = phrases::is_bare(text.expose()) || one_word && yes_no.is_some();
        let only_no = bare && (yes_no == Some(YesNo::No) || phrases::is_farewell(text.expose()));
        if self.digress_from(&question, text, reading, now) {
            return;
        }
        let slots = &reading.slots;
        let told = slots.name.is_some() || slots.date_of_birth.is_some() || slots.callback.is_some();
        let answers_contact = question.answer_kind() == AnswerKind::Contact && (told || yes_no.is_some());
        match question {
            Question::AnythingElse if only_no => self.close(Prompt::Goodbye, now),
            Question::AnythingElse if bare && yes_no == Some(YesNo::Yes) => {
                self.plan = Plan::Open(Question::HowCanIHelp);
            }
            Question::Greeting | Question::HowCanIHelp | Question::DidNotCatch | Question::AnythingElse => {
                self.errand(text, reading, now);
            }
            Question::EmergencyFirst if yes_no == Some(YesNo::Yes) => {
                self.triage.must_page(Urgency::Emergency);
                self.escalate(Witness::Final, now);
            }
            Question::EmergencyFirst if bare => {
                self.plan = Plan::Offer(Question::OfferMessage(Prompt::LinesAreBusy));
            }
            Question::EmergencyFirst => self.errand(text, reading, now),
            Question::GoOn => self.answer_go_on(text, reading, bare, now),
            Question::Safety | Question::SafetyAgain => self.answer_safety(text, reading, bare, now),
            Question::CalledEmergencyNumber => self.answer_called(yes_no, now),
            Question::WhoIsThere => {
                self.desk.update_case(CaseUpdate::WhoIsThere(text.clone()), now);
                self.in_emergency(Emergency::answer_who);
            }
            Question::OfferMessage(_) if only_no => self.plan = Plan::Open(Question::AnythingElse),
            Question::OfferMessage(_) if bare && yes_no == Some(YesNo::Yes) => {
                self.plan = Plan::Message(Message::about(Intent::LeaveMessage, false));
            }
            Question::OfferMessage(_) => self.offered(text, reading, now),
            Question::MoreMessage if bare && yes_no == Some(YesNo::Yes) => {
                if let Plan::Message(message) = &mut self.plan {
                    message.ask_for_more();
                }
            }
            Question::Message | Question::PassOn(_) | Question::MoreMessage => {
                if let Plan::Message(message) = &mut self.plan {
                    message.learn(reading.intent());
                }
                // who gives name or number has told the message
                let only_contact = told && phrases::is_only_contact(text.expose(), slots);
                self.answer_more_message(only_no || (question == Question::MoreMessage && only_contact));
            }
            Question::MoreForDoctor => {
                if let Plan::Urgent(urgent) = &mut self.plan {
                    urgent.answer_more();
                }
            }
            Question::Name => self.contact.answer_name(text),
            Question::Spelling => {
                self.contact.answer_name(text);
                self.contact.was_spelled();
            }
            Question::NameReadBack(read) => self.contact.answer_name_read_back(&read, yes_no),
            Question::OfferCallerId | Question::Number | Question::NumberAgain
                if self.tells_more_of_emergency(text, reading) =>
            {
                self.check_in(now);
            }
            Question::OfferCallerId => self.contact.answer_offer(text, yes_no),
            Question::Number | Question::NumberAgain => self.contact.answer_number(),
            Question::NumberReadBack(read) => self.contact.answer_number_read_back(&read, yes_no),
            Question::Patient(line) => self.answer_about_patient(&line, text, reading, now),
            Question::Request(line) => self.answer_about_request(&line, text, reading, now),
            Question::Visit(line) => self.answer_about_visit(&line, text, reading, now),
        }
        if answers_contact {
            self.hear_beside_answer(text, reading);
        }
    }

    /// An answer to a question about the text of the message.
    pub(super) fn answer_more_message(&mut self, only_no: bool) {
        self.question = None;
        if let Plan::Message(message) = &mut self.plan {
            message.answer_text(only_no);
        }
    }

    /// Words that answer nothing that was asked.
    fn unasked(&mut self, text: &Phi<String>, reading: &Reading, now: CallTime) {
        let bare = phrases::is_bare(text.expose());
        match &mut self.plan {
            Plan::Open(_) | Plan::Offer(_) if !bare => self.errand(text, reading, now),
            Plan::Emergency(emergency) => emergency.hear(),
            Plan::Closing { .. } => self.reopen(text, reading, now),
            Plan::Connecting | Plan::Urgent(_) if !bare => self.hear_while_ringing(reading),
            Plan::Visit(visit) if !bare => {
                let setting = Setting { practice: &self.practice, began: &self.began, now };
                if !visit.amend(reading, &setting) {
                    self.digress(text, reading, now);
                }
            }
            Plan::Ringing
            | Plan::Open(_)
            | Plan::Offer(_)
            | Plan::Message(_)
            | Plan::Visit(_)
            | Plan::Connecting
            | Plan::Together { .. }
            | Plan::Urgent(_)
            | Plan::Unheard
            | Plan::Unspoken { .. }
            | Plan::Ended { .. } => {}
        }
    }

    /// The caller wants something, and nothing urgent is known.
    pub(super) fn errand(&mut self, text: &Phi<String>, reading: &Reading, now: CallTime) {
        if self.triage.to_page().is_some() {
            return;
        }
        if let Some(fact) = &reading.fact {
            self.tell_fact(fact, text);
            self.plan = Plan::Open(Question::AnythingElse);
            self.agenda.hear_beside(text, reading);
            return;
        }
        if self.receive(reading, now) {
            return;
        }
        let wish = self.agenda.hear(text, reading);
        self.begin(&wish, now);
        self.acknowledge_request();
    }

    /// Turns the conversation to a wish.
    pub(super) fn begin(&mut self, wish: &Wish, now: CallTime) {
        self.identity.begin(&wish.whom, &mut self.contact);
        if let Some(fact) = &wish.fact {
            self.tell_fact(fact, &wish.words);
            self.plan = Plan::Open(Question::AnythingElse);
            return;
        }
        if let Some(visit) = self.visit_for(wish) {
            self.plan = Plan::Visit(Box::new(visit));
            return;
        }
        let stray = phrases::without_greeting(wish.words.expose()).len() <= STRAY_WORDS_MAX;
        let told = phrases::tells_what_about(wish.words.expose());
        match Errand::of(wish.intent) {
            Errand::Person => self.connect_desk(now),
            Errand::Fact => self.plan = Plan::Offer(Question::OfferMessage(Prompt::FactUnknown)),
            Errand::Vendor => self.close(Prompt::GoodbyeVendor, now),
            Errand::WrongNumber => self.close(Prompt::WrongNumber, now),
            Errand::Unknown if phrases::is_greeting(wish.words.expose()) => {
                self.plan = Plan::Open(Question::HowCanIHelp);
            }
            Errand::Unknown if stray => self.miss(),
            Errand::Matter | Errand::Message | Errand::Unknown => {
                let request = Message::request(wish);
                self.plan = Plan::Message(request.unwrap_or_else(|| Message::about(wish.intent, told)));
                self.watch_supply(now);
            }
        }
    }

    /// A message was offered, and the answer is more than a yes or a no: the caller's words are its beginning, unless
    /// they are a question that can be answered.
    fn offered(&mut self, text: &Phi<String>, reading: &Reading, now: CallTime) {
        if phrases::words(text.expose()).len() <= STRAY_WORDS_MAX {
            return self.miss();
        }
        if reading.intent() == Intent::SpeakToPerson && self.misses < MISSES_MAX {
            self.misses += 1; // the truth once more; then their words are taken for the message
            return self.connect_desk(now);
        }
        let no_other = matches!(Errand::of(reading.intent()), Errand::Person | Errand::Fact) && reading.fact.is_none();
        if no_other {
            self.plan = Plan::Message(Message::about(Intent::Other, true));
        } else {
            self.errand(text, reading, now);
        }
    }

    fn answer_safety(&mut self, text: &Phi<String>, reading: &Reading, bare: bool, now: CallTime) {
        let nothing_begun = matches!(self.plan, Plan::Open(_));
        match self.triage.safety_answer(reading.yes_no) {
            SafetyAnswer::Danger => self.escalate(Witness::Final, now),
            SafetyAnswer::Doubtful => {
                self.tell(Prompt::DoubtPassedOn);
                self.escalate(Witness::Final, now);
            }
            SafetyAnswer::Clear | SafetyAnswer::Unclear if bare => {}
            SafetyAnswer::Clear | SafetyAnswer::Unclear if nothing_begun => self.errand(text, reading, now),
            SafetyAnswer::Clear | SafetyAnswer::Unclear => self.hear_beside_answer(text, reading),
        }
    }

    /// In an emergency, words instead of a number are no failed answer: the caller tells what happens.
    fn tells_more_of_emergency(&self, text: &Phi<String>, reading: &Reading) -> bool {
        let answers = reading.slots.callback.is_some() || reading.yes_no.is_some();
        let figures = text.expose().contains(|c: char| c.is_ascii_digit());
        let of_contact = phrases::is_only_contact(text.expose(), &reading.slots) || phrases::is_bare(text.expose());
        matches!(self.plan, Plan::Emergency(_)) && !answers && !figures && !of_contact
    }

    /// In an emergency: that help is called may be said before it is asked. True if it was the answer to just that.
    fn hear_of_help(&mut self, text: &Phi<String>, now: CallTime) -> bool {
        let in_emergency = matches!(self.plan, Plan::Emergency(_));
        if !in_emergency || !phrases::says_help_is_called(text.expose(), &self.practice.emergency_number) {
            return false;
        }
        self.answer_called(Some(YesNo::Yes), now);
        self.question.take_if(|question| *question == Question::CalledEmergencyNumber).is_some()
    }

    fn answer_called(&mut self, yes_no: Option<YesNo>, now: CallTime) {
        self.in_emergency(Emergency::answer_called);
        if let Some(yes_no) = yes_no {
            self.desk.update_case(CaseUpdate::CalledEmergencyNumber(yes_no == YesNo::Yes), now);
        }
        if yes_no == Some(YesNo::No) {
            self.tell(Prompt::CallEmergencyNumberNow);
        }
    }

    fn in_emergency(&mut self, answer: fn(&mut Emergency)) {
        if let Plan::Emergency(emergency) = &mut self.plan {
            answer(emergency);
        }
    }

    /// A caller who takes leave is let go, with what was said kept. In an emergency FirstRing stays: hanging up is theirs.
    fn take_leave(&mut self, text: &Phi<String>, reading: &Reading, now: CallTime) -> bool {
        // "yes, bye" to a read-back is a yes before it is a farewell
        let leaving = phrases::is_leaving(text.expose()) && reading.yes_no != Some(YesNo::Yes);
        let farewell = phrases::is_farewell(text.expose());
        match &mut self.plan {
            Plan::Closing { .. } if farewell => self.hang_up_after_news(now),
            Plan::Open(_) | Plan::Offer(_) if (farewell || leaving) && self.triage.safety_question().is_none() => {
                self.close(Prompt::Goodbye, now);
            }
            Plan::Message(message) if leaving && self.triage.safety_question().is_none() => {
                let complete = message.has_text();
                self.save_message(complete, now);
                self.close(Prompt::Goodbye, now);
            }
            Plan::Visit(_) if leaving && self.triage.safety_question().is_none() => {
                self.save_if_begun(now);
                self.close(Prompt::Goodbye, now);
            }
            Plan::Urgent(urgent) if leaving => {
                urgent.leave();
                self.question = None;
            }
            Plan::Ringing
            | Plan::Open(_)
            | Plan::Offer(_)
            | Plan::Message(_)
            | Plan::Visit(_)
            | Plan::Connecting
            | Plan::Together { .. }
            | Plan::Urgent(_)
            | Plan::Emergency(_)
            | Plan::Unheard
            | Plan::Unspoken { .. }
            | Plan::Closing { .. }
            | Plan::Ended { .. } => return false,
        }
        true
    }

    /// "Bye" into our goodbye ends the call, if nothing is owed.
    fn hang_up_after_news(&mut self, now: CallTime) {
        self.save_if_begun(now);
        if !self.desk.news_awaited() {
            self.hang_up(now);
        }
    }

    /// The caller goes on after our goodbye.
    fn reopen(&mut self, text: &Phi<String>, reading: &Reading, now: CallTime) {
        if self.turn.holds_the_floor() {
            return; // the call has lasted too long
        }
        self.plan = Plan::Open(Question::AnythingElse);
        match self.triage.to_page() {
            Some(domain::Urgency::Emergency) => self.plan = Plan::Emergency(Emergency::new()),
            Some(domain::Urgency::Urgent | domain::Urgency::Routine) => {
                self.plan = Plan::Urgent(Urgent::new(Caller::Patient, false));
            }
            None => self.errand(text, reading, now),
        }
    }
}
