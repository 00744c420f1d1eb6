//! Deadlines that all lie equally far ahead, so that a queue keeps them sorted.

use super::roster::Ticket;
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Who must have done something by when. An entry is only a reminder: whether it still matters is asked when it falls
/// due, so nothing is taken out early.
#[derive(Debug)]
pub(super) struct Deadlines {
    after: Duration,
    queue: VecDeque<(Instant, Ticket)>,
}

/// Below this many entries nobody counts which of them still matter.
const WORTH_PRUNING: usize = 1024;

impl Deadlines {
    pub(super) fn new(after: Duration) -> Self {
        Self { after, queue: VecDeque::new() }
    }

    /// Reminds of `ticket` when the time has passed from `now`. A deadline beyond what the clock can express is none.
    pub(super) fn arm(&mut self, now: Instant, ticket: Ticket) {
        if let Some(due) = now.checked_add(self.after) {
            self.queue.push_back((due, ticket));
        }
    }

    /// When the next one falls due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.queue.front().map(|(due, _)| *due)
    }

    /// Takes out one that is due.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Ticket> {
        let (_, ticket) = self.queue.pop_front_if(|(due, _)| *due <= now)?;
        self.give_back();
        Some(ticket)
    }

    /// Gives memory back that is not a quarter full: after many had come at once, few may come for hours.
    fn give_back(&mut self) {
        if self.queue.capacity() > WORTH_PRUNING.max(4 * self.queue.len()) {
            self.queue.shrink_to(2 * self.queue.len());
        }
    }

    /// Forgets what no longer matters, once it could be more than half of the queue. Otherwise clients that come and
    /// go fast would fill it for as long as one deadline lasts.
    pub(super) fn prune(&mut self, present: usize, matters: impl Fn(Ticket) -> bool) {
        if self.queue.len() > WORTH_PRUNING.max(2 * present) {
            self.queue.retain(|(_, ticket)| matters(*ticket));
            self.give_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AFTER: Duration = Duration::from_secs(10);

    #[test]
    fn what_is_due_comes_out_in_order_and_no_earlier() {
        let (start, mut deadlines) = (Instant::now(), Deadlines::new(AFTER));
        deadlines.arm(start, Ticket::for_tests(1));
        deadlines.arm(start + Duration::from_secs(1), Ticket::for_tests(2));
        assert_eq!(deadlines.next(), Some(start + AFTER));
        assert_eq!(deadlines.take_due(start + AFTER - Duration::from_nanos(1)), None);
        assert_eq!(deadlines.take_due(start + AFTER), Some(Ticket::for_tests(1)));
        assert_eq!(deadlines.take_due(start + AFTER), None);
        assert_eq!(deadlines.take_due(start + 2 * AFTER), Some(Ticket::for_tests(2)));
        assert_eq!(deadlines.next(), None);
    }

    #[test]
    fn an_endless_deadline_is_none() {
        let mut deadlines = Deadlines::new(Duration::MAX);
        deadlines.arm(Instant::now(), Ticket::for_tests(1));
        assert_eq!(deadlines.next(), None);
    }

    #[test]
    fn many_that_fell_due_leave_no_memory_behind() {
        let (start, mut deadlines) = (Instant::now(), Deadlines::new(AFTER));
        (0..100_000).for_each(|number| deadlines.arm(start, Ticket::for_tests(number)));
        let due = std::iter::from_fn(|| deadlines.take_due(start + AFTER));
        assert!(due.map(Ticket::token).eq((0..100_000).map(|number| Ticket::for_tests(number).token())));
        assert!(deadlines.queue.capacity() <= WORTH_PRUNING, "{}", deadlines.queue.capacity());
    }

    #[test]
    fn pruning_keeps_what_matters() {
        let (start, mut deadlines) = (Instant::now(), Deadlines::new(AFTER));
        let tickets: Vec<_> = (0..3 * WORTH_PRUNING).map(Ticket::for_tests).collect();
        tickets.iter().for_each(|ticket| deadlines.arm(start, *ticket));
        let kept = [tickets[5], tickets[2000]];
        deadlines.prune(kept.len(), |ticket| kept.contains(&ticket));
        let left: Vec<_> = std::iter::from_fn(|| deadlines.take_due(start + AFTER)).collect();
        assert_eq!(left, kept);
    }
}
