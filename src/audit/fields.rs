//! An entry as a list of fields: what writers write and the guide describes.

use super::{Claimed, Entry, Event, KeyPrefix, Kind, Term};
use std::time::SystemTime;

/// What a field of an entry holds.
///
/// ```
/// use keyway::{Cache, Config, Users, audit::{Sequence, Value}};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// assert!(cache.login("eve", "a guess").is_err());
/// let mut claimed = None;
/// cache.audit().recent(Sequence::START).entries[0].fields(|_, value| {
///     if let Value::Claimed(name) = value {
///         claimed = Some(name.to_owned());
///     }
/// });
/// assert_eq!(claimed.as_deref(), Some("eve"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever writes fields down must handle each")]
pub enum Value<'a> {
    /// Text on one line, without control characters.
    Text(&'a str),
    /// Text that a peer chose: any characters.
    Claimed(&'a str),
    /// Bytes that a peer chose.
    Bytes(&'a [u8]),
    /// A number.
    Number(u64),
    /// A point in time.
    Time(SystemTime),
    /// What displays as ten letters and digits.
    Failure(super::FailureId),
    /// Who is at the other end of a connection.
    Peer(super::Peer),
    /// Addresses with their ports, and paths of sockets.
    Addresses(&'a [Box<str>]),
}

/// Whoever takes fields, one after the other.
struct Fields<'v, F>(&'v mut F);

impl<F: FnMut(&'static str, Value<'_>)> Fields<'_, F> {
    fn term(&mut self, field: &'static str, term: Term) {
        self.0(field, Value::Text(term.as_str()));
    }

    fn text<'t>(&mut self, field: &'static str, text: impl Into<Option<&'t str>>) {
        if let Some(text) = text.into() {
            self.0(field, Value::Text(text));
        }
    }

    /// The length only where something is missing.
    fn claimed(&mut self, claimed: Option<&Claimed>) {
        let Some(claimed) = claimed else { return };
        self.0("claimed", Value::Claimed(claimed.as_str()));
        if claimed.is_cut() {
            self.0("claimed_len", Value::Number(claimed.len() as u64));
        }
    }

    fn key(&mut self, key: Option<&KeyPrefix>) {
        let Some(key) = key else { return };
        self.0("key", Value::Bytes(key.as_bytes()));
        if key.is_cut() {
            self.0("key_len", Value::Number(key.len() as u64));
        }
    }
}

impl Entry {
    /// Hands over each field that this entry has, in an order that stays the same for each kind: those that all entries have
    /// first. The guide `docs/audit.md` has their meaning.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users, audit::Sequence};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// assert!(cache.login("eve", "a guess").is_err());
    /// let mut names = Vec::new();
    /// cache.audit().recent(Sequence::START).entries[0].fields(|name, _value| names.push(name));
    /// assert_eq!(names, ["seq", "time", "event", "id", "mechanism", "claimed", "reason"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fields(&self, mut take: impl FnMut(&'static str, Value<'_>)) {
        if self.event.kind() != Kind::Dropped {
            take("seq", Value::Number(self.sequence.number()));
        }
        take("time", Value::Time(self.at));
        take("event", Value::Text(self.event.kind().name()));
        if let Some(number) = self.origin.number() {
            take("connection", Value::Number(number));
        }
        if let Some(peer) = self.origin.peer() {
            take("peer", Value::Peer(peer));
        }
        self.event.fields(&mut Fields(&mut take));
    }
}

impl Event {
    fn fields(&self, to: &mut Fields<'_, impl FnMut(&'static str, Value<'_>)>) {
        match self {
            Self::LoggedIn { mechanism, user, credential, provenance } => {
                to.term("mechanism", *mechanism);
                to.text("user", user.as_str());
                to.text("credential", credential.as_ref().map(|label| label.as_str()));
                to.term("provenance", *provenance);
            }
            Self::LoginFailed { id, mechanism, claimed, reason } => {
                to.0("id", Value::Failure(*id));
                if let Some(mechanism) = mechanism {
                    to.term("mechanism", *mechanism);
                }
                to.claimed(claimed.as_ref());
                to.term("reason", *reason);
            }
            Self::LoginPutOff { id, mechanism, claimed, reason } => {
                to.0("id", Value::Failure(*id));
                to.term("mechanism", *mechanism);
                to.claimed(claimed.as_ref());
                to.term("reason", *reason);
            }
            Self::Refused { user, verb, reason, key } => {
                to.text("user", user.as_str());
                to.term("verb", *verb);
                to.term("reason", *reason);
                to.key(key.as_ref());
            }
            Self::Revoked { what, name, credential } => {
                to.term("what", *what);
                to.text("name", name.as_ref().map(|name| name.as_str()));
                to.text("credential", credential.as_ref().map(|label| label.as_str()));
            }
            Self::Changed { subject, act, name, detail } => {
                to.text("subject", subject.name());
                to.text("act", act.name());
                to.text("name", name.as_ref().map(|name| name.as_str()));
                to.text("detail", detail.as_ref().map(|detail| detail.as_str()));
            }
            Self::Administered { user, act, name } => {
                to.text("user", user.as_ref().map(|user| user.as_str()));
                to.term("act", *act);
                to.text("name", name.as_ref().map(|name| name.as_str()));
            }
            Self::AdministrationFailed { user, act, claimed, reason } => {
                to.text("user", user.as_ref().map(|user| user.as_str()));
                to.term("act", *act);
                to.claimed(claimed.as_ref());
                to.term("reason", *reason);
            }
            Self::ServerStarted { addresses } | Self::ServerStopped { addresses } => {
                to.0("addresses", Value::Addresses(addresses));
            }
            Self::Sampled { user, verb, key } => {
                to.text("user", user.as_str());
                to.term("verb", *verb);
                to.key(key.as_ref());
            }
            Self::Folded { of, count } => {
                to.text("of", of.name());
                to.0("count", Value::Number(*count));
            }
            Self::Dropped { count } => to.0("count", Value::Number(*count)),
        }
    }
}
