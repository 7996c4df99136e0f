//! How a visit turns into something else: cancelled rather than moved, left as it is, or for another patient.

use domain::{Intent, ProviderWish};
use jiff::ToSpan;

use super::{Chosen, End, Goal, Stage, Visit, goal_of};
use crate::prompt::VisitLine;

impl Visit {
    /// The caller would rather have the appointment that is talked of cancelled than moved, or moved than cancelled. False
    /// if that is another errand.
    pub(crate) fn turn_to(&mut self, intent: Intent) -> bool {
        let goal = match (self.goal, goal_of(intent)) {
            (Goal::Move, Some(Goal::Cancel)) => Goal::Cancel,
            (Goal::Cancel, Some(Goal::Move)) => Goal::Move,
            (Goal::Book | Goal::Move | Goal::Cancel | Goal::Confirm, _) => return false,
        };
        if self.is_under_way() {
            return false;
        }
        self.goal = goal;
        let read_back = if let Stage::ReadingBack { chosen: Chosen::Cancel(one), .. } = &self.stage {
            Some(one.clone())
        } else {
            self.appointment.take()
        };
        if let Some(appointment) = read_back {
            self.take_up(appointment);
        }
        true
    }

    /// What stands in the book stays. False if nothing of it is to be changed.
    pub(crate) fn leave_as_it_is(&mut self) -> bool {
        let changes = match self.goal {
            Goal::Move | Goal::Cancel => !self.is_under_way(),
            Goal::Book | Goal::Confirm => false,
        };
        if changes {
            self.stage = Stage::Over(End::Done(Some(VisitLine::LeftAsItIs)));
        }
        changes
    }

    /// It is for another patient. What was chosen for the first is looked for again, for the rules may be other ones.
    pub(crate) fn identify_anew(&mut self) {
        if let Stage::ReadingBack { chosen: Chosen::Book(slot), .. } = &self.stage {
            self.wish.when = vec![(slot.start, slot.start + 1.minute())];
            self.wish.provider = Some(ProviderWish::Named(slot.provider.clone()));
        }
        (self.patient, self.appointment) = (None, None);
        self.become_stage(Stage::Identifying);
    }
}
