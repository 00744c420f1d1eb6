//! What a stranger may cost: the limits before and around a login, as options.

use clap::Args;
use keyway_frontend::{Policy, ServerConfig};
use std::time::Duration;

/// Each as [`ServerConfig`] or [`Policy`] has it, with the reason for its default there.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct DoorLimits {
    /// Seconds that a connection may take to log in before it is closed [default: 10]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    login_deadline: Option<u32>,
    /// Refused logins after which a connection is closed [default: 5]
    #[arg(long, value_name = "LOGINS", value_parser = clap::value_parser!(u8).range(1..))]
    login_attempts: Option<u8>,
    /// Wrong passwords or SCRAM proofs that one address may try for one name at once, and again over each minute [default: 10]
    #[arg(long, value_name = "GUESSES")]
    guesses_per_name: Option<u32>,
    /// Wrong passwords or SCRAM proofs that one address may try for all names, and again over each minute [default: 30]
    #[arg(long, value_name = "GUESSES")]
    guesses_per_address: Option<u32>,
    /// Connections of one address that have not logged in [default: 256]
    #[arg(long, value_name = "CONNECTIONS")]
    strangers_per_address: Option<usize>,
    /// Connections that have not logged in, of all addresses [default: as many as -c]
    #[arg(long, value_name = "CONNECTIONS")]
    strangers: Option<usize>,
    /// Threads that derive keys from passwords, at the lowest priority [default: half of the cores]
    #[arg(long, value_name = "THREADS")]
    verifier_threads: Option<usize>,
    /// Passwords that may wait for such a thread [default: 256]
    #[arg(long, value_name = "PASSWORDS")]
    verifier_queue: Option<usize>,
    /// Passwords of one address that wait for such a thread or are with one [default: 32, at most the queue]
    #[arg(long, value_name = "PASSWORDS")]
    derivations_per_address: Option<usize>,
    /// Bytes of large requests that have not come whole, of all connections [default: a quarter of -m]
    #[arg(long, value_name = "BYTES")]
    unfinished_values: Option<usize>,
    /// Seconds that a connection may be silent after its login before it is closed; 0 for ever [default: 0]
    #[arg(long, value_name = "SECONDS")]
    idle_timeout: Option<u32>,
    /// Bytes of answers to a peer that does not read, at which its requests are left unread [default: 65536]
    #[arg(long, value_name = "BYTES")]
    unread_output: Option<usize>,
}

impl DoorLimits {
    /// What the policy has of them.
    pub(super) fn restrict(&self, policy: &mut Policy) {
        set(&mut policy.login_attempts, self.login_attempts);
        set(&mut policy.unread_output, self.unread_output);
        policy.unfinished_values = self.unfinished_values;
        let idle = self.idle_timeout.filter(|seconds| *seconds > 0);
        policy.idle_timeout = idle.map(|seconds| Duration::from_secs(seconds.into()));
    }

    /// What the server has of them.
    pub(super) fn configure(&self, config: &mut ServerConfig) {
        let deadline = self.login_deadline.map(|seconds| Duration::from_secs(seconds.into()));
        set(&mut config.login_deadline, deadline);
        set(&mut config.guesses_per_name, self.guesses_per_name);
        set(&mut config.guesses_per_address, self.guesses_per_address);
        set(&mut config.strangers_per_address, self.strangers_per_address);
        set(&mut config.strangers, self.strangers);
        set(&mut config.verifier_threads, self.verifier_threads);
        set(&mut config.verifier_queue, self.verifier_queue);
        config.derivations_per_address = self.derivations_per_address;
    }
}

fn set<T>(setting: &mut T, wanted: Option<T>) {
    if let Some(wanted) = wanted {
        *setting = wanted;
    }
}
