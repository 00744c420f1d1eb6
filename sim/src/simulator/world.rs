//! Clients and a server, the dice that decide what happens next, and what must hold whatever they decide.

use super::{
    house::{Fate, House, LOGIN_DEADLINE, Place, STOP_DEADLINE},
    peer::{Ears, Entry, Fault, Peer},
    trace::Trace,
};
use crate::{
    pipe::{End, Pipe},
    reference::{USER, VALUE_MAX, entrance, record},
    story::{LOCKED_MAX, OPEN_MAX},
};
use fastrand::Rng;
use keyway::{Cache, Clock, Config, Role, Users};
use keyway_frontend::{Door, Policy};
use std::sync::Arc;

/// Rounds in which clients that do nothing wrong are served to the end: far more than they need.
const ROUNDS: usize = 20_000;

pub(super) struct World<'t> {
    dice: Rng,
    cache: Cache,
    house: House,
    peers: Vec<Peer>,
    /// The most that waits in a client's direction to the server.
    incoming_max: usize,
    /// The most that a slow client reads at once.
    gulp: usize,
    revoked: bool,
    /// What each had sent when the order to stop came.
    sent_at_stop: Option<Vec<usize>>,
    trace: &'t mut Trace,
}

impl<'t> World<'t> {
    pub(super) fn new(seed: u64, trace: &'t mut Trace) -> Self {
        let mut dice = Rng::with_seed(seed);
        let mut config = Config::new(4 << 20);
        config.max_value = VALUE_MAX;
        config.stripes = 1;
        config.clock = Clock::manual();
        config.fixed_hash_key = Some([1, 2, 3, 4]);
        let role =
            *dice.choice(&[Role::ReadWrite, Role::ReadWrite, Role::ReadWrite, Role::ReadOnly]).unwrap();
        let users = Users::with_mock_key([7; 32]);
        users.add_record(record(role)).unwrap();
        let cache = Cache::new(config, users).unwrap();
        let mut policy = Policy::default();
        policy.max_item = VALUE_MAX;
        let mut entrance = entrance();
        let anonymous = dice.bool();
        if anonymous {
            entrance.anonymous = Some(cache.session_for(USER).unwrap());
        }
        let mut house = House::new(Arc::new(Door::new(cache.clone(), policy).through(entrance)));
        let mut peers = Vec::new();
        for _ in 0..dice.usize(1..=4) {
            let entry = match dice.u8(..16) {
                _ if anonymous => Entry::Anonymous,
                0 => Entry::Rude,
                1 | 2 => Entry::Plain,
                3 => Entry::PlainAtSecond,
                _ => Entry::Scram,
            };
            let peer = Peer::new(&mut dice, entry, role);
            let window = if dice.bool() { 1 << 20 } else { dice.usize(30..3000) };
            trace.add(0, || format!("{entry:?}, {:?}, {:?}, window {window}", peer.ears, peer.fault));
            house.admit(Pipe::new(window));
            peers.push(peer);
        }
        let incoming_max = if dice.bool() { 1 << 20 } else { dice.usize(1..2000) };
        Self { dice, cache, house, peers, incoming_max, gulp: 200, revoked: false, sent_at_stop: None, trace }
    }

    /// Everything, from the first byte to the last connection's end; how many answers were compared.
    pub(super) fn run(&mut self) -> u64 {
        for _ in 0..self.dice.usize(20..400) {
            self.step();
            self.check_memory();
        }
        self.drain();
        self.end();
        self.peers.iter().map(|peer| peer.answers).sum()
    }

    /// Something happens.
    fn step(&mut self) {
        let place = self.dice.usize(..self.peers.len());
        match self.dice.u8(..64) {
            0..=23 => {
                let most = match self.dice.u8(..4) {
                    0 => 1,
                    1 => 30,
                    _ => 5000,
                };
                let count = self.dice.usize(1..=most);
                self.speak(place, count);
            }
            24..=37 => self.listen(place),
            38..=57 => self.round(),
            58..=60 => self.pass_a_moment(),
            61 => self.nudge(place),
            62 => self.revoke(),
            _ if self.dice.u8(..16) == 0 => self.stop(),
            _ => {}
        }
    }

    /// A client sends so many bytes, if it has them and they fit.
    fn speak(&mut self, place: usize, count: usize) {
        let alone = self.peers.len() == 1;
        let peer = &mut self.peers[place];
        if peer.ended {
            return;
        }
        if peer.outbox.is_empty() {
            peer.think(&mut self.dice, b'A' + u8::try_from(place).unwrap(), alone);
        }
        let mut count = count.min(peer.outbox.len());
        if let Fault::Reset(at) | Fault::Mute(at) = peer.fault {
            count = count.min(at.saturating_sub(peer.sent));
        }
        let Some(seated) = self.house.seated(place) else {
            peer.ended = true;
            return;
        };
        let vanishes = peer.fault == Fault::VanishesMeanwhile && seated.is_verifying();
        let pipe = seated.connection.transport_mut();
        count = count.min(self.incoming_max.saturating_sub(pipe.unread()));
        let bytes: Vec<u8> = peer.outbox.drain(..count).collect();
        pipe.send(&bytes);
        peer.reference.sends(&bytes);
        peer.sent += count;
        let resets = matches!(peer.fault, Fault::Reset(at) if peer.sent >= at) || vanishes;
        let ends = peer.fault == Fault::HalfClose && peer.is_done();
        if resets || ends {
            peer.ended = true;
            peer.vanished = resets;
            pipe.end(if resets { End::Reset } else { End::Half });
        }
        if count > 0 || resets || ends {
            let then = if resets {
                ", resets"
            } else if ends {
                ", ends"
            } else {
                ""
            };
            self.trace.add(self.house.now, || format!("{place} sends {count}{then}"));
        }
        self.house.event(place, |events| {
            events.readable |= count > 0;
            events.ended |= ends;
            events.failed |= resets;
        });
    }

    /// A client reads.
    fn listen(&mut self, place: usize) {
        let peer = &mut self.peers[place];
        let most = match peer.ears {
            Ears::Open => usize::MAX,
            Ears::Slow => self.dice.usize(1..self.gulp),
            Ears::Deaf => 0,
        };
        let vanished = peer.vanished;
        let heard = match &mut self.house.places[place] {
            Place::Gone { undelivered, .. } if !vanished => {
                let most = most.min(undelivered.len());
                undelivered.drain(..most).collect()
            }
            Place::Gone { .. } => Vec::new(),
            Place::Here(seated) => {
                let pipe = seated.connection.transport_mut();
                let heard = pipe.take(most);
                let (writable, over) = (pipe.has_become_writable(), pipe.output_ended());
                // Whoever has read the end of the other side closes its own.
                let leaves = over && peer.ears != Ears::Deaf && !peer.ended && !pipe.has_output();
                if leaves {
                    peer.ended = true;
                    pipe.end(End::Half);
                }
                self.house.event(place, |events| {
                    events.writable |= writable;
                    events.ended |= leaves;
                });
                heard
            }
        };
        if !heard.is_empty() {
            self.trace.add(self.house.now, || format!("{place} reads {}", heard.len()));
        }
        self.peers[place].hear(&heard);
    }

    fn round(&mut self) {
        let dice = &mut self.dice;
        self.house.round(|| patience(dice));
        self.trace.add(self.house.now, || "a round".to_owned());
    }

    fn pass_a_moment(&mut self) {
        let most = if self.dice.u8(..8) == 0 { LOGIN_DEADLINE } else { 300 };
        self.house.now += self.dice.u64(..=most);
    }

    /// An event that tells nothing new, or a signal in the midst of a call.
    fn nudge(&mut self, place: usize) {
        let calls = self.dice.u32(..3);
        let spurious = self.dice.bool();
        if let Some(seated) = self.house.seated(place) {
            seated.connection.transport_mut().interrupt_in(calls);
        }
        self.house.event(place, |events| {
            events.readable |= spurious;
            events.writable |= !spurious;
        });
    }

    /// The user's sessions end, where each client is either logged in and knows it, or has not begun.
    fn revoke(&mut self) {
        let settled = |peer: &Peer| peer.reference.is_open() || peer.sent == 0 || peer.reference.is_closed();
        // Who waits for nobody is nobody's to log in anew.
        if self.revoked || !self.peers.iter().all(settled) {
            return;
        }
        self.revoked = true;
        self.cache.users().revoke(USER).unwrap();
        self.trace.add(self.house.now, || "revoked".to_owned());
        for (place, peer) in self.peers.iter_mut().enumerate().filter(|(_, peer)| peer.reference.is_open()) {
            let read = match &self.house.places[place] {
                Place::Here(seated) => seated.connection.transport().read_so_far(),
                Place::Gone { read, .. } => *read,
            };
            peer.reference.revoke(read);
        }
    }

    fn stop(&mut self) {
        if self.sent_at_stop.is_none() {
            self.trace.add(self.house.now, || "stop".to_owned());
            self.sent_at_stop = Some(self.peers.iter().map(|peer| peer.sent).collect());
            let dice = &mut self.dice;
            self.house.stop(|| patience(dice));
        }
    }

    /// What a connection keeps is bounded, whatever its peer does.
    fn check_memory(&mut self) {
        for (place, peer) in self.peers.iter().enumerate() {
            if let Some(seated) = self.house.seated(place) {
                let ever_open = peer.entry == Entry::Anonymous || seated.has_been_open();
                let (buffered, most) =
                    (seated.connection.buffered(), if ever_open { OPEN_MAX } else { LOCKED_MAX });
                assert!(buffered <= most, "client {place}: {buffered} bytes are kept");
            }
        }
    }

    /// Everybody says and hears the rest, at whatever pace, and no time passes but what verdicts take.
    fn drain(&mut self) {
        // Or it takes all day.
        self.incoming_max = self.incoming_max.max(1000);
        self.gulp = 20_000;
        for place in 0..self.peers.len() {
            if let Some(seated) = self.house.seated(place) {
                let pipe = seated.connection.transport_mut();
                pipe.widen(4000);
                let writable = pipe.has_become_writable();
                self.house.event(place, |events| events.writable |= writable);
            }
        }
        let mut still = 0;
        for _ in 0..ROUNDS {
            let mut moved = false;
            for place in 0..self.peers.len() {
                let before =
                    (self.peers[place].sent, self.peers[place].answers, self.peers[place].outbox.len());
                self.speak(place, usize::MAX);
                self.listen(place);
                let after =
                    (self.peers[place].sent, self.peers[place].answers, self.peers[place].outbox.len());
                moved |= before != after;
            }
            self.round();
            self.check_memory();
            // Once more after the first time that nothing moved: the server may have made room for more to be said.
            still = if moved || !self.house.is_at_rest() || self.hears_more() { 0 } else { still + 1 };
            if still < 2 {
                continue;
            }
            match self.house.next_due().filter(|_| self.house.is_verifying()) {
                Some(due) => self.house.now = self.house.now.max(due),
                None => return self.check_answers(),
            }
        }
        panic!("it never comes to rest");
    }

    fn hears_more(&self) -> bool {
        self.peers
            .iter()
            .zip(&self.house.places)
            .any(|(peer, place)| peer.ears != Ears::Deaf && !peer.vanished && place.has_output())
    }

    /// Who does nothing wrong is answered in full, whatever the others do.
    fn check_answers(&mut self) {
        for (place, peer) in self.peers.iter_mut().enumerate() {
            if !peer.is_proper() {
                continue;
            }
            match &self.house.places[place] {
                Place::Here(_) => {
                    assert!(peer.is_done() || self.sent_at_stop.is_some(), "client {place} cannot speak");
                    peer.reference.conclude(&mut peer.store);
                }
                Place::Gone { fate: Fate::Over, .. } => match &self.sent_at_stop {
                    None => peer.reference.conclude(&mut peer.store),
                    Some(sent) => peer.reference.conclude_as_of(sent[place], &mut peer.store),
                },
                Place::Gone { fate: Fate::Late, at, .. } => {
                    assert!(*at >= LOGIN_DEADLINE, "client {place} had time to log in: {at} ms");
                }
                Place::Gone { fate: Fate::Idle | Fate::CutOff, .. } => {}
                Place::Gone { fate: Fate::Failed, .. } => panic!("client {place} did nothing to fail it"),
            }
        }
    }

    /// Nobody stays for ever: who is not logged in is gone by the deadline, and after a stop all are.
    fn end(&mut self) {
        let patience = self.house.now + LOGIN_DEADLINE;
        self.pass_until(patience);
        for (place, peer) in self.peers.iter().enumerate() {
            if let Place::Here(seated) = &self.house.places[place] {
                // What somebody has not heard, it does not know.
                let open = peer.reference.is_open() || peer.ears == Ears::Deaf;
                assert!(open, "client {place} is neither logged in nor gone: {peer:?}");
                assert!(!seated.is_leaving(), "client {place} leaves for ever");
            }
        }
        self.stop();
        let by = self.house.now + STOP_DEADLINE;
        self.pass_until(by);
        assert_eq!(self.house.present(), 0, "somebody stays");
    }

    /// Time passes, from one thing that falls due to the next.
    fn pass_until(&mut self, end: u64) {
        for _ in 0..ROUNDS {
            self.round();
            (0..self.peers.len()).for_each(|place| self.listen(place));
            if !self.house.is_at_rest() || self.hears_more() {
                continue;
            }
            match self.house.next_due() {
                Some(due) if due <= end => self.house.now = self.house.now.max(due),
                _ if self.house.now < end => self.house.now = end,
                _ => return,
            }
        }
        panic!("it never comes to rest");
    }
}

/// How long a verdict takes, in milliseconds; none where too many passwords wait already.
fn patience(dice: &mut Rng) -> Option<u64> {
    (dice.u8(..12) > 0).then(|| dice.u64(..2000))
}
