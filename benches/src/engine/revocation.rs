//! What it takes to end sessions of many users at once, and how long others wait for a login meanwhile.

use super::plan::Plan;
use crate::{Length, cpu, median, table::Table};
use keyway::{Cache, Config, MintedToken, Refusal, Role, Rounds, Session, TokenScope, Users, Verb, Verifier};
use std::{
    error::Error,
    io::{self, Write},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant, SystemTime},
};

/// The role that everybody has.
const ROLE: &str = "read-write";
/// Of the steps that concern one user, so many are timed together.
const SINGLE: usize = 500;
const LAPS: usize = 5;
/// A user may have so many.
const MOST_TOKENS_OF_ONE: usize = 8192;
const MOST_TOKENS: usize = 65_536;

/// A thread hands it to another one.
type Failed = Box<dyn Error + Send + Sync>;

/// A cache in which everybody has one live session, opened by code, beside a password.
struct House {
    cache: Cache,
    names: Vec<String>,
    sessions: Vec<Session>,
    tokens: Vec<MintedToken>,
    /// When all of that was there.
    full: SystemTime,
}

/// What is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Revoked {
    Session,
    User,
    Credential,
    /// Everybody has it.
    Role,
    /// Each session, and each token, by its age.
    Before,
    /// Each session and each token, and logins that are under way.
    Everything,
}

impl Revoked {
    const ALL: [Self; 6] =
        [Self::Session, Self::User, Self::Credential, Self::Role, Self::Before, Self::Everything];

    fn name(self) -> &'static str {
        match self {
            Self::Session => "a session",
            Self::User => "a user",
            Self::Credential => "a password of a user",
            Self::Role => "a role that all have",
            Self::Before => "before a time that is over",
            Self::Everything => "before now: everything",
        }
    }

    /// How many calls are timed.
    fn calls(self, users: usize) -> usize {
        match self {
            Self::Session | Self::User | Self::Credential => users.min(SINGLE),
            Self::Role | Self::Before | Self::Everything => 1,
        }
    }
}

/// How long a call took, and a login beside it at most.
#[derive(Clone, Copy, Debug, Default)]
struct Took {
    wall: Duration,
    cpu: Duration,
    login: Duration,
}

/// Revocation of each kind, with more and more users.
///
/// # Errors
/// If the table cannot be written.
///
/// # Panics
/// If what was revoked goes on, or another session ends.
pub fn revocation(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let numbers: &[usize] = match plan.length {
        Length::Full => &[1_000, 10_000, 100_000],
        Length::Quick => &[100, 1_000],
    };
    writeln!(
        out,
        "Revocation: each user has one password, one live session and, as far as there may be so many, one token. Wall / CPU time of a"
    )?;
    writeln!(
        out,
        "call, and the longest wait of another thread that opens sessions, logs in by a token and changes limits meanwhile. Medians of {LAPS}."
    )?;
    let columns: Vec<String> = numbers.iter().map(|number| format!("{number} users")).collect();
    let mut table = Table::new(out, "revoked", &columns)?;
    let mut houses = Vec::new();
    for number in numbers {
        houses.push(House::of(*number).map_err(|error| io::Error::other(error.to_string()))?);
    }
    for revoked in Revoked::ALL {
        let mut cells = Vec::new();
        for house in &mut houses {
            let laps = (0..LAPS).map(|_| house.lap(revoked)).collect::<Result<Vec<_>, _>>();
            cells.push(cell(&laps.map_err(|error| io::Error::other(error.to_string()))?));
        }
        table.row(revoked.name(), &cells)?;
    }
    Ok(())
}

fn cell(laps: &[Took]) -> String {
    let middle = |part: fn(&Took) -> Duration| {
        let micros = laps.iter().map(|took| part(took).as_secs_f64() * 1e6).collect();
        median(micros)
    };
    format!(
        "{:.1} / {:.1} µs, waits {:.0} µs",
        middle(|took| took.wall),
        middle(|took| took.cpu),
        middle(|took| took.login)
    )
}

impl House {
    fn of(users: usize) -> Result<Self, Failed> {
        let cache = Cache::new(Config::new(8 << 20), Users::new())?;
        let verifier = Verifier::derive("correct horse", Rounds::MIN)?;
        let names: Vec<String> = (0..users).map(|number| format!("user-{number}")).collect();
        for name in &names {
            cache.users().add_verifier(name, verifier.clone(), Role::ReadWrite)?;
        }
        cache.users().add_trusted("onlooker", Role::Admin)?;
        let mut house =
            Self { cache, names, sessions: Vec::new(), tokens: Vec::new(), full: SystemTime::UNIX_EPOCH };
        house.fill()?;
        Ok(house)
    }

    /// Opens a session of everybody, and mints a token, in place of those that there were.
    fn fill(&mut self) -> Result<(), Failed> {
        self.sessions.clear();
        let users = self.cache.users();
        for token in self.tokens.drain(..) {
            // Those that were revoked are gone.
            let _gone_already = users.revoke_token(token.id());
        }
        for name in &self.names {
            self.sessions.push(self.cache.session_for(name)?);
        }
        for name in self.names.iter().take(MOST_TOKENS - MOST_TOKENS_OF_ONE) {
            self.tokens.push(users.mint(name, TokenScope::of(Verb::Read))?);
        }
        self.full = SystemTime::now();
        // So that a time after it is over.
        thread::sleep(Duration::from_millis(2));
        Ok(())
    }

    fn lap(&mut self, revoked: Revoked) -> Result<Took, Failed> {
        self.fill()?;
        let (calls, done) = (revoked.calls(self.names.len()), AtomicBool::new(false));
        let house = &*self;
        let (took, login) = thread::scope(|scope| {
            let beside = scope.spawn(|| house.log_in_until(&done));
            thread::sleep(Duration::from_millis(20));
            let (began, cpu) = (Instant::now(), cpu::of_thread());
            let outcome = (0..calls).try_for_each(|number| house.revoke(revoked, number));
            let (wall, cpu) = (began.elapsed(), cpu::of_thread() - cpu);
            // Relaxed: only a request to stop.
            done.store(true, Ordering::Relaxed);
            let login = beside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            outcome.map(|()| ((wall, cpu), login))
        })?;
        self.check(revoked, calls);
        let each = |all: Duration| all / u32::try_from(calls).unwrap_or(u32::MAX);
        Ok(Took { wall: each(took.0), cpu: each(took.1), login: login? })
    }

    fn revoke(&self, revoked: Revoked, number: usize) -> Result<(), Failed> {
        let users = self.cache.users();
        match revoked {
            Revoked::Session => assert!(users.revoke_session(self.sessions[number].id())),
            Revoked::User => users.revoke(&self.names[number])?,
            Revoked::Credential => users.revoke_credential(&self.names[number], "1")?,
            Revoked::Role => assert_eq!(users.revoke_role(ROLE)?, self.names.len()),
            Revoked::Before => {
                users.revoke_before(self.full);
            }
            Revoked::Everything => {
                users.revoke_before(SystemTime::now() + Duration::from_secs(60));
            }
        }
        Ok(())
    }

    fn check(&self, revoked: Revoked, calls: usize) {
        for (number, session) in self.sessions.iter().enumerate() {
            // What a password opened is another thing than what code did.
            let ends = number < calls.max(1) && revoked != Revoked::Credential
                || matches!(revoked, Revoked::Role | Revoked::Before | Revoked::Everything);
            let expected = if ends { Some(Refusal::Revoked) } else { None };
            assert_eq!(session.get("k").err(), expected, "{revoked:?}, session {number}");
        }
    }

    /// The longest of each that one who is not concerned does meanwhile: logins of code and by a token, and a change.
    fn log_in_until(&self, done: &AtomicBool) -> Result<Duration, Failed> {
        let users = self.cache.users();
        let token = users.mint("onlooker", TokenScope::of(Verb::Read))?;
        let mut longest = Duration::ZERO;
        while !done.load(Ordering::Relaxed) {
            let began = Instant::now();
            drop(self.cache.session_for("onlooker")?);
            // It may be among those that are taken back.
            let _session = self.cache.login("onlooker", token.reveal());
            users.set_limits("onlooker", keyway::Limits::default())?;
            longest = longest.max(began.elapsed());
        }
        let _gone_already = users.revoke_token(token.id());
        Ok(longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_ends_what_it_says_and_is_timed() {
        let mut house = House::of(20).unwrap();
        for revoked in Revoked::ALL {
            let took = house.lap(revoked).unwrap();
            assert!(!took.wall.is_zero() && !took.login.is_zero(), "{revoked:?}: {took:?}");
        }
    }
}
