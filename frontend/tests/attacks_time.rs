//! What a stopwatch tells of names. Named after its row in the list of known attacks.
//!
//! That the work asked for is the same is tested in `src/auth/users/tests.rs`, and that comparisons take the same time wherever
//! they fail in `src/auth/scram_hash.rs`. This one looks whether it is the same work
//! that is done: by the processor's time for this thread, which stands still while the machine does something else, in
//! turns, by medians, with a wide margin and several tries. Only what differs in all of them fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_precision_loss)] // what fails here fails the test

mod conversation;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use conversation::{Line, add_user, ask, cache, replies, user_in_each_form};
use keyway::{Attempt, Cache, Mechanism, Role, Rounds, Step, Verifier};
use keyway_frontend::{Door, Entrance};
use rustix::time::{ClockId, clock_gettime};
use std::{sync::Arc, time::Duration};

/// By how much two medians may differ.
const MARGIN: f64 = 1.3;

const TRIES: usize = 8;

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

fn cost(work: impl FnOnce()) -> Duration {
    let before = processor_time();
    work();
    processor_time() - before
}

/// How much more the dearer of two costs than the other, by the medians of so many turns each.
fn difference(turns: usize, mut one: impl FnMut() -> Duration, mut other: impl FnMut() -> Duration) -> f64 {
    let mut costs = [Vec::new(), Vec::new()];
    for _ in 0..turns {
        costs[0].push(one());
        costs[1].push(other());
    }
    let [one, other] = costs.map(|mut costs| {
        costs.sort_unstable();
        costs[costs.len() / 2].as_nanos() as f64
    });
    (one / other).max(other / one)
}

/// It is within the margin in at least one of some tries.
#[track_caller]
fn assert_alike(what: &str, mut measure: impl FnMut() -> f64) {
    let tries: Vec<f64> = (0..TRIES).map(|_| measure()).take_while(|ratio| *ratio > MARGIN).collect();
    assert!(tries.len() < TRIES, "{what}: in each try they differed by more than {MARGIN}: {tries:?}");
}

fn wrong_password(cache: &Cache, name: &str) -> Duration {
    cost(|| assert!(cache.login(name, "wrong").is_err()))
}

/// The server's part in a login by SCRAM that fails: up to the challenge, and from the client's last message on.
fn wrong_proof(door: &Arc<Door>, (mechanism, len): (&str, usize), name: &str) -> [Duration; 2] {
    let mut line = Line::to(door);
    let first = ask(0x21).key(mechanism).value(format!("n,,n={name},r=clientnonce")).bytes();
    let mut challenge = Vec::new();
    let begin = cost(|| challenge = line.send(&first));
    // A proof of the right form that is of nobody's password.
    let nonce = replies(&challenge)[0].text();
    let nonce = nonce.split(',').next().unwrap();
    let proof = STANDARD.encode(vec![0; len]);
    let last = ask(0x22).key(mechanism).value(format!("c=biws,{nonce},p={proof}")).bytes();
    let mut refusal = Vec::new();
    let end = cost(|| refusal = line.send(&last));
    assert_eq!(replies(&refusal)[0].status, 0x20);
    [begin, end]
}

/// The same for CRAM-MD5, from the client's answer on: who is asked is not known before.
fn wrong_digest(door: &Arc<Door>, name: &str) -> Duration {
    let mut line = Line::to(door);
    assert_eq!(line.status(&ask(0x21).key("CRAM-MD5")), 0x21);
    let answer = ask(0x22).key("CRAM-MD5").value(format!("{name} {}", "0".repeat(32))).bytes();
    let mut refusal = Vec::new();
    let cost = cost(|| refusal = line.send(&answer));
    assert_eq!(replies(&refusal)[0].status, 0x20);
    cost
}

/// Proofs that are judged in one go, so that the judgement is most of what is measured.
const JUDGED: usize = 16;

/// The judgement of a wrong proof by itself, without the connection around it.
fn judgement(cache: &Cache, mechanism: Mechanism, name: &str) -> Duration {
    let attempt = || {
        let exchange = cache.exchange(mechanism);
        let first = format!("n,,n={name},r=clientnonce");
        let first = if mechanism == Mechanism::CramMd5 { "" } else { &first };
        let Step::Challenge(challenge, exchange) = exchange.step(first.as_bytes()) else { panic!("{name}") };
        let nonce = String::from_utf8(challenge).unwrap().split(',').next().unwrap().to_owned();
        let answer = match mechanism {
            Mechanism::CramMd5 => format!("{name} {}", "0".repeat(32)),
            Mechanism::ScramSha512 => format!("c=biws,{nonce},p={}", STANDARD.encode([0; 64])),
            _ => format!("c=biws,{nonce},p={}", STANDARD.encode([0; 32])),
        };
        match exchange.step(answer.as_bytes()) {
            Step::Verify(attempt) => attempt,
            other => panic!("{name}: {other:?}"),
        }
    };
    let attempts: Vec<Attempt> = (0..JUDGED).map(|_| attempt()).collect();
    cost(|| assert!(attempts.into_iter().all(|attempt| attempt.verify().is_err())))
}

#[test]
fn row_26_a_proof_in_a_name_that_nobody_has_is_judged_as_long_as_one_in_a_name_that_somebody_has() {
    let cache = cache();
    cache.users().add_record(user_in_each_form("ada", Role::ReadWrite)).unwrap();
    for mechanism in [Mechanism::ScramSha512, Mechanism::ScramSha256, Mechanism::CramMd5] {
        assert_alike(mechanism.name(), || {
            let cost = |name: &str| judgement(&cache, mechanism, name);
            difference(101, || cost("ada"), || cost("eve"))
        });
    }
}

#[test]
fn row_26_a_name_that_nobody_has_takes_as_long_as_one_that_somebody_has() {
    let cache = cache();
    // As many users as make a look-up cost something.
    let mut record = user_in_each_form("ada", Role::ReadWrite);
    cache.users().add_record(record.clone()).unwrap();
    for number in 0..2000 {
        record.name = format!("user{number}");
        cache.users().add_record(record.clone()).unwrap();
    }
    assert_alike("PLAIN", || {
        difference(25, || wrong_password(&cache, "ada"), || wrong_password(&cache, "eve"))
    });
    let mut entrance = Entrance::default();
    entrance.mechanisms = Mechanism::ALL.to_vec();
    let door = Arc::new(Door::new(cache, Default::default()).through(entrance));
    for mechanism in [("SCRAM-SHA-256", 32), ("SCRAM-SHA-512", 64)] {
        for (part, what) in ["the challenge", "the proof"].into_iter().enumerate() {
            assert_alike(&format!("{}, {what}", mechanism.0), || {
                let cost = |name: &str| wrong_proof(&door, mechanism, name)[part];
                difference(501, || cost("ada"), || cost("eve"))
            });
        }
    }
    assert_alike("CRAM-MD5", || {
        difference(501, || wrong_digest(&door, "ada"), || wrong_digest(&door, "eve"))
    });
}

/// Whoever compared before deriving, and stopped where two bytes differ, would be quicker for the first than for the last.
#[test]
fn row_26_a_password_wrong_in_its_first_byte_takes_as_long_as_one_wrong_in_its_last() {
    let password = "p".repeat(1000);
    let cache = cache();
    let verifier = Verifier::derive(&password, Rounds::MIN).unwrap();
    cache.users().add_verifier("ada", verifier, Role::ReadWrite).unwrap();
    let (first, last) = (format!("q{}", &password[1..]), format!("{}q", &password[1..]));
    let wrong = |password: &str| cost(|| assert!(cache.login("ada", password).is_err()));
    assert_alike("never logged in", || difference(25, || wrong(&first), || wrong(&last)));
    // From here on there is a password to compare with that costs no derivation.
    assert!(cache.login("ada", &password).is_ok());
    assert_alike("remembered", || difference(25, || wrong(&first), || wrong(&last)));
}

/// The least that gave names away elsewhere: no derivation for those that do not exist.
#[test]
fn a_difference_is_seen() {
    let cache = cache();
    add_user(&cache, "ada", Role::ReadWrite);
    let cheap = || cost(|| assert!(cache.login("eve\n", "wrong").is_err()));
    assert!(difference(25, || wrong_password(&cache, "ada"), cheap) > 2.0 * MARGIN);
}
