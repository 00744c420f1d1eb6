//! `stats items` and `stats slabs`: memcached sorts items into classes by size. Here there are none, which in its
//! words is one class that holds everything, in chunks of the mean size of an item; and as there, a class without items is not
//! listed.

use super::Sheet;
use crate::tally::{Count, Counts};
use keyway::Stats;

/// What memcached calls a page.
const PAGE: u64 = 1 << 20;

/// What is counted by class, under memcached's names.
const COUNTED: [(&str, Count); 8] = [
    ("get_hits", Count::GetHits),
    ("cmd_set", Count::Sets),
    ("delete_hits", Count::DeleteHits),
    ("incr_hits", Count::IncrHits),
    ("decr_hits", Count::DecrHits),
    ("cas_hits", Count::CasHits),
    ("cas_badval", Count::CasBadValue),
    ("touch_hits", Count::TouchHits),
];

/// What the server as a whole counts is not for who works in a namespace.
pub(super) fn items(sheet: &mut Sheet<'_, '_>, stats: &Stats, counts: Option<&Counts>) {
    if stats.items == 0 {
        return;
    }
    sheet.line("items:1:number", stats.items);
    sheet.line("items:1:mem_requested", stats.bytes);
    sheet.line("items:1:evicted", stats.evictions);
    sheet.line("items:1:reclaimed", stats.expirations);
    // Whoever stores something makes the room for it.
    sheet.line("items:1:direct_reclaims", stats.evictions);
    if let Some(counts) = counts {
        sheet.line("items:1:outofmemory", counts.of(Count::NoRoom));
    }
}

/// As [`items`].
pub(super) fn slabs(sheet: &mut Sheet<'_, '_>, stats: &Stats, counts: Option<&Counts>) {
    // A class that is listed has chunks, and these have a size: tools divide by both.
    if let Some(mean) = stats.bytes.checked_div(stats.items) {
        let chunk = mean.max(1);
        sheet.line("1:chunk_size", chunk);
        sheet.line("1:chunks_per_page", (PAGE / chunk).max(1));
        sheet.line("1:total_pages", stats.bytes.div_ceil(PAGE));
        sheet.line("1:total_chunks", stats.items);
        sheet.line("1:used_chunks", stats.items);
        sheet.line("1:free_chunks", 0);
        sheet.line("1:free_chunks_end", 0);
        sheet.line("1:mem_requested", stats.bytes);
        match counts {
            None => sheet.line("1:get_hits", stats.hits),
            Some(counts) => {
                for (name, count) in COUNTED {
                    sheet.line(&format!("1:{name}"), counts.of(count));
                }
            }
        }
    }
    sheet.line("active_slabs", u8::from(stats.items > 0));
    sheet.line("total_malloced", stats.bytes);
}
