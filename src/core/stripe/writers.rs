//! Who writes to a stripe: one thread, or several in turn.

use crate::core::readers::thread_mark;

/// A stripe is taken for one thread's after so many writes by it in a row: where two take turns at random, one in 250 is.
const IN_A_ROW: u8 = 8;

/// The last of them.
#[derive(Debug, Default)]
pub(super) struct Writers {
    /// Its mark.
    last: usize,
    in_a_row: u8,
}

impl Writers {
    /// The calling thread writes.
    #[inline]
    pub(super) fn note(&mut self) {
        let mark = thread_mark();
        if self.last != mark {
            *self = Self { last: mark, in_a_row: 0 };
        } else if self.in_a_row < IN_A_ROW {
            self.in_a_row += 1;
        }
    }

    #[inline]
    pub(super) fn is_one(&self) -> bool {
        self.in_a_row == IN_A_ROW
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn one_that_writes_alone_is_known_until_another_does() {
        let mut writers = Writers::default();
        (0..IN_A_ROW).for_each(|_| writers.note());
        assert!(!writers.is_one(), "the first one said who it is");
        writers.note();
        assert!(writers.is_one());
        std::thread::scope(|scope| scope.spawn(|| writers.note()).join()).expect("it panics not");
        assert!(!writers.is_one());
    }
}
