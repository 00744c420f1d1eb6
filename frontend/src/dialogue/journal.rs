//! What a connection writes to the log: each command at trace, what is wrong with a frame at debug, each login at
//! info. Whose connection it is, whoever drives the dialogue says by a span around it. Never a value and never a
//! login's payload; bytes of a client's choice only escaped and cut short.

use crate::{
    sasl::Misplaced,
    wire::{Asked, BadFrame, Frame, Status},
};
use keyway::{LoginError, Mechanism, OpenedBy, Session, TokenId, audit::FailureId};
use std::fmt;
use tracing::{
    Level, debug, enabled,
    field::{DisplayValue, display},
    info, trace,
};

/// Bytes of a key or name that a log line shows: enough to recognise one, too few to fill a disk with.
const SHOWN: usize = 64;

/// RFC 4422, section 3.1.
const MECHANISM_NAME_MAX: usize = 20;

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

/// A name that a client chose, in quotes that nothing in it can end: what looks like another field of the line is not
/// one.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", Escaped(self.0.as_bytes()))
    }
}

fn quoted(text: &str) -> DisplayValue<Quoted<'_>> {
    display(Quoted(text))
}

/// What stands behind the last `@`: clients that were set up for memcached's own users say their host there.
fn realm(name: &str) -> Option<&str> {
    name.rsplit_once('@').map(|(_, realm)| realm)
}

/// A mechanism's name, if the bytes could be one (RFC 4422, section 3.1): what else stands in its place may be anything, a
/// password included.
fn shown_mechanism(name: &[u8]) -> Option<&str> {
    let fits = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    let is_name = (1..=MECHANISM_NAME_MAX).contains(&name.len()) && name.iter().all(fits);
    str::from_utf8(name).ok().filter(|_| is_name)
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

pub(super) fn login(mechanism: Mechanism, session: &Session) {
    if !enabled!(Level::INFO) {
        return;
    }
    let (user, token) = (Quoted(session.user()), token_of(session));
    info!(mechanism = mechanism.name(), %user, token = token.map(display), "logged in");
}

/// By which token somebody came, if by one. Its id is no secret.
fn token_of(session: &Session) -> Option<TokenId> {
    match session.opened_by() {
        OpenedBy::Token(id) => Some(id),
        _ => None,
    }
}

// What follows is what `keyway doctor explain` reads: the fields and their order are its own business to know, and
// `frontend/src/cli/doctor/explain/` has the meaning of each reason.

pub(super) fn login_refused(mechanism: Mechanism, error: &LoginError) {
    let claimed = error.claimed_name();
    info!(
        id = %error.id(),
        mechanism = mechanism.name(),
        claimed = claimed.map(quoted),
        realm = claimed.and_then(realm).map(quoted),
        reason = ?error.failure(),
        "login refused"
    );
}

/// `why` is the limit that was met, or what else kept the login from being judged.
pub(super) fn login_put_off(id: FailureId, mechanism: Mechanism, claimed: &str, why: impl fmt::Debug) {
    info!(
        %id,
        mechanism = mechanism.name(),
        claimed = quoted(claimed),
        realm = realm(claimed).map(quoted),
        reason = ?why,
        "login put off"
    );
}

pub(super) fn login_out_of_place(id: FailureId, misplaced: &Misplaced) {
    match misplaced {
        Misplaced::NotOffered(name) => {
            info!(%id, mechanism = shown_mechanism(name), reason = %"NotOffered", "login refused");
        }
        Misplaced::NoLoginUnderWay => info!(%id, reason = %"NoLoginUnderWay", "login refused"),
        Misplaced::OtherMechanism => info!(%id, reason = %"OtherMechanism", "login refused"),
    }
}

pub(super) fn login_misshapen(id: FailureId, bad: &BadFrame) {
    info!(%id, opcode = bad.asked.opcode, reason = %"Misshapen", "login refused");
}

/// A command that came before any login, which is answered as a refused one is.
pub(super) fn login_missing(id: FailureId, bad: &BadFrame) {
    info!(%id, opcode = bad.asked.opcode, reason = %"NoLogin", "login refused");
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
