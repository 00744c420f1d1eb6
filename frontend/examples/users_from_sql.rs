//! Users who live in an application's own database: they log in with what it stores, lose a session when it changes, and go on
//! logging in while it is away.
//!
//! `cargo run --package keyway-frontend --features sqlite --example users_from_sql`

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use keyway::{Cache, Config, LoginFailure, Refusal, Rounds, Users, Verifier};
use keyway_frontend::SourceSettings;
use rusqlite::Connection;
use std::{error::Error, fs};

/// What an operator would put into a file for `keyway serve --users-source`. Each login asks, and for ten minutes goes on with
/// the last answer if there is none.
const SETTINGS: &str = "
    fresh_seconds = 0
    grace_seconds = 600
    [sqlite]
    file = 'app.db'
    query = 'SELECT cache_password, cache_role FROM accounts WHERE login = ?1 AND active'
";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let database = Connection::open(folder.path().join("app.db"))?;
    database.execute_batch(
        "CREATE TABLE accounts (login TEXT, active INT, cache_password TEXT, cache_role TEXT)",
    )?;
    // What is stored is no password: whoever reads the table cannot log in with what is there.
    let stored = Verifier::derive("correct horse battery staple", Rounds::default())?.to_string();
    database.execute("INSERT INTO accounts VALUES ('worker', 1, ?1, 'read-write')", [&stored])?;

    let settings = SourceSettings::parse(SETTINGS, folder.path())?;
    let users = Users::new();
    users.draw_from(settings.open()?, settings.terms());
    let cache = Cache::new(Config::new(16 << 20), users)?;

    let session = cache.login("worker", "correct horse battery staple")?;
    session.set("job", "half done")?;
    println!("logged in as {}, with the role that the database says", session.user());

    // A server does this each minute: see `recheck_seconds`.
    database.execute("UPDATE accounts SET cache_role = 'read-only'", [])?;
    cache.users().look_again()?;
    assert_eq!(session.set("job", "done"), Err(Refusal::Forbidden));
    println!("another role counts for the session that is open");

    // The database goes away; whoever it knew comes in all the same, and of others nothing is told.
    fs::rename(folder.path().join("app.db"), folder.path().join("away.db"))?;
    cache.login("worker", "correct horse battery staple")?;
    let told = cache.login("somebody", "else").map_err(|error| error.failure());
    assert_eq!(told.err(), Some(LoginFailure::SourceUnavailable));
    println!("while the database is away, those whom it knew log in");

    fs::rename(folder.path().join("away.db"), folder.path().join("app.db"))?;
    database.execute("UPDATE accounts SET active = 0", [])?;
    // It is asked again after a pause.
    while cache.users().look_again().is_err() {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(session.get("job").err(), Some(Refusal::Revoked));
    println!("who is not active any more has no session");
    Ok(())
}
