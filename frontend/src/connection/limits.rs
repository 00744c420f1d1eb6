//! The numbers of a connection that nobody needs to set, each with its reason.

use crate::Dialogue;

/// Bytes that are read at once, and so in one turn: some 370 requests of 44 bytes, which take three turns at most (see
/// the dialogue's `REQUESTS_AT_ONCE`), or 120 of 132 bytes, which take one. More would save little of a system call
/// that some hundred requests share already, and would have to be kept while the others have their turns.
pub(super) const READ_AT_ONCE: usize = 16 << 10;

/// The most that is read at once from a connection that has not logged in. What waits behind a password that is
/// being verified must be kept, so this is what a stranger can make the server remember.
pub(super) const READ_BEFORE_LOGIN: usize = 4 << 10;

/// A frame of up to this size that has not arrived whole is completed in the shared buffer, together with whatever
/// follows it; a larger one is read straight into its own place.
pub(super) const COMPLETED_IN_BUFFER: usize = Dialogue::ROOM_ABOVE;

/// Bytes of the one read buffer that a thread's connections share: an unfinished frame and what is read behind it. It
/// stays in a core's first caches.
pub(super) const READ_BUFFER: usize = COMPLETED_IN_BUFFER + READ_AT_ONCE;

/// Bytes of a large frame that are read at once while too little of it has come for its value's own place; they are zeroed
/// before.
pub(super) const FIRST_READ: usize = 64 << 10;

/// Bytes of a large frame that are read in one turn: the system copies them in some forty microseconds.
pub(super) const LARGE_READ: usize = 256 << 10;

/// Bytes that a connection being closed may still send us before it is cut off. They are read and thrown away,
/// since closing with unread input resets the connection, and a reset may destroy the last answer on its way. Twice
/// the usual item limit: whoever is refused in the middle of sending one still hears why.
pub(super) const LINGER_BYTES: u32 = 2 << 20;
