//! One connection: a head comes in, an answer goes out, the peer closes. One request each: Prometheus, probes and browsers
//! live with that, and nobody has to find out where a second one begins.

use super::{
    limits::{ANSWER_DEADLINE, HEAD, HEAD_DEADLINE, LINGER, LINGER_BYTES},
    request::{Method, Parsed, Request},
    response::{HttpStatus, Response, Stream},
    routes::Routes,
};
use std::{
    io::{self, Read, Write},
    mem,
    net::{IpAddr, Shutdown},
    time::Instant,
};

/// What a connection needs of a socket.
pub(super) trait Socket: Read + Write {
    /// No more output.
    fn end_output(&self) -> io::Result<()>;
}

impl Socket for mio::net::TcpStream {
    fn end_output(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

pub(super) struct Connection<S> {
    socket: S,
    /// At which address of the server's it came in.
    local: IpAddr,
    stage: Stage,
    /// When it is over, unless it gets on.
    deadline: Instant,
}

enum Stage {
    /// What of a head has come.
    Reading(Vec<u8>),
    /// What of an answer is left, and what goes on behind it.
    Answering { left: Output, then: Option<Stream> },
    /// An answer that goes on, and when it does.
    Streaming { stream: Stream, due: Instant },
    /// The answer is out; so many bytes may still come.
    Lingering { bytes: usize },
}

/// Bytes on their way out.
struct Output {
    bytes: Vec<u8>,
    written: usize,
}

/// Whether a connection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Stays,
    Over,
}

/// What a step came to.
enum Step {
    /// There may be more to do at once.
    On,
    /// The socket, or the time, has to move first.
    Wait,
    Over,
}

impl<S: Socket> Connection<S> {
    pub(super) fn new(socket: S, local: IpAddr, now: Instant) -> Self {
        Self { socket, local, stage: Stage::Reading(Vec::new()), deadline: now + HEAD_DEADLINE }
    }

    pub(super) fn socket(&mut self) -> &mut S {
        &mut self.socket
    }

    /// Whether it may go where another one needs its place: nothing was promised to it.
    pub(super) fn may_go(&self) -> bool {
        matches!(self.stage, Stage::Reading(_) | Stage::Lingering { .. })
    }

    /// Whether its answer goes on.
    pub(super) fn is_stream(&self) -> bool {
        matches!(self.stage, Stage::Streaming { .. } | Stage::Answering { then: Some(_), .. })
    }

    /// When it has to be looked at though nothing comes.
    pub(super) fn due(&self) -> Instant {
        match &self.stage {
            Stage::Streaming { due, .. } => *due,
            _ => self.deadline,
        }
    }

    /// Does what can be done now. `streams` says whether there is room for one more answer that goes on.
    pub(super) fn go_on(&mut self, routes: &Routes, streams: bool, now: Instant) -> Fate {
        loop {
            match self.step(routes, streams, now) {
                Ok(Step::On) => {}
                Ok(Step::Wait) => return Fate::Stays,
                Ok(Step::Over) | Err(_) => return Fate::Over,
            }
        }
    }

    fn step(&mut self, routes: &Routes, streams: bool, now: Instant) -> io::Result<Step> {
        if now >= self.deadline && !matches!(self.stage, Stage::Streaming { .. }) {
            return Ok(self.run_out(now));
        }
        match &mut self.stage {
            Stage::Reading(_) => self.read_head(routes, streams, now),
            Stage::Answering { .. } => self.write_on(now),
            Stage::Streaming { .. } => self.stream_on(now),
            Stage::Lingering { .. } => self.linger(),
        }
    }

    /// Who has begun to ask is told why nothing comes of it.
    fn run_out(&mut self, now: Instant) -> Step {
        match &self.stage {
            Stage::Reading(head) if !head.is_empty() => {
                self.reply(Response::text("too slow\n").with_status(HttpStatus::RequestTimeout), true, now)
            }
            _ => Step::Over,
        }
    }

    fn read_head(&mut self, routes: &Routes, streams: bool, now: Instant) -> io::Result<Step> {
        let Stage::Reading(head) = &mut self.stage else { return Ok(Step::On) };
        let mut buffer = [0; 2048];
        // One byte more than it may have shows that it has too many.
        let room = buffer.len().min(HEAD + 1 - head.len());
        let Some(count) = try_again(self.socket.read(&mut buffer[..room]))? else { return Ok(Step::Wait) };
        if count == 0 {
            return Ok(Step::Over);
        }
        head.extend_from_slice(&buffer[..count]);
        let bad = |status: HttpStatus| Response::text(format!("{status}\n")).with_status(status);
        let (response, wants_body) = match Request::parse(head) {
            Parsed::Partial if head.len() <= HEAD => return Ok(Step::On),
            Parsed::Partial => (bad(HttpStatus::RequestHeaderFieldsTooLarge), true),
            Parsed::Bad(status) => (bad(status), true),
            Parsed::Whole(request) => (routes.answer(&request, self.local), request.method != Method::Head),
        };
        Ok(if response.is_stream() && !streams {
            let full = Response::text("too many who follow; come back later\n");
            self.reply(full.with_status(HttpStatus::ServiceUnavailable), wants_body, now)
        } else {
            self.reply(response, wants_body, now)
        })
    }

    fn reply(&mut self, response: Response, wants_body: bool, now: Instant) -> Step {
        let (bytes, then) = response.encode(wants_body);
        self.stage = Stage::Answering { left: Output { bytes, written: 0 }, then };
        self.deadline = now + ANSWER_DEADLINE;
        Step::On
    }

    fn write_on(&mut self, now: Instant) -> io::Result<Step> {
        let Stage::Answering { left, then } = &mut self.stage else { return Ok(Step::On) };
        if let Some(rest) = left.bytes.get(left.written..).filter(|rest| !rest.is_empty()) {
            let Some(count) = try_again(self.socket.write(rest))? else { return Ok(Step::Wait) };
            if count == 0 {
                return Ok(Step::Over);
            }
            left.written += count;
            return Ok(Step::On);
        }
        self.stage = match then.take() {
            Some(stream) => Stage::Streaming { stream, due: now },
            None => {
                self.socket.end_output()?;
                self.deadline = now + LINGER;
                Stage::Lingering { bytes: LINGER_BYTES }
            }
        };
        Ok(Step::On)
    }

    fn stream_on(&mut self, now: Instant) -> io::Result<Step> {
        // What comes is forgotten; that it ends is what matters.
        if try_again(self.socket.read(&mut [0; 512]))? == Some(0) {
            return Ok(Step::Over);
        }
        let Stage::Streaming { stream, due } = &mut self.stage else { return Ok(Step::On) };
        if now < *due {
            return Ok(Step::Wait);
        }
        let Some(bytes) = (stream.next)() else {
            let ended = Output { bytes: Vec::new(), written: 0 };
            self.stage = Stage::Answering { left: ended, then: None };
            self.deadline = now + ANSWER_DEADLINE;
            return Ok(Step::On);
        };
        *due = now + stream.every;
        if bytes.is_empty() {
            return Ok(Step::Wait);
        }
        self.send_part(bytes, now)
    }

    /// Sends a part of an answer that goes on. The next one is not made before all of it has been taken.
    fn send_part(&mut self, bytes: Vec<u8>, now: Instant) -> io::Result<Step> {
        let stage = mem::replace(&mut self.stage, Stage::Lingering { bytes: 0 });
        if let Stage::Streaming { stream, due } = stage {
            let mut written = 0;
            while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
                match try_again(self.socket.write(rest))? {
                    Some(0) => return Ok(Step::Over),
                    Some(count) => written += count,
                    None => {
                        self.deadline = now + ANSWER_DEADLINE;
                        self.stage = Stage::Answering { left: Output { bytes, written }, then: Some(stream) };
                        return Ok(Step::Wait);
                    }
                }
            }
            self.stage = Stage::Streaming { stream, due };
        }
        Ok(Step::Wait)
    }

    fn linger(&mut self) -> io::Result<Step> {
        let Stage::Lingering { bytes } = &mut self.stage else { return Ok(Step::On) };
        match try_again(self.socket.read(&mut [0; 2048]))? {
            None => Ok(Step::Wait),
            Some(count) if count > 0 && count <= *bytes => {
                *bytes -= count;
                Ok(Step::On)
            }
            Some(_) => Ok(Step::Over),
        }
    }
}

/// `None` where it would have to wait.
fn try_again(done: io::Result<usize>) -> io::Result<Option<usize>> {
    match done {
        Ok(count) => Ok(Some(count)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(None),
        Err(error) => Err(error),
    }
}
