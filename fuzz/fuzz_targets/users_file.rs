//! Any text is refused as a users file with a reason, or is one that is written and read again as the same.
//!
//! `cargo xtask fuzz users-file --seconds 60`
#![no_main]

#[cfg(not(fuzzing))]
compile_error!("cargo fuzz builds this: cargo xtask fuzz users-file");

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|text: &str| keyway_frontend::fuzzing::check_users_file(text));
