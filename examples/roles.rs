//! Parts of an application with different rights on one cache: a writer, a read-only dashboard, and what happens when
//! rights change while sessions are open.
//!
//! `cargo run --example roles`

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use keyway::{Cache, Config, Refusal, Role, Users};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let users = Users::new();
    users.add("importer", "a long passphrase of the importer", Role::ReadWrite)?;
    users.add("dashboard", "a long passphrase of the dashboard", Role::ReadOnly)?;
    let cache = Cache::new(Config::new(16 << 20), users)?;

    let importer = cache.login("importer", "a long passphrase of the importer")?;
    let dashboard = cache.login("dashboard", "a long passphrase of the dashboard")?;

    importer.set("rows", "1042")?;
    println!("dashboard reads {:?}", dashboard.get("rows")?);
    assert_eq!(dashboard.set("rows", "0"), Err(Refusal::Forbidden));

    // A changed role counts at the very next verb of the sessions that are open.
    cache.users().set_roles("importer", Role::ReadOnly)?;
    assert_eq!(importer.set("rows", "1043"), Err(Refusal::Forbidden));

    // Revocation ends them; when it has returned, no write of theirs can land any more.
    cache.users().revoke("importer")?;
    assert_eq!(importer.get("rows").err(), Some(Refusal::Revoked));
    println!("importer: {}", Refusal::Revoked);
    Ok(())
}
