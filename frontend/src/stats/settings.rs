//! `stats settings`.

use super::Sheet;
use crate::Door;
use keyway::Stats;

pub(super) fn fill(sheet: &mut Sheet<'_, '_>, door: &Door, stats: &Stats) {
    let policy = door.policy();
    let sasl = if door.entrance().mechanisms.is_empty() { "no" } else { "yes" };
    sheet.line("maxbytes", stats.budget);
    sheet.line("maxconns", door.max_connections());
    // That by which the client came; where else there are listeners is not for every client to see. What memcached prints
    // where it has none.
    match door.socket_file() {
        Some(path) => sheet.line("domain_socket", path.display()),
        None => sheet.line("domain_socket", "NULL"),
    }
    sheet.line("evictions", "on");
    sheet.line("idle_timeout", policy.idle_timeout.map_or(0, |idle| idle.as_secs()));
    sheet.line("num_threads", policy.threads);
    sheet.line("item_size_max", policy.max_item.min(door.cache().max_value()));
    sheet.line("unfinished_values", door.incoming().most());
    sheet.line("cas_enabled", "yes");
    sheet.line("flush_enabled", "yes");
    sheet.line("detail_enabled", "no");
    sheet.line("dump_enabled", "no");
    sheet.line("binding_protocol", "binary");
    sheet.line("auth_enabled_sasl", sasl);
    sheet.line("auth_enabled_ascii", "no");
    sheet.line("udpport", 0);
    // At the limit connections are closed at once.
    sheet.line("maxconns_fast", "yes");
    // What memcached has and Keyway does not; tools that read "yes" ask on.
    for name in [
        "shutdown_command",
        "slab_reassign",
        "lru_crawler",
        "lru_maintainer_thread",
        "lru_segmented",
        "temp_lru",
        "track_sizes",
        "inline_ascii_response",
    ] {
        sheet.line(name, "no");
    }
}
