//! Input that was read and is not yet served.

use std::{collections::TryReserveError, fmt};

/// Input that was read and is not yet served. It has memory of its own only while there is any, or there is more to say about it
/// than that any input will do: most connections are idle, and each byte here counts for each of them.
#[derive(Default)]
pub(super) struct Rest(Option<Box<Kept>>);

struct Kept {
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
    /// These bytes, and how many the dialogue needs. None at all are the same for whoever waits for the next byte.
    fn kept(bytes: Vec<u8>, wanted: usize) -> Self {
        let anything_will_do = bytes.is_empty() && wanted > 0;
        Self((!anything_will_do).then(|| Box::new(Kept { bytes, done: 0, wanted })))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_ref().and_then(|kept| kept.bytes.get(kept.done..)).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.bytes().len()
    }

    /// Whether the dialogue can get on with it as it is.
    pub(super) fn is_enough(&self) -> bool {
        self.0.as_ref().is_some_and(|kept| kept.bytes.len() - kept.done >= kept.wanted)
    }

    /// How many bytes are missing before the dialogue can get on.
    pub(super) fn missing(&self) -> usize {
        self.wanted().saturating_sub(self.len())
    }

    /// How many bytes the dialogue needs, those that are here included.
    pub(super) fn wanted(&self) -> usize {
        self.0.as_ref().map_or(1, |kept| kept.wanted)
    }

    pub(super) fn capacity(&self) -> usize {
        self.0.as_ref().map_or(0, |kept| size_of::<Kept>() + kept.bytes.capacity())
    }

    /// Room for `most` more bytes behind what is here, zeroed. Nothing of the batch before it is left by now.
    pub(super) fn room(&mut self, most: usize) -> Result<&mut [u8], TryReserveError> {
        let bytes = self.buffer();
        bytes.try_reserve_exact(most)?;
        let len = bytes.len();
        bytes.resize(len + most, 0);
        Ok(bytes.get_mut(len..).unwrap_or_default())
    }

    /// Reserves what is missing, which is touched only as it comes.
    pub(super) fn reserve(&mut self) -> Result<(), TryReserveError> {
        let missing = self.missing();
        self.buffer().try_reserve_exact(missing)
    }

    /// Gives back the end of the room that was not filled.
    pub(super) fn unroom(&mut self, unfilled: usize) {
        let bytes = self.buffer();
        bytes.truncate(bytes.len().saturating_sub(unfilled));
    }

    fn buffer(&mut self) -> &mut Vec<u8> {
        let any = || Box::new(Kept { bytes: Vec::new(), done: 0, wanted: 1 });
        &mut self.0.get_or_insert_with(any).bytes
    }
}

impl fmt::Debug for Rest {
    /// The bytes stay out: a login that has not come whole is among them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest")
            .field("len", &self.len())
            .field("wanted", &self.wanted())
            .finish_non_exhaustive()
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
            Self::Kept(Rest(Some(mut kept))) if kept.bytes.len() - kept.done > consumed => {
                kept.done += consumed;
                kept.wanted = 0;
                Rest(Some(kept))
            }
            input => Rest::kept(input.behind(consumed).to_vec(), 0),
        }
    }

    /// What is to be kept when so many bytes were consumed and the rest must first become a frame of so many.
    pub(super) fn unfinished(self, consumed: usize, frame: usize) -> Rest {
        let bytes = self.behind(consumed).to_vec();
        // Always more than there is, so that only new input brings the dialogue back.
        let wanted = frame.max(bytes.len() + 1);
        Rest::kept(bytes, wanted)
    }

    /// What was not consumed.
    pub(super) fn behind(&self, consumed: usize) -> &[u8] {
        self.bytes().get(consumed..).unwrap_or_default()
    }
}
