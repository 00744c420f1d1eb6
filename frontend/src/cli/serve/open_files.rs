//! Room for the connections: each is an open file, and systems commonly allow a process 1024 of them.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// For the log, the listeners, the event queues and the users file.
const BESIDE_CONNECTIONS: u64 = 64;

/// Open files that so many connections need.
pub(crate) fn needed(connections: u32) -> u64 {
    u64::from(connections) + BESIDE_CONNECTIONS
}

/// Raises the limit of open files as far as the connections need it and the system allows it.
pub(super) fn make_room(connections: u32) {
    let needed = needed(connections);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return;
    }
    let raised = maximum.map_or(needed, |maximum| maximum.min(needed));
    let outcome = setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum });
    if outcome.is_err() || raised < needed {
        tracing::warn!(
            connections,
            needed,
            allowed = if outcome.is_ok() { Some(raised) } else { current },
            "the system allows fewer open files than -c needs; raise `ulimit -n` or lower -c"
        );
    }
}
