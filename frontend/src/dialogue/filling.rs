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
///
/// ```
/// use keyway::{Cache, Config, Role, Users};
/// use keyway_frontend::{Dialogue, Door, Entrance, Outbox, Policy};
/// use std::sync::Arc;
///
/// # let users = Users::new();
/// # users.add_trusted("guest", Role::ReadWrite)?;
/// let cache = Cache::new(Config::new(4 << 20), users)?;
/// let mut entrance = Entrance::default();
/// entrance.anonymous = Some(cache.session_for("guest")?);
/// let mut dialogue = Dialogue::new(Arc::new(Door::new(cache.clone(), Policy::default()).through(entrance)), 0);
///
/// // A set of "k", with 8 bytes of extras and a value of 100,000; a fifth of it has come.
/// let mut front = vec![0; 24 + 8 + 1 + 20_000];
/// (front[0], front[1], front[3], front[4]) = (0x80, 0x01, 1, 8);
/// front[8..12].copy_from_slice(&100_009_u32.to_be_bytes());
/// front[32] = b'k';
/// let mut filling = dialogue.filling(&front).ok_or("it is large")?;
/// while !filling.is_full() {
///     filling.read(4096, |room| Ok::<_, std::io::Error>(room.write_copy_of_slice(&vec![7; room.len()])))?; // or a socket's bytes
/// }
/// dialogue.filled(*filling, &mut Outbox::default());
/// assert_eq!(cache.session_for("guest")?.get("k")?.map(|item| item.len()), Some(100_000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::{Dialogue, Door, Entrance, Outbox, Policy};
    /// # use std::sync::Arc;
    /// # let users = Users::new();
    /// # users.add_trusted("guest", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(4 << 20), users)?;
    /// # let mut entrance = Entrance::default();
    /// # entrance.anonymous = Some(cache.session_for("guest")?);
    /// # let door = Arc::new(Door::new(cache.clone(), Policy::default()).through(entrance));
    /// # let (mut dialogue, mut out) = (Dialogue::new(door, 0), Outbox::default());
    /// # let mut front = vec![0; 24 + 8 + 1 + 20_000];
    /// # (front[0], front[1], front[3], front[4]) = (0x80, 0x01, 1, 8);
    /// # front[8..12].copy_from_slice(&100_009_u32.to_be_bytes());
    /// # front[32] = b'k';
    /// let mut filling = dialogue.filling(&front).ok_or("it is large")?;
    /// let read = filling.read(4096, |room| Ok::<_, std::io::Error>(room.write_copy_of_slice(&vec![7; room.len()])))?;
    /// assert_eq!(read, 4096);
    /// // What a socket's error is, the caller is told, and no byte was taken.
    /// let failed = filling.read(4096, |_room| Err("would block"));
    /// assert_eq!(failed, Err("would block"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::{Dialogue, Door, Entrance, Outbox, Policy};
    /// # use std::sync::Arc;
    /// # let users = Users::new();
    /// # users.add_trusted("guest", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(4 << 20), users)?;
    /// # let mut entrance = Entrance::default();
    /// # entrance.anonymous = Some(cache.session_for("guest")?);
    /// # let door = Arc::new(Door::new(cache.clone(), Policy::default()).through(entrance));
    /// # let (mut dialogue, mut out) = (Dialogue::new(door, 0), Outbox::default());
    /// # let mut front = vec![0; 24 + 8 + 1 + 20_000];
    /// # (front[0], front[1], front[3], front[4]) = (0x80, 0x01, 1, 8);
    /// # front[8..12].copy_from_slice(&100_009_u32.to_be_bytes());
    /// # front[32] = b'k';
    /// let mut filling = dialogue.filling(&front).ok_or("it is large")?;
    /// assert!(!filling.is_full());
    /// let missing = 100_000 - 20_000; // a fifth came with the front
    /// let read = filling.read(usize::MAX, |room| Ok::<_, ()>(room.write_copy_of_slice(&vec![7; room.len()])));
    /// assert_eq!((read, filling.is_full()), (Ok(missing), true));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.request.blank.missing() == 0
    }

    /// Bytes of memory that the value takes.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::{Dialogue, Door, Entrance, Outbox, Policy};
    /// # use std::sync::Arc;
    /// # let users = Users::new();
    /// # users.add_trusted("guest", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(4 << 20), users)?;
    /// # let mut entrance = Entrance::default();
    /// # entrance.anonymous = Some(cache.session_for("guest")?);
    /// # let door = Arc::new(Door::new(cache.clone(), Policy::default()).through(entrance));
    /// # let (mut dialogue, mut out) = (Dialogue::new(door, 0), Outbox::default());
    /// # let mut front = vec![0; 24 + 8 + 1 + 20_000];
    /// # (front[0], front[1], front[3], front[4]) = (0x80, 0x01, 1, 8);
    /// # front[8..12].copy_from_slice(&100_009_u32.to_be_bytes());
    /// # front[32] = b'k';
    /// let filling = dialogue.filling(&front).ok_or("it is large")?;
    /// assert!((100_000..101_000).contains(&filling.capacity())); // the whole value, though a fifth has come
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn capacity(&self) -> usize {
        size_of::<Self>() + self.request.blank.len()
    }
}

impl Dialogue {
    /// How many bytes of a frame of so many should be there before [`filling`](Self::filling) is tried.
    ///
    /// ```
    /// # use keyway_frontend::Dialogue;
    /// assert_eq!(Dialogue::filling_from(1 << 20), 128 << 10); // an eighth
    /// ```
    #[must_use]
    pub fn filling_from(frame: usize) -> usize {
        frame.div_ceil(ANNOUNCED_TO_SENT)
    }

    /// Offers to take the value of a large frame straight where it will stay. `front` is what has come of a frame that
    /// [`advance`](Self::advance) wants more of. If it is the front of a storage request, all of the front is taken, and the
    /// next bytes go to the room of what is returned, which must come back by [`filled`](Self::filled) before anything
    /// else is fed. `None`: feed the whole frame as ever.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::{Dialogue, Door, Entrance, Outbox, Policy};
    /// # use std::sync::Arc;
    /// # let users = Users::new();
    /// # users.add_trusted("guest", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(4 << 20), users)?;
    /// # let mut entrance = Entrance::default();
    /// # entrance.anonymous = Some(cache.session_for("guest")?);
    /// # let door = Arc::new(Door::new(cache.clone(), Policy::default()).through(entrance));
    /// # let (mut dialogue, mut out) = (Dialogue::new(door, 0), Outbox::default());
    /// # let mut front = vec![0; 24 + 8 + 1 + 20_000];
    /// # (front[0], front[1], front[3], front[4]) = (0x80, 0x01, 1, 8);
    /// # front[8..12].copy_from_slice(&100_009_u32.to_be_bytes());
    /// # front[32] = b'k';
    /// // Enough has come of it; with less than an eighth, memory is not taken yet.
    /// assert!(dialogue.filling(&front).is_some());
    /// assert!(dialogue.filling(&front[..1000]).is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::{Dialogue, Door, Entrance, Outbox, Policy};
    /// # use std::sync::Arc;
    /// # let users = Users::new();
    /// # users.add_trusted("guest", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(4 << 20), users)?;
    /// # let mut entrance = Entrance::default();
    /// # entrance.anonymous = Some(cache.session_for("guest")?);
    /// # let door = Arc::new(Door::new(cache.clone(), Policy::default()).through(entrance));
    /// # let (mut dialogue, mut out) = (Dialogue::new(door, 0), Outbox::default());
    /// # let mut front = vec![0; 24 + 8 + 1 + 20_000];
    /// # (front[0], front[1], front[3], front[4]) = (0x80, 0x01, 1, 8);
    /// # front[8..12].copy_from_slice(&100_009_u32.to_be_bytes());
    /// # front[32] = b'k';
    /// let mut filling = dialogue.filling(&front).ok_or("it is large")?;
    /// let read = filling.read(usize::MAX, |room| Ok::<_, ()>(room.write_copy_of_slice(&vec![7; room.len()])));
    /// assert!(read.is_ok() && cache.session_for("guest")?.get("k")?.is_none()); // not before it is whole
    /// dialogue.filled(*filling, &mut out);
    /// assert_eq!(cache.session_for("guest")?.get("k")?.map(|item| item.len()), Some(100_000));
    /// assert_eq!(out.len(), 24); // "stored"
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
