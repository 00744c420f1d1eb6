//! What is due for one request, compared with what came.

use super::{Phase, Reference, STRIKES, Store, frames::Head, is_to, login::Choice};
use crate::conversation::Reply;

/// What is due for one request.
#[derive(Debug)]
pub(super) enum Due {
    /// Nothing comes back.
    Silence,
    /// Nothing comes back, and the connection is over.
    Close,
    /// An answer, and what follows from it.
    Answer(Expected, After),
    /// A challenge of the server's own making.
    Choice(Head, Choice),
    /// Statistics: names and texts of the server's own, as many as it likes, and an end.
    Statistics(Head),
    /// Nothing can be said any more.
    Unsure,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Expected {
    head: Head,
    status: u16,
    extras: Vec<u8>,
    key: Vec<u8>,
    value: Value,
    /// Whether it is a verdict on a password, which can be put off.
    verdict: bool,
    /// The key whose item's version it must carry; without one, it carries 0.
    version_of: Option<Vec<u8>>,
}

#[derive(Debug)]
enum Value {
    Exactly(Vec<u8>),
    /// Three numbers with dots between, and whatever follows.
    Version,
}

/// What follows from an answer.
#[derive(Debug)]
pub(super) enum After {
    Nothing,
    Phase(Phase),
    /// Nobody is logged in, and one more login has failed.
    Strike,
}

/// The texts that come with a status.
fn text(status: u16) -> &'static [u8] {
    match status {
        0x01 => b"Not found",
        0x02 => b"Data exists for key.",
        0x03 => b"Too large.",
        0x04 => b"Invalid arguments",
        0x05 => b"Not stored.",
        0x06 => b"Non-numeric server-side value for incr or decr",
        0x1f => b"Stale authentication, log in again",
        0x20 => b"Auth failure.",
        0x24 => b"No privilege",
        0x81 => b"Unknown command",
        0x82 => b"Out of memory",
        _ => b"",
    }
}

impl Due {
    fn answer(head: Head, status: u16, value: Value) -> Self {
        let (extras, key, version_of, verdict) = (Vec::new(), Vec::new(), None, false);
        Self::Answer(Expected { head, status, extras, key, value, verdict, version_of }, After::Nothing)
    }

    pub(super) fn refusal(head: Head, status: u16) -> Self {
        Self::answer(head, status, Value::Exactly(text(status).into()))
    }

    pub(super) fn done(head: Head) -> Self {
        Self::text(head, b"")
    }

    pub(super) fn text(head: Head, text: &[u8]) -> Self {
        Self::answer(head, 0, Value::Exactly(text.into()))
    }

    pub(super) fn version(head: Head) -> Self {
        Self::answer(head, 0, Value::Version)
    }

    pub(super) fn challenge(head: Head, message: Vec<u8>) -> Self {
        Self::answer(head, 0x21, Value::Exactly(message))
    }

    /// A miss that repeats the key in place of a text.
    pub(super) fn missed_key(head: Head, missed: &[u8]) -> Self {
        Self::answer(head, 0x01, Value::Exactly(Vec::new())).change(|it| it.key = missed.into())
    }

    pub(super) fn with_extras(self, extras: [u8; 4]) -> Self {
        self.change(|it| it.extras = extras.into())
    }

    pub(super) fn with_key(self, key: &[u8]) -> Self {
        self.change(|it| it.key = key.into())
    }

    /// It tells the version of this key's item.
    pub(super) fn with_version_of(self, key: &[u8]) -> Self {
        self.change(|it| it.version_of = Some(key.into()))
    }

    fn change(mut self, change: impl FnOnce(&mut Expected)) -> Self {
        if let Self::Answer(expected, _) = &mut self {
            change(expected);
        }
        self
    }

    pub(super) fn then(mut self, phase: Phase) -> Self {
        if let Self::Answer(_, after) = &mut self {
            *after = After::Phase(phase);
        }
        self
    }

    pub(super) fn then_close(self) -> Self {
        self.then(Phase::Closed)
    }

    pub(super) fn then_lock(self) -> Self {
        self.then(Phase::Locked)
    }

    pub(super) fn strike(mut self) -> Self {
        if let Self::Answer(_, after) = &mut self {
            *after = After::Strike;
        }
        self
    }

    /// It may be the verdict on a guess.
    pub(super) fn verified(self) -> Self {
        self.change(|it| it.verdict = true)
    }

    /// Compares and takes what came; what is due comes back if it is not all here.
    pub(super) fn settle(self, line: &mut Reference, store: &mut Store) -> Option<Self> {
        match self {
            Self::Silence => {}
            Self::Unsure => line.unsure = true,
            Self::Close => line.phase = Phase::Closed,
            Self::Statistics(head) => {
                let ends = |it: &Reply| it.status != 0 || it.key.is_empty() && it.value.is_empty();
                let Some(last) = line.replies.iter().position(ends) else {
                    return Some(Self::Statistics(head));
                };
                for line in line.replies.drain(..=last) {
                    assert!(is_to(&line, head) && line.status == 0 && line.cas == 0, "{line:?} to {head:?}");
                }
            }
            Self::Choice(head, choice) => {
                let Some(reply) = line.replies.pop_front() else {
                    return Some(Self::Choice(head, choice));
                };
                assert!(is_to(&reply, head) && reply.status == 0x21, "{reply:?} to {choice:?}");
                assert!(reply.extras.is_empty() && reply.key.is_empty() && reply.cas == 0, "{reply:?}");
                line.phase = Phase::Exchanging(choice.hear(&reply.value));
            }
            Self::Answer(expected, after) => {
                let Some(reply) = line.replies.pop_front() else {
                    return Some(Self::Answer(expected, after));
                };
                if expected.verdict && line.shared && reply.status == 0x86 {
                    assert!(is_to(&reply, expected.head), "{reply:?} to {expected:?}");
                    line.phase = Phase::Locked;
                    return None;
                }
                expected.compare(&reply, store);
                after.follow(line);
            }
        }
        None
    }
}

impl After {
    fn follow(self, line: &mut Reference) {
        match self {
            Self::Nothing => {}
            Self::Phase(phase) => {
                line.phase = phase;
                // Whatever ended earlier sessions does not end the one that a login begins.
                line.revoked = line.revoked.filter(|_| !line.is_open());
            }
            Self::Strike => {
                line.strikes += 1;
                line.phase = if line.strikes < STRIKES { Phase::Locked } else { Phase::Closed };
            }
        }
    }
}

impl Expected {
    fn compare(&self, reply: &Reply, store: &mut Store) {
        let front = (reply.status, &reply.extras, &reply.key);
        let same_front = is_to(reply, self.head) && front == (self.status, &self.extras, &self.key);
        let same_value = match &self.value {
            Value::Exactly(value) => reply.value == *value,
            Value::Version => is_version(&reply.value),
        };
        assert!(same_front && same_value, "due was {self:?}, what came is {reply:?}");
        match &self.version_of {
            Some(key) => store.tell(key, reply.cas),
            None => assert_eq!(reply.cas, 0, "a version where there is none: {reply:?}"),
        }
    }
}

fn is_version(text: &[u8]) -> bool {
    let numbers = str::from_utf8(text).ok().and_then(|text| text.split('-').next());
    numbers.is_some_and(|numbers| numbers.split('.').filter(|part| part.parse::<u8>().is_ok()).count() == 3)
}
