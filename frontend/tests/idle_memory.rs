//! What a logged-in connection costs while it is idle, by an allocator that counts: before and after it moved large values,
//! and that all of it is given back when it closes.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod raw;

use raw::{Client, cache_of_ada, eventually, get, serve, set};
use std::{env, process::Command, time::Duration};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// So many that what the server has once does not count, and few enough for the usual limit of open files.
const CONNECTIONS: usize = 480;

/// Bytes allocated now by everybody: the cache's and the clients' share is the same at each look.
fn allocated() -> usize {
    dhat::HeapStats::get().curr_bytes
}

/// So short that it has passed soon, and so long that each logs in: until then there are reminders of it.
const LOGIN_DEADLINE: Duration = Duration::from_secs(5);

/// A value that is read where it stays and written from there.
const LARGE: usize = 100_000;

/// Runs this test alone in another process, unless this is that one: what another test allocates meanwhile would count as well.
fn is_left_to_a_process_of_its_own() -> bool {
    const ALONE: &str = "KEYWAY_IDLE_MEMORY_ALONE";
    if env::var_os(ALONE).is_some() {
        return false;
    }
    let mut command = Command::new(env::current_exe().unwrap());
    let status = command.args(["--exact", TEST, "--nocapture"]).env(ALONE, "1").status().unwrap();
    assert!(status.success(), "{status}");
    true
}

const TEST: &str = "an_idle_connection_is_420_bytes_and_after_large_values_not_much_more";

#[test]
fn an_idle_connection_is_420_bytes_and_after_large_values_not_much_more() {
    if is_left_to_a_process_of_its_own() {
        return;
    }
    let _counting = dhat::Profiler::builder().testing().build();
    let cache = cache_of_ada();
    // What happened is kept for whoever asks, and not for a connection.
    cache.audit().hold(0);
    let server = serve(&cache, |config| config.login_deadline = LOGIN_DEADLINE);
    // What is made on first use is there after this.
    let mut first = Client::of_ada(&server);
    assert_eq!(first.one(&set("k", vec![7; LARGE])).status, 0);
    assert_eq!(first.one(&get("k")).value.len(), LARGE);
    let start = allocated();
    let each = |allocated: usize| allocated.saturating_sub(start) / CONNECTIONS;

    let mut clients: Vec<Client> = Vec::with_capacity(CONNECTIONS);
    let clients_own = allocated() - start;
    clients.extend((0..CONNECTIONS).map(|_| Client::of_ada(&server)));
    // Of which some 140 are for the list of live sessions: whose it is, by what, from where, since when, how much.
    eventually("a connection that is logged in costs 420 bytes", || each(allocated() - clients_own) <= 420);

    for client in &mut clients {
        assert_eq!(client.one(&set("k", vec![7; LARGE])).status, 0);
        assert_eq!(client.one(&get("k")).value.len(), LARGE);
    }
    eventually("one that moved large values costs 520 bytes", || each(allocated() - clients_own) <= 520);

    drop(clients);
    eventually("what the connections cost comes back", || each(allocated()) <= 64);
}
