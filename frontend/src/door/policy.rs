//! What a door lets through: every setting with its default and the reason for it.

use keyway::{Channel, Mechanism, Session, Users};
use std::time::Duration;

/// What a door lets through.
///
/// ```
/// let mut policy = keyway_frontend::Policy::default();
/// policy.max_connections = 64;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Policy {
    /// Offered mechanisms, listed in this order. Empty: SASL is off (0x81), which is only useful with `anonymous`.
    ///
    /// Clients take the strongest of the list, and do not try another one when that fails. So SCRAM-SHA-512 is taken but left out
    /// of the list while SCRAM-SHA-256 is offered and a user could log in by that one alone; likewise CRAM-MD5 beside PLAIN,
    /// where no SCRAM is offered. CRAM-MD5 is in no default: [`Mechanism::CramMd5`] says why.
    ///
    /// Where a connection has a channel of TLS to bind to, each SCRAM of this list is offered with -PLUS as well, before all others; one
    /// that is here with -PLUS alone is offered only there. EXTERNAL is offered where it is proven who the peer is, and shown to
    /// those who are users.
    pub mechanisms: Vec<Mechanism>,
    /// Where SCRAM's last message of the server goes. By default in a step of its own.
    pub server_final: ServerFinal,
    /// If set, connections have this session without login. One that tries to log in as somebody gives it up: a
    /// client that claims a name has to prove it.
    pub anonymous: Option<Session>,
    /// The longest value of a request after login, in bytes; a longer one is answered 0x03 and skipped as it comes,
    /// without being buffered.
    pub max_item: usize,
    /// Refused logins of one connection before it is closed, at least one. By default
    /// [`MAX_LOGIN_FAILURES`].
    pub login_attempts: u8,
    /// Output of an open connection, in bytes, at which it takes no more requests until the output is written: what a
    /// client that asks and never reads can cost, give or take one answer. By default 64 KiB, enough to fill a write.
    pub unread_output: usize,
    /// Bytes of large requests (above 16 KiB) that have not come whole, over all connections: the values that are on their
    /// way in are not part of the cache's budget, and this is theirs. What is announced counts, as a whole. A request that
    /// finds no room is answered 0x82 and skipped as it comes, without being buffered; one alone always finds room.
    /// `None`: a quarter of the budget, which with the usual 64 MiB is sixteen of the largest at once.
    pub unfinished_values: Option<usize>,
    /// How long somebody who is logged in may be silent before the connection is closed, give or take a quarter more;
    /// `None`: for ever. By default so, as in memcached: pools keep connections that they do not need at the moment, an
    /// idle one costs some 500 bytes, and a client that finds its connection gone may report an error. What is under way
    /// and does not move, such as half a request or an answer that is not taken, is silence, too.
    pub idle_timeout: Option<Duration>,
    /// For `stats settings`.
    pub max_connections: usize,
    /// Event loop threads (and tallies).
    pub threads: usize,
}

/// Where the server's last message of SCRAM goes (RFC 5802, section 5, server-final-message), which proves to the client that
/// the server knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerFinal {
    /// In a challenge (0x21) that the client answers with an empty step; then comes success. So do memcached and libsasl2, and
    /// libmemcached checks it there and gives up where it is wrong.
    #[default]
    Step,
    /// In the packet that tells of success, in place of the text `Authenticated`: what clients of Couchbase wait for, and one
    /// round trip less. libmemcached logs in this way too, but does not look at it, so that anybody could pose as the server.
    Success,
}

/// Refused logins of one connection before it is closed, unless the policy says otherwise: enough for a client that tries several mechanisms, few
/// enough that guessing costs a new connection all the time. A good login in between does not start it again, or
/// whoever has one password could guess at the others without end.
pub const MAX_LOGIN_FAILURES: u8 = 5;

/// memcached's own, which clients' tests expect.
const MAX_CONNECTIONS: usize = 1024;

impl Policy {
    /// Those of the offered mechanisms that clients are shown, in their order.
    ///
    /// Clients take the strongest that they are shown, and if it fails try no other. So one is not shown while the next
    /// one is offered as well and there is a user who can log in by that alone; whoever asks for it by name still may. Never
    /// so of SCRAM-SHA-256: without it, clients would send their passwords.
    #[must_use]
    pub fn listed(&self, users: &Users, channel: &Channel) -> Vec<Mechanism> {
        let known = channel.identity.as_ref().is_some_and(|identity| users.know(identity));
        let shown = |mechanism: &Mechanism| {
            let unbound = mechanism.unbound();
            // With -PLUS and without it, what a user needs is the same.
            let misleads = self.misleads(unbound, users);
            self.takes(*mechanism, channel) && !misleads && (known || *mechanism != Mechanism::External)
        };
        let bound = Mechanism::ALL.into_iter().filter(|mechanism| mechanism.binds());
        let others = self.mechanisms.iter().copied().filter(|mechanism| !mechanism.binds());
        bound.chain(others).filter(shown).collect()
    }

    /// Whether a login by this mechanism may begin on such a channel.
    #[must_use]
    pub fn takes(&self, mechanism: Mechanism, channel: &Channel) -> bool {
        let offers = |mechanism| self.mechanisms.contains(&mechanism);
        if mechanism.binds() {
            channel.tls_exporter.is_some() && (offers(mechanism) || offers(mechanism.unbound()))
        } else if mechanism == Mechanism::External {
            channel.identity.is_some() && offers(mechanism)
        } else {
            offers(mechanism)
        }
    }

    /// Whether clients would take this mechanism first, and fail where the next one works, for want of what is stored for it.
    fn misleads(&self, mechanism: Mechanism, users: &Users) -> bool {
        let offers = |other| self.mechanisms.iter().any(|mechanism| mechanism.unbound() == other);
        let next = match mechanism {
            Mechanism::ScramSha512 => Mechanism::ScramSha256,
            Mechanism::CramMd5 if !offers(Mechanism::ScramSha512) && !offers(Mechanism::ScramSha256) => {
                Mechanism::Plain
            }
            _ => return false,
        };
        offers(next) && users.anyone_needs(next, mechanism)
    }
}

impl Default for Policy {
    /// SCRAM-SHA-512, SCRAM-SHA-256, EXTERNAL and PLAIN, nobody without login, values up to 1 MiB, 1024 connections, one thread.
    fn default() -> Self {
        Self {
            mechanisms: vec![
                Mechanism::ScramSha512,
                Mechanism::ScramSha256,
                Mechanism::External,
                Mechanism::Plain,
            ],
            server_final: ServerFinal::default(),
            anonymous: None,
            max_item: 1 << 20,
            login_attempts: MAX_LOGIN_FAILURES,
            unread_output: 64 << 10,
            unfinished_values: None,
            idle_timeout: None,
            max_connections: MAX_CONNECTIONS,
            threads: 1,
        }
    }
}
