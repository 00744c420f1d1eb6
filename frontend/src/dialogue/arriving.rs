//! Large requests that have not come whole: each needs room while it comes, of which all connections share so much.

use super::{Dialogue, Next, Phase, Turn, journal};
use crate::{
    Outbox, serve,
    tally::Count,
    wire::{Answer, Asked, FRONT_MAX, Front},
};

impl Dialogue {
    /// Requests of more bytes than this need room while they come; smaller ones cost no more than this for each
    /// connection.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::{Dialogue, Door, Entrance, Outbox, Policy};
    /// # use std::sync::Arc;
    /// # let users = Users::new();
    /// # users.add_trusted("guest", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(1 << 20), users)?;
    /// # let mut entrance = Entrance::default();
    /// # entrance.anonymous = Some(cache.session_for("guest")?);
    /// # let front_of_set = |frame: usize| {
    /// #     let mut front = vec![0; 400];
    /// #     (front[0], front[1], front[3], front[4]) = (0x80, 0x01, 1, 8);
    /// #     front[8..12].copy_from_slice(&((frame - 24) as u32).to_be_bytes());
    /// #     front
    /// # };
    /// let mut policy = Policy::default();
    /// policy.unfinished_values = Some(0); // room for one large request at a time
    /// let door = Arc::new(Door::new(cache, policy).through(entrance));
    /// let mut first = Dialogue::new(door.clone(), 0);
    /// let _advance = first.advance(&front_of_set(1 << 18), &mut Outbox::default());
    /// let answered = [Dialogue::ROOM_ABOVE, Dialogue::ROOM_ABOVE + 1].map(|frame| {
    ///     let mut out = Outbox::default();
    ///     let _advance = Dialogue::new(door.clone(), 0).advance(&front_of_set(frame), &mut out);
    ///     !out.is_empty()
    /// });
    /// assert_eq!(answered, [false, true]); // while the first is on its way, small ones are waited for, and large ones refused
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const ROOM_ABOVE: usize = 16 << 10;

    /// Waits for the rest of a frame of `needed` bytes, if there is room for it; otherwise answers, and skips it.
    #[inline]
    pub(super) fn wait_for(&mut self, needed: usize, input: &[u8], out: &mut Outbox) -> Turn {
        if needed <= Self::ROOM_ABOVE || self.room > 0 {
            return Turn::Pause(0, Next::Read { frame: needed });
        }
        self.find_room(needed, input, out)
    }

    #[cold]
    fn find_room(&mut self, needed: usize, input: &[u8], out: &mut Outbox) -> Turn {
        let room = u32::try_from(needed).unwrap_or(u32::MAX);
        if self.door.incoming().take(room as usize) {
            self.room = room;
            return Turn::Pause(0, Next::Read { frame: needed });
        }
        self.turn_away(needed, input, out)
    }

    fn turn_away(&mut self, needed: usize, input: &[u8], out: &mut Outbox) -> Turn {
        if input.len() < FRONT_MAX {
            // The key may not be here yet, and is needed.
            return Turn::Pause(0, Next::Read { frame: FRONT_MAX });
        }
        // Nobody else is let in with so much, and what is read has a header.
        let (Phase::Open(session), Some(asked)) = (&self.phase, Asked::read(input)) else {
            return self.close(input.len());
        };
        let front = Front::read(input, &self.limits());
        let status = serve::turn_away(session, front.as_ref(), &mut Answer::to(asked, out));
        journal::turned_away(asked, needed, status);
        self.tally().count(Count::TurnedAway);
        self.mind(status);
        Turn::Behind(needed)
    }

    /// The frame that took room, if it did, has come, one way or the other.
    #[inline]
    pub(super) fn give_room_back(&mut self) {
        if self.room > 0 {
            self.leave_room();
        }
    }

    #[cold]
    fn leave_room(&mut self) {
        self.door.incoming().give_back(std::mem::take(&mut self.room) as usize);
    }
}

impl Drop for Dialogue {
    fn drop(&mut self) {
        self.give_room_back();
    }
}
