//! What a peer may cost, each with its reason. Nobody needs to set these: who asks is a monitoring system, a probe or a
//! person's browser.

use std::time::Duration;

/// Connections at once. Beyond it the oldest that has not been promised anything goes, so that idle ones keep nobody out.
pub(super) const CONNECTIONS: usize = 64;

/// Those of them whose answer goes on and on; further ones are told to come later.
pub(super) const STREAMS: usize = 16;

/// Bytes of a request's head. Browsers send some 2 KiB with all their headers, Prometheus 200 bytes.
pub(super) const HEAD: usize = 8 << 10;

/// Header fields of a request.
pub(super) const FIELDS: usize = 64;

/// From the connection on until the whole head has come, however it trickles.
pub(super) const HEAD_DEADLINE: Duration = Duration::from_secs(5);

/// For an answer, or a part of one that goes on, to be taken: half of what Prometheus waits for a scrape by default.
pub(super) const ANSWER_DEADLINE: Duration = Duration::from_secs(5);

/// After the answer, for the peer to close its end: closing first, with bytes of it unread, could destroy the answer on
/// its way (RFC 9112, section 9.6).
pub(super) const LINGER: Duration = Duration::from_secs(1);

/// Bytes that are read and forgotten meanwhile.
pub(super) const LINGER_BYTES: usize = 64 << 10;

/// Connections accepted in a row before those that are open have their turns.
pub(super) const ACCEPTS_IN_A_ROW: usize = 16;

/// How long a listener is left alone after an error, such as a want of files.
pub(super) const ACCEPT_BACKOFF: Duration = Duration::from_millis(100);
