//! Whose turn it is on an event loop, told by counting: what each of several clients is answered shows in which order
//! their requests were carried out, since each of them steps the same counter; of tenants, who share none, a watcher of misses tells.
//!
//! So that all requests lie there before the first is looked at, the loop is stopped meanwhile: it writes to the log, and
//! the log keeps it waiting.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)] // what fails here fails the test

mod raw;

use keyway::{Cache, Clock, Config, Namespace, Role, Users, watch::Topic};
use keyway_frontend::Server;
use raw::{Ask, Client, PASSWORD, add_user, ask, cache, get, noop, plain, serve, set, step_of};
use std::{
    io::{Result, Write},
    sync::{Condvar, LazyLock, Mutex},
    thread,
    time::Duration,
};
use tracing::Level;

/// The most requests of one connection in a turn.
const TURN: u64 = 128;

/// Stops whoever logs that a connection was opened.
#[derive(Debug, Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_shut: bool,
    stopped: usize,
}

impl Gate {
    fn pass(&self) {
        let mut state = self.state.lock().unwrap();
        if state.is_shut {
            state.stopped += 1;
            self.changed.notify_all();
            drop(self.changed.wait_while(state, |state| state.is_shut).unwrap());
        }
    }

    fn shut(&self) {
        *self.state.lock().unwrap() = State { is_shut: true, stopped: 0 };
    }

    fn wait_for_one(&self) {
        let state = self.state.lock().unwrap();
        let wait = self.changed.wait_timeout_while(state, raw::PATIENCE, |state| state.stopped == 0);
        assert!(!wait.unwrap().1.timed_out(), "the loop does not come by");
    }

    fn open(&self) {
        self.state.lock().unwrap().is_shut = false;
        self.changed.notify_all();
    }
}

/// A log that is thrown away, and keeps who writes it waiting at the gate.
struct Log;

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> Result<usize> {
        if String::from_utf8_lossy(line).contains("connection opened") {
            gate().pass();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

fn gate() -> &'static Gate {
    static GATE: LazyLock<Gate> = LazyLock::new(Gate::default);
    &GATE
}

/// One at a time: there is one log.
static ALONE: Mutex<()> = Mutex::new(());

fn begin_to_log() {
    let subscriber = tracing_subscriber::fmt().with_max_level(Level::DEBUG).with_ansi(false);
    // The second test finds the first one's.
    let _ = subscriber.with_writer(|| Log).try_init();
}

fn server() -> Server {
    begin_to_log();
    let cache = cache();
    serve(&cache, |config| {
        raw::open(config, &cache);
        config.policy.threads = 1;
    })
}

/// While the loop stands still, has each client send its bytes; then lets the loop go on.
fn all_at_once(server: &Server, clients: &mut [Client], bytes: &[Vec<u8>]) {
    gate().shut();
    // Whoever comes now is logged, and the loop waits there.
    let _newcomer = Client::to(server);
    gate().wait_for_one();
    for (client, bytes) in clients.iter_mut().zip(bytes) {
        client.send(bytes);
    }
    // What was sent over the loopback lies in the other socket when `send` returns; a little more for the events.
    thread::sleep(Duration::from_millis(20));
    gate().open();
}

fn step() -> Ask {
    ask(0x05).key("n").extras(step_of(1, 1, 0))
}

/// What a step was answered: which one of all it was, from 1 on.
fn number(client: &mut Client) -> u64 {
    let reply = client.reply();
    assert_eq!(reply.status, 0);
    u64::from_be_bytes(reply.value.try_into().unwrap())
}

fn seated(server: &Server, count: usize) -> Vec<Client> {
    (0..count)
        .map(|_| {
            let mut client = Client::to(server);
            assert_eq!(client.one(&noop()).status, 0);
            client
        })
        .collect()
}

#[test]
fn who_asks_for_little_waits_for_one_turn_of_each_who_asks_for_much() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let server = server();
    let (hogs, modest) = (4, 3);
    let mut clients = seated(&server, hogs + modest);
    let mut bytes = vec![step().bytes().repeat(2000); hogs];
    bytes.resize(hogs + modest, step().bytes());
    for _ in 0..3 {
        let before = {
            clients[0].send(&step().bytes());
            number(&mut clients[0])
        };
        all_at_once(&server, &mut clients, &bytes);
        for client in &mut clients[hogs..] {
            let place = number(client) - before;
            let most = TURN * hogs as u64 + modest as u64;
            assert!(place <= most, "{place} steps came before its own, of {most} at most");
        }
        for hog in &mut clients[..hogs] {
            (0..2000).for_each(|_| assert!(number(hog) > before));
        }
    }
}

/// A turn ends by what it has to say, too.
#[test]
fn who_asks_for_large_values_takes_short_turns() {
    const UNREAD: u64 = 64 << 10;
    const VALUE: u64 = 4000;
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let server = server();
    let (hogs, pairs) = (3, 200);
    let mut clients = seated(&server, hogs + 1);
    assert_eq!(clients[0].one(&set("large", vec![7; VALUE as usize])).status, 0);
    let pair = [get("large").bytes(), step().bytes()].concat();
    let mut bytes = vec![pair.repeat(pairs); hogs];
    bytes.push(step().bytes());
    all_at_once(&server, &mut clients, &bytes);
    let place = number(&mut clients[hogs]);
    let most = (UNREAD / VALUE + 1) * hogs as u64 + 1;
    assert!(place <= most, "{place} steps, each with a large value, of {most} at most");
    for hog in &mut clients[..hogs] {
        for _ in 0..pairs {
            assert_eq!(hog.reply().value.len() as u64, VALUE);
            number(hog);
        }
    }
}

#[test]
fn who_asks_for_much_takes_turns_with_others_who_do() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let server = server();
    let mut hogs = seated(&server, 3);
    let count = 2000;
    all_at_once(&server, &mut hogs, &vec![step().bytes().repeat(count); 3]);
    let mut order = Vec::new();
    for (who, hog) in hogs.iter_mut().enumerate() {
        order.extend((0..count).map(|_| (number(hog), who)));
    }
    order.sort_unstable();
    let runs: Vec<(usize, usize)> =
        order.chunk_by(|one, next| one.1 == next.1).map(|run| (run[0].1, run.len())).collect();
    // As long as all three have something left, nobody is served twice before both others were.
    let mut left = [count; 3];
    for (at, (who, len)) in runs.iter().enumerate() {
        let others_wait = (0..3).filter(|other| other != who).all(|other| left[other] > 0);
        if others_wait {
            assert!(*len as u64 <= TURN, "{len} steps in one go, beside others who wait: {runs:?}");
            let before: Vec<_> = runs[at.saturating_sub(2)..at].iter().map(|run| run.0).collect();
            assert!(!before.contains(who), "served again before the others: {runs:?}");
        }
        left[*who] -= len;
    }
    assert_eq!(left, [0; 3]);
}

/// Two tenants on one event loop, of which `noisy` has this many connections at most and this rate at most; the clock stands still.
fn tenants(connections: u64, rate: Option<u64>) -> (Cache, Server) {
    begin_to_log();
    let mut config = Config::new(1 << 22);
    config.clock = Clock::manual();
    let cache = Cache::new(config, Users::new()).unwrap();
    for name in ["noisy", "quiet"] {
        let mut namespace = Namespace::new(name);
        if name == "noisy" {
            (namespace.limits.connections, namespace.limits.operations_per_second) =
                (Some(connections), rate);
        }
        cache.namespaces().add(namespace).unwrap();
        add_user(&cache, name, Role::ReadWrite);
        cache.users().set_namespace(name, Some(name)).unwrap();
    }
    let server = serve(&cache, |config| config.policy.threads = 1);
    (cache, server)
}

/// Has `noisy` ask for so many things on each of as many connections as it is let in on, all at once, and `quiet` for one. How many of the
/// former were carried out, and how many of them before the latter.
fn noise_beside_one(connections: u64, rate: Option<u64>, asks: usize) -> (usize, usize) {
    let (cache, server) = tenants(connections, rate);
    let mut clients: Vec<Client> = (0..connections + 5)
        .filter_map(|_| {
            let mut client = Client::to(&server);
            (client.one(&plain("noisy", PASSWORD)).status == 0).then_some(client)
        })
        .collect();
    assert_eq!(clients.len() as u64, connections, "the limit lets in no more");
    let mut quiet = Client::to(&server);
    assert_eq!(quiet.one(&plain("quiet", PASSWORD)).status, 0);
    clients.push(quiet);
    let mut bytes = vec![get("k").bytes().repeat(asks); clients.len() - 1];
    bytes.push(get("k").bytes());
    let mut misses = cache.watch(Topic::Misses);
    all_at_once(&server, &mut clients, &bytes);
    let mut quiet = clients.pop().unwrap();
    assert_eq!(quiet.reply().status, 1);
    for client in &mut clients {
        (0..asks).for_each(|_| assert!([1, 0x33].contains(&client.reply().status)));
    }
    let seen = misses.take();
    assert_eq!(seen.dropped, 0);
    let place = seen.sightings.iter().position(|it| it.namespace == "quiet").unwrap();
    (seen.sightings.len() - 1, place)
}

#[test]
fn a_noisy_tenant_costs_a_quiet_one_a_turn_of_each_connection_that_its_limit_lets_in() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for connections in [1, 4] {
        let (carried_out, before) = noise_beside_one(connections, None, 900);
        assert_eq!(carried_out as u64, 900 * connections);
        assert!(before as u64 <= TURN * connections, "{before} of {connections} connections came before");
    }
}

#[test]
fn a_noisy_tenant_costs_a_quiet_one_no_more_for_having_many_connections() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // A request takes a quarter of a microsecond at the least, so a share of 100 and the rest of a turn are 528 of them at the
    // most; twice that, since those who go on have a share as well. A turn of each connection would be 4000, or 1664.
    let most = 2 * 528;
    for (connections, asks) in [(40, 100), (13, 300)] {
        let (carried_out, before) = noise_beside_one(connections, None, asks);
        assert_eq!(carried_out, asks * connections as usize);
        assert!(before <= most, "{before} came before, of {most} at most");
    }
}

#[test]
fn what_a_tenant_is_refused_by_its_rate_is_not_carried_out_beside_others() {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (carried_out, before) = noise_beside_one(4, Some(50), 900);
    assert_eq!(carried_out, 50, "of 3600");
    assert!(before <= 50);
}
