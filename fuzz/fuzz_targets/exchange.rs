//! Exchanges of each mechanism, beside the reference of `sim/`: messages in any order, nearly right ones and the right ones.
//!
//! `cargo xtask fuzz exchange --seconds 60`
#![no_main]

#[cfg(not(fuzzing))]
compile_error!("cargo fuzz builds this: cargo xtask fuzz exchange");

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ends = keyway_sim::story::exchange::tell(bytes);
});
