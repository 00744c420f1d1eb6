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
}

/// Names that were asked for, by any part of them or, behind `=`, as a whole; none means all.
#[derive(Clone, Debug, Default)]
pub struct Wanted(pub Vec<String>);

impl Wanted {
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
        let wanted = Wanted(vec!["foyer".to_owned(), "session".to_owned()]);
        assert!(wanted.includes("foyer lru") && wanted.includes("keyway session"));
        assert!(!wanted.includes("keyway engine") && Wanted::default().includes("keyway engine"));
        let alone = Wanted(vec!["=keyway session".to_owned()]);
        assert!(alone.includes("keyway session") && !alone.includes("keyway session, large pages"));
    }
}
