//! Memory in the system's terms: what one large page would hold.

mod system;

pub(crate) use system::can_promote;

/// What a large page holds, where ordinary ones hold 4 KiB: one entry of the table of pages above theirs.
pub(crate) const BYTES: usize = 2 << 20;

/// Memory that one large page can take the place of, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Region(usize);

/// What became of the wish to have a region on a large page.
#[cfg_attr(
    not(all(feature = "large-pages", target_os = "linux")),
    expect(dead_code, reason = "elsewhere nobody is asked")
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promotion {
    /// It is on one.
    Done,
    /// It holds too much memory that nobody uses, which a large page would take as well.
    Sparse,
    /// The system could not just now: what is there was in use.
    Busy,
    /// The system has no large page, nor can make one.
    NoneFree,
    /// The system does not do so here.
    Refused,
}

impl Region {
    pub(crate) fn of(address: *const u8) -> Self {
        Self(address.addr() / BYTES)
    }

    /// Has the system copy it to a large page, if resident memory grows by no more than a sixteenth of that.
    pub(crate) fn promote(self) -> Promotion {
        match self.resident() {
            Some(pages) if pages * 16 < system::PAGES * 15 => Promotion::Sparse,
            Some(_) => system::collapse(self.begins()),
            None => Promotion::Refused,
        }
    }

    /// How many ordinary pages of it are resident. `None` if not all of it is mapped.
    pub(crate) fn resident(self) -> Option<usize> {
        system::resident(self.begins())
    }

    fn begins(self) -> usize {
        self.0 * BYTES
    }
}
