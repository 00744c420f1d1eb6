//! How much a frame may ask for, checked where bytes become values and nowhere else.

/// The longest mechanism name in bytes. IANA's have at most 20; memcached draws the line here.
pub(crate) const MECHANISM_MAX: usize = 32;

/// The largest body of a login request, in bytes: mechanism and message. The longest message that a mechanism here
/// can mean is under 2 KiB, and nobody who has not logged in may have more than this buffered.
pub(crate) const LOGIN_BODY_MAX: usize = 4 << 10;

/// A body announced longer than this, in bytes, is not even skipped: whoever announces it has lost the thread, and
/// to resume behind it would be to guess.
pub(crate) const BODY_MAX: usize = 1 << 30;

/// Who is on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// Nobody has logged in: only what leads to a login is let in.
    Closed,
    /// Somebody has.
    Open,
}

/// What is let in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Who is on the line.
    pub(crate) gate: Gate,
    /// The longest value of a storage request, in bytes; a longer one is refused and skipped, not buffered.
    pub(crate) value_max: usize,
}
