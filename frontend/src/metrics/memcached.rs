//! The names of Prometheus' memcached_exporter, so that dashboards and alerts that are there go on working.
//! `frontend/tests/metrics/memcached_exporter.tsv` has its whole list, and what each is here.

use super::{exposition::Exposition, family::Family};
use crate::{
    ServerView,
    door::NoSeat,
    process::Process,
    stats::VERSION_TEXT,
    tally::{Count, Counts},
};
use keyway::Stats;
use std::time::{SystemTime, UNIX_EPOCH};

static UP: Family =
    Family::gauge("memcached_up", &[], "1 if the server takes connections and all of its threads run.");
static UPTIME: Family =
    Family::gauge("memcached_uptime_seconds", &[], "Seconds since the server was started.");
static TIME: Family =
    Family::gauge("memcached_time_seconds", &[], "The server's clock, in seconds since 1970.");
static VERSION: Family =
    Family::gauge("memcached_version", &["version"], "1, with the version that clients are told.");
static USER_CPU: Family = Family::counter(
    "memcached_process_user_cpu_seconds_total",
    &[],
    "CPU time of the process in its own code, to a hundredth of a second.",
);
static SYSTEM_CPU: Family = Family::counter(
    "memcached_process_system_cpu_seconds_total",
    &[],
    "CPU time of the process in the system's code, to a hundredth of a second.",
);
static READ: Family = Family::counter("memcached_read_bytes_total", &[], "Bytes of requests.");
static WRITTEN: Family = Family::counter("memcached_written_bytes_total", &[], "Bytes of answers.");
static CONNECTIONS: Family = Family::gauge("memcached_current_connections", &[], "Connections open now.");
static MAX_CONNECTIONS: Family =
    Family::gauge("memcached_max_connections", &[], "Connections that there may be at once (-c).");
static CONNECTIONS_EVER: Family =
    Family::counter("memcached_connections_total", &[], "Connections ever let in.");
static REJECTED: Family = Family::counter(
    "memcached_connections_rejected_total",
    &[],
    "Connections closed at once because there were as many as may be (-c).",
);
static YIELDED: Family = Family::counter(
    "memcached_connections_yielded_total",
    &[],
    "Turns of connections that ended with more to do, so that others had theirs.",
);
static LISTENER_DISABLED: Family = Family::counter(
    "memcached_connections_listener_disabled_total",
    &[],
    "Always 0: at the limit connections are closed at once, and listening goes on.",
);
static ACCEPTING: Family =
    Family::gauge("memcached_accepting_connections", &[], "1 while connections are let in.");
static COMMANDS: Family = Family::counter(
    "memcached_commands_total",
    &["command", "status"],
    "Requests by what they asked for and what came of it; set without those that named a version (cas).",
);
static BYTES: Family = Family::gauge(
    "memcached_current_bytes",
    &[],
    "Bytes that items take of the budget, all overhead included.",
);
static LIMIT: Family = Family::gauge(
    "memcached_limit_bytes",
    &[],
    "The budget in bytes; lower than -m while the allocator wastes memory.",
);
static MALLOCED: Family = Family::gauge(
    "memcached_malloced_bytes",
    &[],
    "The same as memcached_current_bytes: memory is taken for each item, not for pages of them.",
);
static ITEMS: Family = Family::gauge(
    "memcached_current_items",
    &[],
    "Items held; expired ones count until their memory was given back.",
);
static ITEMS_EVER: Family = Family::counter("memcached_items_total", &[], "Items ever stored.");
static EVICTED: Family = Family::counter("memcached_items_evicted_total", &[], "Items evicted to make room.");
static RECLAIMED: Family =
    Family::counter("memcached_items_reclaimed_total", &[], "Items removed because they had expired.");
static TOO_LARGE: Family = Family::counter(
    "memcached_item_too_large_total",
    &[],
    "Requests to store a value longer than any may be (-I), or than the user may.",
);
static NO_MEMORY: Family = Family::counter(
    "memcached_item_no_memory_total",
    &[],
    "Requests to store something for which no room could be made.",
);
static SLAB_ITEMS: Family = Family::gauge(
    "memcached_slab_current_items",
    &["slab"],
    "Items held: there are no slabs, which in memcached's words is one that holds everything.",
);
static SLAB_REQUESTED: Family =
    Family::gauge("memcached_slab_mem_requested_bytes", &["slab"], "As memcached_current_bytes.");
static SLAB_USED: Family =
    Family::gauge("memcached_slab_chunks_used", &["slab"], "As memcached_slab_current_items.");
static SLAB_EVICTED: Family =
    Family::counter("memcached_slab_items_evicted_total", &["slab"], "As memcached_items_evicted_total.");
static SLAB_RECLAIMED: Family =
    Family::counter("memcached_slab_items_reclaimed_total", &["slab"], "As memcached_items_reclaimed_total.");

static SLAB_COMMANDS: Family = Family::counter(
    "memcached_slab_commands_total",
    &["slab", "command", "status"],
    "As memcached_commands_total, of what found an item or stored one.",
);

pub(super) static FAMILIES: [&Family; 31] = [
    &UP,
    &UPTIME,
    &TIME,
    &VERSION,
    &USER_CPU,
    &SYSTEM_CPU,
    &READ,
    &WRITTEN,
    &CONNECTIONS,
    &MAX_CONNECTIONS,
    &CONNECTIONS_EVER,
    &REJECTED,
    &YIELDED,
    &LISTENER_DISABLED,
    &ACCEPTING,
    &COMMANDS,
    &BYTES,
    &LIMIT,
    &MALLOCED,
    &ITEMS,
    &ITEMS_EVER,
    &EVICTED,
    &RECLAIMED,
    &TOO_LARGE,
    &NO_MEMORY,
    &SLAB_ITEMS,
    &SLAB_REQUESTED,
    &SLAB_USED,
    &SLAB_EVICTED,
    &SLAB_RECLAIMED,
    &SLAB_COMMANDS,
];

/// The one class of items that there is.
const SLAB: &str = "1";

const COMMAND_COUNTS: [(&str, &str, Count); 15] = [
    ("get", "hit", Count::GetHits),
    ("get", "miss", Count::GetMisses),
    ("delete", "hit", Count::DeleteHits),
    ("delete", "miss", Count::DeleteMisses),
    ("incr", "hit", Count::IncrHits),
    ("incr", "miss", Count::IncrMisses),
    ("decr", "hit", Count::DecrHits),
    ("decr", "miss", Count::DecrMisses),
    ("cas", "hit", Count::CasHits),
    ("cas", "miss", Count::CasMisses),
    ("cas", "badval", Count::CasBadValue),
    ("touch", "hit", Count::TouchHits),
    ("touch", "miss", Count::TouchMisses),
    ("flush", "hit", Count::Flushes),
    ("set", "hit", Count::Sets),
];

/// What a server counts.
pub(super) fn server(out: &mut Exposition, server: &ServerView) {
    let (door, counts) = (server.door(), server.counts());
    let running = u8::from(server.is_running());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    out.value(&UP, running);
    out.value(&UPTIME, door.uptime().as_secs());
    out.value(&TIME, now.as_secs());
    out.family(&VERSION).sample(&[VERSION_TEXT], 1);
    out.value(&READ, counts.of(Count::BytesRead));
    out.value(&WRITTEN, counts.of(Count::BytesWritten));
    out.value(&CONNECTIONS, door.connections());
    out.value(&MAX_CONNECTIONS, door.max_connections());
    out.value(&CONNECTIONS_EVER, door.connections_ever());
    out.value(&REJECTED, door.turned_away().of(NoSeat::Full));
    out.value(&YIELDED, counts.of(Count::Yields));
    out.value(&LISTENER_DISABLED, 0);
    out.value(&ACCEPTING, running);
    let mut commands = out.family(&COMMANDS);
    for (command, status, count) in COMMAND_COUNTS {
        commands.sample(&[command, status], value_of(&counts, count));
    }
    let mut of_slab = out.family(&SLAB_COMMANDS);
    for (command, status, count) in COMMAND_COUNTS {
        if status != "miss" && command != "flush" {
            of_slab.sample(&[SLAB, command, status], value_of(&counts, count));
        }
    }
    out.value(&TOO_LARGE, counts.of(Count::TooLarge));
    out.value(&NO_MEMORY, counts.of(Count::NoRoom));
}

/// As the exporter has it: sets that named a version are counted as such, and not with the others.
fn value_of(counts: &Counts, count: Count) -> u64 {
    if count != Count::Sets {
        return counts.of(count);
    }
    let with_version = [Count::CasHits, Count::CasMisses, Count::CasBadValue].map(|count| counts.of(count));
    counts.of(count).saturating_sub(with_version.iter().sum())
}

/// What a cache holds and did.
pub(super) fn holdings(out: &mut Exposition, stats: &Stats) {
    out.value(&BYTES, stats.bytes);
    out.value(&LIMIT, stats.budget);
    out.value(&MALLOCED, stats.bytes);
    out.value(&ITEMS, stats.items);
    out.value(&ITEMS_EVER, stats.stored);
    out.value(&EVICTED, stats.evictions);
    out.value(&RECLAIMED, stats.expirations);
    out.family(&SLAB_ITEMS).sample(&[SLAB], stats.items);
    out.family(&SLAB_REQUESTED).sample(&[SLAB], stats.bytes);
    out.family(&SLAB_USED).sample(&[SLAB], stats.items);
    out.family(&SLAB_EVICTED).sample(&[SLAB], stats.evictions);
    out.family(&SLAB_RECLAIMED).sample(&[SLAB], stats.expirations);
}

pub(super) fn process(out: &mut Exposition, process: &Process) {
    out.value(&USER_CPU, process.user.as_secs_f64());
    out.value(&SYSTEM_CPU, process.system.as_secs_f64());
}
