//! How much is measured, and what of it.

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

/// Names that were asked for, by any part of them; none means all.
#[derive(Clone, Debug, Default)]
pub struct Wanted(pub Vec<String>);

impl Wanted {
    /// Whether this one was asked for.
    #[must_use]
    pub fn includes(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|part| name.contains(part))
    }
}

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How long it may take.
    pub length: Length,
    /// Numbers of threads for the races.
    pub threads: Vec<usize>,
    /// Caches.
    pub peers: Wanted,
    /// Workloads of the races.
    pub workloads: Wanted,
    /// What the races show.
    pub shown: Shown,
    /// How long the long run is, if it is said.
    pub seconds: Option<u32>,
}

/// What the races show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Steps a second by the clock on the wall.
    Wall,
    /// Beside that, CPU time a step: less noisy where other work goes on.
    WallAndCpu,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_asked_for_by_a_part_of_them() {
        let wanted = Wanted(vec!["foyer".to_owned(), "session".to_owned()]);
        assert!(wanted.includes("foyer lru") && wanted.includes("keyway session"));
        assert!(!wanted.includes("keyway engine") && Wanted::default().includes("keyway engine"));
    }
}
