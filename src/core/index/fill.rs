//! How full a page is. Apart from the page itself: each insert and each removal writes this, and whoever looks something up
//! need not see it.

use super::line::WAYS;

#[derive(Clone, Copy, Debug)]
pub(super) struct Fill {
    len: u32,
    /// With so many entries the page is to grow.
    most: u32,
    /// With fewer it is to shrink.
    least: u32,
}

/// Of ten places seven may be filled: beyond that, many look-ups go to a second line; below, an entry takes more memory.
const FULL: (usize, usize) = (7, 10);
/// A page that is emptier than this is built anew, smaller.
const SPARSE: (usize, usize) = (1, 4);
/// Pages of so few lines are let be.
const SMALL: usize = 4;

impl Fill {
    /// Of a page with so many lines and entries.
    #[expect(clippy::cast_possible_truncation, reason = "a page has some hundred lines")]
    pub(super) fn new(lines: usize, len: usize) -> Self {
        let places = lines * WAYS;
        let least = if lines > SMALL { places * SPARSE.0 / SPARSE.1 } else { 0 };
        Self { len: len as u32, most: (places * FULL.0 / FULL.1) as u32, least: least as u32 }
    }

    pub(super) fn len(self) -> usize {
        self.len as usize
    }

    #[inline]
    pub(super) fn add(&mut self) {
        self.len += 1;
    }

    #[inline]
    pub(super) fn take(&mut self) {
        self.len -= 1;
    }

    /// Whether one more entry fits.
    #[inline]
    pub(super) fn has_room(self) -> bool {
        self.len < self.most
    }

    /// Whether one more fits if it must, until there is time to build the page anew.
    pub(super) fn has_reserve(self) -> bool {
        self.len < self.most + self.most / 5
    }

    /// Whether so much has gone that building the page anew gives memory back.
    #[inline]
    pub(super) fn is_sparse(self) -> bool {
        self.len < self.least
    }

    /// Lines with which a page of so many entries is comfortable.
    pub(super) fn lines_for(len: usize) -> usize {
        (len * FULL.1).div_ceil(WAYS * FULL.0) * 9 / 8 + 1
    }
}
