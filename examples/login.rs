//! The three ways to a session: a password, an exchange of a mechanism, and trusted code; and where blocking work goes.
//!
//! `cargo run --example login`

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use keyway::{Cache, Config, LoginError, Mechanism, Refusal, Role, Session, Step, Users, Verified};
use std::{error::Error, thread};

fn main() -> Result<(), Box<dyn Error>> {
    let users = Users::new();
    users.add("ada", "correct horse battery staple", Role::ReadWrite)?;
    users.add_trusted("reports", Role::ReadOnly)?;
    let cache = Cache::new(Config::new(16 << 20), users)?;

    // A password, in one call. It derives a key: milliseconds, the same for a name that does not exist.
    let ada = cache.login("ada", "correct horse battery staple")?;
    ada.set("greeting", "hello")?;
    for (name, password) in [("ada", "a guess"), ("eve", "a guess")] {
        // Whoever is refused learns nothing; the operator's log may know more.
        let error = cache.login(name, password).err().ok_or("it must be refused")?;
        println!("{name}: {error} ({})", error.failure());
    }

    // A mechanism, for a protocol of one's own: messages in, messages out, and the derivation where it hurts nobody.
    let message = b"\0ada\0correct horse battery staple".to_vec();
    let session = thread::scope(|scope| scope.spawn(|| by_plain(&cache, &message)).join());
    let session = session.map_err(|_| "the thread must not panic")??;
    println!("by PLAIN: {} reads {:?}", session.user(), session.get("greeting")?);

    // Trusted code names its user, and proves nothing.
    let reports = cache.session_for("reports")?;
    assert!(reports.get("greeting")?.is_some());
    assert_eq!(reports.set("greeting", "bye").err(), Some(Refusal::Forbidden));
    Ok(())
}

/// PLAIN says all in its first message. Another mechanism would be answered by a challenge.
fn by_plain(cache: &Cache, message: &[u8]) -> Result<Session, LoginError> {
    match cache.exchange(Mechanism::Plain).step(message) {
        // It was verified before.
        Step::Open(session) => Ok(session),
        // A guess, to be counted by whoever limits guesses.
        Step::Verify(attempt) => match attempt.verify()? {
            Verified::Open(session) => Ok(session),
            Verified::Challenge(..) => unreachable!("PLAIN is over after one message"),
        },
        Step::Refused(error) => Err(error),
        Step::Challenge(..) => unreachable!("it was not empty"),
    }
}
