//! How large an item is behind its header.

/// How many bytes there are, and whether there is room for a deadline, which is the highest bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape(u32);

const DATED: u32 = 1 << 31;

/// The most bytes of key, value and flags together.
pub(super) const LEN_MAX: usize = (DATED - 1) as usize;

impl Shape {
    pub(super) const EMPTY: Self = Self(0);

    /// Of so many bytes without a deadline; `None` if those are more than `LEN_MAX`.
    #[inline]
    pub(super) const fn of(len: usize) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "at most LEN_MAX")]
        if len <= LEN_MAX { Some(Self(len as u32)) } else { None }
    }

    /// The same with room for a deadline.
    #[inline]
    pub(super) const fn dated(self) -> Self {
        Self(self.0 | DATED)
    }

    #[inline]
    pub(super) const fn is_dated(self) -> bool {
        self.0 & DATED != 0
    }

    #[inline]
    pub(super) const fn len(self) -> usize {
        (self.0 & !DATED) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_and_room_for_a_deadline_keep_to_themselves() {
        for len in [0, 1, LEN_MAX] {
            let shape = Shape::of(len);
            assert_eq!(shape.map(|it| (it.len(), it.is_dated())), Some((len, false)));
            assert_eq!(shape.map(|it| (it.dated().len(), it.dated().is_dated())), Some((len, true)));
        }
        assert_eq!(Shape::of(LEN_MAX + 1), None);
    }
}
