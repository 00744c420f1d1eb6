//! Who logs in.

use super::scram::Keys;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
use zeroize::Zeroizing;

/// A name and a password. Clones share what was derived from the password for SCRAM, so that a pool of connections to
/// one server derives once. Overwritten when the last of them is dropped; `Debug` shows the name alone.
///
/// ```
/// use keyway_frontend::client::Credentials;
///
/// let ada = Credentials::new("ada", "pencil");
/// assert_eq!(ada.name(), "ada");
/// assert!(!format!("{ada:?}").contains("pencil"));
/// ```
#[derive(Clone)]
pub struct Credentials {
    name: Arc<str>,
    password: Arc<Zeroizing<String>>,
    kept: Arc<Mutex<Option<Keys>>>,
}

impl Credentials {
    /// As a person would type them.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Mechanism, Role, Users};
    /// # use keyway_frontend::{Policy, Server, ServerConfig, client::{Client, Credentials}};
    /// # use std::time::Duration;
    /// # let users = Users::new();
    /// # users.add("ada", "pencil", Role::ReadWrite)?;
    /// # users.add_trusted("app", Role::ReadWrite)?;
    /// # let cache = Cache::new(Config::new(1 << 20), users)?;
    /// # let mut config = ServerConfig::new(Policy::default());
    /// # config.listen = vec![([127, 0, 0, 1], 0).into()];
    /// # let server = Server::start(cache.clone(), config)?;
    /// # let (address, patience) = (server.addresses()[0], Duration::from_secs(5));
    /// // A pool's connections share them, so that SCRAM's keys are derived once.
    /// let shared = Credentials::new("ada", "pencil");
    /// for credentials in [shared.clone(), shared] {
    ///     assert!(Client::connect(address, patience)?.log_in(Mechanism::ScramSha256, &credentials).is_ok());
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new(name: &str, password: &str) -> Self {
        let password = Arc::new(Zeroizing::new(password.to_owned()));
        Self { name: name.into(), password, kept: Arc::default() }
    }

    /// The name.
    ///
    /// ```
    /// # use keyway_frontend::client::Credentials;
    /// assert_eq!(Credentials::new("ada", "pencil").name(), "ada");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn password(&self) -> &str {
        &self.password
    }

    /// The keys if they are for this challenge, else new ones, which are kept then.
    pub(super) fn keys<E>(
        &self,
        fits: impl FnOnce(&Keys) -> bool,
        derive: impl FnOnce(&str) -> Result<Keys, E>,
    ) -> Result<Keys, E> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some(keys) if fits(keys) => Ok(keys.clone()),
            _ => Ok(kept.insert(derive(&self.password)?).clone()),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("name", &self.name).finish_non_exhaustive()
    }
}
