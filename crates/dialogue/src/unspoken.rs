//! The end of a call in which nothing new can be voiced: one line that lies on disk is tried, a person is sought, and
//! when both are over the line is freed.

use domain::CallTime;

/// What became of the last line and of the search for a person.
#[derive(Debug)]
pub(crate) struct Unspoken {
    since: CallTime,
    last_line: LastLine,
    person: Person,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LastLine {
    Due,
    Tried,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Person {
    Sought,
    DoesNotCome,
}

/// What is to be done next, whenever the floor is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parting {
    /// Say what is broken and what to do.
    LastLine,
    /// Wait for the person.
    Wait,
    HangUp,
}

impl Unspoken {
    /// A person is sought from now on.
    pub(crate) fn new(now: CallTime) -> Self {
        Self { since: now, last_line: LastLine::Due, person: Person::Sought }
    }

    pub(crate) fn since(&self) -> CallTime {
        self.since
    }

    pub(crate) fn nobody_comes(&mut self) {
        self.person = Person::DoesNotCome;
    }

    pub(crate) fn next(&mut self) -> Parting {
        match (std::mem::replace(&mut self.last_line, LastLine::Tried), self.person) {
            (LastLine::Due, Person::Sought | Person::DoesNotCome) => Parting::LastLine,
            (LastLine::Tried, Person::Sought) => Parting::Wait,
            (LastLine::Tried, Person::DoesNotCome) => Parting::HangUp,
        }
    }
}
