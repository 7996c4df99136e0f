use domain::name_id;
use serde::{Deserialize, Serialize};

name_id!(/** A clinician, as the practice's configuration names them. */ ClinicianId);
name_id!(/** A way to reach somebody (a pager's webhook), as the configuration names it. Address and secret stay there. */ ChannelId);

/// Somebody who can be paged.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Clinician {
    /// As the configuration names them.
    pub id: ClinicianId,
    /// As it may be spoken: "Doctor Alvarez".
    pub name: String,
    /// Ways to reach them; all are used at once. A clinician without any is passed over.
    pub channels: Vec<ChannelId>,
}

/// Clinicians in the order in which they are paged. Never empty: there is always somebody to page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Tiers {
    first: Clinician,
    then: Vec<Clinician>,
}

impl Tiers {
    /// `first` is paged first; the last of `then` is the last resort.
    pub fn new(first: Clinician, then: Vec<Clinician>) -> Self {
        Self { first, then }
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &Clinician> {
        std::iter::once(&self.first).chain(&self.then)
    }

    /// Puts somebody first; the others keep their order.
    pub(crate) fn put_first(&mut self, first: Clinician) {
        let rest = self.iter().filter(|one| one.id != first.id).cloned().collect();
        *self = Self { first, then: rest };
    }

    /// The clinician at `tier`, 0 being the first.
    pub(crate) fn get(&self, tier: usize) -> Option<&Clinician> {
        self.iter().nth(tier)
    }
}
