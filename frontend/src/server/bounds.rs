//! The bounds of a server that can be changed while it runs: how many connections, strangers, guesses and derivations there may be.

use super::{guesses::Guesses, places::Places};
use crate::{Door, ServerConfig};
use std::sync::Arc;

/// What holds them.
#[derive(Debug)]
pub(super) struct Bounds {
    pub(super) door: Arc<Door>,
    /// Before login.
    pub(super) strangers: Arc<Places>,
    pub(super) guesses: Arc<Guesses>,
    pub(super) derivations: Arc<Places>,
}

impl Bounds {
    /// They are those of this configuration from now on.
    pub(super) fn set(&self, config: &ServerConfig) {
        self.door.let_in(config.policy.max_connections);
        self.strangers.bound(config.strangers, config.strangers_per_address);
        self.guesses.bound(config.guesses_per_address, config.guesses_per_name);
        // The queue bounds them in all.
        self.derivations.bound(usize::MAX, config.share_of_derivations());
    }
}
