//! `--memory-means resident`: -m bounds what the process has in memory, and not only what is stored. A governor lowers the budget by
//! what the allocator wastes; and where that is too slow, after an abrupt change of sizes, or is over, after many connections have
//! gone, the allocator is asked to give back what is free.

use super::trim::Trim;
use crate::cli::failure::Failure;
use keyway::{Cache, Governor};
use std::{
    fs, io,
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread::{self, JoinHandle},
    time::Duration,
};

/// Between two looks while what is resident moves: often enough where all of a cache is written anew within seconds. A look is one
/// read of some twenty microseconds.
const SOON: Duration = Duration::from_millis(10);
/// While it does not.
const LATER: Duration = Duration::from_millis(50);
/// From this part of the budget on, what is free is given back: the governor alone begins earlier.
const TRIMMED_FROM: (usize, usize) = (98, 100);
/// It moves if it does by more than one in so many bytes.
const MOVED: usize = 1 << 10;

/// For so long nothing has moved when it is over.
const SETTLED: Duration = Duration::from_secs(1);
/// What is resident beyond what is stored is worth giving back, if some of it can be, from so many bytes on,
const WORTHWHILE: usize = 1 << 20;
/// and from one in so many of all that is resident.
const WORTHWHILE_PART: usize = 32;

/// The thread that looks, until this is dropped.
pub(super) struct Watched {
    /// What the process takes beside the cache.
    beside: usize,
    /// The budget that is aimed at.
    stated: usize,
    thread: Option<JoinHandle<()>>,
    /// Nothing is sent: that it has gone is the sign to end.
    stay: Option<Sender<()>>,
}

/// Keeps what is resident near the budget that this cache, which is still empty, has now. `None` where the system does not say what
/// is resident, which the log tells: then the budget alone holds.
pub(super) fn watch(cache: Cache) -> Option<Watched> {
    try_to_watch(cache)
        .inspect_err(|error| {
            tracing::warn!(
                "-m bounds what is stored alone: the system does not say what is resident: {error}"
            );
        })
        .ok()
}

impl Watched {
    /// Gives the cache another budget, and keeps what is resident near that. Where it may not have that one, everything stays.
    pub(super) fn restate(&mut self, cache: &Cache, budget: usize) -> Result<(), Failure> {
        // The thread is gone before anybody else resizes the cache.
        self.end();
        let resized = cache.resize(budget);
        if resized.is_err() {
            // It was so before, give or take what the governor took off.
            let _ = cache.resize(self.stated);
        }
        *self = keep_near(cache.clone(), self.beside).map_err(Failure::refused)?;
        resized.map_err(Failure::refused)
    }

    fn end(&mut self) {
        self.stay = None;
        if let Some(thread) = self.thread.take() {
            // A panic was reported when it happened.
            let _ = thread.join();
        }
    }
}

fn try_to_watch(cache: Cache) -> io::Result<Watched> {
    keep_near(cache, resident()?)
}

fn keep_near(cache: Cache, beside: usize) -> io::Result<Watched> {
    let stated = cache.budget();
    let most = beside + stated / TRIMMED_FROM.1 * TRIMMED_FROM.0;
    let governor = Governor::new(cache.clone(), beside);
    let (stay, gone) = mpsc::channel();
    let look = move || {
        let (mut pause, mut before, mut trim) = (LATER, 0, Trim::new());
        let mut stillness = Stillness::default();
        while gone.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            match resident() {
                Ok(bytes) => {
                    governor.look(bytes);
                    let settled = stillness.settles(pause, moves(before, bytes));
                    if settled && is_worthwhile(bytes, beside.saturating_add(stored(&cache))) {
                        trim.give_back();
                    }
                    pause = pause_after(pause, before, bytes);
                    // What lies still has been given back already, as far as it can be.
                    if bytes > most && pause == SOON {
                        trim.give_back();
                    }
                    before = bytes;
                }
                Err(error) => tracing::warn!("the system does not say what is resident: {error}"),
            }
        }
    };
    let thread = thread::Builder::new().name("resident".to_owned()).spawn(look)?;
    Ok(Watched { beside, stated, thread: Some(thread), stay: Some(stay) })
}

/// Whether what is resident moves, by this look and the one before.
fn moves(before: usize, now: usize) -> bool {
    now.abs_diff(before) > before / MOVED
}

/// Soon if what is resident has moved since the look before, and twice as long as the last pause if not.
fn pause_after(pause: Duration, before: usize, now: usize) -> Duration {
    if moves(before, now) { SOON } else { (pause * 2).min(LATER) }
}

/// Bytes that are asked of the allocator for what is stored.
fn stored(cache: &Cache) -> usize {
    usize::try_from(cache.stats().bytes).unwrap_or(usize::MAX)
}

/// Whether so much more is resident than is accounted for that it may be worth looking for what is free.
fn is_worthwhile(resident: usize, accounted: usize) -> bool {
    let beyond = resident.saturating_sub(accounted);
    beyond >= WORTHWHILE && beyond >= resident / WORTHWHILE_PART
}

/// For how long nothing has moved, if something ever has.
#[derive(Default)]
struct Stillness(Option<Duration>);

impl Stillness {
    /// Takes note of a look after this pause. Whether a movement is over with it: once for each.
    fn settles(&mut self, pause: Duration, moved: bool) -> bool {
        self.0 = if moved { Some(Duration::ZERO) } else { self.0.map(|still| still + pause) };
        self.0.take_if(|still| *still >= SETTLED).is_some()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.end();
    }
}

/// Bytes of this process in memory.
fn resident() -> io::Result<usize> {
    let status = fs::read_to_string("/proc/self/status")?;
    in_status(&status).ok_or_else(|| io::Error::other("there is no VmRSS in /proc/self/status"))
}

fn in_status(status: &str) -> Option<usize> {
    let rest = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: usize = rest.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a test may panic")]

    use super::*;
    use keyway::{Config, Users};
    use std::time::Instant;

    #[test]
    fn it_is_read_from_the_kernels_lines() {
        assert_eq!(in_status("VmPeak:\t    9 kB\nVmRSS:\t    1208 kB\nThreads:\t1\n"), Some(1208 << 10));
        assert_eq!(in_status("Threads:\t1\n"), None);
    }

    #[test]
    fn looks_come_closer_while_something_moves() {
        let (still, moved) = (100 << 20, 101 << 20);
        assert_eq!(pause_after(LATER, still, moved), SOON);
        assert_eq!(pause_after(LATER, moved, still), SOON);
        assert_eq!(pause_after(SOON, still, still), SOON * 2);
        assert_eq!(pause_after(SOON * 4, still, still + (64 << 10)), LATER);
        assert_eq!(pause_after(LATER, still, still), LATER);
    }

    #[test]
    fn a_movement_is_over_once_and_only_after_a_while() {
        let mut stillness = Stillness::default();
        assert!(!(0..100).any(|_| stillness.settles(LATER, false)), "nothing ever moved");
        for _ in 0..2 {
            assert!(!stillness.settles(SOON, true));
            let looks = SETTLED.as_millis() / LATER.as_millis();
            let settled: Vec<_> = (0..2 * looks).map(|_| stillness.settles(LATER, false)).collect();
            assert_eq!(settled.iter().position(|settled| *settled), Some(looks as usize - 1));
            assert_eq!(settled.iter().filter(|settled| **settled).count(), 1);
        }
    }

    #[test]
    fn little_is_left_alone() {
        assert!(!is_worthwhile(10 << 20, (10 << 20) - WORTHWHILE + 1));
        assert!(is_worthwhile(10 << 20, 9 << 20));
        assert!(!is_worthwhile(1 << 30, (1 << 30) - (20 << 20)));
        assert!(!is_worthwhile(1 << 20, 1 << 30));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_the_process_takes_beside_comes_off_the_budget_until_the_thread_ends() {
        const BUDGET: usize = 16 << 20;
        let cache = Cache::new(Config::new(BUDGET), Users::new()).unwrap();
        let watched = watch(cache.clone()).unwrap();
        let taken = vec![1_u8; 2 * BUDGET];
        let until = Instant::now() + Duration::from_secs(10);
        while cache.budget() == BUDGET && Instant::now() < until {
            thread::sleep(SOON);
        }
        assert_eq!(cache.budget(), BUDGET / 4, "{}", taken.len());
        drop(watched);
        drop(taken);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn another_budget_is_kept_near_and_one_that_cannot_be_changes_nothing() {
        let cache = Cache::new(Config::new(64 << 20), Users::new()).unwrap();
        let mut watched = watch(cache.clone()).unwrap();
        watched.restate(&cache, 32 << 20).unwrap();
        assert_eq!(cache.budget(), 32 << 20);
        let mut shop = keyway::Namespace::new("shop");
        shop.reserve = 8 << 20;
        cache.namespaces().add(shop).unwrap();
        assert!(watched.restate(&cache, 4 << 20).is_err());
        assert_eq!(cache.budget(), 32 << 20);
        assert!(watched.thread.is_some());
    }
}
