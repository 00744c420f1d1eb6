//! The users of a cache, and what can be done to them while it runs.

mod adding;
mod changing;
mod credentials;
mod external;
mod known;
mod listing;
mod namespaces;
mod roles;
mod sessions;
mod source;

#[cfg(not(loom))]
#[cfg(test)]
mod tests;
mod tokens;

pub use credentials::CredentialStatus;

use super::{
    directory::Directory,
    grant::Grant,
    identity::{Holder, Identity, Replacement},
    keyed_hash::HASH_LEN,
    mechanism::Mechanism,
    memory::Memory,
    mock::MockKey,
    name::UserName,
    randomness::random_bytes,
    revocations::Revocations,
    sessions::{By, Registry},
    tokens::Tokens,
    user::User,
    user_error::UserError,
};
use crate::{
    audit::Audit,
    clock::Clock,
    sync::{Arc, RwLock},
};
use source::Source;
use std::{
    fmt,
    time::{Instant, SystemTime},
};

/// The users of a cache, in memory. Cheap to clone; clones share them, so that any of them can change a password
/// while the cache runs.
///
/// A name has 1 to 255 bytes of UTF-8 without control characters and is prepared by SASLprep (RFC 4013) before it is
/// stored or compared; case counts. A login as `name@anything` that matches no user is one as `name`, because clients
/// of memcached's own user database are set up with such realms; the part behind the last `@` is taken for the
/// realm. The methods here want the exact name.
///
/// ```
/// use keyway::{Role, Rounds, UserError, Users, Verifier};
///
/// let users = Users::new();
/// users.add_verifier("worker", Verifier::derive("correct horse", Rounds::MIN)?, Role::ReadWrite)?;
/// users.add_trusted("reports", Role::ReadOnly)?;
///
/// let names: Vec<_> = users.list().into_iter().map(|user| user.name).collect();
/// assert_eq!(names, ["reports", "worker"]);
///
/// // From the very next verb of its live sessions on, the worker only reads.
/// users.set_roles("worker", Role::ReadOnly)?;
///
/// users.remove("worker")?;
/// assert_eq!(users.revoke("worker"), Err(UserError::Unknown));
/// # Ok::<(), UserError>(())
/// ```
#[derive(Clone)]
pub struct Users {
    shared: Arc<Shared>,
}

struct Shared {
    /// Held for look-ups and changes only, never over a derivation.
    directory: RwLock<Directory>,
    mock: MockKey,
    memory: Memory,
    /// Who else knows users.
    source: RwLock<Option<Arc<Source>>>,
    registry: Arc<Registry>,
    /// Of many at once.
    revocations: Arc<Revocations>,
    tokens: Tokens,
    clock: Clock,
    audit: Audit,
}

impl Users {
    /// Nobody yet, and a random key for what unknown names are shown. See [`Users::with_mock_key`].
    ///
    /// ```
    /// use keyway::Users;
    ///
    /// assert_eq!(Users::new().user_count(), 0);
    /// ```
    #[must_use]
    pub fn new() -> Self {
        // Without random bytes the key stays zero. No salt made from it is ever shown: SCRAM shows none without a
        // random nonce, and PLAIN never shows any.
        Self::with_mock_key(random_bytes().unwrap_or_default())
    }

    /// Nobody yet. SCRAM shows a salt to whoever claims a name, also a name that does not exist; that salt comes
    /// from this key. A server that keeps the key shows the same salts after a restart, as it does for those who exist.
    /// Keep it as secret as the verifiers.
    ///
    /// ```
    /// use keyway::{Cache, Config, Mechanism, Step, Users};
    ///
    /// // The salt that a name is shown that does not exist, before and after a restart.
    /// let shown = || {
    ///     let cache = Cache::new(Config::new(1 << 20), Users::with_mock_key([7; 32]))?;
    ///     let Step::Challenge(challenge, _) = cache.exchange(Mechanism::ScramSha256).step(b"n,,n=nobody,r=abcdefgh") else {
    ///         panic!("SCRAM goes on")
    ///     };
    ///     let challenge = String::from_utf8(challenge)?;
    ///     Ok::<_, Box<dyn std::error::Error>>(challenge.split(',').nth(1).map(str::to_owned))
    /// };
    /// assert!(shown()?.is_some_and(|salt| salt.starts_with("s=")));
    /// assert_eq!(shown()?, shown()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_mock_key(key: [u8; HASH_LEN]) -> Self {
        Self::with_mock_key_and_clock(key, Clock::system())
    }

    /// As [`with_mock_key`](Self::with_mock_key); limits ([`Limits`](crate::Limits)) and the lifetimes of tokens go by this clock.
    /// For tests that move it.
    ///
    /// ```
    /// use keyway::{Cache, Clock, Config, Role, TokenScope, Users};
    /// use std::time::Duration;
    ///
    /// let clock = Clock::manual();
    /// let cache = Cache::new(Config::new(1 << 20), Users::with_mock_key_and_clock([7; 32], clock.clone()))?;
    /// cache.users().add_trusted("fleet", Role::ReadOnly)?;
    /// let token = cache.users().mint("fleet", TokenScope::all().lasting(Duration::from_secs(60)))?;
    /// clock.advance(Duration::from_secs(61));
    /// assert!(cache.login("fleet", token.reveal()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_mock_key_and_clock(key: [u8; HASH_LEN], clock: Clock) -> Self {
        let revocations = Arc::new(Revocations::new());
        let shared = Shared {
            directory: RwLock::new(Directory::new(clock.clone(), revocations.clone())),
            mock: MockKey::new(key),
            memory: Memory::new(),
            source: RwLock::new(None),
            registry: Arc::new(Registry::new()),
            revocations,
            tokens: Tokens::new(),
            clock,
            audit: Audit::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// What happened at the doors of the caches whose users they are, and what was changed of them.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users, audit::Kind};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add_trusted("app", Role::ReadOnly)?;
    /// assert_eq!(users.audit().counts().of(Kind::Changed), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn audit(&self) -> &Audit {
        &self.shared.audit
    }

    /// Remembers no verified password from now on, and wipes what is remembered: each login by password then costs
    /// the whole derivation, milliseconds of CPU.
    ///
    /// Without this, a password that was verified once is remembered as an HMAC under a random key of the process: one
    /// for each credential at most and 65,536 in all, for a day at most, and none that outlives the credential. Later logins with it cost
    /// microseconds, guesses cost what they always do. The price is that whoever reads the memory of the process can try
    /// passwords of those users at the speed of one hash each.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Role, Step, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let users = cache.users();
    /// users.add("ada", "correct horse", Role::ReadWrite)?;
    /// users.stop_remembering();
    /// cache.login("ada", "correct horse")?;
    /// let Step::Verify(again) = cache.exchange(Mechanism::Plain).step(b"\0ada\0correct horse") else { panic!("PLAIN") };
    /// assert!(again.may_take_long()); // it has to be derived once more
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stop_remembering(&self) {
        self.shared.memory.stop();
        // After the switch, so that what is kept meanwhile is wiped here or not kept.
        for (_, user) in self.shared.directory.read().users() {
            user.wipe();
        }
    }

    /// Upkeep: lets credentials begin or cease to count whose time has come, and overwrites remembered passwords whose time is
    /// over. Costs next to nothing but twice a day, and a look at each user then.
    pub(crate) fn maintain(&self) {
        self.settle(SystemTime::now());
        self.shared.tokens.maintain(self.shared.clock.wall());
        let directory = self.shared.directory.read();
        let held = || directory.users().flat_map(|(_, user)| user.credentials());
        let slots = || held().map(|held| &*held.slot).collect();
        self.shared.memory.wipe_forgotten(Instant::now(), slots);
    }

    pub(super) fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    #[cfg(test)]
    pub(super) fn revocations(&self) -> &Revocations {
        &self.shared.revocations
    }

    pub(super) fn memory(&self) -> &Memory {
        &self.shared.memory
    }

    pub(super) fn upgrade(&self, name: &str, replacement: Replacement) {
        if let Ok(name) = UserName::new(name) {
            self.alter(|directory| directory.upgrade(&name, replacement, SystemTime::now()));
        }
    }

    /// Whether some user has a password that can be proven by `mechanism` and, for want of a stored form, not by `other`: a server
    /// that lists both misleads clients which take the other one.
    ///
    /// ```
    /// use keyway::{Mechanism, Role, Rounds, Users, Verifier};
    ///
    /// let users = Users::new();
    /// assert!(!users.anyone_needs(Mechanism::ScramSha256, Mechanism::ScramSha512));
    /// users.add_verifier("ada", Verifier::derive("correct horse", Rounds::MIN)?, Role::ReadOnly)?;
    /// assert!(users.anyone_needs(Mechanism::ScramSha256, Mechanism::ScramSha512));
    /// # Ok::<(), keyway::UserError>(())
    /// ```
    #[must_use]
    pub fn anyone_needs(&self, mechanism: Mechanism, other: Mechanism) -> bool {
        self.shared.directory.read().likenesses().any_serves(mechanism, other)
    }

    /// A grant for trusted code, which need not prove anything: for any user, by its exact name.
    pub(crate) fn grant_trusted(&self, name: &str) -> Result<Grant, UserError> {
        let name = UserName::new(name)?;
        let directory = self.shared.directory.read();
        let account = directory.user(&name)?.account();
        Ok(Grant::new(account.clone(), account.since(), self.shared.registry.prepare(By::Code)))
    }

    /// What a proof for this name is held against; for unknown names too.
    pub(super) fn identify(&self, name: UserName, by: Mechanism) -> Identity {
        self.identify_at(name, by, SystemTime::now())
    }

    fn identify_at(&self, name: UserName, by: Mechanism, now: SystemTime) -> Identity {
        self.settle(now);
        let mock = self.shared.mock.credential(&name);
        let (candidates, holder, likeness) = {
            let directory = self.shared.directory.read();
            let user = directory.login(&name);
            // Credentials and since when under one lock: see `Candidate`.
            let candidates = user.map(User::candidates).unwrap_or_default();
            let holder = match user {
                Some(_) if !candidates.is_empty() => Holder::User,
                Some(user) if user.has_no_password() => Holder::Passwordless,
                Some(_) => Holder::Expired,
                None => Holder::Nobody,
            };
            (candidates, holder, mock.likeness(directory.likenesses()))
        };
        // Made even where they are not needed: as much work for known names as for unknown ones.
        let (mocks, stand_in) = (mock.candidates(&likeness, by), mock.stand_in(by));
        let candidates = if holder == Holder::User { candidates } else { mocks };
        Identity::new(name, by, candidates, stand_in, holder, self.shared.registry.clone())
    }

    fn settle(&self, now: SystemTime) {
        if self.shared.directory.read().is_due(now) {
            self.alter(|directory| directory.settle(now));
        }
    }
}

impl Default for Users {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Users").finish_non_exhaustive()
    }
}
