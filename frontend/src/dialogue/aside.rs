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
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::{Dialogue, Door, Outbox, Policy};
    /// # use std::sync::Arc;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # let door = Arc::new(Door::new(Cache::new(Config::new(1 << 20), users)?, Policy::default()));
    /// # let frame = |opcode: u8, key: &[u8], value: &[u8]| {
    /// #     let mut frame = vec![0x80, opcode, 0, key.len() as u8, 0, 0, 0, 0];
    /// #     frame.extend(((key.len() + value.len()) as u32).to_be_bytes());
    /// #     frame.extend([&[0; 12], key, value].concat());
    /// #     frame
    /// # };
    /// # use keyway_frontend::Next;
    /// let seat = Arc::new("among those who have not logged in");
    /// let mut out = Outbox::default();
    /// let mut dialogue = Dialogue::new(door, 0).holding_until_login(seat.clone());
    /// let Next::Verify(attempt) = dialogue.advance(&frame(0x21, b"PLAIN", b"\0ada\0pencil"), &mut out).next else {
    ///     panic!("that was a guess")
    /// };
    /// assert_eq!(Arc::strong_count(&seat), 2);
    /// dialogue.verdict(attempt.verify(), &mut out);
    /// assert_eq!(Arc::strong_count(&seat), 1); // it is free again
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn holding_until_login(mut self, held: impl Any + Send) -> Self {
        let held = (!self.is_open()).then(|| Box::new(held) as Box<_>);
        self.set_aside(|aside| aside.until_login = held);
        self
    }

    /// Says what is known of the way that the peer's messages come: what logins can be bound to, and who the peer was proven to be.
    /// Set [`Channel::tls_exporter`] wherever there is such a channel: where no SCRAM is offered it changes nothing.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::{Dialogue, Door, Outbox, Policy};
    /// # use std::sync::Arc;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # let door = Arc::new(Door::new(Cache::new(Config::new(1 << 20), users)?, Policy::default()));
    /// # let frame = |opcode: u8, key: &[u8], value: &[u8]| {
    /// #     let mut frame = vec![0x80, opcode, 0, key.len() as u8, 0, 0, 0, 0];
    /// #     frame.extend(((key.len() + value.len()) as u32).to_be_bytes());
    /// #     frame.extend([&[0; 12], key, value].concat());
    /// #     frame
    /// # };
    /// let mut channel = keyway::Channel::default();
    /// channel.tls_exporter = Some([7; 32]); // as TLS has exported it
    /// let (mut dialogue, mut out) = (Dialogue::new(door, 0).over(channel), Outbox::default());
    /// let _advance = dialogue.advance(&frame(0x20, b"", b""), &mut out); // which mechanisms are there?
    /// let mut answer = Vec::new();
    /// out.write_to(&mut answer)?;
    /// assert!(answer[24..].starts_with(b"SCRAM-SHA-256-PLUS ")); // the first choice now
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
