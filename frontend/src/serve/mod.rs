//! A request and a session become an answer.

mod read;
mod write;

use crate::{
    Door, stats,
    stats::VERSION_TEXT,
    tally::{Count, Tally},
    wire::{Answer, Frame, Front, How, Loudness, Request, Status},
};
use keyway::{Blank, Expiry, Refusal, Session, Version};

/// Who is served, and where it is counted.
struct Service<'a> {
    session: &'a Session,
    tally: &'a Tally,
    loudness: Loudness,
    /// The longest value that is let in, in bytes.
    value_max: usize,
}

/// Carries out one request with what the session may do, answers it, and says how it ended (for the log; and
/// [`Status::Stale`] means that the session is over).
pub(crate) fn serve(
    session: &Session,
    door: &Door,
    tally: &Tally,
    frame: &Frame<'_>,
    answer: &mut Answer<'_>,
) -> Status {
    let service =
        Service { session, tally, loudness: frame.opcode.loudness, value_max: door.policy().max_item };
    let served = match frame.request {
        Request::Get { key, echo } => service.get(key, echo, answer),
        Request::Touch { key, expiry } => service.touch(key, expiry, answer),
        Request::GetAndTouch { key, expiry, echo } => service.get_and_touch(key, expiry, echo, answer),
        Request::Store { how, key, draft, given } => service.store(how, key, draft, given, answer),
        Request::Oversized { key } => service.oversized(key),
        Request::Join { side, key, draft } => service.join(side, key, draft, answer),
        Request::Delete { key, given } => service.delete(key, given, answer),
        Request::Count { direction, key, delta } => service.step(direction, key, delta, answer),
        Request::Flush { when } => service.flush(when, answer),
        Request::Noop => service.noop(answer),
        Request::Version => service.version(answer),
        Request::Stat { name } => stats::report(session, door, name, answer),
        // About the connection and not about the cache: its dialogue never hands these on.
        Request::Quit | Request::ListMechs | Request::Auth { .. } | Request::Step { .. } => {
            answer.refuse(Status::UnknownCommand);
            return Status::UnknownCommand;
        }
    };
    served.unwrap_or_else(|refusal| refuse(refusal, tally, answer))
}

/// A storage request whose value has been filled in where it stays.
#[derive(Debug)]
pub(crate) struct Filled {
    pub(crate) blank: Blank,
    pub(crate) how: How,
    pub(crate) given: Option<Version>,
    pub(crate) loudness: Loudness,
}

/// As [`serve`], for a request whose value was not handed over with it.
pub(crate) fn serve_filled(
    session: &Session,
    door: &Door,
    tally: &Tally,
    Filled { blank, how, given, loudness }: Filled,
    answer: &mut Answer<'_>,
) -> Status {
    let service = Service { session, tally, loudness, value_max: door.policy().max_item };
    let blank = match given {
        Some(version) => blank.given(version),
        None => blank,
    };
    service.store_filled(how, blank, given, answer).unwrap_or_else(|refusal| refuse(refusal, tally, answer))
}

/// Answers a storage request whose value finds no room on its way in, and will be skipped. What a set was meant to replace
/// goes, as it does when the cache itself has no room.
pub(crate) fn turn_away(session: &Session, front: Option<&Front<'_>>, answer: &mut Answer<'_>) -> Status {
    let replaced = match front {
        Some(Front { how: How::Set, key, .. }) => session.drop_replaced(*key),
        _ => session.standing().map(drop),
    };
    // Not counted as what finds no room in the cache: it has a count of its own.
    answer_refusal(replaced.err().unwrap_or(Refusal::NoRoom), answer)
}

fn refuse(refusal: Refusal, tally: &Tally, answer: &mut Answer<'_>) -> Status {
    match refusal {
        Refusal::TooLarge { .. } => tally.count(Count::TooLarge),
        Refusal::NoRoom => tally.count(Count::NoRoom),
        _ => {}
    }
    answer_refusal(refusal, answer)
}

fn answer_refusal(refusal: Refusal, answer: &mut Answer<'_>) -> Status {
    let status = Status::from(refusal);
    answer.refuse(status);
    status
}

impl Service<'_> {
    /// Success: quiet requests are not told.
    fn success(&self, answer: impl FnOnce()) -> Status {
        if self.loudness == Loudness::Loud {
            answer();
        }
        Status::Done
    }

    fn flush(&self, when: Option<Expiry>, answer: &mut Answer<'_>) -> Result<Status, Refusal> {
        match when {
            None => self.session.flush()?,
            Some(when) => self.session.flush_later(when)?,
        }
        self.tally.count(Count::Flushes);
        Ok(self.success(|| answer.done()))
    }

    fn noop(&self, answer: &mut Answer<'_>) -> Result<Status, Refusal> {
        self.session.standing()?;
        answer.done();
        Ok(Status::Done)
    }

    fn version(&self, answer: &mut Answer<'_>) -> Result<Status, Refusal> {
        self.session.standing()?;
        answer.text(VERSION_TEXT);
        Ok(Status::Done)
    }
}
