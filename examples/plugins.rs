//! A host that hands each plug-in a session with less than its own: a part of the keys, and no flush. What the host loses, its
//! plug-ins lose.
//!
//! `cargo run --example plugins`

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use keyway::{Cache, Config, Refusal, Role, Rule, Rules, Session, Users, Verb, Verbs};
use std::error::Error;

/// What a plug-in is: it is given a session, and need not be trusted with more.
type Plugin = fn(&Session) -> Result<(), Refusal>;

fn chess(session: &Session) -> Result<(), Refusal> {
    session.set("plugins/chess/elo", "1500")?;
    session.get("settings/theme").map(drop)
}

fn spy(session: &Session) -> Result<(), Refusal> {
    session.get("plugins/chess/elo").map(drop)
}

fn vandal(session: &Session) -> Result<(), Refusal> {
    session.flush()
}

/// Whatever below a prefix of its own, and a look at the host's settings.
fn rules_for(name: &str) -> Rules {
    Rules::from([
        Rule::allow(Verbs::WITH_KEY).under(format!("plugins/{name}/")),
        Rule::allow(Verb::Read).under("settings/"),
    ])
}

fn main() -> Result<(), Box<dyn Error>> {
    let users = Users::new();
    users.add_trusted("host", Role::ReadWrite)?;
    let cache = Cache::new(Config::new(16 << 20), users)?;
    let host = cache.session_for("host")?;
    host.set("settings/theme", "dark")?;

    let plugins: [(&str, Plugin); 3] = [("chess", chess), ("spy", spy), ("vandal", vandal)];
    for (name, plugin) in plugins {
        let session = host.narrow(rules_for(name))?;
        match plugin(&session) {
            Ok(()) => println!("{name}: done"),
            Err(refusal) => println!("{name}: {refusal}"),
        }
    }
    assert_eq!(host.get("plugins/chess/elo")?.as_deref(), Some(&b"1500"[..]));

    // A plug-in can hand on less, and never more.
    let chess = host.narrow(rules_for("chess"))?;
    let helper = chess.narrow(Rules::from(Role::Admin))?;
    assert_eq!(helper.get("plugins/spy/notes").err(), Some(Refusal::Forbidden));
    helper.set("plugins/chess/elo", "1600")?;

    // What the host loses, they lose at their very next verb.
    cache.users().set_roles("host", Role::ReadOnly)?;
    assert_eq!(helper.set("plugins/chess/elo", "1700"), Err(Refusal::Forbidden));
    cache.users().revoke("host")?;
    assert_eq!(chess.get("plugins/chess/elo").err(), Some(Refusal::Revoked));
    println!("the host was revoked, and its plug-ins with it");
    Ok(())
}
