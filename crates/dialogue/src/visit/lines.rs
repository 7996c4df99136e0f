//! The question that each stage of a visit asks.

use domain::{Appointment, Fit};

use super::{Chosen, Stage, Visit};
use crate::prompt::{Opening, VisitLine};
use crate::setting::Setting;

impl Visit {
    /// What is to be asked now; nothing while the office is waited for.
    pub(super) fn line(&self, setting: &Setting<'_>) -> Option<VisitLine> {
        let nth = self.asks;
        let standing = |one: &Appointment| setting.opening(one.start, &one.provider, &one.kind);
        match &self.stage {
            Stage::Identifying
            | Stage::Looking
            | Stage::Searching
            | Stage::Changing(_)
            | Stage::Waiting(_)
            | Stage::Over(_) => None,
            Stage::Which(list) => Some(VisitLine::Which { appointments: list.iter().map(standing).collect(), nth }),
            Stage::Wishing => Some(match &self.appointment {
                Some(from) => VisitLine::AskNewTime { from: standing(from), nth },
                None if self.wish.kind.is_none() && self.wish.reason.is_none() => VisitLine::AskReason(nth),
                None => VisitLine::AskWhen(nth),
            }),
            Stage::OtherTime => Some(VisitLine::AskOtherTime(nth)),
            Stage::Offering(slots) => {
                let openings: Vec<Opening> = slots.iter().map(|slot| setting.offered(slot)).collect();
                let fit = slots.first().map_or(Fit::AsWished, |slot| slot.fit);
                Some(VisitLine::Offer { openings, fit, nth })
            }
            Stage::ReadingBack { chosen, .. } => {
                let patient = self.patient.as_ref()?.name.clone();
                Some(match chosen {
                    Chosen::Book(slot) => VisitLine::ReadBackBooking { opening: setting.offered(slot), patient, nth },
                    Chosen::Move { from, to } => {
                        VisitLine::ReadBackMove { from: standing(from), to: setting.offered(to), patient, nth }
                    }
                    Chosen::Cancel(one) => VisitLine::ReadBackCancel { appointment: standing(one), patient, nth },
                })
            }
        }
    }
}
