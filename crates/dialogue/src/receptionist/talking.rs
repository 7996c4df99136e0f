//! What the caller asks of the conversation itself: to say it again, to wait, to leave it.

use domain::{CallTime, Directive, Reading};

use super::Receptionist;
use crate::Prompt;
use crate::asking::AboutTheCall;
use crate::plan::Plan;
use crate::prompt::VisitLine;
use crate::question::Question;

impl Receptionist {
    /// Does what the caller asks of the conversation. True if the utterance asked for nothing else.
    pub(super) fn follow(&mut self, reading: &Reading, now: CallTime) -> bool {
        if self.triage.safety_question().is_some() && self.question.is_none() {
            return false; // there is something more urgent to ask
        }
        match reading.directive {
            Some(Directive::Repeat) => self.repeat(),
            Some(Directive::Slower) => {
                self.turn.slow_down();
                self.repeat();
                let line = self.repeats.count(Prompt::Slower);
                self.echo.first(line);
            }
            Some(Directive::Wait) => {
                let line = self.repeats.count(Prompt::TakeYourTime);
                self.echo.first(line);
                self.silence.grant();
            }
            Some(Directive::NeverMind) => return self.drop_errand(now),
            Some(Directive::Correction | Directive::Recording) | None => return false,
        }
        true
    }

    /// "Who is this?", "can you hear me?": answered, and what was asked is asked again.
    pub(super) fn answer_about_the_call(&mut self, about: AboutTheCall) {
        self.said.last_is_settled();
        let line = match about {
            AboutTheCall::WhoSpeaks => Prompt::WhoSpeaks,
            AboutTheCall::HearsUs => self.repeats.count(Prompt::HearsYou),
        };
        self.repeat_question(line);
    }

    fn repeat(&mut self) {
        self.echo.repeat();
        if let Plan::Visit(visit) = &mut self.plan {
            visit.question_repeated();
        }
    }

    /// "Never mind." What nobody could judge is kept all the same.
    fn drop_errand(&mut self, now: CallTime) -> bool {
        let droppable = match &self.plan {
            Plan::Visit(visit) => !visit.is_under_way(),
            Plan::Message(_) | Plan::Offer(_) => true,
            Plan::Ringing
            | Plan::Open(_)
            | Plan::Connecting
            | Plan::Together { .. }
            | Plan::Urgent(_)
            | Plan::Emergency(_)
            | Plan::Unheard
            | Plan::Unspoken(_)
            | Plan::Closing { .. }
            | Plan::Ended { .. } => false,
        };
        if !droppable || self.triage.safety_question().is_some() {
            return false;
        }
        if self.triage.doubt_to_keep() && self.said.has_unsaved() {
            self.save_message(false, now);
        }
        self.said.settle();
        self.drop_inquiry();
        let stays = if let Plan::Visit(visit) = &mut self.plan { visit.leave_as_it_is() } else { false };
        let line = if stays { Prompt::Visit(VisitLine::LeftAsItIs) } else { self.repeats.count(Prompt::Dropped) };
        self.tell(line);
        (self.question, self.plan) = (None, Plan::Open(Question::AnythingElse));
        true
    }
}
