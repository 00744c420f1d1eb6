//! What is known of a user by the source of users, and for how long it counts.

use super::{
    credential::Credential,
    source::{SourceTerms, SourcedPassword},
};
use std::time::{Instant, UNIX_EPOCH};

/// What is known of a user by the source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Provenance {
    /// When the question was asked that the source last answered with this user.
    pub(super) confirmed: Instant,
    pub(super) judge: Judge,
}

/// Who judges the passwords of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judge {
    /// We, by what the source stores of them.
    Here,
    /// The source, and when it last found one right.
    There { proven: Option<Instant> },
}

/// How much what the source once said is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Worth {
    /// Nothing.
    Stale,
    /// It counts while the source does not answer.
    Known,
    /// It counts without another question.
    Fresh,
}

impl Provenance {
    /// What a password that was verified under it is worth.
    pub(super) fn worth(&self, terms: SourceTerms, now: Instant) -> Worth {
        let since = match self.judge {
            Judge::Here => Some(self.confirmed),
            Judge::There { proven } => proven,
        };
        match since.map(|since| now.saturating_duration_since(since)) {
            Some(age) if age < terms.fresh => Worth::Fresh,
            Some(age) if age < terms.grace => Worth::Known,
            _ => Worth::Stale,
        }
    }

    /// Whether there still is such a user, as far as is known.
    pub(super) fn counts(&self, terms: SourceTerms, now: Instant) -> bool {
        let age = now.saturating_duration_since(self.confirmed);
        age < terms.fresh.max(terms.grace)
    }
}

impl SourcedPassword {
    /// Who judges, and by what: a source that does it itself leaves one credential, of which nothing is stored.
    pub(super) fn into_credentials(self) -> (Judge, Vec<Credential>) {
        match self {
            Self::Stored(credentials) => (Judge::Here, credentials),
            Self::VerifiedThere => (Judge::There { proven: None }, vec![elsewhere()]),
        }
    }
}

fn elsewhere() -> Credential {
    Credential {
        label: "source".to_owned(),
        created: UNIX_EPOCH,
        not_before: None,
        expires: None,
        forms: Vec::new(),
    }
}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_is_known_is_fresh_then_good_for_an_outage_then_worth_nothing() {
        let terms = SourceTerms { fresh: Duration::from_secs(10), grace: Duration::from_secs(100) };
        let start = Instant::now();
        let worth = |judge, age| {
            Provenance { confirmed: start, judge }.worth(terms, start + Duration::from_secs(age))
        };
        for judge in [Judge::Here, Judge::There { proven: Some(start) }] {
            assert_eq!([0, 9].map(|age| worth(judge, age)), [Worth::Fresh; 2]);
            assert_eq!([10, 99].map(|age| worth(judge, age)), [Worth::Known; 2]);
            assert_eq!(worth(judge, 100), Worth::Stale);
        }
        assert_eq!(
            worth(Judge::There { proven: None }, 0),
            Worth::Stale,
            "that there is a user proves no password"
        );
    }
}
