//! A naive server: what one connection must be answered, worked out from the bytes that its client sent, by the
//! protocol's tables and a map. It is told the answers too, and takes from them what a server may choose: the numbers
//! of versions, a nonce, the figures of statistics.
//!
//! ```text
//! sent bytes -> frames -> what is due: silence, an answer, or the end  <- compared with ->  what came back
//!                 |  login: the one user's password, by each mechanism
//!                 |  verbs: over the store, a map
//! ```

mod due;
mod frames;
mod keys;
mod login;
mod store;
mod verbs;

pub(crate) use keys::{Keys, cram_md5};
pub use login::MECHANISMS;
pub(crate) use login::{Exchange, Mechanism, Reaction, USER, entrance, record};
pub(crate) use store::{Store, VALUE_MAX};

use crate::conversation::Reply;
use due::Due;
use frames::{Front, Head, Request};
use keyway::Role;
use std::collections::VecDeque;

/// Refused logins before a connection is closed.
const STRIKES: u8 = keyway_frontend::MAX_LOGIN_FAILURES;

/// One connection as it ought to be.
#[derive(Debug)]
pub(crate) struct Reference {
    phase: Phase,
    /// What the user may do.
    role: Role,
    strikes: u8,
    /// Bytes that were sent and are not judged yet.
    sent: VecDeque<u8>,
    /// How many bytes came before those.
    judged: usize,
    /// Bytes still to come of a frame that is dropped.
    skip: usize,
    /// What is due for the frame in front, and that frame's length, once that is worked out.
    pending: Option<(Due, usize)>,
    /// Answers that are not accounted for yet.
    replies: VecDeque<Reply>,
    /// Up to this byte the server had read when the user's sessions were ended.
    revoked: Option<usize>,
    /// Set once the story has come to something that fractions of a second decide.
    unsure: bool,
    /// Whether a password may be put off, and sessions may end. Then a verb is judged only when an answer, to it or to one
    /// behind it, shows that it has been carried out; or when all is over.
    shared: bool,
}

#[derive(Debug)]
enum Phase {
    Locked,
    Exchanging(Exchange),
    Open,
    Closed,
}

/// Whether a request must have been judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Judged,
    /// What would tell is not here yet.
    Waits,
}

impl Reference {
    /// A connection on which nobody is logged in; the user will have this role.
    #[must_use]
    pub(crate) fn locked(role: Role) -> Self {
        Self {
            phase: Phase::Locked,
            role,
            strikes: 0,
            sent: VecDeque::new(),
            judged: 0,
            skip: 0,
            pending: None,
            replies: VecDeque::new(),
            revoked: None,
            unsure: false,
            shared: false,
        }
    }

    /// A connection on which the user is logged in.
    #[must_use]
    pub(crate) fn open(role: Role) -> Self {
        Self { phase: Phase::Open, ..Self::locked(role) }
    }

    /// At a server that others use too: it may put a password off, and sessions may be ended.
    #[must_use]
    pub(crate) fn shared(self) -> Self {
        Self { shared: true, ..self }
    }

    /// Whether somebody is logged in.
    #[must_use]
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// Whether the server must have hung up.
    #[must_use]
    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed)
    }

    /// Whether fractions of a second would decide what comes next: nothing more is judged.
    #[must_use]
    pub(crate) fn is_unsure(&self) -> bool {
        self.unsure
    }

    /// The client sent this.
    pub(crate) fn sends(&mut self, bytes: &[u8]) {
        self.sent.extend(bytes);
    }

    /// The client received this.
    pub(crate) fn receives(&mut self, reply: Reply) {
        self.replies.push_back(reply);
    }

    /// The user's sessions were ended when the server had read so many bytes of this connection. What it read later must
    /// be refused; what it had read may have been carried out.
    pub(crate) fn revoke(&mut self, read: usize) {
        self.revoked.get_or_insert(read);
    }

    /// Goes through what was sent as far as the answers tell.
    ///
    /// # Panics
    /// If an answer is not the one that was due.
    pub(crate) fn judge(&mut self, store: &mut Store) {
        while !self.unsure && !self.is_closed() && self.step(store) == Progress::Judged {}
        if self.is_closed() && !self.unsure {
            assert!(self.replies.is_empty(), "answers behind the last one: {:?}", self.replies);
        }
    }

    /// # Panics
    /// If an answer is missing or is one too many, once all of them must be here.
    pub(crate) fn conclude(&mut self, store: &mut Store) {
        self.shared = false;
        self.judge(store);
        if self.unsure || self.is_closed() {
            return;
        }
        assert!(self.replies.is_empty(), "answers that nobody asked for: {:?}", self.replies);
        let open = self.is_open();
        let front = frames::front(self.sent.make_contiguous(), open, VALUE_MAX);
        let waits = self.pending.is_none() && (self.skip > 0 || front == Front::Unfinished);
        assert!(waits, "never answered: {front:?}, due is {:?}", self.pending);
    }

    /// The same where the server stopped when the client had sent so many bytes: what came later may be left unanswered.
    pub(crate) fn conclude_as_of(&mut self, sent: usize, store: &mut Store) {
        self.judge(store);
        if self.judged + self.skip < sent {
            let judged = self.judged;
            self.sent.truncate(sent - judged);
            // What is refused by its header alone is worked out again from what is left.
            self.pending.take_if(|(_, len)| *len == 0 || judged + *len > sent);
            self.conclude(store);
        }
    }

    fn step(&mut self, store: &mut Store) -> Progress {
        let dropped = self.skip.min(self.sent.len());
        self.drop_sent(dropped);
        self.skip -= dropped;
        if self.skip > 0 {
            return Progress::Waits;
        }
        let Some((due, len)) = self.pending.take().or_else(|| self.next_due(store)) else {
            return Progress::Waits;
        };
        if let Some(due) = due.settle(self, store) {
            self.pending = Some((due, len));
            return Progress::Waits;
        }
        self.skip = len;
        Progress::Judged
    }

    /// What is due for the next frame, and its length; `None` where more must come first.
    fn next_due(&mut self, store: &mut Store) -> Option<(Due, usize)> {
        let open = self.is_open();
        Some(match frames::front(self.sent.make_contiguous(), open, VALUE_MAX) {
            Front::Unfinished => return None,
            Front::Foreign => (Due::Close, 0),
            Front::Fatal(head, status) => (Due::refusal(head, status).then_close(), 0),
            Front::Skipped(head, status, len) if matches!(head.opcode, 0x21 | 0x22) => {
                (Due::refusal(head, status).strike(), len)
            }
            Front::Skipped(head, status, len) => (Due::refusal(head, status), len),
            Front::Whole(request) => {
                let len = request.len;
                (self.due(&request, store)?, len)
            }
        })
    }

    fn drop_sent(&mut self, len: usize) {
        self.sent.drain(..len);
        self.judged += len;
    }

    /// What a request must lead to; `None` where only an answer that is not here yet can tell.
    fn due(&self, request: &Request, store: &mut Store) -> Option<Due> {
        match frames::loud(request.head.opcode) {
            0x07 if request.head.opcode == 0x17 => Some(Due::Close),
            0x07 => Some(Due::done(request.head).then_close()),
            0x20 => Some(Due::text(request.head, login::OFFER)),
            0x21 => {
                let silent = Mechanism::named(&request.key).map(Exchange::new);
                Some(Self::reaction(request, silent.as_ref()))
            }
            0x22 => {
                let exchange = match &self.phase {
                    Phase::Exchanging(exchange) => Some(exchange),
                    _ => None,
                };
                let fits =
                    |exchange: &&Exchange| Mechanism::named(&request.key) == Some(exchange.mechanism());
                Some(Self::reaction(request, exchange.filter(fits)))
            }
            0x0b if !self.is_open() => Some(Due::version(request.head)),
            _ if self.shared && self.replies.is_empty() => None,
            _ if self.must_be_stale(request)? => Some(Due::refusal(request.head, 0x1f).then_lock()),
            _ => self.verb(request, store),
        }
    }

    fn reaction(request: &Request, exchange: Option<&Exchange>) -> Due {
        let due = match exchange.map_or(Reaction::Refused, |exchange| exchange.react(&request.value)) {
            Reaction::Challenge(message, exchange) => {
                Due::challenge(request.head, message).then(Phase::Exchanging(exchange))
            }
            Reaction::Choice(choice) => Due::Choice(request.head, choice),
            Reaction::Open => Due::text(request.head, b"Authenticated").then(Phase::Open),
            Reaction::Refused => Due::refusal(request.head, 0x20).strike(),
        };
        if exchange.is_some_and(|exchange| exchange.may_take_a_guess(&request.value)) {
            due.verified()
        } else {
            due
        }
    }

    /// Whether the request comes after the end of its session; `None` if an answer that is not here yet tells.
    fn must_be_stale(&self, request: &Request) -> Option<bool> {
        let Some(read) = self.revoked else { return Some(false) };
        if self.judged + request.needed > read {
            return Some(true);
        }
        self.is_refused(request, 0x1f)
    }

    /// Whether the next answer refuses this request so; `None` if that answer is not here yet.
    fn is_refused(&self, request: &Request, status: u16) -> Option<bool> {
        match self.replies.front() {
            Some(next) => Some(next.status == status && is_to(next, request.head)),
            None => (!self.shared).then_some(false),
        }
    }
}

/// Whether it answers this request.
fn is_to(reply: &Reply, head: Head) -> bool {
    (reply.opcode, reply.opaque) == (head.opcode, head.opaque)
}
