//! The thread that follows the ring and writes.

use super::{
    AuditDestination, AuditError, json,
    output::{NotWritten, Output},
};
use keyway::audit::{Audit, Entry, Sequence};
use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// How the audit is written.
///
/// ```
/// use keyway_frontend::{AuditDestination, AuditSettings};
///
/// # use keyway::{Cache, Config, Users};
/// # use keyway_frontend::AuditWriter;
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// # let place = tempfile::tempdir()?;
/// # let file = place.path().join("audit.json");
/// let mut settings = AuditSettings::new(AuditDestination::File(file));
/// settings.limit = 1; // no entry is as short
/// let writer = AuditWriter::start(cache.audit(), settings)?;
/// assert!(cache.login("eve", "a guess").is_err());
/// drop(writer);
/// assert_eq!((cache.audit().counts().written, cache.audit().counts().dropped), (0, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuditSettings {
    /// Where to.
    pub destination: AuditDestination,
    /// Bytes that a file may have. What comes beyond is lost, counted and told, until the file is moved away or made shorter. By
    /// default 1 GiB: more than two days of the worst flood that is told.
    pub limit: u64,
    /// Entries that the ring holds, and so may wait to be written. By default 8,192: what the worst flood brings in two minutes
    /// and what a change of that many users brings at once, in 2.5 MB at most.
    pub ring: usize,
}

impl AuditSettings {
    /// The limit unless another is set.
    ///
    /// ```
    /// use keyway_frontend::{AuditDestination, AuditSettings};
    ///
    /// assert_eq!(AuditSettings::new(AuditDestination::Stderr).limit, AuditSettings::DEFAULT_LIMIT);
    /// assert_eq!(AuditSettings::DEFAULT_LIMIT, 1024 * 1024 * 1024);
    /// ```
    pub const DEFAULT_LIMIT: u64 = 1 << 30;

    /// Every other setting at its default.
    ///
    /// ```
    /// use keyway_frontend::{AuditDestination, AuditSettings};
    ///
    /// let settings = AuditSettings::new("/var/log/keyway/audit.json".parse()?);
    /// assert!(matches!(settings.destination, AuditDestination::File(_)));
    /// assert_eq!(settings.ring, 8192);
    /// # Ok::<(), std::convert::Infallible>(())
    /// ```
    #[must_use]
    pub fn new(destination: AuditDestination) -> Self {
        Self { destination, limit: Self::DEFAULT_LIMIT, ring: 8192 }
    }
}

/// How often the ring is looked at: an entry is written at most this later, and the ring is long enough for what comes
/// meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How often it is asked whether the file was moved away, while there is nothing to write.
const MOVED_EVERY: Duration = Duration::from_secs(1);

/// How often the log is told that entries are lost, while they are.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);

/// Entries in one write, some 16 KiB: as many are lost at once if it fails.
const WRITTEN_AT_ONCE: usize = 64;

/// Writes the audit of a cache for as long as it is there. Dropping it writes what was told until then.
///
/// ```
/// use keyway::{Cache, Config, Users};
/// use keyway_frontend::{AuditDestination, AuditSettings, AuditWriter};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// let place = tempfile::tempdir()?;
/// let file = place.path().join("audit.json");
/// let writer = AuditWriter::start(cache.audit(), AuditSettings::new(AuditDestination::File(file.clone())))?;
///
/// assert!(cache.login("eve", "guess").is_err());
/// drop(writer);
/// let written = std::fs::read_to_string(file)?;
/// assert!(written.contains(r#""event":"login_failed""#) && written.contains(r#""claimed":"eve""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct AuditWriter {
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
enum Order {
    /// To go on in the file that is at the path now.
    Reopen,
    /// To go on there.
    Redirect { output: Output, destination: AuditDestination },
}

impl AuditWriter {
    /// Begins with the oldest entry that the ring has.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::{AuditDestination, AuditSettings, AuditWriter};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let place = tempfile::tempdir()?;
    /// # let (file, elsewhere) = (place.path().join("audit.json"), place.path().join("elsewhere.json"));
    /// assert!(cache.login("eve", "a guess").is_err()); // before there was a writer
    /// let writer = AuditWriter::start(cache.audit(), AuditSettings::new(AuditDestination::File(file.clone())))?;
    /// drop(writer);
    /// assert_eq!(std::fs::read_to_string(&file)?.lines().count(), 1);
    ///
    /// let nowhere = AuditDestination::File(place.path().join("no such folder/audit.json"));
    /// assert!(AuditWriter::start(cache.audit(), AuditSettings::new(nowhere)).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The file cannot be opened, or the system gives no thread.
    pub fn start(audit: &Audit, settings: AuditSettings) -> Result<Self, AuditError> {
        let output = Output::open(&settings.destination, settings.limit)?;
        audit.hold(settings.ring);
        let (orders, received) = channel();
        let now = Instant::now();
        let follower = Follower {
            audit: audit.clone(),
            output,
            destination: settings.destination,
            last: Sequence::START,
            owed: 0,
            looked: now,
            complain_at: now,
            lines: Vec::new(),
        };
        let thread = thread::Builder::new()
            .name("keyway-audit".to_owned())
            .spawn(move || follower.run(&received))
            .map_err(AuditError::Thread)?;
        Ok(Self { orders: Some(orders), thread: Some(thread) })
    }

    /// Goes on in the file that is at the path now: after it was moved away, for whoever does not want to wait until that is
    /// noticed.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::{AuditDestination, AuditSettings, AuditWriter};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let place = tempfile::tempdir()?;
    /// # let (file, elsewhere) = (place.path().join("audit.json"), place.path().join("elsewhere.json"));
    /// let writer = AuditWriter::start(cache.audit(), AuditSettings::new(AuditDestination::File(file.clone())))?;
    /// std::fs::rename(&file, &elsewhere)?; // as logrotate does
    /// writer.reopen();
    /// drop(writer);
    /// assert!(file.exists());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reopen(&self) {
        if let Some(orders) = &self.orders {
            // It runs for as long as this is there.
            let _taken = orders.send(Order::Reopen);
        }
    }

    /// Goes on elsewhere, or under another limit. No entry is written twice for that, and none is lost. How many entries the ring holds
    /// stays as it is.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::{AuditDestination, AuditSettings, AuditWriter};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let place = tempfile::tempdir()?;
    /// # let (file, elsewhere) = (place.path().join("audit.json"), place.path().join("elsewhere.json"));
    /// let to = |path: &std::path::Path| AuditSettings::new(AuditDestination::File(path.to_owned()));
    /// let writer = AuditWriter::start(cache.audit(), to(&file))?;
    /// assert!(cache.login("eve", "a guess").is_err());
    /// writer.redirect(to(&elsewhere))?;
    /// drop(writer);
    /// let written = [file, elsewhere].map(|path| std::fs::read_to_string(path).unwrap_or_default());
    /// assert_eq!(written.concat().lines().count(), 1); // in one of them, and once
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The file cannot be opened; it goes on as before then.
    pub fn redirect(&self, settings: AuditSettings) -> Result<(), AuditError> {
        let AuditSettings { destination, limit, .. } = settings;
        let output = Output::open(&destination, limit)?;
        if let Some(orders) = &self.orders {
            let _taken = orders.send(Order::Redirect { output, destination });
        }
        Ok(())
    }
}

impl Drop for AuditWriter {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // A panic has been reported where it happened.
            let _reported = thread.join();
        }
    }
}

struct Follower {
    audit: Audit,
    output: Output,
    destination: AuditDestination,
    last: Sequence,
    /// Entries that were lost since the last line that says so.
    owed: u64,
    /// When it was last asked whether the file was moved away.
    looked: Instant,
    /// When the log is next told of a loss.
    complain_at: Instant,
    lines: Vec<u8>,
}

impl Follower {
    fn run(mut self, orders: &Receiver<Order>) {
        loop {
            let order = orders.recv_timeout(LOOK_EVERY);
            match order {
                Ok(Order::Reopen) => self.reopen(),
                Ok(Order::Redirect { output, destination }) => {
                    // What happened until now belongs where it was written until now.
                    self.follow();
                    (self.output, self.destination) = (output, destination);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    self.audit.settle();
                    self.follow();
                    return;
                }
            }
            self.follow();
        }
    }

    /// Writes what came since the last time.
    fn follow(&mut self) {
        let recent = self.audit.recent(self.last);
        self.last = recent.last;
        if !recent.entries.is_empty() || self.looked.elapsed() >= MOVED_EVERY {
            self.looked = Instant::now();
            if self.output.is_moved() {
                self.reopen();
            }
        }
        if recent.missed > 0 {
            self.lose(recent.missed, &"they came faster than they could be written");
        }
        for entries in recent.entries.chunks(WRITTEN_AT_ONCE) {
            self.write(entries);
        }
    }

    fn write(&mut self, entries: &[Entry]) {
        self.lines.clear();
        if self.owed > 0 {
            json::add_line(&mut self.lines, &Entry::of_dropped(self.owed));
        }
        for entry in entries {
            json::add_line(&mut self.lines, entry);
        }
        let count = entries.len() as u64;
        match self.output.write(&self.lines) {
            Ok(()) => {
                self.audit.count_written(count);
                if std::mem::take(&mut self.owed) > 0 {
                    tracing::info!(file = %self.destination, "the audit is written again");
                }
            }
            Err(NotWritten::Limit) => self.lose(
                count,
                &"the file is as long as it may be (--audit-limit); move it away, and another one is begun",
            ),
            Err(NotWritten::System(error)) => self.lose(count, &error),
        }
    }

    fn lose(&mut self, entries: u64, why: &dyn std::fmt::Display) {
        self.audit.count_dropped(entries);
        self.owed += entries;
        let now = Instant::now();
        if now >= self.complain_at {
            self.complain_at = now + COMPLAIN_EVERY;
            tracing::error!(file = %self.destination, lost = self.owed, "entries of the audit are lost: {why}");
        }
    }

    /// Where that cannot be done, it goes on in the file that it has, wherever that was moved.
    fn reopen(&mut self) {
        match self.output.reopen() {
            Ok(()) => tracing::info!(file = %self.destination, "audit opened again"),
            Err(error) => {
                let now = Instant::now();
                if now >= self.complain_at {
                    self.complain_at = now + COMPLAIN_EVERY;
                    tracing::error!("{error}; it goes on in the file that was there before");
                }
            }
        }
    }
}
