//! `stats items` and `stats slabs`: memcached sorts items into classes by size. Here there are none, which in its
//! words is one class that holds everything; and as there, a class without items is not listed.

use super::Sheet;
use crate::{Door, tally::Count};

pub(super) fn items(sheet: &mut Sheet<'_, '_>, door: &Door) {
    let stats = door.cache().stats();
    if stats.items == 0 {
        return;
    }
    sheet.line("items:1:number", stats.items);
    sheet.line("items:1:mem_requested", stats.bytes);
    sheet.line("items:1:evicted", stats.evictions);
    sheet.line("items:1:reclaimed", stats.expirations);
}

pub(super) fn slabs(sheet: &mut Sheet<'_, '_>, door: &Door) {
    let stats = door.cache().stats();
    let counts = door.counts();
    let classes = u8::from(stats.items > 0);
    if classes > 0 {
        sheet.line("1:used_chunks", stats.items);
        sheet.line("1:mem_requested", stats.bytes);
        sheet.line("1:get_hits", counts.of(Count::GetHits));
        sheet.line("1:cmd_set", counts.of(Count::Sets));
        sheet.line("1:delete_hits", counts.of(Count::DeleteHits));
        sheet.line("1:touch_hits", counts.of(Count::TouchHits));
    }
    sheet.line("active_slabs", classes);
    sheet.line("total_malloced", stats.bytes);
}
