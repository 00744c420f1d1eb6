//! SCRAM (RFC 5802, RFC 7677), the server's side, with either hash function.
//!
//! ```text
//!  client                                    server
//!    | n,,n=user,r=nonce                       |
//!    |---------------------------------------->| begin          -> AwaitingProof
//!    |        r=nonce+ours,s=salt,i=rounds     |
//!    |<----------------------------------------|
//!    | c=biws,r=nonce+ours,p=proof             |
//!    |---------------------------------------->| read           -> ClaimedProof
//!    |                                         | judge          -> AwaitingReceipt
//!    |        v=signature                      |
//!    |<----------------------------------------|
//!    | (empty)                                 |
//!    |---------------------------------------->| finish         -> Grant
//! ```
//!
//! The mechanisms with -PLUS say `p=tls-exporter,,` in place of `n,,`, and have in `c=` behind it what no other channel has; see
//! `binding`.
//!
//! Each state is consumed by its one step, so a dialogue can be neither repeated nor taken up after a failure. The
//! signature goes out before the login counts, because a client that finds it wrong must be able to walk away. A proof is
//! judged in a step of its own, because it is a guess, and whoever limits guesses must be asked first.

mod binding;
mod dialogue;
mod gs2;
mod message;
mod saslname;

pub(super) use binding::Binding;
#[cfg(not(loom))]
#[cfg(test)]
pub(super) use dialogue::begin_with_nonce;
pub(super) use dialogue::{AwaitingProof, AwaitingReceipt, ClaimedProof, begin, claimed_name};
