//! CRAM-MD5 (RFC 2195), the server's side.
//!
//! ```text
//!  client                                    server
//!    | (empty)                                 |
//!    |---------------------------------------->| begin          -> AwaitingResponse
//!    |        <random.time@host>               |
//!    |<----------------------------------------|
//!    | user 0123456789abcdef0123456789abcdef   |
//!    |---------------------------------------->| read           -> ClaimedResponse
//!    |                                         | judge          -> Grant
//! ```
//!
//! It is weak: whoever listens can try passwords at one hash each, the client learns nothing of the server, and what is
//! stored logs in as it is. It is here for clients that speak nothing better but PLAIN.

mod dialogue;
mod secret;

pub(super) use dialogue::{AwaitingResponse, ClaimedResponse, begin};
pub use secret::CramMd5Secret;
pub(super) use secret::DIGEST_LEN;
