//! A connection after login, beside the naive server of `sim/`: any verbs in any pieces, with time passing between.
//!
//! `cargo xtask fuzz open --seconds 60`
#![no_main]

#[cfg(not(fuzzing))]
compile_error!("cargo fuzz builds this: cargo xtask fuzz open");

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _told = keyway_sim::story::open::tell(bytes);
});
