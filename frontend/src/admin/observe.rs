//! Requests whose answers go on: each has a thread of its own, so that other operators are not kept waiting.
//!
//! There are few such threads at most. Each looks some fifty times a second at what has come, and nobody whom it watches waits for
//! it: see [`keyway::watch`] and [`keyway::audit`]. An operator who does not read is let go after some seconds, and what
//! comes meanwhile is dropped and counted.

use super::{
    AdminAnswer, HotKeyRow, LoginRow, PATIENCE, SightingRow, Watched, finish,
    line::{Wait, wait},
    write,
};
use keyway::{
    Cache,
    audit::Sequence,
    watch::{Topic, Watcher},
};
use std::{
    io::{self, BufWriter, Write},
    os::unix::net::UnixStream,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};
use tracing::{debug, info, warn};

/// So many at once: operators are few, and each costs a thread.
const MOST: usize = 8;

/// A ring of 4,096 places overflows at 200,000 sightings a second.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The longest sample: what was hot before is history after that.
const LONGEST_SAMPLE: u32 = 300;

/// What is looked at until the operator goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Observation {
    Watch(Watched),
    HotKeys { seconds: u32, most: u32 },
}

/// The threads that look on.
#[derive(Debug, Default)]
pub(super) struct Observers(Vec<JoinHandle<()>>);

impl Observers {
    /// Has one more look on; `stop` becomes readable when all are to end.
    pub(super) fn admit(
        &mut self,
        cache: &Cache,
        peer: &UnixStream,
        stop: &UnixStream,
        observation: Observation,
    ) -> io::Result<()> {
        info!(?observation, "an operator looks on");
        self.0.retain(|thread| !thread.is_finished());
        if self.0.len() >= MOST {
            let all = format!("{MOST} operators look on already; try again when one of them has gone");
            return finish(&mut BufWriter::new(peer), &AdminAnswer::Error(all));
        }
        let (cache, peer, stop) = (cache.clone(), peer.try_clone()?, stop.try_clone()?);
        let look_on = move || {
            let looking = Looking { cache: &cache, peer: &peer, stop: &stop };
            if let Err(error) = looking.at(observation) {
                debug!(%error, "an operator who looked on has gone");
            }
        };
        let spawned = thread::Builder::new().name("keyway-observer".to_owned()).spawn(look_on)?;
        self.0.push(spawned);
        Ok(())
    }
}

impl Drop for Observers {
    /// They have been told to stop.
    fn drop(&mut self) {
        for thread in self.0.drain(..) {
            if thread.join().is_err() {
                warn!("a thread that looked on has panicked");
            }
        }
    }
}

struct Looking<'a> {
    cache: &'a Cache,
    peer: &'a UnixStream,
    stop: &'a UnixStream,
}

impl Looking<'_> {
    fn at(&self, observation: Observation) -> io::Result<()> {
        self.peer.set_write_timeout(Some(PATIENCE))?;
        match observation {
            Observation::Watch(Watched::Evictions) => self.follow(self.cache.watch(Topic::Evictions)),
            Observation::Watch(Watched::Misses) => self.follow(self.cache.watch(Topic::Misses)),
            Observation::Watch(Watched::Logins) => self.follow_logins(),
            Observation::HotKeys { seconds, most } => self.sample(seconds, most),
        }
    }

    /// Whether there is still somebody to tell, after this time.
    fn goes_on(&self, until: Instant) -> io::Result<bool> {
        Ok(wait(self.peer, self.stop, Some(until))? == Wait::TooLong)
    }

    /// That it has begun is told at once: whoever waits for what happens knows from when on it is seen.
    fn begin(&self) -> io::Result<BufWriter<&UnixStream>> {
        let mut out = BufWriter::new(self.peer);
        write(&mut out, &AdminAnswer::Watching)?;
        out.flush()?;
        Ok(out)
    }

    fn follow(&self, mut watcher: Watcher) -> io::Result<()> {
        let mut out = self.begin()?;
        while self.goes_on(Instant::now() + LOOK_EVERY)? {
            let seen = watcher.take();
            for sighting in seen.sightings {
                let row = SightingRow::from(sighting);
                let is_eviction = watcher.topic() == Topic::Evictions;
                write(
                    &mut out,
                    &if is_eviction { AdminAnswer::Evicted(row) } else { AdminAnswer::Missed(row) },
                )?;
            }
            tell_dropped(&mut out, seen.dropped)?;
            out.flush()?;
        }
        Ok(())
    }

    fn follow_logins(&self) -> io::Result<()> {
        let audit = self.cache.audit();
        let mut last = audit.recent(Sequence::START).last;
        let mut out = self.begin()?;
        while self.goes_on(Instant::now() + LOOK_EVERY)? {
            let recent = audit.recent(last);
            last = recent.last;
            for row in recent.entries.iter().filter_map(LoginRow::of) {
                write(&mut out, &AdminAnswer::Login(row))?;
            }
            tell_dropped(&mut out, recent.missed)?;
            out.flush()?;
        }
        Ok(())
    }

    fn sample(&self, seconds: u32, most: u32) -> io::Result<()> {
        let sampler = match self.cache.sample_keys() {
            Ok(sampler) => sampler,
            Err(already) => {
                return finish(&mut BufWriter::new(self.peer), &AdminAnswer::Error(already.to_string()));
            }
        };
        let mut out = self.begin()?;
        let lasting = Duration::from_secs(seconds.clamp(1, LONGEST_SAMPLE).into());
        if !self.goes_on(Instant::now() + lasting)? {
            return Ok(());
        }
        let hot = sampler.hottest(usize::try_from(most).unwrap_or(usize::MAX));
        drop(sampler);
        for key in &hot.keys {
            write(&mut out, &AdminAnswer::HotKey(HotKeyRow::from(key)))?;
        }
        finish(&mut out, &AdminAnswer::Done { count: hot.sampled })
    }
}

fn tell_dropped(out: &mut impl Write, count: u64) -> io::Result<()> {
    if count > 0 { write(out, &AdminAnswer::Dropped { count }) } else { Ok(()) }
}
