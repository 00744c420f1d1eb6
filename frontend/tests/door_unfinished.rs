//! Large values that are announced and do not come, over real sockets: they hold so much memory in all, and no more,
//! counted by the allocator.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod raw;

use keyway::Role;
use keyway_frontend::Server;
use raw::{Ask, Client, add_user, ask, cache_of_ada, eventually, get, noop, plain, serve, set};
use std::{
    io::Write,
    sync::{Mutex, MutexGuard, PoisonError},
};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// One test at a time: the allocator counts everybody's.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

const LIMIT: usize = 4 << 20;

/// Just below the largest item.
const LARGE: usize = 1_000_000;

/// So many of them fit.
const FIT: usize = LIMIT / (LARGE + 100);

fn allocated() -> usize {
    dhat::HeapStats::get().curr_bytes
}

fn large(key: &str) -> Ask {
    set(key, vec![7; LARGE])
}

fn limited() -> (keyway::Cache, Server) {
    let cache = cache_of_ada();
    let server = serve(&cache, |config| config.policy.unfinished_values = Some(LIMIT));
    (cache, server)
}

/// Announces a large value, sends so much of it, and waits until the server has taken note.
fn stall(server: &Server, key: &str, sent: usize) -> Client {
    let mut client = Client::of_ada(server);
    client.send(&large(key).bytes()[..sent]);
    client
}

#[test]
fn announced_values_hold_the_limit_at_most_and_others_go_on() {
    let _alone = alone();
    let _counting = dhat::Profiler::builder().testing().build();
    let (_cache, server) = limited();
    let mut open = Client::of_ada(&server);
    assert_eq!((open.one(&set("small", "v")).status, open.one(&large("warm")).status), (0, 0));
    let bytes = large("k").bytes();
    let mut crowd = Vec::with_capacity(40);
    let start = allocated();
    // As much of each as gets memory for all of it.
    for _ in 0..40 {
        let mut client = Client::of_ada(&server);
        client.send(&bytes[..LARGE / 2]);
        crowd.push(client);
    }
    eventually("those that do not fit are told so", || {
        let told = |client: &&Client| {
            client.socket.set_nonblocking(true).unwrap();
            matches!(client.socket.peek(&mut [0; 24]), Ok(24))
        };
        crowd.iter().filter(told).count() == 40 - FIT
    });
    let held = allocated().saturating_sub(start);
    // What 40 connections cost that are idle, and a buffer or two of the event loop.
    assert!(held <= LIMIT + 40 * 1000 + (64 << 10), "{held} bytes are held");
    assert!(held >= FIT * LARGE, "{held}: those that fit have their memory");

    for key in ["small", "warm"] {
        assert_eq!(open.one(&get(key)).status, 0, "{key}");
    }
    assert_eq!(open.one(&set("small", vec![7; 10_000])).status, 0);
    assert_eq!(open.one(&large("late")).status, 0x82);
    crowd.clear();
    eventually("there is room again", || open.one(&large("late")).status == 0);
}

#[test]
fn a_value_turned_away_is_skipped_and_told_so_and_what_it_was_to_replace_goes() {
    let _alone = alone();
    let (_cache, server) = limited();
    let mut open = Client::of_ada(&server);
    assert_eq!((open.one(&set("old", "v")).status, open.one(&set("kept", "v")).status), (0, 0));
    let _stalled: Vec<_> = (0..FIT).map(|_| stall(&server, "k", 100)).collect();
    let verbs: [(u8, &str, u16, u16); 5] = [
        (0x01, "old", 0x82, 1),
        (0x11, "kept", 0x82, 1),
        (0x02, "absent", 0x82, 1),
        (0x03, "small", 0x82, 0),
        (0x0e, "small", 0x82, 0),
    ];
    assert_eq!(open.one(&set("small", "v")).status, 0);
    for (opcode, key, status, then) in verbs {
        let extras = if opcode == 0x0e { vec![] } else { vec![0; 8] };
        let request = ask(opcode).key(key).extras(extras).value(vec![7; LARGE]).opaque(77);
        eventually("they have taken what there is", || {
            let reply = open.one(&request);
            assert_eq!((reply.opcode, reply.opaque), (opcode, 77));
            reply.status == status
        });
        // In step with what follows, down to the byte.
        assert_eq!(open.one(&noop()).status, 0);
        assert_eq!(open.one(&get(key)).status, then, "{opcode:#x} {key}");
    }
}

#[test]
fn a_refused_value_may_come_in_any_pieces_with_others_behind_it() {
    let _alone = alone();
    let (_cache, server) = limited();
    let mut stalled: Vec<_> = (0..FIT).map(|_| stall(&server, "k", 100)).collect();
    let mut open = Client::of_ada(&server);
    eventually("they have taken what there is", || open.one(&large("k")).status == 0x82);
    for at in [24, 25, 30, 33, 300, 20_000, LARGE / 2] {
        let bytes = [large("k").bytes(), noop().opaque(5).bytes()].concat();
        open.send(&bytes[..at]);
        std::thread::sleep(std::time::Duration::from_millis(5));
        open.send(&bytes[at..]);
        assert_eq!(open.reply().status, 0x82, "{at}");
        assert_eq!((open.reply().opaque, at), (5, at));
    }
    // One of those that stalled goes on.
    let mut first = stalled.remove(0);
    first.send(&large("k").bytes()[100..]);
    assert_eq!(first.reply().status, 0);
    assert_eq!(first.one(&get("k")).value.len(), LARGE);
}

#[test]
fn who_may_only_read_is_told_that_and_removes_nothing() {
    let _alone = alone();
    let (cache, server) = limited();
    add_user(&cache, "eve", Role::ReadOnly);
    let mut open = Client::of_ada(&server);
    assert_eq!(open.one(&set("old", "v")).status, 0);
    let _stalled: Vec<_> = (0..FIT).map(|_| stall(&server, "k", 100)).collect();
    eventually("they have taken what there is", || open.one(&large("k")).status == 0x82);
    let mut eve = Client::to(&server);
    assert_eq!(eve.one(&plain("eve", raw::PASSWORD)).status, 0);
    assert_eq!((eve.one(&large("old")).status, eve.one(&get("old")).status), (0x24, 0));
}

#[test]
fn one_alone_comes_in_whatever_the_limit_and_the_settings_and_counts_tell() {
    let _alone = alone();
    let cache = cache_of_ada();
    let server = serve(&cache, |config| config.policy.unfinished_values = Some(0));
    let mut open = Client::of_ada(&server);
    for _ in 0..3 {
        assert_eq!(open.one(&large("k")).status, 0);
    }
    let _stalled = stall(&server, "k", 100);
    eventually("it has taken the room", || open.one(&large("k")).status == 0x82);
    let mut stat = |group: &str, name: &str| {
        open.socket.write_all(&ask(0x10).key(group).bytes()).unwrap();
        let lines = std::iter::from_fn(|| Some(open.reply()).filter(|reply| !reply.key.is_empty()));
        let lines: Vec<_> = lines.collect();
        lines.iter().find(|line| line.key == name.as_bytes()).map(|line| line.text())
    };
    assert_eq!(stat("settings", "unfinished_values").as_deref(), Some("0"));
    assert_eq!(stat("", "unfinished_refused").as_deref(), Some("1"));
}
