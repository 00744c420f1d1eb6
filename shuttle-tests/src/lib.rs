//! The whole cache under random schedules of more threads than exhaustive models can take; see `tests/`.
//!
//! ```text
//! RUSTFLAGS="--cfg shuttle" cargo test --release -p shuttle-tests --target-dir target/shuttle
//! ```
//!
//! `KEYWAY_SHUTTLE_ITERATIONS` says how many schedules each claim is tried under. Every run begins with another seed. A
//! claim that fails prints the seed of the schedule that broke it; the same schedule runs again with
//! `SHUTTLE_RANDOM_SEED=<seed> KEYWAY_SHUTTLE_ITERATIONS=1` and the name of the test.
#![cfg(shuttle)]

use keyway::{Cache, Clock, Config, Role, Session, Users};
use shuttle::{Runner, rand::Rng, scheduler::RandomScheduler};
use std::env;

/// Schedules that each claim is tried under, unless the environment says otherwise.
const ITERATIONS: usize = 12_000;
const GENERIC_ITERATIONS: usize = 6_000;

/// Room for everything that a claim stores.
pub const ROOMY: usize = 1 << 20;

/// Tries a claim under random schedules; the random numbers that it draws belong to the schedule.
pub fn explore(claim: impl Fn() + Send + Sync + 'static) {
    explore_under(ITERATIONS, claim);
}

/// As `explore`, for claims on the generic cache.
pub fn explore_generic(claim: impl Fn() + Send + Sync + 'static) {
    explore_under(GENERIC_ITERATIONS, claim);
}

fn explore_under(schedules: usize, claim: impl Fn() + Send + Sync + 'static) {
    let asked = env::var("KEYWAY_SHUTTLE_ITERATIONS").ok().and_then(|text| text.parse().ok());
    let mut config = shuttle::Config::new();
    // Debug formatting of a failed assertion alone takes more than the default leaves.
    config.stack_size = 256 << 10;
    // The seed is enough to run a schedule again, and fits on a line.
    config.failure_persistence = shuttle::FailurePersistence::None;
    config.silence_warnings = true;
    Runner::new(RandomScheduler::new(asked.unwrap_or(schedules)), config).run(claim);
}

/// A cache with the writers `ada` and `grace`, the same hash each time and a clock that only a claim moves, so that
/// a seed is all that a run depends on.
///
/// # Panics
///
/// If the budget does not hold the empty stripes.
#[must_use]
#[allow(clippy::unwrap_used, reason = "these are tests")]
pub fn cache(budget: usize, stripes: usize) -> (Cache, Clock) {
    let clock = Clock::manual();
    let mut config = Config::new(budget);
    config.stripes = stripes;
    config.clock = clock.clone();
    config.fixed_hash_key = Some([1, 2, 3, 4]);
    let users = Users::with_mock_key([7; 32]);
    for name in ["ada", "grace"] {
        users.add_trusted(name, Role::ReadWrite).unwrap();
    }
    (Cache::new(config, users).unwrap(), clock)
}

/// A session of this user.
///
/// # Panics
///
/// If there is no such user.
#[must_use]
#[allow(clippy::unwrap_used, reason = "these are tests")]
pub fn session(cache: &Cache, name: &str) -> Session {
    cache.session_for(name).unwrap()
}

/// A number below `end` that belongs to the schedule.
#[must_use]
pub fn below(end: usize) -> usize {
    shuttle::rand::thread_rng().gen_range(0..end)
}
