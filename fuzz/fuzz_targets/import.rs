//! Any bytes are read as each kind of file that users come from: they are users or an error, and what is passed over is said without
//! passwords.
//!
//! `cargo xtask fuzz import --seconds 60`
#![no_main]

use keyway_frontend::import::{Format, Plan, Realms};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for format in
        [Format::Sasldb, Format::Pwdb, Format::Authfile, Format::Postgres, Format::Htpasswd, Format::RedisAcl]
    {
        let Ok(found) = format.read(bytes) else { continue };
        assert!(found.entries.iter().all(|entry| !entry.name.is_empty()));
        let count = found.entries.len();
        let plan = Plan::of(found, &Realms::Strip);
        assert!(plan.users.len() + plan.ambiguous.len() <= count);
        assert!(plan.users.windows(2).all(|two| two[0].name < two[1].name));
    }
});
