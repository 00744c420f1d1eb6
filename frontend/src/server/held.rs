//! Passwords that wait without a thread, because their address has used up its guesses.

use super::limits::{HELD, HOLD, LOOK_AGAIN};
use std::{collections::VecDeque, time::Instant};

/// Whoever waits, in order of arrival.
#[derive(Debug)]
pub(super) struct Held<T> {
    waiting: VecDeque<(Deadline, T)>,
    /// When to look at them again.
    look_again: Option<Instant>,
}

/// Until when one waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline(Instant);

/// It has waited long enough, or too many wait already.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotHeld;

impl<T> Default for Held<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), look_again: None }
    }
}

impl Deadline {
    /// Of one that begins to wait now.
    pub(super) fn from(now: Instant) -> Self {
        Self(now + HOLD)
    }
}

impl<T> Held<T> {
    /// Lets it wait for the next look.
    pub(super) fn hold(&mut self, now: Instant, deadline: Deadline, who: T) -> Result<(), NotHeld> {
        if now >= deadline.0 || self.waiting.len() >= HELD {
            return Err(NotHeld);
        }
        self.waiting.push_back((deadline, who));
        self.look_again.get_or_insert(now + LOOK_AGAIN);
        Ok(())
    }

    /// When [`take_due`](Self::take_due) has something next.
    pub(super) fn next(&self) -> Option<Instant> {
        self.look_again
    }

    /// All that wait, if it is time to look at them again; those that shall go on waiting must be held again.
    pub(super) fn take_due(&mut self, now: Instant) -> VecDeque<(Deadline, T)> {
        if self.look_again.is_none_or(|due| now < due) {
            return VecDeque::new();
        }
        self.look_again = None;
        std::mem::take(&mut self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_looked_at_now_and_then_until_its_time_is_up() {
        let (start, mut held) = (Instant::now(), Held::default());
        let deadline = Deadline::from(start);
        assert_eq!(held.hold(start, deadline, 'a'), Ok(()));
        assert_eq!(held.hold(start, deadline, 'b'), Ok(()));
        assert_eq!(held.next(), Some(start + LOOK_AGAIN));
        assert!(held.take_due(start + LOOK_AGAIN / 2).is_empty());
        let due = held.take_due(start + LOOK_AGAIN);
        assert_eq!(due.iter().map(|(_, who)| *who).collect::<String>(), "ab");
        assert!(held.next().is_none() && held.take_due(start + HOLD).is_empty());
        assert_eq!(held.hold(start + HOLD / 2, deadline, 'a'), Ok(()));
        assert_eq!(held.hold(start + HOLD, deadline, 'b'), Err(NotHeld));
    }

    #[test]
    fn so_many_wait_and_no_more() {
        let (now, mut held) = (Instant::now(), Held::default());
        let holds = |held: &mut Held<usize>, number| held.hold(now, Deadline::from(now), number);
        (0..HELD).for_each(|number| assert_eq!(holds(&mut held, number), Ok(())));
        assert_eq!(holds(&mut held, HELD), Err(NotHeld));
        assert_eq!(held.take_due(now + LOOK_AGAIN).len(), HELD);
        assert_eq!(holds(&mut held, HELD), Ok(()));
    }
}
