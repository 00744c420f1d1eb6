//! When the entries of a block came: kept of a few of its places, and reckoned for those between.

use super::BLOCK;
use crate::core::policy::Stamp;

/// Each place with this number is one whose stamp is kept. All of them take eight bytes then, which is what glibc would add to a
/// block's slots anyway: it hands out memory in steps of 16, and keeps eight for itself.
const APART: usize = 16;

/// The stamps of a block, but for the last place's.
#[derive(Debug)]
pub(super) struct Stamps([Stamp; BLOCK as usize / APART]);

/// The place of a block that was put last, and its stamp.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    pub(super) at: usize,
    pub(super) stamp: Stamp,
}

impl Stamps {
    pub(super) const EMPTY: Self = Self([Stamp(0); BLOCK as usize / APART]);

    /// Places are put one after the other.
    #[inline]
    pub(super) fn put(&mut self, at: usize, stamp: Stamp) {
        if at.is_multiple_of(APART) {
            self.0[at / APART] = stamp;
        }
    }

    /// That of a place up to the last one: as if those between two that are kept had come evenly.
    #[inline]
    pub(super) fn at(&self, at: usize, last: Last) -> Stamp {
        let number = at / APART;
        let (from, first) = (self.0[number], number * APART);
        match self.0.get(number + 1) {
            Some(to) if first + APART <= last.at => from.towards(*to, at - first, APART),
            _ => from.towards(last.stamp, at - first, last.at - first),
        }
    }
}
