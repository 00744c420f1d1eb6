//! Any bytes are taken apart into the same frames in any pieces, with the door open and closed, and none asks for more
//! than it may.
//!
//! `cargo xtask fuzz frame --seconds 60`
#![no_main]

#[cfg(not(fuzzing))]
compile_error!("cargo fuzz builds this: cargo xtask fuzz frame");

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| keyway_frontend::fuzzing::check_frames(bytes));
