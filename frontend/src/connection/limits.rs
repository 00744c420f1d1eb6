//! The numbers of a connection that nobody needs to set, each with its reason.

/// Bytes of the one read buffer that a thread's connections share. Large enough that a pipeline of small requests
/// costs one system call for some two thousand of them, small enough to stay in a core's second-level cache.
pub(super) const READ_BUFFER: usize = 64 << 10;

/// The most that is read at once from a connection that has not logged in. What waits behind a password that is
/// being verified must be kept, so this is what a stranger can make the server remember.
pub(super) const READ_BEFORE_LOGIN: usize = 4 << 10;

/// A frame of up to this size that has not arrived whole is completed in the shared buffer, together with whatever
/// follows it; a larger one is read straight into its own place. The rest of the buffer stays well over a half.
pub(super) const COMPLETED_IN_BUFFER: usize = 16 << 10;

/// How many times a connection may fill the outbox in one turn before the others have theirs.
pub(super) const ROUNDS_PER_TURN: usize = 8;

/// Bytes that a connection being closed may still send us before it is cut off. They are read and thrown away,
/// since closing with unread input resets the connection, and a reset may destroy the last answer on its way. Twice
/// the usual item limit: whoever is refused in the middle of sending one still hears why.
pub(super) const LINGER_BYTES: usize = 2 << 20;
