//! `stats` without a name.

use super::{Sheet, VERSION_TEXT};
use crate::{
    Door,
    door::NoSeat,
    process::Process,
    tally::{Count, Counts},
};
use keyway::Stats;
use std::time::{SystemTime, UNIX_EPOCH};

/// Counts under the names that clients know them by.
const COUNTED: [(&str, Count); 24] = [
    ("cmd_set", Count::Sets),
    ("cmd_flush", Count::Flushes),
    ("get_hits", Count::GetHits),
    ("get_misses", Count::GetMisses),
    ("delete_hits", Count::DeleteHits),
    ("delete_misses", Count::DeleteMisses),
    ("incr_hits", Count::IncrHits),
    ("incr_misses", Count::IncrMisses),
    ("decr_hits", Count::DecrHits),
    ("decr_misses", Count::DecrMisses),
    ("cas_hits", Count::CasHits),
    ("cas_misses", Count::CasMisses),
    ("cas_badval", Count::CasBadValue),
    ("touch_hits", Count::TouchHits),
    ("touch_misses", Count::TouchMisses),
    ("auth_cmds", Count::Logins),
    ("auth_errors", Count::LoginErrors),
    ("store_too_large", Count::TooLarge),
    ("store_no_memory", Count::NoRoom),
    ("conn_yields", Count::Yields),
    ("unfinished_refused", Count::TurnedAway),
    ("idle_kicks", Count::IdleKicks),
    ("bytes_read", Count::BytesRead),
    ("bytes_written", Count::BytesWritten),
];

pub(super) fn fill(sheet: &mut Sheet<'_, '_>, door: &Door, stats: &Stats) {
    process(sheet, door);
    cpu(sheet);
    connections(sheet, door);
    counts(sheet, &door.counts());
    holdings(sheet, stats);
}

/// For who works in a namespace: what the server as a whole counts would tell of others.
pub(super) fn fill_for_tenant(sheet: &mut Sheet<'_, '_>, door: &Door, stats: &Stats) {
    process(sheet, door);
    sheet.line("cmd_get", stats.hits.wrapping_add(stats.misses));
    sheet.line("get_hits", stats.hits);
    sheet.line("get_misses", stats.misses);
    holdings(sheet, stats);
}

fn process(sheet: &mut Sheet<'_, '_>, door: &Door) {
    // A clock before 1970 reads as 1970.
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    sheet.line("pid", std::process::id());
    sheet.line("uptime", door.uptime().as_secs());
    sheet.line("time", time.as_secs());
    sheet.line("version", VERSION_TEXT);
    sheet.line("pointer_size", usize::BITS);
    sheet.line("max_connections", door.max_connections());
    sheet.line("threads", door.policy().threads);
}

/// To a hundredth of a second, in memcached's form: seconds, a dot and six digits.
fn cpu(sheet: &mut Sheet<'_, '_>) {
    let Some(process) = Process::look() else { return };
    for (name, time) in [("rusage_user", process.user), ("rusage_system", process.system)] {
        sheet.line(name, format_args!("{}.{:06}", time.as_secs(), time.subsec_micros()));
    }
}

fn connections(sheet: &mut Sheet<'_, '_>, door: &Door) {
    let open = door.connections();
    sheet.line("curr_connections", open);
    sheet.line("total_connections", door.connections_ever());
    sheet.line("rejected_connections", door.turned_away().of(NoSeat::Full));
    sheet.line("connection_structures", open);
    // At the limit connections are closed at once, and listening goes on.
    sheet.line("accepting_conns", 1);
    sheet.line("listen_disabled_num", 0);
    sheet.line("time_in_listen_disabled_us", 0);
}

fn counts(sheet: &mut Sheet<'_, '_>, counts: &Counts) {
    let sum = |one, other| counts.of(one).wrapping_add(counts.of(other));
    sheet.line("cmd_get", sum(Count::GetHits, Count::GetMisses));
    sheet.line("cmd_touch", sum(Count::TouchHits, Count::TouchMisses));
    for (name, count) in COUNTED {
        sheet.line(name, counts.of(count));
    }
}

fn holdings(sheet: &mut Sheet<'_, '_>, stats: &Stats) {
    sheet.line("limit_maxbytes", stats.budget);
    sheet.line("bytes", stats.bytes);
    sheet.line("curr_items", stats.items);
    sheet.line("total_items", stats.stored);
    sheet.line("evictions", stats.evictions);
    // Whoever stores something makes the room for it.
    sheet.line("direct_reclaims", stats.evictions);
    sheet.line("reclaimed", stats.expirations);
}
