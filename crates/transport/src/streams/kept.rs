use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::Phi;
use rand::Rng;

/// Of one kind at once: as many as ring or are moved. Full: nobody else is rung or moved until one is over.
const KEPT_MAX: usize = 32;

/// What strangers may ask for by an id that cannot be guessed: 128 bits by chance. Clones are the same.
#[derive(Debug)]
pub(super) struct Kept<T>(Arc<Mutex<BTreeMap<Phi<String>, T>>>);

/// While it is there, what it was given for is kept.
#[derive(Debug)]
pub(super) struct Ticket<T> {
    id: Phi<String>,
    of: Kept<T>,
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Kept<T> {
    /// Keeps what is made of its id; `None` while too many are kept.
    pub(super) fn keep(&self, what: impl FnOnce(&str) -> T) -> Option<Ticket<T>> {
        let id = Phi::new(format!("{:032x}", rand::rng().random::<u128>()));
        let what = what(id.expose());
        self.with(|kept| {
            let has_room = kept.len() < KEPT_MAX;
            has_room.then(|| kept.insert(id.clone(), what))
        })?;
        Some(Ticket { id, of: self.clone() })
    }

    /// Takes it, once.
    pub(super) fn claim(&self, id: &Phi<String>) -> Option<T> {
        self.with(|kept| kept.remove(id))
    }

    /// Leaves it where it is.
    pub(super) fn look<R>(&self, id: &Phi<String>, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.with(|kept| kept.get_mut(id).map(f))
    }

    fn with<R>(&self, f: impl FnOnce(&mut BTreeMap<Phi<String>, T>) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T> Ticket<T> {
    /// 32 digits and letters.
    pub(super) fn id(&self) -> &str {
        self.id.expose()
    }
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        self.of.with(|kept| kept.remove(&self.id));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking
    use super::*;

    #[test]
    fn it_is_taken_once_and_kept_no_longer_than_its_ticket() {
        let kept = Kept::default();
        let (first, second) = (kept.keep(|_| 1).unwrap(), kept.keep(|_| 2).unwrap());
        let id = Phi::new(first.id().to_owned());
        assert_eq!(id.expose().len(), 32);
        assert_ne!(first.id(), second.id());
        assert_eq!(kept.claim(&Phi::new(String::new())), None);
        assert_eq!(kept.look(&id, |one| *one), Some(1));
        assert_eq!(kept.claim(&id), Some(1));
        assert_eq!((kept.claim(&id), kept.look(&id, |one| *one)), (None, None), "once");
        let gone = Phi::new(second.id().to_owned());
        assert!(!format!("{kept:?} {second:?}").contains(second.id()), "the id prints itself");
        drop(second);
        assert_eq!(kept.claim(&gone), None, "nobody holds its ticket any more");
    }

    #[test]
    fn no_more_are_kept_than_there_is_room() {
        let kept = Kept::default();
        let mut tickets: Vec<_> = (0..KEPT_MAX).map(|n| kept.keep(|_| n).unwrap()).collect();
        assert!(kept.keep(|_| 0).is_none());
        tickets.pop();
        assert!(kept.keep(|_| 0).is_some());
    }
}
