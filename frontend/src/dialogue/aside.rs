//! What few connections have, or each has for a while only: kept apart, so that an idle one does not pay for it.

use super::Dialogue;
use keyway::{Channel, ExternalName, audit::Peer};
use std::any::Any;

/// What few connections have, or each has for a while only.
#[derive(Debug, Default)]
pub(super) struct Aside {
    /// What is known of the way that its messages come.
    channel: Channel,
    /// What it has until somebody is logged in.
    until_login: Option<Box<dyn Any + Send>>,
}

impl Dialogue {
    /// Keeps this until somebody is logged in, such as a place among those who are not: it is dropped before the answer that says
    /// so can be read, or with the dialogue. Where everybody is let in without a login it is dropped now.
    #[must_use]
    pub fn holding_until_login(mut self, held: impl Any + Send) -> Self {
        let held = (!self.is_open()).then(|| Box::new(held) as Box<_>);
        self.set_aside(|aside| aside.until_login = held);
        self
    }

    /// Says what is known of the way that the peer's messages come: what logins can be bound to, and who the peer was proven to be.
    /// Set [`Channel::tls_exporter`] wherever there is such a channel: where no SCRAM is offered it changes nothing.
    #[must_use]
    pub fn over(mut self, channel: Channel) -> Self {
        self.note_channel(channel);
        self
    }

    /// The same once it is known.
    pub(crate) fn note_channel(&mut self, channel: Channel) {
        self.set_aside(|aside| {
            let Channel { tls_exporter, identity } = channel;
            let known = &mut aside.channel;
            known.tls_exporter = tls_exporter.or(known.tls_exporter);
            if let Some(identity) = identity {
                // By each layer that proves something.
                known.identity.get_or_insert_default().names.extend(identity.names);
            }
        });
    }

    /// The system user in the origin is who the system says that the peer is. It stays there, so that an idle connection has it once.
    pub(crate) fn proven_by_the_system(mut self) -> Self {
        self.user_is_proven = true;
        self
    }

    /// What is known of the way that its messages come.
    pub(super) fn channel(&self) -> Channel {
        let mut channel = self.aside.as_ref().map(|aside| aside.channel.clone()).unwrap_or_default();
        if let Some(Peer::Process { uid, .. }) = self.origin.peer()
            && self.user_is_proven
        {
            channel.identity.get_or_insert_default().names.push(ExternalName::Uid(uid));
        }
        channel
    }

    /// Lets go of what was held until now.
    pub(super) fn end_until_login(&mut self) {
        self.set_aside(|aside| aside.until_login = None);
    }

    fn set_aside(&mut self, change: impl FnOnce(&mut Aside)) {
        let mut aside = self.aside.take().unwrap_or_default();
        change(&mut aside);
        self.aside = (aside.until_login.is_some() || aside.channel != Channel::default()).then_some(aside);
    }
}
