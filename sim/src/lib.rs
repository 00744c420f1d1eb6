//! What Keyway's frontend is compared with: a naive server that works out what a connection must be answered
//! ([`reference`]), stories in which a fuzzer's bytes become a conversation ([`story`]), and a simulator that drives many
//! connections at once through seeded faults ([`simulator`]).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "this is a test: what it finds is a panic"
)]

#[path = "../../frontend/tests/conversation/mod.rs"]
mod conversation;
mod pipe;
mod reference;
pub mod simulator;
pub mod story;
