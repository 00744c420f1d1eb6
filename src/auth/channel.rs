//! What is known of the way that the messages of an exchange come.

use super::external_name::ExternalName;
use std::fmt;

/// What is known of the way that the messages of an exchange come, besides the messages: what they can be bound to, and what
/// was proven of the peer before it said anything. [`Channel::default`] knows nothing.
///
/// Only what a lower layer has proven belongs here, because it counts as proof: see [`Mechanism::External`].
///
/// ```
/// use keyway::{Cache, Channel, Config, ExternalIdentity, ExternalName, Mechanism, Role, Step, UserRecord, Users};
///
/// let users = Users::new();
/// let mut backup = UserRecord::with_credentials("backup", Role::ReadOnly, Vec::new());
/// backup.external = vec!["uid:1000".parse()?];
/// users.add_record(backup)?;
/// let cache = Cache::new(Config::new(1 << 20), users)?;
///
/// // The system says who is at the other end of a unix socket.
/// let identity = ExternalIdentity { names: vec![ExternalName::Uid(1000)] };
/// let channel = Channel { identity: Some(identity), ..Channel::default() };
/// match cache.exchange(Mechanism::External).over(channel).step(b"") {
///     Step::Open(session) => assert_eq!(session.user(), "backup"),
///     other => panic!("there is nothing left to prove: {other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [`Mechanism::External`]: crate::Mechanism::External
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Channel {
    /// Of TLS, what no other channel has: 32 bytes of keying material that are exported with the label
    /// `EXPORTER-Channel-Binding` and an empty context (RFC 9266). Only of TLS 1.3, or of 1.2 with extended master secret: of
    /// others it is not unique (RFC 9266, section 3).
    ///
    /// Set it where the mechanisms with -PLUS are offered and only there. SCRAM without -PLUS is refused then to a client that
    /// says it would bind to the channel and saw no such offer: somebody in between took it off the list (RFC 5802, section 6).
    pub tls_exporter: Option<[u8; 32]>,
    /// Who is at the other end.
    pub identity: Option<ExternalIdentity>,
}

/// Who is at the other end of a channel, by everything that its lower layer proved: the uid that the system tells of a unix
/// socket's peer, or subject and alternative names of a certificate that was verified.
///
/// ```
/// use keyway::{ExternalIdentity, ExternalName};
///
/// let mut identity = ExternalIdentity::default();
/// identity.names.push(ExternalName::Uid(1000));
/// assert_eq!(identity.names[0].to_string(), "uid:1000");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExternalIdentity {
    /// All names that it has.
    pub names: Vec<ExternalName>,
}

impl Channel {
    /// Whether there is nothing that is known.
    pub(crate) fn is_unknown(&self) -> bool {
        self.tls_exporter.is_none() && self.identity.is_none()
    }
}

/// Without the keying material, by which somebody else's proof could be judged.
impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exporter = self.tls_exporter.map(|_| "..");
        f.debug_struct("Channel").field("tls_exporter", &exporter).field("identity", &self.identity).finish()
    }
}
