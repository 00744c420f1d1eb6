//! How much was asked for, whatever is measured.

/// How long it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// For figures.
    Full,
    /// To see that it works.
    Quick,
}

impl Length {
    pub(crate) fn of<T>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }

    /// As a child process is told it.
    pub(crate) fn word(self) -> &'static str {
        self.of("full", "quick")
    }

    /// `None` if that is none.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        [Self::Full, Self::Quick].into_iter().find(|length| length.word() == word)
    }
}

/// Names that were asked for, by any part of them or, behind `=`, as a whole; none means all.
#[derive(Clone, Debug, Default)]
pub struct Wanted(pub Vec<String>);

impl Wanted {
    pub(crate) fn of(names: &[&str]) -> Self {
        Self(names.iter().map(|name| (*name).to_owned()).collect())
    }

    /// Whether this one was asked for.
    #[must_use]
    pub fn includes(&self, name: &str) -> bool {
        let is_it = |asked: &String| match asked.strip_prefix('=') {
            Some(whole) => name == whole,
            None => name.contains(asked),
        };
        self.0.is_empty() || self.0.iter().any(is_it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_asked_for_by_a_part_of_them_or_as_a_whole() {
        let wanted = Wanted::of(&["foyer", "session"]);
        assert!(wanted.includes("foyer lru") && wanted.includes("keyway session"));
        assert!(!wanted.includes("keyway engine") && Wanted::default().includes("keyway engine"));
        let alone = Wanted::of(&["=keyway session"]);
        assert!(alone.includes("keyway session") && !alone.includes("keyway session, large pages"));
    }

    #[test]
    fn a_child_is_told_how_long_it_may_take() {
        assert!([Length::Full, Length::Quick].iter().all(|it| Length::of_word(it.word()) == Some(*it)));
        assert_eq!(Length::of_word("long"), None);
    }
}
