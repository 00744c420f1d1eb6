//! Large values on their way in: written where they will stay.

use super::{Dialogue, Phase, journal};
use crate::{
    Outbox,
    serve::{self, Filled},
    tally::Count,
    wire::{Answer, Asked, Front},
};
use std::mem::MaybeUninit;

/// The memory of a value is taken once this part of it has come, one in so many bytes: whoever announces a value costs what was
/// sent, times this at most.
const ANNOUNCED_TO_SENT: usize = 8;

/// A large value on its way in, of a request whose other parts have come.
#[derive(Debug)]
pub struct Filling {
    request: Filled,
    asked: Asked,
    /// Bytes of the whole frame.
    frame_len: usize,
}

impl Filling {
    /// Has the next bytes of the value written by `read`, up to `most`: see [`Blank::read`](keyway::Blank::read).
    ///
    /// # Errors
    /// Those of `read`.
    ///
    /// # Panics
    /// If `read` returns something else than the front of its room.
    pub fn read<E>(
        &mut self,
        most: usize,
        read: impl FnOnce(&mut [MaybeUninit<u8>]) -> Result<&mut [u8], E>,
    ) -> Result<usize, E> {
        self.request.blank.read(most, read)
    }

    /// Whether the value is whole: time for [`Dialogue::filled`].
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.request.blank.missing() == 0
    }

    /// Bytes of memory that the value takes.
    #[must_use]
    pub fn capacity(&self) -> usize {
        size_of::<Self>() + self.request.blank.len()
    }
}

impl Dialogue {
    /// How many bytes of a frame of so many should be there before [`filling`](Self::filling) is tried.
    #[must_use]
    pub fn filling_from(frame: usize) -> usize {
        frame.div_ceil(ANNOUNCED_TO_SENT)
    }

    /// Offers to take the value of a large frame straight where it will stay. `front` is what has come of a frame that
    /// [`advance`](Self::advance) wants more of. If it is the front of a storage request, all of the front is taken, and the
    /// next bytes go to the room of what is returned, which must come back by [`filled`](Self::filled) before anything
    /// else is fed. `None`: feed the whole frame as ever.
    #[must_use]
    pub fn filling(&self, front: &[u8]) -> Option<Box<Filling>> {
        let Phase::Open(session) = &self.phase else { return None };
        let Front { asked, loudness, how, key, flags, expiry, given, value, value_len, frame_len } =
            Front::read(front, &self.limits()).filter(|_| self.skip == 0)?;
        if front.len() < Self::filling_from(frame_len) || value.len() == value_len {
            return None;
        }
        // Whatever is in its way is found again, and answered, when the frame is whole.
        let mut blank = session.blank(key, value_len, flags).ok()?.expires(expiry);
        blank.append(value);
        let request = Filled { blank, how, given, loudness };
        Some(Box::new(Filling { request, asked, frame_len }))
    }

    /// Carries out the request whose value is whole now, and answers it.
    pub fn filled(&mut self, filling: Filling, out: &mut Outbox) {
        debug_assert!(filling.is_full(), "half a value is nobody's");
        let Phase::Open(session) = &self.phase else { return self.give_room_back() };
        let already = out.len();
        let Filling { request, asked, frame_len, .. } = filling;
        let len = request.blank.len();
        let mut answer = Answer::to(asked, out);
        let status = serve::serve_filled(session, &self.door, self.tally(), request, &mut answer);
        journal::filled(asked, len, status);
        self.mind(status);
        self.tally().add(Count::BytesRead, frame_len as u64);
        self.count_written(already, out);
        self.note_traffic(1, frame_len, out.len() - already);
        self.give_room_back();
    }
}
