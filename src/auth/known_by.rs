//! Who knows a user, for the audit.

use crate::audit::Term;

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
