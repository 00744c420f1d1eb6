//! One connection as a state machine: bytes in, bytes out, and what to do next. No socket, no clock, no thread.
//!
//! ```text
//!            auth               challenge          step
//!  Locked ---------> sasl ------------------> Exchanging ---> sasl
//!    ^                |  \                                   /  |
//!    |  refused       |   `--- Verifying <--- Next::Verify -'   |
//!    +----------------+            | verdict (or a challenge)   |
//!    ^                             v                            |
//!    +--- revoked, re-login --- Open(Session) <-----------------+
//! ```
//!
//! Only [`Phase::Open`] holds a session, and only a session has data verbs: there is nothing else to ask whether a
//! command may run.

mod arriving;
mod aside;
mod counting;
mod filling;
mod journal;
mod login;
mod phase;
mod put_off;
mod telling;
mod tenant;
mod turn;

use crate::{
    Door, Outbox, sasl,
    tally::Count,
    wire::{self, Ahead, Answer, HEADER_LEN},
};
use aside::Aside;
pub use filling::Filling;
use keyway::{
    Attempt, LoginError, Verified,
    audit::{FailureId, Origin},
};
use phase::Phase;
pub use put_off::PutOff;
use std::sync::Arc;
pub(crate) use tenant::Tenant;
use turn::Turn;

/// Output at which a connection before login takes no more requests. Answers there are tens of bytes each.
const HIGH_WATER_LOCKED: usize = 4 << 10;

/// Requests that are answered in one call of [`Dialogue::advance`], and so in one turn of a connection. A pipelined
/// request takes between 0.25 and 0.8 µs of CPU time, reading and writing included, so this is 30 to 100 µs: what somebody
/// who asks for one thing at a time waits for each busy neighbour's turn. Not less, because a turn costs some 5 µs by
/// itself; and a multiget of a hundred keys goes through at once.
const REQUESTS_AT_ONCE: usize = 128;

/// One connection's side of the conversation.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # use keyway_frontend::{Dialogue, Door, Outbox, Policy};
/// # use std::sync::Arc;
/// # let users = Users::new();
/// # users.add("ada", "pencil", Role::ReadWrite)?;
/// # let door = Arc::new(Door::new(Cache::new(Config::new(1 << 20), users)?, Policy::default()));
/// let (mut dialogue, mut out) = (Dialogue::new(door, 0), Outbox::default());
/// let mut noop = [0; 24];
/// (noop[0], noop[1]) = (0x80, 0x0a);
/// assert_eq!(dialogue.advance(&noop, &mut out).consumed, 24);
///
/// let mut answer = Vec::new();
/// while !out.is_empty() {
///     out.write_to(&mut answer)?;
/// }
/// assert_eq!(answer[..2], [0x81, 0x0a]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Dialogue {
    door: Arc<Door>,
    phase: Phase,
    /// Refused logins so far.
    failures: u8,
    /// Bytes still to come of a frame that was already refused.
    skip: usize,
    /// Bytes of the room that the frame takes which is on its way in, if it is a large one. A frame is never longer than
    /// this can say, and each byte here counts for each idle connection.
    room: u32,
    /// Where the peer is, for the audit.
    origin: Origin,
    /// What few have, or each has for a while only.
    aside: Option<Box<Aside>>,
    /// Whether the system says of the peer as which system user it runs.
    user_is_proven: bool,
    /// In whose tally it counts; no server has so many threads that this could not say it.
    thread: u16,
}

/// What a call of [`Dialogue::advance`] did.
///
/// ```
/// # use keyway::{Cache, Config, Role, Users};
/// # use keyway_frontend::{Dialogue, Door, Outbox, Policy};
/// # use std::sync::Arc;
/// # let users = Users::new();
/// # users.add("ada", "pencil", Role::ReadWrite)?;
/// # let door = Arc::new(Door::new(Cache::new(Config::new(1 << 20), users)?, Policy::default()));
/// let (mut dialogue, mut out) = (Dialogue::new(door, 0), Outbox::default());
/// let advance = dialogue.advance(&[0x80, 0x0a], &mut out); // two bytes of a header
/// assert_eq!(advance.consumed, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct Advance {
    /// How many bytes of the input are done with; the caller keeps the rest and feeds it again, in front of new bytes.
    pub consumed: usize,
    /// What to do next.
    pub next: Next,
}

/// What to do next.
///
/// ```
/// # use keyway_frontend::Next;
/// # use keyway::{Cache, Config, Role, Users};
/// # use keyway_frontend::{Dialogue, Door, Outbox, Policy};
/// # use std::sync::Arc;
/// # let users = Users::new();
/// # users.add("ada", "pencil", Role::ReadWrite)?;
/// # let door = Arc::new(Door::new(Cache::new(Config::new(1 << 20), users)?, Policy::default()));
/// let (mut dialogue, mut out) = (Dialogue::new(door, 0), Outbox::default());
/// let next = dialogue.advance(&[0x80, 0x0a], &mut out).next;
/// assert!(matches!(next, Next::Read { frame: 24 })); // not even a header is there
/// let next = dialogue.advance(b"get key of the text protocol\r\n", &mut out).next;
/// assert!(matches!(next, Next::Close));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub enum Next {
    /// Feed more: the frame that begins at the first unconsumed byte needs `frame` bytes in all (24 if not even its
    /// header is there). That is what the peer announced: take it as a bound, not as something to allocate ahead.
    Read {
        /// Bytes of the whole frame, from its first byte.
        frame: usize,
    },
    /// Enough for one turn, by what is in the outbox or by the number of requests: write it, let others have their
    /// turns, then call again (with the same unconsumed bytes).
    Write,
    /// A guess at a password: count it, and verify it where what it costs hurts nobody ([`Attempt::may_take_long`]); feed nothing
    /// until [`Dialogue::verdict`] was called.
    Verify(Attempt),
    /// Write what is in the outbox, then close.
    Close,
}

impl Dialogue {
    /// A new connection; `thread` says which tally it counts in.
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
    /// let (mut dialogue, mut out) = (Dialogue::new(door, 0), Outbox::default());
    /// let _advance = dialogue.advance(&frame(0x00, b"key", b""), &mut out); // a get
    /// let mut answer = Vec::new();
    /// out.write_to(&mut answer)?;
    /// assert_eq!(answer[6..8], [0, 0x20]); // log in first
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new(door: Arc<Door>, thread: usize) -> Self {
        let phase = door.entrance().anonymous.clone().map_or(Phase::Locked, Phase::Open);
        let thread = u16::try_from(thread).unwrap_or_default();
        Self {
            door,
            phase,
            failures: 0,
            skip: 0,
            room: 0,
            origin: Origin::here(),
            aside: None,
            user_is_proven: false,
            thread,
        }
    }

    /// Says where the peer is, for the audit: what is told of this connection has its number and address.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::{Dialogue, Door, Outbox, Policy};
    /// # use std::sync::Arc;
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let door = Arc::new(Door::new(cache.clone(), Policy::default()));
    /// # let frame = |opcode: u8, key: &[u8], value: &[u8]| {
    /// #     let mut frame = vec![0x80, opcode, 0, key.len() as u8, 0, 0, 0, 0];
    /// #     frame.extend(((key.len() + value.len()) as u32).to_be_bytes());
    /// #     frame.extend([&[0; 12], key, value].concat());
    /// #     frame
    /// # };
    /// use keyway::audit::{Origin, Sequence};
    ///
    /// let mut dialogue = Dialogue::new(door, 0).coming_from(Origin::connection(7, None));
    /// let _advance = dialogue.advance(&frame(0x00, b"key", b""), &mut Outbox::default());
    /// let told = cache.audit().recent(Sequence::START).entries; // a get without a login
    /// assert_eq!(told[0].origin.number(), Some(7));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn coming_from(mut self, origin: Origin) -> Self {
        if let Phase::Open(session) = &self.phase {
            self.phase = Phase::Open(session.clone().coming_from(origin.clone()));
        }
        self.origin = origin;
        self
    }

    /// Where the peer is.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::{Dialogue, Door, Outbox, Policy};
    /// # use std::sync::Arc;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # let door = Arc::new(Door::new(Cache::new(Config::new(1 << 20), users)?, Policy::default()));
    /// use keyway::audit::Origin;
    ///
    /// assert_eq!(Dialogue::new(door.clone(), 0).origin(), &Origin::here());
    /// let seventh = Origin::connection(7, None);
    /// assert_eq!(Dialogue::new(door, 0).coming_from(seventh.clone()).origin(), &seventh);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Takes what it can of `input`, answers into `out`.
    ///
    /// Whole frames are taken in order, until one of them has to be waited for or it was enough for one turn. After
    /// [`verdict`](Self::verdict), call it again at once, if only with no bytes: the connection may be over.
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
    /// let (mut dialogue, mut out) = (Dialogue::new(door, 0), Outbox::default());
    /// // A version, and half of another one.
    /// let input = [frame(0x0b, b"", b""), frame(0x0b, b"", b"")[..12].to_vec()].concat();
    /// let advance = dialogue.advance(&input, &mut out);
    /// assert_eq!(advance.consumed, 24);
    /// assert!(matches!(advance.next, Next::Read { frame: 24 }) && !out.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn advance(&mut self, input: &[u8], out: &mut Outbox) -> Advance {
        let already = out.len();
        let mut consumed = 0;
        // Requests whose memory has been asked for.
        let mut foreseen: usize = 0;
        let (mut left, mut answered) = (REQUESTS_AT_ONCE, 0);
        let next = loop {
            if let Some(next) = self.hold(out) {
                break next;
            }
            if left == 0 && consumed < input.len() {
                break Next::Write;
            }
            left = left.saturating_sub(1);
            let rest = input.get(consumed..).unwrap_or_default();
            if self.skip > 0 {
                let skipped = self.skip.min(rest.len());
                self.skip -= skipped;
                consumed += skipped;
                if self.skip > 0 {
                    break Next::Read { frame: HEADER_LEN };
                }
                continue;
            }
            foreseen = match foreseen.checked_sub(1) {
                Some(left) => left,
                None => self.look_ahead(rest),
            };
            match self.turn(rest, out) {
                Turn::Behind(len) => {
                    answered += 1;
                    let here = len.min(rest.len());
                    consumed += here;
                    self.skip = len - here;
                }
                Turn::Pause(len, next) => {
                    consumed += len.min(rest.len());
                    break next;
                }
            }
        };
        self.tally().add(Count::BytesRead, consumed as u64);
        self.count_written(already, out);
        self.note_traffic(answered, consumed, out.len() - already);
        Advance { consumed, next }
    }

    /// The outcome of a verification.
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
    /// let (mut dialogue, mut out) = (Dialogue::new(door, 0), Outbox::default());
    /// let Next::Verify(attempt) = dialogue.advance(&frame(0x21, b"PLAIN", b"\0ada\0crayon"), &mut out).next else {
    ///     panic!("that was a guess")
    /// };
    /// dialogue.verdict(attempt.verify(), &mut out);
    /// let mut answer = Vec::new();
    /// out.write_to(&mut answer)?;
    /// assert_eq!(answer[6..8], [0, 0x20]); // and a wrong one
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verdict(&mut self, verified: Result<Verified, LoginError>, out: &mut Outbox) {
        if let Phase::Verifying(verifying) = &self.phase {
            let (mechanism, asked) = (verifying.mechanism, verifying.asked);
            let already = out.len();
            let outcome = sasl::conclude(&self.door, mechanism, verified);
            let _attempt: Option<Attempt> = self.settle(outcome, asked, out);
            self.count_written(already, out);
        }
    }

    /// The verification could not be started: answers 0x86. It does not count as a refused login.
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
    /// use keyway_frontend::PutOff;
    ///
    /// let (mut dialogue, mut out) = (Dialogue::new(door, 0), Outbox::default());
    /// let Next::Verify(_attempt) = dialogue.advance(&frame(0x21, b"PLAIN", b"\0ada\0pencil"), &mut out).next else {
    ///     panic!("that was a guess")
    /// };
    /// dialogue.verdict_unavailable(PutOff::TooManyGuesses, &mut out);
    /// let mut answer = Vec::new();
    /// out.write_to(&mut answer)?;
    /// assert_eq!(answer[6..8], [0, 0x86]); // as likely for a right one
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verdict_unavailable(&mut self, why: PutOff, out: &mut Outbox) {
        if let Phase::Verifying(verifying) = &self.phase {
            let (mechanism, asked) = (verifying.mechanism, verifying.asked);
            let (already, id) = (out.len(), FailureId::next());
            journal::login_put_off(id, mechanism, &verifying.claimed, why);
            self.tell_put_off_login(id, mechanism, &verifying.told, why);
            self.put_off(Answer::to(asked, out));
            self.count_written(already, out);
        }
    }

    /// Whether a session is open: login deadline no longer applies.
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
    /// let (mut dialogue, mut out) = (Dialogue::new(door, 0), Outbox::default());
    /// assert!(!dialogue.is_open());
    /// let Next::Verify(attempt) = dialogue.advance(&frame(0x21, b"PLAIN", b"\0ada\0pencil"), &mut out).next else {
    ///     panic!("that was a guess")
    /// };
    /// dialogue.verdict(attempt.verify(), &mut out);
    /// assert!(dialogue.is_open());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open(_))
    }

    /// For whom it works now.
    pub(crate) fn tenant(&self) -> Tenant {
        match &self.phase {
            Phase::Open(session) => Tenant::of(session),
            _ => Tenant::STRANGERS,
        }
    }

    /// What keeps the next frame from being looked at.
    fn hold(&self, out: &Outbox) -> Option<Next> {
        let mark = match self.phase {
            Phase::Closed => return Some(Next::Close),
            Phase::Verifying(_) => return Some(Next::Read { frame: HEADER_LEN }),
            Phase::Open(_) => self.door.policy().unread_output,
            Phase::Locked | Phase::Exchanging(_) => HIGH_WATER_LOCKED,
        };
        (out.len() >= mark).then_some(Next::Write)
    }

    /// Asks for the memory of the requests that lie whole in the input, if there is more than one. Returns how many
    /// follow the first.
    fn look_ahead(&self, input: &[u8]) -> usize {
        let Phase::Open(session) = &self.phase else { return 0 };
        if !wire::is_pipeline(input) {
            return 0;
        }
        let ahead = Ahead::look(input);
        if ahead.keys().len() > 1 {
            session.prefetch(ahead.keys());
        }
        ahead.frames.saturating_sub(1)
    }
}
