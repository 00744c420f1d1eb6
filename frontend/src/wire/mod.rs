//! The memcached binary protocol: bytes to meaning and back. Knows no session and no socket.
//!
//! ```text
//! input bytes --parse--> Parsed::Request(Frame)  --(whoever serves it)-->  Answer --> Outbox
//!                        Parsed::Incomplete          status numbers, texts and layouts end here
//!                        Parsed::Bad
//! ```
//!
//! Requests borrow from the input. What the wire says in numbers of its own (opcodes, quiet twins, an expiry that is
//! relative or absolute, a CAS of 0) is translated here once; nothing inside knows the numbers.

mod ahead;
mod answer;
mod front;
mod header;
mod limits;
mod opcode;
mod parse;
mod request;
mod shape;
mod status;

pub(crate) use ahead::{Ahead, is_pipeline};
pub(crate) use answer::{Answer, Asked};
pub(crate) use front::{FRONT_MAX, Front};
pub(crate) use header::HEADER_LEN;
pub(crate) use limits::{Gate, Limits};
pub(crate) use opcode::{Loudness, Verb};
#[cfg(fuzzing)]
pub(crate) use parse::claims;
pub(crate) use parse::{BadFrame, Parsed, Then, parse};
pub(crate) use request::{Direction, Echo, Frame, Hidden, How, Request, Side};
pub(crate) use status::Status;
