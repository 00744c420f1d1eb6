//! How many stripes a cache has.

/// More would be a mistake: so many serve more cores than there are.
const MOST: usize = 1 << 16;
/// Of many cores, each has so many. With 64 for sixteen of them, writers that only write met too often: `docs/performance-tried.md`.
const PER_CORE: usize = 16;
/// Enough that two cores seldom meet. With 64 one thread's writes take up to 1.1 times as long, likely since less of what they keep near of
/// each, and fetch for their next writes to it, is still near then: `docs/performance-tried.md`.
const FOR_FEW_CORES: usize = 32;
/// Up to so many go by the cores alone, whether or not the cache is roomy; a stripe costs half a KiB.
const FOR_FOUR_CORES: usize = 64;
/// What is added for many cores costs no hits: each stripe then has so many times what it needs at least.
const ROOMY: usize = 8;

/// What suits a cache with room for so much, used by so many cores. A stripe needs `least` of it, so that its order has entries
/// enough to choose from.
pub(crate) fn stripes_for(room: usize, least: usize, cores: usize) -> usize {
    let most = room / least;
    let for_cores = PER_CORE.saturating_mul(cores).min(MOST);
    let at_once = for_cores.clamp(FOR_FEW_CORES, FOR_FOUR_CORES);
    most.clamp(1, at_once).max((most / ROOMY).min(for_cores))
}

/// The next power of two, and 1 at least; `None` if that is too many.
pub(crate) fn rounded_stripes(stripes: usize) -> Option<usize> {
    stripes.max(1).checked_next_power_of_two().filter(|stripes| *stripes <= MOST)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn small_caches_have_few_stripes_and_many_cores_more_where_there_is_room() {
        assert_eq!([0, 1, 64].map(|parts| stripes_for(parts * 512, 512, 2)), [1, 1, 32]);
        assert_eq!([4, 16].map(|cores| stripes_for(64 * 512, 512, cores)), [64, 64]);
        assert_eq!([1, 4, 16, 64].map(|cores| stripes_for(1 << 20, 512, cores)), [32, 64, 256, 256]);
        assert_eq!(stripes_for(usize::MAX, 1, usize::MAX), MOST);
    }

    #[test]
    fn stripes_are_a_power_of_two_and_not_too_many() {
        assert_eq!([0, 1, 3, MOST].map(rounded_stripes), [Some(1), Some(1), Some(4), Some(MOST)]);
        assert_eq!([MOST + 1, usize::MAX].map(rounded_stripes), [None, None]);
    }
}
