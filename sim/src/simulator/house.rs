//! The server's side: a loop that gives connections their turns, notes of readiness, verdicts and deadlines, as the event
//! loop of a real server does, over a clock that stands still until it is moved.

use crate::pipe::{End, Pipe};
use keyway::Attempt;
use keyway_frontend::{Connection, Desk, Dialogue, Door, PutOff, Turn};
use std::{collections::VecDeque, sync::Arc};

/// How long a connection may take to log in, in milliseconds.
pub(super) const LOGIN_DEADLINE: u64 = 10_000;
/// How long one that leaves may go without a sign of life.
pub(super) const LINGER: u64 = 1000;
/// How long a stop takes at most.
pub(super) const STOP_DEADLINE: u64 = 5000;

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// The connection said so.
    Over,
    /// Its transport failed.
    Failed,
    /// It did not log in in time.
    Late,
    /// Its peer did not follow a close.
    Idle,
    /// The server stopped without it.
    CutOff,
}

/// What has become of a connection.
#[derive(Debug)]
pub(super) enum Place {
    Here(Box<Seated>),
    Gone {
        fate: Fate,
        at: u64,
        /// What the system still delivers.
        undelivered: Vec<u8>,
        read: usize,
    },
}

/// One connection and what the loop keeps of it.
#[derive(Debug)]
pub(super) struct Seated {
    pub(super) connection: Connection<Pipe>,
    queued: bool,
    events: Events,
    login_due: Option<u64>,
    leave_due: Option<u64>,
    /// A password that waits for its verdict, and until when.
    verifying: Option<(Attempt, u64)>,
    has_been_open: bool,
}

impl Seated {
    pub(super) fn is_verifying(&self) -> bool {
        self.verifying.is_some()
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.leave_due.is_some()
    }

    /// Whether anybody ever was logged in.
    pub(super) fn has_been_open(&self) -> bool {
        self.has_been_open
    }
}

impl Place {
    /// Whether the peer has something to read.
    pub(super) fn has_output(&self) -> bool {
        match self {
            Self::Here(seated) => seated.connection.transport().has_output(),
            Self::Gone { undelivered, .. } => !undelivered.is_empty(),
        }
    }
}

/// What the system will tell the loop next.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Events {
    pub(super) readable: bool,
    pub(super) writable: bool,
    pub(super) ended: bool,
    pub(super) failed: bool,
}

/// The loop.
#[derive(Debug)]
pub(super) struct House {
    door: Arc<Door>,
    desk: Desk,
    pub(super) now: u64,
    pub(super) places: Vec<Place>,
    turns: VecDeque<usize>,
    pub(super) stops_by: Option<u64>,
}

impl House {
    pub(super) fn new(door: Arc<Door>) -> Self {
        Self { door, desk: Desk::new(), now: 0, places: Vec::new(), turns: VecDeque::new(), stops_by: None }
    }

    pub(super) fn admit(&mut self, pipe: Pipe) {
        let connection = Connection::new(pipe, Dialogue::new(self.door.clone(), 0));
        let seated = Seated {
            connection,
            queued: false,
            events: Events::default(),
            login_due: None,
            leave_due: None,
            verifying: None,
            has_been_open: false,
        };
        self.places.push(Place::Here(Box::new(seated)));
        self.queue(self.places.len() - 1);
        self.time_login(self.places.len() - 1);
    }

    pub(super) fn seated(&mut self, place: usize) -> Option<&mut Seated> {
        match &mut self.places[place] {
            Place::Here(seated) => Some(seated),
            Place::Gone { .. } => None,
        }
    }

    /// How many are here.
    pub(super) fn present(&self) -> usize {
        self.places.iter().filter(|place| matches!(place, Place::Here(_))).count()
    }

    /// The system has something to tell about a connection.
    pub(super) fn event(&mut self, place: usize, tell: impl FnOnce(&mut Events)) {
        if let Some(seated) = self.seated(place) {
            tell(&mut seated.events);
        }
    }

    /// The order to stop comes, after the system was last asked for events: what arrived since is not known yet.
    pub(super) fn stop(&mut self, patience: impl FnMut() -> Option<u64>) {
        self.stops_by.get_or_insert(self.now + STOP_DEADLINE);
        for place in 0..self.places.len() {
            if let Some(seated) = self.seated(place) {
                seated.connection.call_last();
                self.queue(place);
            }
        }
        self.take_turns(patience);
    }

    /// Whether a round would do nothing before time passes.
    pub(super) fn is_at_rest(&self) -> bool {
        let quiet = |place: &Place| match place {
            Place::Here(it) => {
                !(it.events.readable || it.events.writable || it.events.ended || it.events.failed)
            }
            Place::Gone { .. } => true,
        };
        self.turns.is_empty() && self.places.iter().all(quiet)
    }

    /// Whether a verdict is under way.
    pub(super) fn is_verifying(&self) -> bool {
        self.places.iter().any(|place| matches!(place, Place::Here(seated) if seated.is_verifying()))
    }

    /// When something falls due next.
    pub(super) fn next_due(&self) -> Option<u64> {
        let due = self.places.iter().flat_map(|place| match place {
            Place::Here(it) => [it.login_due, it.leave_due, it.verifying.as_ref().map(|(_, due)| *due)],
            Place::Gone { .. } => [None; 3],
        });
        due.chain([self.stops_by.filter(|_| self.present() > 0)]).flatten().min()
    }

    /// One round of the loop; what a verdict costs in time, or that there is none to be had, says `patience`.
    pub(super) fn round(&mut self, patience: impl FnMut() -> Option<u64>) {
        for place in 0..self.places.len() {
            self.note_events(place);
            self.deliver_verdict(place);
            self.enforce(place);
        }
        self.take_turns(patience);
        if self.stops_by.is_some_and(|by| by <= self.now) {
            (0..self.places.len()).for_each(|place| self.remove(place, Fate::CutOff));
        }
    }

    fn take_turns(&mut self, mut patience: impl FnMut() -> Option<u64>) {
        for _ in 0..self.turns.len() {
            let Some(place) = self.turns.pop_front() else { break };
            self.turn(place, &mut patience);
        }
    }

    fn note_events(&mut self, place: usize) {
        let Some(seated) = self.seated(place) else { return };
        let events = std::mem::take(&mut seated.events);
        if events.readable {
            seated.connection.note_readable();
        }
        if events.ended || events.failed {
            seated.connection.note_ended();
        }
        if events.writable || events.failed {
            seated.connection.note_writable();
        }
        if events.readable || events.writable || events.ended || events.failed {
            self.queue(place);
        }
    }

    fn deliver_verdict(&mut self, place: usize) {
        let Self { places, desk, now, .. } = self;
        let Place::Here(seated) = &mut places[place] else { return };
        let Some((attempt, _)) = seated.verifying.take_if(|(_, due)| *due <= *now) else { return };
        match seated.connection.verdict(attempt.verify(), desk) {
            Ok(()) => {
                seated.has_been_open |= seated.connection.is_past_login();
                self.queue(place);
            }
            Err(_) => self.remove(place, Fate::Failed),
        }
    }

    fn enforce(&mut self, place: usize) {
        let now = self.now;
        let Some(seated) = self.seated(place) else { return };
        if seated.login_due.take_if(|due| *due <= now).is_some() && !seated.connection.is_past_login() {
            return self.remove(place, Fate::Late);
        }
        if seated.leave_due.is_some_and(|due| due <= now) {
            if !seated.connection.is_moving() {
                return self.remove(place, Fate::Idle);
            }
            seated.leave_due = Some(now + LINGER);
        }
    }

    fn turn(&mut self, place: usize, patience: &mut impl FnMut() -> Option<u64>) {
        let Self { places, desk, now, .. } = self;
        let Place::Here(seated) = &mut places[place] else { return };
        seated.queued = false;
        let turn = seated.connection.turn(desk);
        match turn {
            Ok(Turn::Rest) => {}
            Ok(Turn::Again) => self.queue(place),
            Ok(Turn::Leave) => {
                seated.leave_due = Some(*now + LINGER);
                self.queue(place);
            }
            Ok(Turn::Verify(attempt)) => match patience() {
                Some(patience) => seated.verifying = Some((attempt, *now + patience)),
                None => match seated.connection.verdict_unavailable(PutOff::QueueFull, desk) {
                    Ok(()) => self.queue(place),
                    Err(_) => self.remove(place, Fate::Failed),
                },
            },
            Ok(Turn::Over) => self.remove(place, Fate::Over),
            Err(_) => self.remove(place, Fate::Failed),
        }
        self.time_login(place);
    }

    fn time_login(&mut self, place: usize) {
        let due = self.now + LOGIN_DEADLINE;
        if let Some(seated) = self.seated(place) {
            seated.has_been_open |= seated.connection.is_past_login();
            if !seated.connection.is_past_login() {
                seated.login_due.get_or_insert(due);
            }
        }
    }

    fn queue(&mut self, place: usize) {
        if let Some(seated) = self.seated(place)
            && !std::mem::replace(&mut seated.queued, true)
        {
            self.turns.push_back(place);
        }
    }

    /// What was written is delivered all the same, unless something was left unread: then the system resets.
    fn remove(&mut self, place: usize, fate: Fate) {
        let now = self.now;
        let Some(seated) = self.seated(place) else { return };
        let pipe = seated.connection.transport_mut();
        let read = pipe.read_so_far();
        let undelivered = if pipe.unread() > 0 { Vec::new() } else { pipe.take(usize::MAX) };
        pipe.end(End::Reset);
        self.places[place] = Place::Gone { fate, at: now, undelivered, read };
    }
}
