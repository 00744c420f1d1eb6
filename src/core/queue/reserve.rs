//! Memory of blocks that waits for the next ones, in two words: a queue is one cache line with it.

use super::block::Slots;

#[derive(Debug, Default)]
pub(super) struct Reserve([Option<Box<Slots>>; 2]);

impl Reserve {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.iter().flatten().count()
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0[0].is_none()
    }

    /// Keeps one more, unless there is no room for it: then its memory goes. Whether it was kept.
    pub(super) fn keep(&mut self, memory: Box<Slots>) -> bool {
        let free = self.0.iter_mut().find(|kept| kept.is_none());
        free.map(|free| *free = Some(memory)).is_some()
    }

    pub(super) fn take(&mut self) -> Option<Box<Slots>> {
        let [first, second] = &mut self.0;
        second.take().or_else(|| first.take())
    }
}
