//! Logins and users that change under a connection's feet, against the real server over a socket. Named after their rows
//! in the list of known attacks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_possible_truncation)] // what fails here fails the test

mod raw;

use keyway::{Cache, Mechanism, Role, Rounds, Step, UserRecord, Verifier};
use raw::{Ask, Client, PASSWORD, add_user, ask, cache, cache_of_ada, get, plain, serve, set, step_of};
use std::{
    io::{Read, Write},
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
    time::Duration,
};

const STALE: u16 = 0x1f;
const REFUSED: u16 = 0x20;
const FORBIDDEN: u16 = 0x24;

/// What a users file says of ada: the password, and what comes with it.
fn listing(password: &str, role: Role) -> Vec<UserRecord> {
    let verifier = Verifier::derive(password, Rounds::MIN).unwrap();
    vec![UserRecord { name: "ada".to_owned(), role, verifier: Some(verifier) }]
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
        (0..4).for_each(|place| drop(scope.spawn(move || log_in(place))));
        let mut swaps = 0;
        raw::eventually("each password is good by each mechanism, now and then", || {
            for listing in listings.iter().rev() {
                swaps += 1;
                cache.users().replace(listing.clone()).unwrap();
                // Long enough at times that a whole login fits in.
                thread::sleep(Duration::from_millis([1, 4, 60][swaps / 2 % 3]));
            }
            swaps >= 60 && used.iter().all(|used| used.load(Ordering::Relaxed) >= 3)
        });
        over.store(true, Ordering::Relaxed);
    });
    // Nothing of it stays behind: the last listing is in force, whole.
    assert_eq!(Client::to(&server).one(&plain("ada", "new")).status, REFUSED);
    let mut client = Client::to(&server);
    assert_eq!(client.statuses(&[plain("ada", "old"), get("absent"), set("k", "v")]), [0, 1, FORBIDDEN]);
}

/// Whether this password of ada's was verified by anybody.
fn is_remembered(cache: &Cache) -> bool {
    let step = cache.exchange(Mechanism::Plain).step(format!("\0ada\0{PASSWORD}").as_bytes());
    matches!(step, Step::Open(_))
}

/// Whoever asked for a verification is hung up on while it waits; others, who wait for theirs, sit in the freed place when
/// the verdict comes.
#[test]
fn row_44_a_verdict_never_lands_on_another_connection() {
    let cache = cache();
    let verifier = Verifier::derive(PASSWORD, Rounds::default()).unwrap();
    cache.users().add_verifier("ada", verifier, Role::ReadWrite).unwrap();
    let server = serve(&cache, |config| {
        config.policy.threads = 1;
        config.verifier_threads = 1;
        config.verifier_queue = 100_000;
        config.login_deadline = Duration::from_millis(100);
        config.guesses_per_name = 1_000_000;
        config.guesses_per_address = 1_000_000;
    });
    // Work for several deadlines, and the right password behind it.
    let mut crowd: Vec<_> = (0..60).map(|_| Client::to(&server)).collect();
    crowd.iter_mut().for_each(|client| client.send(&plain("ada", "wrong").bytes()));
    let mut asking = Client::to(&server);
    asking.send(&plain("ada", PASSWORD).bytes());
    asking.wait_for_end();
    assert!(!is_remembered(&cache), "it was hung up on before its turn came");

    let (mut landed, mut waited) = (false, 0);
    while !landed {
        landed = is_remembered(&cache);
        let mut strangers: Vec<_> = (0..70).map(|_| Client::to(&server)).collect();
        strangers.iter_mut().for_each(|stranger| stranger.send(&plain("eve", "guess").bytes()));
        for stranger in &mut strangers {
            // Most are hung up on as well; whoever is answered, is refused or put off.
            let mut header = [0; 24];
            let answered = stranger.socket.read_exact(&mut header).is_ok();
            assert!(!answered || header[6..8] != [0, 0], "a stranger was let in");
            waited += u32::from(!answered);
        }
    }
    assert!(waited > 0, "nobody waited for a verdict of its own");
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
    cache.users().set_role("ada", Role::ReadOnly).unwrap();
    let then = counter(&cache);
    let rest: Vec<_> = (1000..400_000).map(|_| client.reply().status).collect();
    let rest = runs(&rest);
    let [(0, _), (FORBIDDEN, _)] = rest[..] else { panic!("{rest:x?}") };
    assert_eq!(counter(&cache), then, "nothing landed after the change");
    assert_eq!(client.one(&get("n")).status, 0);
    sender.join().unwrap();
}
