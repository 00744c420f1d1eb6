//! Reading the audit in the process: what is new, in the order in which it happened, as lines of one's own.
//!
//! `cargo run --example audit`
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use keyway::{
    Cache, Config, Role, Rules, Users,
    audit::{Entry, Recent, Sequence, Value},
};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let users = Users::new();
    users.add("ada", "correct horse battery staple", Role::ReadOnly)?;
    users.add_trusted("warden", Role::Admin)?;
    users.define_role("watched", Rules::from(Role::ReadWrite).sample(1.0))?;
    users.add_trusted("plugin", ["watched"])?;
    let cache = Cache::new(Config::new(64 << 20), users)?;
    // Keys may say much about whoever the data is of, so none are shown unless somebody asks.
    cache.audit().show_keys(12);

    let warden = cache.session_for("warden")?;
    let mut seen = Sequence::START;

    let ada = cache.login("ada", "correct horse battery staple")?;
    let _refused = ada.set("orders/4711/address", "...");
    let _refused = cache.login("ada", "guess");
    seen = show("a login, a write that is not allowed, a guess", &warden.audit_since(seen)?);

    cache.session_for("plugin")?.set("plugins/chess/elo", "1500")?;
    seen = show("a write that is sampled", &warden.audit_since(seen)?);

    cache.users().set_roles("ada", Role::ReadWrite)?;
    cache.users().revoke("ada")?;
    let _refused = ada.get("orders/4711/address");
    seen = show("another role, a revocation, and what came of it", &warden.audit_since(seen)?);

    // Whoever floods it is counted.
    for _ in 0..10_000 {
        let _refused = ada.get("k");
    }
    cache.audit().settle();
    show("ten thousand refusals", &warden.audit_since(seen)?);
    Ok(())
}

fn show(what: &str, news: &Recent) -> Sequence {
    println!("\n{what}: {} entries, {} missed", news.entries.len(), news.missed);
    for entry in news.entries.iter().take(5) {
        println!("  {}", line(entry));
    }
    if let [.., last] = news.entries.as_slice()
        && news.entries.len() > 5
    {
        println!("  ...\n  {}", line(last));
    }
    news.last
}

/// An entry as `field=value` pairs.
fn line(entry: &Entry) -> String {
    let mut pairs = Vec::new();
    entry.fields(|field, value| {
        pairs.push(match value {
            Value::Text(text) => format!("{field}={text}"),
            // Chosen by a peer: in quotes, and nothing in it can end them.
            Value::Claimed(text) => format!("{field}={text:?}"),
            Value::Bytes(bytes) => format!("{field}=\"{}\"", bytes.escape_ascii()),
            Value::Number(number) => format!("{field}={number}"),
            Value::Failure(id) => format!("{field}={id}"),
            Value::Peer(peer) => format!("{field}={peer}"),
            Value::Addresses(addresses) => format!("{field}={addresses:?}"),
            // A program of one's own would write it as it writes others.
            Value::Time(_) => return,
        });
    });
    pairs.join(" ")
}
