//! A client: what it means to say, how it behaves, and what it has heard.

use crate::{
    conversation::{PASSWORD, ask, get, noop, plain, replies, set},
    reference::{Keys, Reference, Store, USER},
    story::{Draft, Versions},
};
use arbitrary::{Arbitrary, Unstructured};
use fastrand::Rng;
use keyway::{Role, ScramHash};
use std::collections::VecDeque;

/// How a client reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ears {
    /// All there is.
    Open,
    /// A few bytes at a time.
    Slow,
    /// Never.
    Deaf,
}

/// What becomes of a client before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// It ends its side when all is said, and reads on.
    HalfClose,
    /// It says no more from this byte on, and does not leave.
    Mute(usize),
    /// It is gone after this byte.
    Reset(usize),
    /// It is gone as soon as its password is being verified.
    VanishesMeanwhile,
}

/// How a client logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// Nobody asks it to.
    Anonymous,
    Plain,
    /// The first password is wrong.
    PlainAtSecond,
    Scram,
    /// It says something before it is logged in.
    Rude,
}

/// A client.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) ears: Ears,
    pub(super) fault: Fault,
    pub(super) entry: Entry,
    pub(super) reference: Reference,
    pub(super) store: Store,
    /// What it is about to send.
    pub(super) outbox: VecDeque<u8>,
    pub(super) sent: usize,
    /// Requests that are still to be made up.
    requests: usize,
    /// Whether it asks for the same large value again and again, in one breath.
    greedy: bool,
    heard: Vec<u8>,
    versions: Versions,
    /// Set once it needs nothing more before its requests.
    entered: bool,
    /// Whether its own side has ended.
    pub(super) ended: bool,
    /// Whether it is gone without a word.
    pub(super) vanished: bool,
    pub(super) answers: u64,
}

/// What SCRAM says first.
const HEADER: &str = "n,,";

impl Peer {
    pub(super) fn new(dice: &mut Rng, entry: Entry, role: Role) -> Self {
        let ears = match dice.u8(..8) {
            0 => Ears::Deaf,
            1 | 2 => Ears::Slow,
            _ => Ears::Open,
        };
        let fault = match dice.u8(..10) {
            0 => Fault::HalfClose,
            1 => Fault::Mute(dice.usize(..600)),
            2 => Fault::Reset(dice.usize(..600)),
            3 => Fault::VanishesMeanwhile,
            _ => Fault::None,
        };
        let open = entry == Entry::Anonymous;
        let reference = if open { Reference::open(role) } else { Reference::locked(role) }.shared();
        let mut peer = Self {
            ears,
            fault,
            entry,
            reference,
            store: Store::default(),
            outbox: VecDeque::new(),
            sent: 0,
            requests: if dice.u8(..16) == 0 { dice.usize(..400) } else { dice.usize(..12) },
            greedy: dice.u8(..16) == 0,
            heard: Vec::new(),
            versions: Versions::default(),
            entered: open,
            ended: false,
            vanished: false,
            answers: 0,
        };
        peer.greet(dice);
        peer
    }

    fn greet(&mut self, dice: &mut Rng) {
        match self.entry {
            Entry::Anonymous => {}
            Entry::Plain => {
                self.outbox.extend(plain(USER, PASSWORD).bytes());
                // Some do not wait for the answer.
                self.entered = dice.bool();
            }
            Entry::PlainAtSecond => {
                self.outbox.extend(plain(USER, "wrong").bytes());
                self.outbox.extend(plain(USER, PASSWORD).bytes());
            }
            Entry::Scram => {
                let first = format!("{HEADER}{}", bare());
                self.outbox.extend(ask(0x20).bytes());
                self.outbox.extend(ask(0x21).key("SCRAM-SHA-256").value(first).bytes());
            }
            Entry::Rude => self.entered = true,
        }
    }

    /// Makes up more to say, if it may. `alone` says whether it may do what others would notice.
    pub(super) fn think(&mut self, dice: &mut Rng, name: u8, alone: bool) {
        if !self.entered || self.requests == 0 {
            return;
        }
        if std::mem::take(&mut self.greedy) {
            return self.grab(dice, name);
        }
        while self.outbox.is_empty() && self.requests > 0 {
            let most = self.requests.min(if dice.u8(..4) == 0 { 200 } else { 4 });
            let batch = dice.usize(1..=most);
            self.requests -= batch;
            (0..batch).for_each(|_| self.ask(dice, name, alone));
        }
        if self.requests == 0 {
            self.outbox.extend(noop().opaque(self.versions.next()).bytes());
        }
    }

    /// More than any buffer holds comes back for little; and who may not ask asks for what everybody may.
    fn grab(&mut self, dice: &mut Rng, name: u8) {
        let (count, len) = (dice.usize(100..1200), dice.usize(3000..4090));
        let key = [name, b'g'];
        let may = self.reference.is_open();
        if may {
            self.outbox.extend(set(key, vec![b'g'; len]).opaque(self.versions.next()).bytes());
        }
        for _ in 0..count {
            let request = if may { get(key) } else { ask(0x0b) };
            self.outbox.extend(request.opaque(self.versions.next()).bytes());
        }
    }

    fn ask(&mut self, dice: &mut Rng, name: u8, alone: bool) {
        let bytes: [u8; 64] = std::array::from_fn(|_| dice.u8(..));
        let Ok(mut draft) = Draft::arbitrary(&mut Unstructured::new(&bytes)) else { return };
        let mut key = [&[name], &*draft.key].concat();
        key.truncate(keyway::MAX_KEY);
        if !draft.key.is_empty() {
            draft.ask = draft.ask.key(&key);
        }
        let (opaque, version) = self.versions.ask(&key, &draft.given);
        draft.ask = draft.ask.opaque(opaque).cas(version);
        // A request that ends the conversation makes a short story; most have none.
        if dice.u8(..8) > 0 {
            draft.slip = None;
        }
        // Where a session may end at any moment, answers are told apart by their opaque.
        draft.slip.take_if(|(place, _)| (12..16).contains(place));
        let bytes = draft.bytes();
        let ends = matches!(bytes[1], 0x07 | 0x17 | 0x21 | 0x22) && dice.u8(..8) > 0;
        let noticed = matches!(bytes[1], 0x08 | 0x18) && !alone;
        if !ends && !noticed {
            self.outbox.extend(bytes);
        }
    }

    /// Whether it has said all that it will.
    pub(super) fn is_done(&self) -> bool {
        let mute = matches!(self.fault, Fault::Mute(at) if self.sent >= at);
        self.ended || mute || self.outbox.is_empty() && (!self.entered || self.requests == 0)
    }

    /// Whether it does nothing that would excuse a server from answering it in full.
    pub(super) fn is_proper(&self) -> bool {
        self.ears != Ears::Deaf && matches!(self.fault, Fault::None | Fault::HalfClose)
    }

    /// Takes what the system brought, and judges it.
    pub(super) fn hear(&mut self, bytes: &[u8]) {
        self.heard.extend(bytes);
        while let Some(header) = self.heard.get(..24) {
            let body = u32::from_be_bytes([header[8], header[9], header[10], header[11]]);
            let len = 24 + usize::try_from(body).unwrap();
            if self.heard.len() < len {
                break;
            }
            let frame: Vec<u8> = self.heard.drain(..len).collect();
            let reply = replies(&frame).remove(0);
            self.answers += 1;
            self.versions.hear(&reply);
            self.follow(reply.status, &reply.value);
            self.reference.receives(reply);
        }
        self.reference.judge(&mut self.store);
    }

    /// Goes on logging in.
    fn follow(&mut self, status: u16, value: &[u8]) {
        if self.entered {
            return;
        }
        let step = ask(0x22).key("SCRAM-SHA-256");
        match (status, value) {
            (0x21, [b'r', ..]) => {
                let challenge = str::from_utf8(value).unwrap();
                let last = Keys::to(ScramHash::Sha256, challenge).client_final(HEADER, &bare(), challenge);
                self.outbox.extend(step.value(last).bytes());
            }
            (0x21, _) => self.outbox.extend(step.bytes()),
            // Who has sent another password already does not send a third.
            (0x86, _) if self.entry == Entry::Plain => self.outbox.extend(plain(USER, PASSWORD).bytes()),
            (0, b"Authenticated") => self.entered = true,
            _ => {}
        }
    }
}

fn bare() -> String {
    format!("n={USER},r=fyko+d2lbb")
}
