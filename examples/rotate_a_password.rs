//! A password is changed while its user is logged in: the old session ends, the old password stops, the new one works.
//!
//! `cargo run --example rotate_a_password`

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use keyway::{Cache, Config, Refusal, Role, Users};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let users = Users::new();
    users.add("worker", "the old passphrase", Role::ReadWrite)?;
    let cache = Cache::new(Config::new(16 << 20), users)?;

    let old = cache.login("worker", "the old passphrase")?;
    old.set("job", "half done")?;

    cache.users().set_password("worker", "the new passphrase")?;
    assert_eq!(old.set("job", "done twice"), Err(Refusal::Revoked));
    let refused = cache.login("worker", "the old passphrase");
    println!("with the old password: {}", refused.err().ok_or("it must be refused")?);

    let new = cache.login("worker", "the new passphrase")?;
    println!("the cache kept its items: {:?}", new.get("job")?);
    Ok(())
}
