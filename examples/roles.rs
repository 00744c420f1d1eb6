//! Parts of an application with different rights on one cache: a writer, a read-only dashboard, a reporter who sees one part
//! of the keys, and what happens when rights change while sessions are open.
//!
//! `cargo run --example roles`

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use keyway::{Cache, Config, Refusal, Role, Rule, Rules, Users, Verb};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let users = Users::new();
    users.add("importer", "a long passphrase of the importer", Role::ReadWrite)?;
    users.add("dashboard", "a long passphrase of the dashboard", Role::ReadOnly)?;
    let cache = Cache::new(Config::new(16 << 20), users)?;

    let importer = cache.login("importer", "a long passphrase of the importer")?;
    let dashboard = cache.login("dashboard", "a long passphrase of the dashboard")?;

    importer.set("rows", "1042")?;
    importer.set("reports/today", "all is well")?;
    importer.set("reports/secret/merger", "on Friday")?;
    println!("dashboard reads {:?}", dashboard.get("rows")?);
    assert_eq!(dashboard.set("rows", "0"), Err(Refusal::Forbidden));

    // A role of one's own: by prefix, with an exception. What no rule names is refused.
    let rules = [
        Rule::allow(Verb::Stats),
        Rule::allow(Verb::Read).under("reports/"),
        Rule::deny(Verb::Read).under("reports/secret/"),
    ];
    cache.users().define_role("reporter", Rules::from(rules))?;
    cache.users().add_trusted("rita", ["reporter"])?;
    let rita = cache.session_for("rita")?;
    println!("rita reads {:?}", rita.get("reports/today")?);
    assert_eq!(rita.get("rows").err(), Some(Refusal::Forbidden));
    // Refused before anything is looked up, so it says nothing about the key.
    assert_eq!(rita.get("reports/secret/merger").err(), Some(Refusal::Forbidden));
    assert_eq!(rita.get("reports/secret/no such thing").err(), Some(Refusal::Forbidden));

    // Several roles add up, and what one of them denies stays denied.
    cache.users().set_roles("rita", ["reporter", "read-only"])?;
    println!("rita reads {:?} now", rita.get("rows")?);
    assert_eq!(rita.get("reports/secret/merger").err(), Some(Refusal::Forbidden));

    // A role that is defined anew counts at the very next verb of everybody who has it.
    cache.users().define_role("reporter", Rules::from([Rule::deny(Verb::Read).under("reports/")]))?;
    assert_eq!(rita.get("reports/today").err(), Some(Refusal::Forbidden));

    // So do other roles; no session ends by that.
    cache.users().set_roles("importer", Role::ReadOnly)?;
    assert_eq!(importer.set("rows", "1043"), Err(Refusal::Forbidden));

    // Revocation ends them; when it has returned, no write of theirs can land any more.
    cache.users().revoke("importer")?;
    assert_eq!(importer.get("rows").err(), Some(Refusal::Revoked));
    println!("importer: {}", Refusal::Revoked);
    Ok(())
}
