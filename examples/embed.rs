//! A service embeds the cache and uses it through a session of its own.
//!
//! `cargo run --example embed`

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use keyway::{Cache, Config, Delta, Draft, Refusal, Role, Users};
use std::{error::Error, time::Duration};

fn main() -> Result<(), Box<dyn Error>> {
    // 64 MiB for items and their bookkeeping; a bound that holds at every moment.
    let cache = Cache::new(Config::new(64 << 20), Users::new())?;

    // The service itself is trusted code: it names its user instead of proving one.
    cache.users().add_trusted("service", Role::ReadWrite)?;
    let session = cache.session_for("service")?;

    session.set("greeting", Draft::new("hello").expires(Duration::from_secs(300)))?;
    let greeting = session.get("greeting")?.ok_or("it was just stored")?;
    println!("greeting: {}", greeting.escape_ascii());

    // Counters are atomic, whichever threads step them.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                (0..1000).try_for_each(|_| session.incr("hits", Delta::by(1).or_initial(1)).map(drop))
            });
        }
    });
    let hits = session.get("hits")?.ok_or("it was just counted")?;
    println!("hits: {}", hits.escape_ascii());
    assert_eq!(&*hits, b"4000");

    // Compare and swap: only one of two writers who saw the same version gets through.
    let seen = session.set("seat", "free")?;
    session.cas("seat", "taken", seen)?;
    assert_eq!(session.cas("seat", "taken twice", seen), Err(Refusal::Exists));

    let stats = cache.stats();
    println!("{} items in {} of {} bytes", stats.items, stats.bytes, stats.budget);
    Ok(())
}
