//! The numbers of the event loops that nobody needs to set, each with its reason.

use std::time::Duration;

/// Events taken from the system at once; more wait for the next look.
pub(super) const EVENTS: usize = 1024;

/// A tenant's share of a round, where several have connections on an event loop: as long as a full turn of small requests takes
/// (see the dialogue's `REQUESTS_AT_ONCE`). The turn that it ends in is not cut short. Less would ask the system more often than is
/// worth it, which costs a microsecond.
pub(super) const TENANT_SHARE: Duration = Duration::from_micros(100);

/// How long a connection that is being closed may go without a sign of life: its peer neither takes what is still
/// to be written nor closes its own end. Some round trips on any link; also the longest that it delays a stop.
pub(super) const LINGER: Duration = Duration::from_secs(1);

/// A stop takes no longer than this: long enough to answer what was received, and half of the ten seconds that
/// supervisors commonly wait before they kill.
pub(super) const STOP_DEADLINE: Duration = Duration::from_secs(5);

/// Connections that the system completes ahead of us. A burst of reconnecting clients fits; Linux cuts it down to
/// its own setting.
pub(super) const BACKLOG: i32 = 1024;

/// Connections accepted in a row before the acceptor looks at its other duties.
pub(super) const ACCEPTS_IN_A_ROW: usize = 256;

/// How long the acceptor leaves a listener alone after an error. What makes `accept` fail (no file descriptors, no
/// memory) passes only when something else closes, and trying at once again would burn a core.
pub(super) const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// Looks at a connection in the time that it may be idle. The first may come just after its last sign of life, so it is
/// closed after one look more: at a quarter over that time at the latest, and never before.
pub(super) const IDLE_LOOKS: u8 = 4;

/// How often the cache is given a share of upkeep. Where nothing has expired it costs next to nothing, and what ends all at once
/// is to be back within two seconds.
pub(super) const MAINTAIN_EVERY: Duration = Duration::from_millis(250);

/// How long a password waits at most for its turn, where its address has used up its guesses. Long enough that
/// whoever guesses on gets an answer now and then only; short enough for clients, which commonly wait five seconds.
pub(super) const HOLD: Duration = Duration::from_secs(2);

/// So many passwords wait on a thread at most; further ones are refused at once, as when the queue is full. A look at one
/// costs some two microseconds, so all of them take less than a hundredth of the event loop's time.
pub(super) const HELD: usize = 128;

/// How often it is looked whether one may go on that waits.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How much nicer than the process the acceptor is: so that it does not interrupt an event loop on the same core for each
/// connection that comes, but takes several at once when that rests. Where it does not, this leaves the acceptor a quarter of
/// the core.
#[cfg(target_os = "linux")]
pub(super) const ACCEPTOR_NICER: i32 = 5;

/// The nice value of the threads that derive keys: the lowest priority there is. Beside a busy event loop on the same
/// core they get about a seventieth of it.
pub(super) const VERIFIER_NICE: i32 = 19;

/// A warning that a peer can cause at will is logged at most this often, with the number of those left out.
pub(super) const WARN_EVERY: Duration = Duration::from_secs(1);
