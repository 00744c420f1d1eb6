//! Who may keep the threads busy that derive keys: over real sockets, with wrong passwords, which always cost a
//! derivation.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod raw;

use keyway::{Cache, Role, Rounds, Verifier};
use keyway_frontend::{Server, ServerConfig, ServerError};
use raw::{Client, PASSWORD, PATIENCE, ask, cache, cache_of_ada, get, plain, serve, set};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// A user whose password is slow to derive.
fn cache_of_slow() -> Cache {
    let cache = cache();
    let verifier = Verifier::derive(PASSWORD, Rounds::MAX).unwrap();
    cache.users().add_verifier("slow", verifier, Role::ReadWrite).unwrap();
    cache
}

/// One test at a time: each looks at the threads that derive.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn one_thread(config: &mut ServerConfig) {
    // The threads have the lowest priority, so on a busy machine they may take long.
    config.login_deadline = 10 * PATIENCE;
    config.verifier_threads = 1;
    config.guesses_per_name = 1_000_000;
    config.guesses_per_address = 1_000_000;
}

/// From 127.0.0.`host`.
fn client_at(server: &Server, host: u8) -> Client {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, host], 0)).into()).unwrap();
    socket.connect(&server.addresses()[0].into()).unwrap();
    let client = Client { socket: socket.into() };
    client.socket.set_read_timeout(Some(PATIENCE)).unwrap();
    client
}

/// CPU time of all threads that derive, in nanoseconds: what others do on the machine does not show in it.
#[cfg(target_os = "linux")]
fn derived() -> u64 {
    let threads = std::fs::read_dir("/proc/self/task").unwrap().map(|thread| thread.unwrap().path());
    let times = threads.filter_map(|thread| {
        let name = std::fs::read_to_string(thread.join("comm")).ok()?;
        let times = std::fs::read_to_string(thread.join("schedstat")).ok()?;
        name.starts_with("keyway-verifier").then(|| times.split(' ').next().unwrap().parse::<u64>().unwrap())
    });
    times.sum()
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_lost_connection_asked_for_is_not_derived() {
    let _alone = alone();
    let server = serve(&cache_of_slow(), one_thread);
    let derived_by = |client: &mut Client, password: &str, status: u16| {
        let before = derived();
        assert_eq!(client.one(&plain("slow", password)).status, status);
        derived() - before
    };
    let one = derived_by(&mut Client::to(&server), "wrong", 0x20);
    let gone: Vec<_> = (0..24)
        .map(|_| {
            let mut client = Client::to(&server);
            client.send(&plain("slow", "wrong").bytes());
            client
        })
        .collect();
    // That of another event, so that most of them wait by now.
    assert_eq!(Client::to(&server).one(&ask(0x0b)).status, 0);
    for client in gone {
        socket2::SockRef::from(&client.socket).set_linger(Some(Duration::ZERO)).unwrap();
    }
    let next = derived_by(&mut Client::to(&server), PASSWORD, 0);
    assert!(next < 12 * one, "{next} ns behind 24 that are gone, one takes {one}");
}

#[test]
fn who_only_ended_its_own_side_still_hears_the_verdict() {
    let _alone = alone();
    let server = serve(&cache_of_slow(), one_thread);
    let mut waiting: Vec<_> = (0..3).map(|_| Client::to(&server)).collect();
    for client in &mut waiting {
        client.send(&plain("slow", "wrong").bytes());
        client.half_close();
    }
    waiting.iter_mut().for_each(|client| assert_eq!(client.reply().status, 0x20));
}

#[test]
fn one_address_leaves_room_in_the_queue_for_another() {
    let _alone = alone();
    let server = serve(&cache_of_slow(), |config| {
        one_thread(config);
        config.verifier_queue = 4;
        config.derivations_per_address = Some(2);
    });
    let mut crowd: Vec<_> = (0..40).map(|_| Client::to(&server)).collect();
    crowd.iter_mut().for_each(|client| client.send(&plain("slow", "wrong").bytes()));
    assert_eq!(Client::to(&server).one(&ask(0x0b)).status, 0);
    assert_eq!(client_at(&server, 2).one(&plain("slow", "wrong")).status, 0x20);
    // Those over the limit had their turns or were put off; nobody is told more than that.
    let statuses: Vec<_> = crowd.iter_mut().map(|client| client.reply().status).collect();
    assert!(statuses.iter().all(|status| [0x20, 0x86].contains(status)), "{statuses:x?}");
    assert!(statuses.contains(&0x20));
}

#[test]
fn a_pool_of_one_address_gets_in_whole() {
    let _alone = alone();
    let server = serve(&cache_of_ada(), |config| {
        one_thread(config);
        config.derivations_per_address = Some(1);
    });
    let mut pool: Vec<_> = (0..60).map(|_| Client::to(&server)).collect();
    pool.iter_mut().for_each(|client| client.send(&plain("ada", PASSWORD).bytes()));
    for client in &mut pool {
        // Where the machine is so busy that one derivation takes longer than they may wait, they ask again.
        if client.reply().status != 0 {
            raw::eventually("it gets in", || client.one(&plain("ada", PASSWORD)).status == 0);
        }
        assert_eq!((client.one(&set("k", "v")).status, client.one(&get("k")).status), (0, 0));
    }
}

#[test]
fn a_share_that_cannot_work_is_refused() {
    for (share, told) in [(0, "`derivations_per_address` is 0"), (257, "more than `verifier_queue`")] {
        let mut config = ServerConfig::new(Default::default());
        config.listen = vec![([127, 0, 0, 1], 0).into()];
        config.derivations_per_address = Some(share);
        let error = Server::start(cache(), config).expect_err(told);
        assert!(matches!(error, ServerError::Config(_)) && error.to_string().contains(told), "{error}");
    }
}
