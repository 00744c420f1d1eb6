//! `stats items` and `stats slabs`: memcached sorts items into classes by size. Here there are none, which in its
//! words is one class that holds everything; and as there, a class without items is not listed.

use super::Sheet;
use crate::tally::{Count, Counts};
use keyway::Stats;

pub(super) fn items(sheet: &mut Sheet<'_, '_>, stats: &Stats) {
    if stats.items == 0 {
        return;
    }
    sheet.line("items:1:number", stats.items);
    sheet.line("items:1:mem_requested", stats.bytes);
    sheet.line("items:1:evicted", stats.evictions);
    sheet.line("items:1:reclaimed", stats.expirations);
}

/// What the server as a whole counts is not for who works in a namespace.
pub(super) fn slabs(sheet: &mut Sheet<'_, '_>, stats: &Stats, counts: Option<&Counts>) {
    let classes = u8::from(stats.items > 0);
    if classes > 0 {
        sheet.line("1:used_chunks", stats.items);
        sheet.line("1:mem_requested", stats.bytes);
        match counts {
            None => sheet.line("1:get_hits", stats.hits),
            Some(counts) => {
                sheet.line("1:get_hits", counts.of(Count::GetHits));
                sheet.line("1:cmd_set", counts.of(Count::Sets));
                sheet.line("1:delete_hits", counts.of(Count::DeleteHits));
                sheet.line("1:touch_hits", counts.of(Count::TouchHits));
            }
        }
    }
    sheet.line("active_slabs", classes);
    sheet.line("total_malloced", stats.bytes);
}
