//! `stats namespaces`: what each namespace was promised, holds and did. For those who administer: how much others hold is no
//! business of a tenant's.

use super::Sheet;
use crate::Door;

pub(super) fn fill(sheet: &mut Sheet<'_, '_>, door: &Door) {
    for of in door.cache().namespaces().stats() {
        let (namespace, stats) = (of.namespace, of.stats);
        let mut line = |what: &str, value: u64| sheet.line(&format!("{}:{what}", namespace.name), value);
        line("reserve", namespace.reserve as u64);
        if namespace.reserve_items > 0 {
            line("reserve_items", namespace.reserve_items as u64);
        }
        line("limit_maxbytes", stats.budget);
        if let Some(items) = namespace.ceiling_items {
            line("limit_items", items as u64);
        }
        let limits = namespace.limits;
        for (what, limit) in [
            ("limit_connections", limits.connections),
            ("limit_operations_per_second", limits.operations_per_second),
            ("limit_bytes_per_second", limits.bytes_per_second),
            ("limit_value", limits.value),
        ] {
            if let Some(limit) = limit {
                line(what, limit);
            }
        }
        line("curr_connections", of.connections);
        if !limits.is_none() || of.refused.total() > 0 {
            line("limited_connections", of.refused.connections);
            line("limited_operations", of.refused.operations);
            line("limited_bytes_in", of.refused.bytes_in);
            line("limited_bytes_out", of.refused.bytes_out);
        }
        line("bytes", stats.bytes);
        line("curr_items", stats.items);
        line("total_items", stats.stored);
        line("get_hits", stats.hits);
        line("get_misses", stats.misses);
        line("evictions", stats.evictions);
        line("reclaimed", stats.expirations);
    }
}
