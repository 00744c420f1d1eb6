//! Why a guess was not even looked at.

/// Which limit put a login off (0x86). The client is not told which, the log is.
///
/// ```
/// use keyway_frontend::PutOff;
///
/// assert_eq!(PutOff::QueueFull.name(), "QueueFull"); // what the log says
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PutOff {
    /// Its address has no guesses left, for this name or in all, and has waited in vain for new ones.
    TooManyGuesses,
    /// Its address has as many passwords under way to a derivation as it may.
    TooManyDerivations,
    /// The queue of the threads that derive is full.
    QueueFull,
}

impl PutOff {
    /// Its name in the log and in the audit.
    ///
    /// ```
    /// use keyway_frontend::PutOff;
    ///
    /// assert_eq!(PutOff::TooManyGuesses.name(), "TooManyGuesses");
    /// assert_eq!(PutOff::TooManyDerivations.name(), "TooManyDerivations");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TooManyGuesses => "TooManyGuesses",
            Self::TooManyDerivations => "TooManyDerivations",
            Self::QueueFull => "QueueFull",
        }
    }
}
