//! How a server is doing: its connections, event loops, derivations, and how long things take.

use super::{exposition::Exposition, family::Family};
use crate::{ServerView, door::NoSeat, server::Timed, tally::Count};

static REFUSED: Family = Family::counter(
    "keyway_connections_refused_total",
    &["limit"],
    "Connections closed at once, by the setting that was reached.",
);
static IDLE_KICKS: Family = Family::counter(
    "keyway_idle_kicks_total",
    &[],
    "Connections closed because they were idle for longer than --idle-timeout allows.",
);
static LOOP_CONNECTIONS: Family =
    Family::gauge("keyway_event_loop_connections", &["loop"], "Connections open now, by event loop.");
static LOOP_OWING: Family = Family::gauge(
    "keyway_event_loop_owing_seconds",
    &["loop"],
    "For how long an event loop has not got to its mail though it was asked; 0, or next to it, while all is well.",
);
static TURNS: Family = Family::histogram(
    "keyway_turn_duration_seconds",
    &[],
    "How long a connection's turn took, reading and writing included, of one turn in 64 (by chance): what all others on the \
     same event loop wait for it.",
);
static REQUESTS: Family = Family::histogram(
    "keyway_request_duration_seconds",
    &["verb"],
    "How long a request took from reading it to writing its answer, waiting in line excluded, of those of the timed turns that \
     had one request.",
);
static WAITING: Family = Family::gauge(
    "keyway_derivations_waiting",
    &[],
    "Passwords that wait for a thread that derives keys from them.",
);
static UNDER_WAY: Family =
    Family::gauge("keyway_derivations_under_way", &[], "Passwords of which a key is being derived.");
static THREADS: Family = Family::gauge("keyway_derivation_threads", &[], "Threads that derive.");
static PLACES: Family = Family::gauge(
    "keyway_derivation_queue_places",
    &[],
    "Passwords that may wait; further logins are put off.",
);
static WAITS: Family = Family::histogram(
    "keyway_derivation_wait_seconds",
    &[],
    "How long a password waited for its thread; each is timed.",
);
static DURATIONS: Family = Family::histogram(
    "keyway_derivation_duration_seconds",
    &[],
    "How long a derivation took; each is timed.",
);
static UNFINISHED: Family =
    Family::gauge("keyway_unfinished_value_bytes", &[], "Bytes of large requests that have not come whole.");
static UNFINISHED_LIMIT: Family = Family::gauge(
    "keyway_unfinished_value_limit_bytes",
    &[],
    "What these may be at most (--unfinished-values).",
);
static UNFINISHED_REFUSED: Family = Family::counter(
    "keyway_unfinished_values_refused_total",
    &[],
    "Large requests that found no room on their way in.",
);

pub(super) static FAMILIES: [&Family; 15] = [
    &REFUSED,
    &IDLE_KICKS,
    &LOOP_CONNECTIONS,
    &LOOP_OWING,
    &TURNS,
    &REQUESTS,
    &WAITING,
    &UNDER_WAY,
    &THREADS,
    &PLACES,
    &WAITS,
    &DURATIONS,
    &UNFINISHED,
    &UNFINISHED_LIMIT,
    &UNFINISHED_REFUSED,
];

pub(super) fn write(out: &mut Exposition, server: &ServerView) {
    let counts = server.counts();
    let mut refused = out.family(&REFUSED);
    for why in NoSeat::ALL {
        refused.sample(&[why.setting()], server.door().turned_away().of(why));
    }
    out.value(&IDLE_KICKS, counts.of(Count::IdleKicks));
    let mut connections = out.family(&LOOP_CONNECTIONS);
    for (thread, open) in server.connections_by_loop().enumerate() {
        connections.sample(&[&thread.to_string()], open);
    }
    let mut owing = out.family(&LOOP_OWING);
    for (thread, time) in server.event_loops_owing().into_iter().enumerate() {
        owing.sample(&[&thread.to_string()], time.as_secs_f64());
    }
    out.family(&TURNS).histogram(&[], &server.turns());
    let mut requests = out.family(&REQUESTS);
    for timed in Timed::ALL {
        requests.histogram(&[timed.name()], &server.requests(timed));
    }
    derivations(out, server);
    let incoming = server.door().incoming();
    out.value(&UNFINISHED, incoming.taken());
    out.value(&UNFINISHED_LIMIT, incoming.most());
    out.value(&UNFINISHED_REFUSED, counts.of(Count::TurnedAway));
}

fn derivations(out: &mut Exposition, server: &ServerView) {
    out.value(&WAITING, server.derivations_waiting());
    out.value(&UNDER_WAY, server.derivations_under_way());
    out.value(&THREADS, server.derivation_threads());
    out.value(&PLACES, server.derivation_places());
    out.family(&WAITS).histogram(&[], &server.derivation_waits());
    out.family(&DURATIONS).histogram(&[], &server.derivation_durations());
}
