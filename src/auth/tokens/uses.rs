//! How often a token may still be used.

use crate::sync::{AtomicU32, Ordering};
use std::num::NonZero;

/// Counts down, and never below zero, whoever asks at the same time.
#[derive(Debug)]
pub(super) struct Uses {
    /// `None`: as often as one likes.
    left: Option<AtomicU32>,
}

impl Uses {
    pub(super) fn new(most: Option<NonZero<u32>>) -> Self {
        Self { left: most.map(|most| AtomicU32::new(most.get())) }
    }

    /// Takes one, if there is one.
    pub(super) fn take(&self) -> bool {
        let Some(left) = &self.left else { return true };
        // Relaxed: counter only. Each step is one exchange of the same word, so no two callers take the same use.
        left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// How many are left; `None`: as many as one likes.
    pub(super) fn left(&self) -> Option<u32> {
        // Relaxed: counter only.
        self.left.as_ref().map(|left| left.load(Ordering::Relaxed))
    }
}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_taken_and_no_more() {
        let uses = Uses::new(NonZero::new(3));
        assert_eq!((0..5).map(|_| uses.take()).collect::<Vec<_>>(), [true, true, true, false, false]);
        assert_eq!(uses.left(), Some(0));
        let endless = Uses::new(None);
        assert!((0..100).all(|_| endless.take()));
        assert_eq!(endless.left(), None);
    }
}
