//! Finding what has ended: a walk from the newest place to the oldest, a block at a time, which hardly costs anything where
//! nothing is due.

use super::{BLOCK, Position, Queue};
use crate::core::{hash::ShortHash, time::Time};

/// What a walk may still do before it lets others go on.
#[derive(Clone, Copy, Debug)]
pub(in crate::core) struct Effort {
    /// Blocks to look at in the directory.
    pub(in crate::core) blocks: u32,
    /// Entries to find.
    pub(in crate::core) entries: u32,
}

/// To look through the memory of a block is as much work as to pass by so many.
const LOOKING: u32 = 16;

impl Effort {
    pub(in crate::core) fn is_spent(self) -> bool {
        self.blocks == 0 || self.entries == 0
    }
}

impl Queue {
    /// Goes on from the block of this place, or from the newest, and tells up to `most` places whose deadline has passed. Where to
    /// go on; `None` at the end. What was told is to be given up or to get another deadline before that. What leaves meanwhile shifts nothing, and what comes is not looked at.
    pub(in crate::core) fn tell_due(
        &mut self,
        from: Option<Position>,
        effort: &mut Effort,
        most: usize,
        now: Time,
        mut tell: impl FnMut(Position, ShortHash),
    ) -> Option<Position> {
        let newest = self.blocks.len().checked_sub(1)?;
        // Beyond the newest: what was there has gone, and so has all that was older.
        let mut number = from.map_or(newest, |from| self.place(from).0);
        let mut left = most;
        loop {
            let first = self.first_of(number);
            if effort.is_spent() || left == 0 {
                return Some(first);
            }
            let block = self.blocks.get_mut(number)?;
            effort.blocks -= 1;
            if block.may_be_due(now) {
                effort.blocks = effort.blocks.saturating_sub(LOOKING);
                let at_most = left.min(effort.entries as usize);
                let more = block.tell_due(now, at_most, |at, hash| {
                    left -= 1;
                    effort.entries -= 1;
                    tell(first.plus(u32::try_from(at).unwrap_or(0)), hash);
                });
                if more {
                    return Some(first);
                }
            }
            number = number.checked_sub(1)?;
        }
    }
}

/// Blocks are gone through as wholes.
const _: () = assert!(super::position::POSITIONS.is_multiple_of(BLOCK));
