//! A connection before login, beside the naive server of `sim/`: every exchange, nearly right messages and the right ones.
//!
//! `cargo xtask fuzz locked --seconds 60`
#![no_main]

#[cfg(not(fuzzing))]
compile_error!("cargo fuzz builds this: cargo xtask fuzz locked");

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _told = keyway_sim::story::locked::tell(bytes);
});
