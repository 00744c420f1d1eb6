//! Logins and users that change under a connection's feet, against the real server over a socket. Named after their rows
//! in the list of known attacks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)] // what fails here fails the test

mod raw;

use keyway::{Cache, Role, Rounds, UserRecord, Verifier};
use raw::{Ask, Client, PASSWORD, add_user, ask, cache, cache_of_ada, get, plain, serve, set, step_of};
use scopeguard::defer;
use std::{
    io::{Read, Write},
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

const STALE: u16 = 0x1f;
const REFUSED: u16 = 0x20;
const FORBIDDEN: u16 = 0x24;

/// What a users file says of ada: the password, and what comes with it.
fn listing(password: &str, role: Role) -> Vec<UserRecord> {
    let verifier = Verifier::derive(password, Rounds::MIN).unwrap();
    vec![UserRecord::new("ada", role, verifier)]
}

/// Logins with the old and the new password by both mechanisms, while the users are swapped to and fro: whoever comes in
/// has the role that was listed with the password, or is told at once that the login is void.
#[test]
fn row_28_a_login_during_a_reload_is_of_the_old_users_or_of_the_new_ones() {
    let listings = [listing("old", Role::ReadOnly), listing("new", Role::ReadWrite)];
    let cache = cache();
    cache.users().replace(listings[0].clone()).unwrap();
    let server = serve(&cache, |config| {
        config.policy.threads = 2;
        config.verifier_threads = 2;
        config.guesses_per_name = 1_000_000;
        config.guesses_per_address = 1_000_000;
    });
    let over = AtomicBool::new(false);
    // Logins that were used before they were void, by password and mechanism.
    let used: [AtomicU32; 4] = Default::default();
    let log_in = |place: usize| {
        let password = ["old", "new"][place % 2];
        while !over.load(Ordering::Relaxed) {
            let mut client = Client::to(&server);
            let status = match place {
                0 | 1 => client.one(&plain("ada", password)).status,
                _ => client.log_in_by_scram("ada", password),
            };
            assert!([0, REFUSED].contains(&status), "{status:#x}");
            if status == REFUSED {
                continue;
            }
            let expected = if password == "old" { FORBIDDEN } else { 0 };
            let answer = client.one(&set("k", "v")).status;
            assert!([expected, STALE].contains(&answer), "{password}: {answer:#x}");
            used[place].fetch_add(u32::from(answer != STALE), Ordering::Relaxed);
        }
    };
    thread::scope(|scope| {
        // Also where something fails, or the scope would wait for ever.
        defer!(over.store(true, Ordering::Relaxed));
        let threads: Vec<_> = (0..4).map(|place| scope.spawn(move || log_in(place))).collect();
        let mut swaps = 0;
        raw::eventually("each password is good by each mechanism, now and then", || {
            for listing in listings.iter().rev() {
                swaps += 1;
                cache.users().replace(listing.clone()).unwrap();
                // Long enough at times that a whole login fits in.
                thread::sleep(Duration::from_millis([1, 4, 60][swaps / 2 % 3]));
            }
            let enough = swaps >= 60 && used.iter().all(|used| used.load(Ordering::Relaxed) >= 3);
            enough || threads.iter().any(|it| it.is_finished())
        });
    });
    // Nothing of it stays behind: the last listing is in force, whole.
    assert_eq!(Client::to(&server).one(&plain("ada", "new")).status, REFUSED);
    let mut client = Client::to(&server);
    assert_eq!(client.statuses(&[plain("ada", "old"), get("absent"), set("k", "v")]), [0, 1, FORBIDDEN]);
}

/// Ada logs in by the right password, and eve by a wrong one, each on many connections that are hung up on before, while and
/// after they are judged. So verdicts come all the time for those who have gone, and in whose places others wait for theirs.
#[test]
fn row_44_a_verdict_never_lands_on_another_connection() {
    const EACH: usize = 8;
    let cache = cache();
    let verifier = Verifier::derive(PASSWORD, Rounds::default()).unwrap();
    cache.users().add_verifier("ada", verifier, Role::ReadWrite).unwrap();
    cache.users().stop_remembering();
    let server = serve(&cache, |config| {
        config.policy.threads = 1;
        config.verifier_threads = 1;
        config.login_deadline = Duration::from_millis(20);
        config.guesses_per_name = 1_000_000;
        config.guesses_per_address = 1_000_000;
    });
    let over = AtomicBool::new(false);
    let left_alone = [AtomicU32::new(0), AtomicU32::new(0)];
    let log_in = |who: usize| {
        let login = [plain("ada", PASSWORD), plain("eve", "guess")][who].bytes();
        while !over.load(Ordering::Relaxed) {
            let mut client = Client::to(&server);
            let mut header = [0; 24];
            // It may be reset before it has said anything.
            let answered =
                client.socket.write_all(&login).is_ok() && client.socket.read_exact(&mut header).is_ok();
            left_alone[who].fetch_add(u32::from(!answered), Ordering::Relaxed);
            assert!(who == 0 || !answered || header[6..8] != [0, 0], "eve was let in");
        }
    };
    thread::scope(|scope| {
        // Also where something fails, or the scope would wait for ever.
        defer!(over.store(true, Ordering::Relaxed));
        let threads: Vec<_> = (0..2 * EACH).map(|place| scope.spawn(move || log_in(place % 2))).collect();
        let start = Instant::now();
        raw::eventually("some of each are hung up on", || {
            let enough = left_alone.iter().all(|count| count.load(Ordering::Relaxed) > 100);
            enough && start.elapsed() > Duration::from_secs(2) || threads.iter().any(|it| it.is_finished())
        });
    });
}

/// Steps of a counter, on and on, by a client who is let wait: so a change falls into the middle of them.
fn steps(client: &Client) -> thread::JoinHandle<()> {
    let mut sending = client.socket.try_clone().unwrap();
    let step: Ask = ask(0x05).key("n").extras(step_of(1, 1, 0));
    let steps = step.bytes().repeat(400_000);
    // It may be hung up on.
    thread::spawn(move || drop(sending.write_all(&steps)))
}

/// The statuses of all answers in their order, each with how often it came in a row.
fn runs(statuses: &[u16]) -> Vec<(u16, usize)> {
    let groups = statuses.chunk_by(|one, next| one == next);
    groups.map(|group| (group[0], group.len())).collect()
}

fn counter(cache: &Cache) -> Vec<u8> {
    cache.session_for("observer").unwrap().get("n").unwrap().unwrap().value().to_vec()
}

#[test]
fn row_65_a_new_password_ends_a_pipeline_that_is_under_way() {
    let cache = cache_of_ada();
    add_user(&cache, "observer", Role::ReadOnly);
    let server = serve(&cache, |_| {});
    let mut client = Client::of_ada(&server);
    let sender = steps(&client);
    (0..1000).for_each(|_| assert_eq!(client.reply().status, 0));
    cache.users().set_verifier("ada", Verifier::derive("other", Rounds::MIN).unwrap()).unwrap();
    let then = counter(&cache);
    let rest = runs(&client.statuses_until_closed());
    let [(0, _), (STALE, 1), (REFUSED, 1)] = rest[..] else { panic!("{rest:x?}") };
    assert_eq!(counter(&cache), then, "nothing landed after the change");
    sender.join().unwrap();
}

#[test]
fn row_66_a_role_that_shrinks_counts_in_the_middle_of_a_pipeline() {
    let cache = cache_of_ada();
    add_user(&cache, "observer", Role::ReadOnly);
    let server = serve(&cache, |_| {});
    let mut client = Client::of_ada(&server);
    let sender = steps(&client);
    (0..1000).for_each(|_| assert_eq!(client.reply().status, 0));
    cache.users().set_roles("ada", Role::ReadOnly).unwrap();
    let then = counter(&cache);
    let rest: Vec<_> = (1000..400_000).map(|_| client.reply().status).collect();
    let rest = runs(&rest);
    let [(0, _), (FORBIDDEN, _)] = rest[..] else { panic!("{rest:x?}") };
    assert_eq!(counter(&cache), then, "nothing landed after the change");
    assert_eq!(client.one(&get("n")).status, 0);
    sender.join().unwrap();
}
