//! By what somebody was let in, for the audit.

use crate::audit::Term;
use std::fmt;

/// By what a grant came about. It goes with the grant until there is a session.
#[derive(Clone)]
pub(crate) struct Evidence {
    /// The label of the credential that was proven, as it was at that time.
    pub(crate) credential: Box<str>,
    pub(crate) known_by: KnownBy,
}

/// Who knows a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KnownBy {
    /// Code or a users file.
    Own,
    /// The source of users.
    Source,
}

impl KnownBy {
    pub(crate) fn term(self) -> Term {
        Term::new(match self {
            Self::Own => "own",
            Self::Source => "source",
        })
    }
}

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {:?}", self.credential, self.known_by)
    }
}
