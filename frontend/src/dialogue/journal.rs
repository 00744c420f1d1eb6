//! What a connection writes to the log: each command at trace, what is wrong with a frame at debug, each login at
//! info. Whose connection it is, whoever drives the dialogue says by a span around it. Never a value and never a
//! login's payload; bytes of a client's choice only escaped and cut short.

use crate::wire::{Asked, BadFrame, Frame, Status};
use keyway::{LoginError, Mechanism};
use std::fmt;
use tracing::{Level, debug, enabled, info, trace};

/// Bytes of a key or name that a log line shows: enough to recognise one, too few to fill a disk with.
const SHOWN: usize = 64;

/// Bytes that a client chose, fit for one line of a log.
struct Escaped<'a>(&'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.get(..SHOWN) {
            Some(shown) if self.0.len() > SHOWN => {
                write!(f, "{}... ({} bytes)", shown.escape_ascii(), self.0.len())
            }
            _ => write!(f, "{}", self.0.escape_ascii()),
        }
    }
}

pub(super) fn command(asked: Asked, frame: &Frame<'_>, status: Status) {
    if enabled!(Level::TRACE) {
        trace!(
            opcode = %format_args!("{:#04x}", asked.opcode),
            verb = ?frame.opcode.verb,
            loudness = ?frame.opcode.loudness,
            key = %Escaped(frame.request.key()),
            ?status,
            "served"
        );
    }
}

pub(super) fn filled(asked: Asked, len: usize, status: Status) {
    trace!(opcode = %format_args!("{:#04x}", asked.opcode), len, ?status, "served, a large value");
}

pub(super) fn turned_away(asked: Asked, frame_len: usize, status: Status) {
    debug!(
        opcode = asked.opcode,
        frame_len,
        ?status,
        "no room for a value on its way in (--unfinished-values)"
    );
}

pub(super) fn bad_frame(bad: &BadFrame, status: Option<Status>) {
    debug!(opcode = bad.asked.opcode, ?status, then = ?bad.then, "frame refused");
}

pub(super) fn login(mechanism: Mechanism, user: &str) {
    info!(mechanism = mechanism.name(), user = %Escaped(user.as_bytes()), "logged in");
}

pub(super) fn login_refused(mechanism: Mechanism, error: &LoginError) {
    let claimed = error.claimed_name().unwrap_or_default();
    info!(
        mechanism = mechanism.name(),
        claimed = %Escaped(claimed.as_bytes()),
        reason = ?error.failure(),
        "login refused"
    );
}

pub(super) fn login_out_of_place(asked: Asked) {
    info!(opcode = asked.opcode, "login refused: no such mechanism here, or no login under way");
}

pub(super) fn login_put_off(mechanism: Mechanism) {
    info!(
        mechanism = mechanism.name(),
        "login put off: too many guesses, or too many passwords are being verified"
    );
}

/// The source's own entry says why it does not tell.
pub(super) fn login_in_doubt(mechanism: Mechanism, error: &LoginError) {
    let claimed = error.claimed_name().unwrap_or_default();
    info!(
        mechanism = mechanism.name(),
        claimed = %Escaped(claimed.as_bytes()),
        reason = ?error.failure(),
        "login put off"
    );
}

pub(super) fn too_many_failures() {
    info!("too many refused logins on one connection, closing it");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_sends_cannot_break_a_log_line_or_fill_it() {
        assert_eq!(
            Escaped(b"a\r\nroot logged in\0\x1b[31m\xff").to_string(),
            r"a\r\nroot logged in\x00\x1b[31m\xff"
        );
        let long = Escaped(&[b'k'; 250]).to_string();
        assert_eq!(long, format!("{}... (250 bytes)", "k".repeat(64)));
        assert_eq!(Escaped(&[b'k'; 64]).to_string(), "k".repeat(64));
    }
}
