//! Many connections in one thread, each at its own pace: an event loop that waits for nobody in particular.

mod connect;
mod link;
#[cfg(test)]
mod tests;

use super::wire::Answer;
pub(super) use connect::Route;
use link::{Link, Step};
use mio::{Events, Poll, Token};
use std::{
    collections::VecDeque,
    io,
    net::TcpStream,
    time::{Duration, Instant},
};

/// A server that says nothing for so long has stopped.
const PATIENCE: Duration = Duration::from_secs(30);
const EVENTS: usize = 1024;

/// What connections say. `S` is what each of them remembers.
pub(super) trait Script<S> {
    /// Appends what is to be sent next.
    fn ask(&mut self, state: &mut S, out: &mut Vec<u8>);

    /// Takes an answer.
    ///
    /// # Errors
    /// If it is not the right one; that ends the run.
    fn hear(&mut self, state: &mut S, answer: &Answer<'_>) -> io::Result<Next>;

    /// Whether a run has it ask at all.
    fn takes_part(&self, _state: &S) -> bool {
        true
    }

    /// The driver begins to make a connection; [`ask`](Self::ask) comes once it is there.
    fn connecting(&mut self, _state: &mut S) {}

    /// The server closed it; it is made anew unless the run is over.
    ///
    /// # Errors
    /// If the server should not have.
    fn closed(&mut self, _state: &mut S) -> io::Result<()> {
        Err(io::ErrorKind::UnexpectedEof.into())
    }

    /// Whether the end of a run waits for what this one has asked.
    fn at_the_end(&self, _state: &S) -> AtTheEnd {
        AtTheEnd::Wait
    }
}

/// What a connection does after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// There is more to hear.
    Hear,
    /// It asks for what belongs to the same exchange, also at the end of a run.
    GoOn,
    /// It asks for something new, unless the run is over.
    Ask,
    /// It is closed, and a new one made, unless the run is over.
    Reopen,
}

/// What a run's end means to who still waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AtTheEnd {
    Wait,
    /// Its connection is closed, and made anew by the next run.
    Leave,
}

/// Who goes first. What a load measures on one connection must not wait for what it does for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// Looked after as soon as there is anything.
    Prompt,
    /// One of these has one step between two looks at the prompt ones.
    Patient,
}

/// The connections, and whose turn it is.
#[derive(Debug)]
pub(super) struct Driver<S> {
    poll: Poll,
    links: Vec<Link<S>>,
    prompt: VecDeque<usize>,
    patient: VecDeque<usize>,
    /// What steps of patient ones have taken.
    patiently: Duration,
}

/// Whether batches are still begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Term {
    Running,
    Ending,
}

impl<S> Driver<S> {
    /// # Errors
    /// The system's.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            links: Vec::new(),
            prompt: VecDeque::new(),
            patient: VecDeque::new(),
            patiently: Duration::ZERO,
        })
    }

    /// Takes over a connection, on which nothing is under way.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn add(&mut self, socket: TcpStream, pace: Pace, state: S) -> io::Result<()> {
        let token = Token(self.links.len());
        self.links.push(Link::of(socket, pace, state, self.poll.registry(), token)?);
        Ok(())
    }

    /// A connection that each run makes if it is not there.
    pub(super) fn add_closed(&mut self, route: Route, pace: Pace, state: S) {
        self.links.push(Link::closed(route, pace, state));
    }

    /// Has everybody ask for so long, and waits for the answers.
    ///
    /// # Errors
    /// The system's, the script's, and a server that has stopped.
    pub(super) fn run(&mut self, script: &mut impl Script<S>, length: Duration) -> io::Result<()> {
        let end = Instant::now() + length;
        self.begin(script)?;
        let (mut term, mut events) = (Term::Running, Events::with_capacity(EVENTS));
        loop {
            self.turn(script, term)?;
            if term == Term::Running && Instant::now() >= end {
                term = Term::Ending;
                self.leave(script);
            }
            if term == Term::Ending && !self.links.iter().any(Link::is_under_way) {
                return Ok(());
            }
            self.look(&mut events, if term == Term::Running { Some(end) } else { None })?;
        }
    }

    fn begin(&mut self, script: &mut impl Script<S>) -> io::Result<()> {
        for at in 0..self.links.len() {
            if !script.takes_part(&self.links[at].state) {
                continue;
            }
            if self.links[at].is_closed() {
                self.links[at].open(script, self.poll.registry(), Token(at))?;
            } else {
                self.links[at].ask(script);
                self.enqueue(at);
            }
        }
        Ok(())
    }

    /// A step each for those who are prompt, and one for one who is patient.
    fn turn(&mut self, script: &mut impl Script<S>, term: Term) -> io::Result<()> {
        for _ in 0..self.prompt.len() {
            if let Some(at) = self.prompt.pop_front() {
                self.step(at, script, term)?;
            }
        }
        if let Some(at) = self.patient.pop_front() {
            let start = Instant::now();
            self.step(at, script, term)?;
            self.patiently += start.elapsed();
        }
        Ok(())
    }

    /// Time that this thread has spent on patient connections so far, in which prompt ones waited for it.
    pub(super) fn patiently(&self) -> Duration {
        self.patiently
    }

    fn step(&mut self, at: usize, script: &mut impl Script<S>, term: Term) -> io::Result<()> {
        let link = &mut self.links[at];
        link.queued = false;
        match link.step(script, term)? {
            Step::Wait => {}
            Step::GoOn => self.enqueue(at),
            Step::Reopen => link.open(script, self.poll.registry(), Token(at))?,
        }
        Ok(())
    }

    /// Closes who is not waited for; also who has only begun to connect, for a server may close who does not log in.
    fn leave(&mut self, script: &impl Script<S>) {
        let under_way = self.links.iter_mut().filter(|link| link.is_under_way());
        let left = under_way
            .filter(|link| link.is_connecting() || script.at_the_end(&link.state) == AtTheEnd::Leave);
        left.for_each(Link::close);
    }

    /// Asks the system who is ready; waits if nobody is, up to the end.
    fn look(&mut self, events: &mut Events, end: Option<Instant>) -> io::Result<()> {
        let idle = self.prompt.is_empty() && self.patient.is_empty();
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        let timeout = if idle { left.unwrap_or(PATIENCE).min(PATIENCE) } else { Duration::ZERO };
        match self.poll.poll(events, Some(timeout)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            outcome => outcome?,
        }
        if events.is_empty() && timeout == PATIENCE {
            return Err(io::Error::other("the server has not said anything for half a minute"));
        }
        for event in events.iter() {
            let Token(at) = event.token();
            self.links[at].note(event);
            self.enqueue(at);
        }
        Ok(())
    }

    fn enqueue(&mut self, at: usize) {
        let link = &mut self.links[at];
        if !std::mem::replace(&mut link.queued, true) {
            match link.pace {
                Pace::Prompt => self.prompt.push_back(at),
                Pace::Patient => self.patient.push_back(at),
            }
        }
    }
}
