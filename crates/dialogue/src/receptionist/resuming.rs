//! The same caller within minutes: whether to go on where the earlier call broke off, and what this one leaves undone.

use domain::{CallTime, Intent, Phi, Reading, YesNo};
use jiff::Zoned;

use super::Receptionist;
use crate::Witness;
use crate::agenda::Wish;
use crate::plan::{Message, Plan};
use crate::question::Question;
use crate::resume::{Answers, Unfinished, Whose};

impl Receptionist {
    /// What this call left undone, if its caller or its line was gone before it came to its end, and that was so shortly
    /// before `now` that the practice wants it taken up.
    pub fn unfinished(&self, now: &Zoned) -> Option<Unfinished> {
        let Plan::Ended { since } = self.plan else { return None };
        let ended = self.began.timestamp().checked_add(std::time::Duration::from(since)).ok()?;
        let passed = now.timestamp().duration_since(ended);
        let shortly =
            std::time::Duration::try_from(passed).is_ok_and(|passed| passed < self.practice.front_desk.resume_within);
        let mut left = self.resume.left.clone().filter(|_| shortly)?;
        left.message = self.desk.message_begun().or(left.message);
        left.case = self.desk.case_kept().or(left.case);
        left.is_worth_it().then_some(left)
    }

    /// An earlier call of this caller broke off. The caller is asked whether to go on with it, unless they have already begun
    /// with something.
    pub(super) fn hear_of_earlier(&mut self, earlier: Unfinished) {
        self.resume.case = earlier.case.map(|(case, _)| case);
        let greeted = matches!(self.question, Some(Question::Greeting)) || self.is_opening();
        if greeted && self.said.is_nothing() {
            self.resume.offered = Some(Box::new(earlier));
            // Who is being asked whether the call may be recorded is asked this afterwards.
            self.question.take_if(|question| *question != Question::Recording);
            self.offer_to_go_on();
        }
    }

    /// "Shall we go on where we stopped?" Anything but a yes is what a call begins with.
    pub(super) fn answer_go_on(&mut self, text: &Phi<String>, reading: &Reading, bare: bool, now: CallTime) {
        self.plan = Plan::Open(Question::HowCanIHelp);
        let Some(earlier) = self.resume.offered.take() else { return };
        match reading.yes_no {
            Some(YesNo::Yes) => {
                let same = earlier.wish.as_ref().map(|wish| wish.intent) == Some(reading.intent());
                self.go_on(*earlier, now);
                if !bare && !same {
                    self.agenda.hear_beside(text, reading);
                }
            }
            Some(YesNo::No) if bare || reading.intent() == Intent::Other => {}
            None if bare => {}
            Some(YesNo::No) | None => self.errand(text, reading, now),
        }
    }

    fn go_on(&mut self, earlier: Unfinished, now: CallTime) {
        self.contact.is_again(earlier.caller);
        self.resume.message = earlier.message;
        if let Some((_, urgency)) = earlier.case {
            self.triage.must_page(urgency);
            self.escalate(Witness::Final, now);
        }
        if let Some(wish) = earlier.wish.filter(|_| self.triage.to_page().is_none()) {
            self.go_on_with(&wish, earlier.answers);
        }
        self.resume.unproven = Some((earlier.whose, earlier.waiting));
    }

    fn go_on_with(&mut self, wish: &Wish, answers: Option<Answers>) {
        match self.resume.message {
            Some(_) => self.said.keep(Phi::from("(The caller goes on from an earlier message.)"), true),
            None => self.said.recall(&wish.words),
        }
        match self.visit_for(wish) {
            Some(visit) => self.plan = Plan::Visit(Box::new(visit)),
            None => self.plan = Plan::Message(Message::resumed(wish, answers)),
        }
    }

    /// Looks whether the caller who goes on means the patient of the earlier call. If so, what waited there waits here; if it is
    /// another, nothing of that call is gone on with.
    pub(super) fn prove_whose(&mut self) {
        if self.triage.to_page().is_some() {
            return; // whoever it is, they are helped
        }
        let now = self.whose();
        let Some((before, _)) = &self.resume.unproven else { return };
        if before.is_another(&now) {
            (self.resume.unproven, self.resume.message) = (None, None);
            self.said.settle();
            self.drop_inquiry();
            (self.question, self.plan) = (None, Plan::Open(Question::HowCanIHelp));
        } else if now.is_whole()
            && let Some((_, waiting)) = self.resume.unproven.take()
        {
            self.agenda.wait(waiting);
        }
    }

    /// Whoever opened a case and now says nothing, or hangs up, may be unable to speak: the clinician hears of it. True if that
    /// was done.
    pub(super) fn rejoin_case(&mut self, now: CallTime) -> bool {
        let offered = self.resume.offered.as_ref().filter(|_| matches!(self.plan, Plan::Open(Question::GoOn)));
        let Some((_, urgency)) = offered.and_then(|earlier| earlier.case) else { return false };
        self.triage.must_page(urgency);
        self.escalate(Witness::Timeout, now);
        true
    }

    /// The caller is gone: keeps in mind what is undone.
    pub(super) fn leave_unfinished(&mut self) {
        let (wish, answers) = match &self.plan {
            Plan::Open(Question::GoOn) => {
                self.resume.left = self.resume.offered.as_deref().cloned();
                return;
            }
            Plan::Visit(visit) => (visit.left(self.said.unsaved()), None),
            Plan::Message(message) => message.left(self.said.unsaved()),
            Plan::Open(_)
            | Plan::Offer(_)
            | Plan::Connecting
            | Plan::Together { .. }
            | Plan::Urgent(_)
            | Plan::Emergency(_)
            | Plan::Unheard
            | Plan::Unspoken(_) => (None, None),
            Plan::Ringing | Plan::Closing { .. } | Plan::Ended { .. } => return,
        };
        let unproven = self.resume.unproven.iter().flat_map(|(_, waiting)| waiting);
        let mut waiting = self.agenda.waiting().chain(unproven).cloned();
        let wish = wish.or_else(|| waiting.next());
        self.resume.left = Some(Unfinished {
            wish,
            answers,
            waiting: waiting.collect(),
            message: self.resume.message,
            case: None,
            caller: self.contact.caller(),
            whose: self.whose(),
        });
    }

    fn whose(&self) -> Whose {
        let born = self.contact.date_of_birth().or_else(|| self.identity.birth());
        Whose { name: self.contact.name().cloned(), born: born.cloned() }
    }
}
