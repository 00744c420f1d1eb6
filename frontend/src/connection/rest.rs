//! Input that was read and is not yet served.

use std::{collections::TryReserveError, fmt};

/// Input that was read and is not yet served. It has a buffer of its own only while there is any.
pub(super) struct Rest {
    bytes: Vec<u8>,
    /// So many of them are done with: a batch that takes several turns is not moved in between.
    done: usize,
    /// How many the dialogue needs to get on.
    wanted: usize,
}

/// What a turn works on: the thread's buffer, or what was kept.
pub(super) enum Input<'a> {
    Read(&'a [u8]),
    Kept(Rest),
}

impl Rest {
    /// Nothing; one byte is enough to ask the dialogue how much it needs.
    pub(super) fn none() -> Self {
        Self { bytes: Vec::new(), done: 0, wanted: 1 }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(self.done..).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.done
    }

    /// Whether the dialogue can get on with it as it is.
    pub(super) fn is_enough(&self) -> bool {
        self.len() >= self.wanted
    }

    /// How many bytes are missing before the dialogue can get on.
    pub(super) fn missing(&self) -> usize {
        self.wanted.saturating_sub(self.len())
    }

    /// How many bytes the dialogue needs, those that are here included.
    pub(super) fn wanted(&self) -> usize {
        self.wanted
    }

    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Room for `most` more bytes behind what is here, zeroed. Nothing of the batch before it is left by now.
    pub(super) fn room(&mut self, most: usize) -> Result<&mut [u8], TryReserveError> {
        self.bytes.try_reserve_exact(most)?;
        let len = self.bytes.len();
        self.bytes.resize(len + most, 0);
        Ok(self.bytes.get_mut(len..).unwrap_or_default())
    }

    /// Reserves what is missing, which is touched only as it comes.
    pub(super) fn reserve(&mut self) -> Result<(), TryReserveError> {
        self.bytes.try_reserve_exact(self.missing())
    }

    /// Gives back the end of the room that was not filled.
    pub(super) fn unroom(&mut self, unfilled: usize) {
        self.bytes.truncate(self.bytes.len().saturating_sub(unfilled));
    }
}

impl fmt::Debug for Rest {
    /// The bytes stay out: a login that has not come whole is among them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest").field("len", &self.len()).field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

impl Input<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Read(bytes) => bytes,
            Self::Kept(rest) => rest.bytes(),
        }
    }

    /// What is to be kept when so many bytes were consumed and the dialogue can get on with what is left at once.
    pub(super) fn pending(self, consumed: usize) -> Rest {
        match self {
            Self::Kept(mut rest) if rest.len() > consumed => {
                rest.done += consumed;
                rest.wanted = 0;
                rest
            }
            input => Rest { bytes: input.behind(consumed).to_vec(), done: 0, wanted: 0 },
        }
    }

    /// What is to be kept when so many bytes were consumed and the rest must first become a frame of so many.
    pub(super) fn unfinished(self, consumed: usize, frame: usize) -> Rest {
        let bytes = self.behind(consumed).to_vec();
        // Always more than there is, so that only new input brings the dialogue back.
        let wanted = frame.max(bytes.len() + 1);
        Rest { bytes, done: 0, wanted }
    }

    /// What was not consumed.
    pub(super) fn behind(&self, consumed: usize) -> &[u8] {
        self.bytes().get(consumed..).unwrap_or_default()
    }
}
