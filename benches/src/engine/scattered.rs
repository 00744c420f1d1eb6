//! Free memory that the system has in small pieces only, which it hands out first: who is filled first would get all of it, and was up
//! to a fifth slower than the same cache filled later.

use crate::asked::Length;
use std::fs;

/// A page, and the smallest block of free pages that the system counts.
const PAGE: usize = 4 << 10;
/// Smaller blocks of free pages are scattered: 2 MiB is what a large page takes.
const SMALL: usize = 2 << 20;

/// So much memory as is scattered, and so that memory mostly, for as long as this is held.
pub(super) struct Held {
    _pages: Vec<u8>,
}

impl Held {
    /// Before caches are filled for figures: then all of them come to lie in one kind of memory, and not the first in what is left.
    pub(super) fn before(length: Length) -> Option<Self> {
        (length == Length::Full).then(Self::all)
    }

    /// A quarter of what is available at most. Nothing where the system does not say.
    fn all() -> Self {
        let said = |name: &str| fs::read_to_string(name).unwrap_or_default();
        let bytes = scattered(&said("/proc/buddyinfo")).min(available(&said("/proc/meminfo")) / 4);
        let mut pages = vec![0; bytes];
        // Not before it is written to is a page any memory.
        pages.iter_mut().step_by(PAGE).for_each(|byte| *byte = 1);
        Self { _pages: std::hint::black_box(pages) }
    }
}

/// Bytes in small blocks. A line is `Node 0, zone Normal`, then how many blocks are free of one page, of two, of four and so on.
fn scattered(buddyinfo: &str) -> usize {
    let blocks = |line: &str| -> usize {
        let counts = line.split_whitespace().skip(4).map(|count| count.parse().unwrap_or(0));
        let sizes = std::iter::successors(Some(PAGE), |size| Some(size * 2)).take_while(|size| *size < SMALL);
        counts.zip(sizes).map(|(count, size): (usize, usize)| count * size).sum()
    };
    buddyinfo.lines().map(blocks).sum()
}

/// Bytes that can be taken without anybody's harm.
fn available(meminfo: &str) -> usize {
    let kib =
        |line: &str| line.strip_prefix("MemAvailable:")?.split_whitespace().next()?.parse::<usize>().ok();
    meminfo.lines().find_map(kib).unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_less_than_2_mib_are_scattered() {
        let said = "Node 0, zone      DMA      0      0      1\n\
                    Node 0, zone   Normal      3      1      0      0      0      0      0      0      2      7    332\n";
        assert_eq!(scattered(said), 4 * PAGE + 3 * PAGE + 2 * PAGE + 2 * 256 * PAGE);
        assert_eq!(scattered("nothing of the kind\n"), 0);
    }

    #[test]
    fn what_is_available_is_told_in_kib() {
        assert_eq!(available("MemTotal: 99 kB\nMemAvailable:   24 kB\n"), 24 << 10);
        assert_eq!(available(""), 0);
    }
}
