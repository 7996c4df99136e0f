use jiff::Timestamp;

/// A time that has a begin and an end: `[start, end)`, never empty.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Period {
    start: Timestamp,
    end: Timestamp,
}

impl Period {
    /// None where it would end before it begins, or at once.
    pub fn new(start: Timestamp, end: Timestamp) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// The first moment in it.
    pub const fn start(&self) -> Timestamp {
        self.start
    }

    /// The first moment after it.
    pub const fn end(&self) -> Timestamp {
        self.end
    }

    /// Whether both have a moment in common. What ends when the other begins does not overlap it.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}
