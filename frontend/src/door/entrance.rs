//! What one way in lets through: every setting with its default and the reason for it.

use keyway::{Channel, Mechanism, Session, Users};

/// What one way in lets through: each listener has its own. What is the same for all of them is the
/// [`Policy`](super::Policy).
///
/// ```
/// use keyway::{Channel, Mechanism};
///
/// let mut entrance = keyway_frontend::Entrance::default();
/// entrance.mechanisms = vec![Mechanism::ScramSha256];
/// assert!(!entrance.takes(Mechanism::Plain, &Channel::default()));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Entrance {
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
    /// Over what PLAIN is taken, which sends the password itself. A server leaves it out of the mechanisms of a listener where it
    /// is not. Who drives connections by an own loop knows what they go over, and sees to it with `mechanisms`.
    pub plain: PlainOver,
}

/// Where the server's last message of SCRAM goes (RFC 5802, section 5, server-final-message), which proves to the client that
/// the server knows it.
///
/// ```
/// use keyway_frontend::{Entrance, ServerFinal};
///
/// let mut entrance = Entrance::default();
/// assert_eq!(entrance.server_final, ServerFinal::Step);
/// entrance.server_final = ServerFinal::Success; // for clients of Couchbase
/// ```
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

/// Over what PLAIN is taken (RFC 4616, section 5: not without protection of the connection).
///
/// ```
/// use keyway::{Cache, Config, Mechanism, Users};
/// use keyway_frontend::{LeftOut, Listener, PlainOver};
///
/// let mut outside = Listener::from(([0, 0, 0, 0], 11211));
/// assert!(outside.offer()?.left_out.contains(&(Mechanism::Plain, LeftOut::PasswordInTheClear)));
/// outside.entrance.plain = PlainOver::Anything;
/// assert!(outside.offer()?.mechanisms.contains(&Mechanism::Plain));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlainOver {
    /// TLS, a unix socket or the loopback: where nobody on the way can read the password.
    #[default]
    Protected,
    /// Whatever there is. Whoever can listen on the way has the password then.
    Anything,
}

impl Entrance {
    /// Those of the offered mechanisms that clients are shown, in their order.
    ///
    /// Clients take the strongest that they are shown, and if it fails try no other. So one is not shown while the next
    /// one is offered as well and there is a user who can log in by that alone; whoever asks for it by name still may. Never
    /// so of SCRAM-SHA-256: without it, clients would send their passwords.
    ///
    /// ```
    /// use keyway::{Channel, Mechanism, Role, Users};
    /// use keyway_frontend::Entrance;
    ///
    /// let users = Users::new();
    /// users.add("ada", "pencil", Role::ReadWrite)?; // a verifier for SCRAM-SHA-256
    /// let entrance = Entrance::default(); // which takes SCRAM-SHA-512 as well
    /// assert!(entrance.takes(Mechanism::ScramSha512, &Channel::default()));
    /// assert_eq!(entrance.listed(&users, &Channel::default()), [Mechanism::ScramSha256, Mechanism::Plain]);
    /// # Ok::<(), keyway::UserError>(())
    /// ```
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
    ///
    /// ```
    /// use keyway::{Channel, ExternalIdentity, Mechanism};
    /// use keyway_frontend::Entrance;
    ///
    /// let (entrance, mut channel) = (Entrance::default(), Channel::default());
    /// assert!(!entrance.takes(Mechanism::External, &channel));
    /// channel.identity = Some(ExternalIdentity::default()); // somebody has said who it is
    /// assert!(entrance.takes(Mechanism::External, &channel));
    /// ```
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

impl Default for Entrance {
    /// SCRAM-SHA-512, SCRAM-SHA-256, EXTERNAL and, where the way is protected, PLAIN; nobody without login.
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
            plain: PlainOver::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyway::ExternalIdentity;

    /// Whether an entrance that offers this one alone takes `asked`.
    fn takes(offered: Mechanism, asked: Mechanism, channel: &Channel) -> bool {
        Entrance { mechanisms: vec![offered], ..Entrance::default() }.takes(asked, channel)
    }

    #[test]
    fn what_binds_needs_a_channel_and_an_offer_with_or_without_plus() {
        let bound = Channel { tls_exporter: Some([7; 32]), ..Channel::default() };
        let plus = Mechanism::ScramSha256Plus;
        for offered in Mechanism::ALL {
            let fits = offered.unbound() == Mechanism::ScramSha256;
            assert_eq!(takes(offered, plus, &bound), fits, "{offered}");
            assert!(!takes(offered, plus, &Channel::default()), "{offered}");
        }
    }

    #[test]
    fn external_needs_a_proof_of_who_it_is_and_an_offer() {
        let proven = Channel { identity: Some(ExternalIdentity::default()), ..Channel::default() };
        for offered in Mechanism::ALL {
            let is_external = offered == Mechanism::External;
            assert_eq!(takes(offered, Mechanism::External, &proven), is_external, "{offered}");
            assert!(!takes(offered, Mechanism::External, &Channel::default()), "{offered}");
        }
    }

    #[test]
    fn any_other_is_taken_where_it_is_offered_itself() {
        for asked in [Mechanism::ScramSha256, Mechanism::Plain, Mechanism::CramMd5] {
            for offered in Mechanism::ALL {
                assert_eq!(takes(offered, asked, &Channel::default()), offered == asked, "{offered} {asked}");
            }
        }
    }

    #[test]
    fn cram_md5_is_shown_to_those_without_it_only_beside_a_scram() {
        let users = Users::new();
        users.add("ada", "pencil", keyway::Role::ReadWrite).unwrap(); // whose password fits PLAIN, and no CRAM-MD5
        let shown = |scram: &[Mechanism]| {
            let mechanisms = [scram, &[Mechanism::CramMd5, Mechanism::Plain]].concat();
            let entrance = Entrance { mechanisms, ..Entrance::default() };
            entrance.listed(&users, &Channel::default()).contains(&Mechanism::CramMd5)
        };
        assert!(!shown(&[]));
        for scram in [Mechanism::ScramSha256, Mechanism::ScramSha512] {
            assert!(shown(&[scram]), "{scram}");
        }
    }
}
