//! Warnings that a peer can cause at will, kept from filling the log.

use super::limits::WARN_EVERY;
use std::time::Instant;

/// Lets one of a kind through per [`WARN_EVERY`] and counts the others.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    last: Option<Instant>,
    left_out: u64,
}

impl Throttle {
    /// Whether to log now: `Some` with the number of those left out since the last.
    pub(super) fn admit(&mut self, now: Instant) -> Option<u64> {
        if self.last.is_some_and(|last| now.saturating_duration_since(last) < WARN_EVERY) {
            self.left_out += 1;
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_let_through_and_the_next_one_tells_how_many_were_not() {
        let (start, mut throttle) = (Instant::now(), Throttle::default());
        assert_eq!(throttle.admit(start), Some(0));
        assert_eq!(throttle.admit(start + WARN_EVERY / 2), None);
        assert_eq!(throttle.admit(start + WARN_EVERY / 2), None);
        assert_eq!(throttle.admit(start + WARN_EVERY), Some(2));
        assert_eq!(throttle.admit(start + 3 * WARN_EVERY), Some(0));
    }
}
