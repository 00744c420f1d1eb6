//! Whether an event loop still gets to its mail.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Since when an event loop owes an answer, if it does. One question at a time is under way, so that whoever asks often fills no
/// mailbox of a loop that hangs.
#[derive(Debug, Default)]
pub(super) struct Pulse(Mutex<Option<Instant>>);

impl Pulse {
    /// Whether it is to be asked now: nothing is under way.
    pub(super) fn ask(&self, now: Instant) -> bool {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = asked.is_none();
        asked.get_or_insert(now);
        is_news
    }

    /// The event loop has got to the question.
    pub(super) fn answer(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// For how long it has owed an answer.
    pub(super) fn owed(&self, now: Instant) -> Duration {
        let asked = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.map_or(Duration::ZERO, |asked| now.saturating_duration_since(asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owed_counts_from_the_first_question() {
        let (pulse, start) = (Pulse::default(), Instant::now());
        let later = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(pulse.owed(later(1)), Duration::ZERO);
        assert!(pulse.ask(later(1)));
        assert!(!pulse.ask(later(3)));
        assert_eq!(pulse.owed(later(5)), Duration::from_secs(4));
        pulse.answer();
        assert_eq!(pulse.owed(later(9)), Duration::ZERO);
        assert!(pulse.ask(later(9)));
    }
}
