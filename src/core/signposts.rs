//! Where the lines of the indexes are in memory, for who has no lock yet: a look-up begins to fetch its line before it does anything else
//! that is not hashing. What a signpost says is never followed, only fetched, so it may be out of date.

use super::{
    budget::Tables,
    entry::Entry,
    hash::ShortHash,
    index::ENTRIES_PER_PAGE,
    prefetch::{CACHE_LINE, PREFETCHES, prefetch},
    stripe::Stripe,
};
use crate::sync::{AtomicU64, MODELLED, Ordering};

/// Not in models: what they look at is what a program could tell.
const ARE_THERE: bool = PREFETCHES && !MODELLED && usize::BITS == u64::BITS;
/// What the entries of a page are expected to be charged, at least: some 85 bytes each.
const BYTES_PER_PAGE: usize = 32 << 10;
/// For the pages of one stripe, where a budget of weights does not tell how many entries there will be; enough for five million in as few
/// stripes as two cores have.
const MOST_UNCHARGED: usize = 512;
/// Where an address ends in a word, and the number of lines begins.
const ADDRESS_BITS: u32 = 48;
const ADDRESS: u64 = (1 << ADDRESS_BITS) - 1;

/// As many for each stripe, one for each page that it is expected to have. Of a stripe with more pages than that none lead anywhere.
#[derive(Debug)]
pub(super) struct Signposts {
    words: Box<[AtomicU64]>,
    /// A power of two.
    of_a_stripe: usize,
}

impl Signposts {
    /// How many are worth while for each of so many stripes that may hold so much together, by such a budget.
    pub(super) fn of_a_stripe(stripes: usize, may_hold: usize, tables: Tables) -> usize {
        let share = may_hold / stripes.max(1);
        let pages = match tables {
            _ if !ARE_THERE => return 0,
            Tables::Charged => share / BYTES_PER_PAGE,
            // Some more, since stripes differ by a little.
            Tables::Free => (share / (ENTRIES_PER_PAGE - ENTRIES_PER_PAGE / 8)).min(MOST_UNCHARGED),
        };
        pages.max(1).next_power_of_two()
    }

    /// What so many take, in bytes.
    pub(super) fn charge(stripes: usize, of_a_stripe: usize) -> usize {
        stripes.saturating_mul(of_a_stripe).saturating_mul(size_of::<AtomicU64>())
    }

    pub(super) fn new(stripes: usize, of_a_stripe: usize) -> Self {
        let words = (0..stripes * of_a_stripe).map(|_| AtomicU64::new(0)).collect();
        let signposts = Self { words, of_a_stripe };
        // Relaxed: see `fetch`.
        signposts.words.iter().for_each(|word| word.store(signposts.nowhere(), Ordering::Relaxed));
        signposts
    }

    /// To no lines: what is fetched then is near, and is mapped at all.
    fn nowhere(&self) -> u64 {
        to_word(self.words.as_ptr().cast(), 0)
    }

    /// What that of a stripe says of hashes with these low bits.
    #[cfg(all(test, feature = "prefetch", target_arch = "x86_64", not(any(loom, shuttle))))]
    pub(super) fn says(&self, stripe: usize, low_bits: usize) -> Option<(usize, usize)> {
        let word = self.words.get(stripe * self.of_a_stripe + low_bits)?.load(Ordering::Relaxed);
        Some(((word & ADDRESS) as usize, (word >> ADDRESS_BITS) as usize)).filter(|(_, lines)| *lines > 0)
    }

    #[cfg(all(test, feature = "prefetch", target_arch = "x86_64", not(any(loom, shuttle))))]
    pub(super) fn of_each(&self) -> usize {
        self.of_a_stripe
    }

    /// In bytes.
    #[cfg(test)]
    pub(super) fn takes(&self) -> usize {
        size_of_val(&*self.words)
    }

    /// Begins to fetch the line where this hash is likely to be at home.
    #[inline]
    pub(super) fn fetch(&self, stripe: usize, hash: ShortHash) {
        let at = stripe * self.of_a_stripe + (hash.low_bits() & self.of_a_stripe.wrapping_sub(1));
        if ARE_THERE && let Some(word) = self.words.get(at) {
            // Relaxed: whatever it says is only fetched.
            let word = word.load(Ordering::Relaxed);
            let line = hash.scaled((word >> ADDRESS_BITS) as usize);
            prefetch(std::ptr::without_provenance::<u8>((word & ADDRESS) as usize + line * CACHE_LINE));
        }
    }

    /// Has those of a stripe tell of its pages as they are now.
    #[cold]
    pub(super) fn renew<E: Entry>(&self, number: usize, stripe: &Stripe<E>) {
        let first = number * self.of_a_stripe;
        let words = self.words.get(first..first + self.of_a_stripe).unwrap_or_default();
        let is_known = stripe.directory_width() <= self.of_a_stripe;
        for (low_bits, word) in words.iter().enumerate() {
            let lines = stripe.lines_for(low_bits).filter(|_| is_known);
            let says = lines.map_or_else(|| self.nowhere(), |(address, lines)| to_word(address, lines));
            // Relaxed: see `fetch`.
            word.store(says, Ordering::Relaxed);
        }
    }
}

/// Lines beyond 16 bits are not told of.
fn to_word(address: *const u8, lines: usize) -> u64 {
    let lines = u64::from(u16::try_from(lines).unwrap_or(u16::MAX));
    (address.addr() as u64 & ADDRESS) | lines << ADDRESS_BITS
}

#[cfg(all(test, feature = "prefetch", target_arch = "x86_64", not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_as_pages_are_expected() {
        let of_a_stripe = |may_hold, tables| Signposts::of_a_stripe(64, may_hold, tables);
        assert_eq!(of_a_stripe(1 << 20, Tables::Charged), 1);
        assert_eq!(of_a_stripe(200 << 20, Tables::Charged), 128);
        assert_eq!(of_a_stripe(64 << 30, Tables::Charged), 32_768, "16 MiB of 64 GiB");
        assert_eq!(of_a_stripe(1_000_000, Tables::Free), 64);
        let entries = 5_000_000;
        let pages = entries / 32 / ENTRIES_PER_PAGE;
        assert!(
            Signposts::of_a_stripe(32, entries, Tables::Free) > pages,
            "where there are few stripes, too"
        );
        assert_eq!(of_a_stripe(usize::MAX, Tables::Free), MOST_UNCHARGED);
    }
}
