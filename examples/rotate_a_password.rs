//! A password is changed while clients use it, with no outage; and one that became known is changed at once.
//!
//! `cargo run --example rotate_a_password`

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use keyway::{Cache, Config, Refusal, Role, Users};
use std::{error::Error, thread, time::Duration};

/// A day where clients have to be told; here, nobody waits that long.
const GRACE: Duration = Duration::from_millis(1500);

fn main() -> Result<(), Box<dyn Error>> {
    let users = Users::new();
    users.add("worker", "the old passphrase", Role::ReadWrite)?;
    let cache = Cache::new(Config::new(16 << 20), users)?;
    let old = cache.login("worker", "the old passphrase")?;
    old.set("job", "half done")?;

    // Both count until the grace is over, and nobody's session ends before.
    cache.users().rotate("worker", "the new passphrase", GRACE)?;
    old.set("job", "nearly done")?;
    let late = cache.login("worker", "the old passphrase")?;
    let new = cache.login("worker", "the new passphrase")?;
    for credential in cache.users().credentials("worker")? {
        println!("credential {}: expires {:?}", credential.label, credential.expires);
    }

    // Then the old one is over, with the sessions that were opened with it, and with no others.
    thread::sleep(GRACE);
    cache.maintain();
    assert_eq!(old.set("job", "done twice").err(), Some(Refusal::Revoked));
    assert_eq!(late.get("job").err(), Some(Refusal::Revoked));
    let refused = cache.login("worker", "the old passphrase");
    println!("with the old password: {}", refused.err().ok_or("it must be refused")?);
    println!("the cache kept its items: {:?}", new.get("job")?);

    // A password that somebody else knows gets no grace: every session ends at once.
    cache.users().set_password("worker", "the newest passphrase")?;
    assert_eq!(new.get("job").err(), Some(Refusal::Revoked));
    cache.login("worker", "the newest passphrase")?.set("job", "done")?;
    Ok(())
}
