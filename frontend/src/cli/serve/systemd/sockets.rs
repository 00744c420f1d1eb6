//! Sockets that systemd made before it started this process: sd_listen_fds(3).

use crate::cli::{failure::Failure, output};
use keyway_frontend::InheritedSocket;
use std::{env, fs};

/// The first one that is handed over.
const FIRST: u32 = 3;

/// What a socket is called for which the unit has no name.
const NAMELESS: &str = "unknown";

/// The sockets that were handed over and not taken yet.
#[derive(Debug)]
pub(in crate::cli::serve) struct Sockets(Vec<Handed>);

#[derive(Debug)]
struct Handed {
    /// That of its unit, or `FileDescriptorName=` there.
    name: String,
    socket: InheritedSocket,
    is_taken: bool,
}

impl Sockets {
    /// Those of this process. Call it once: they belong to whoever has them.
    ///
    /// # Errors
    /// What the environment says cannot be.
    pub(in crate::cli::serve) fn of_this_process() -> Result<Self, Failure> {
        if !are_open() {
            return Err(Failure::refused(
                "LISTEN_FDS names sockets that are not there; start the server by a socket unit of systemd, or without LISTEN_FDS",
            ));
        }
        let handed = sd_listen_fds::get().map_err(|error| {
            Failure::refused(format_args!(
                "LISTEN_PID or LISTEN_FDS: {error}; they are numbers, as systemd sets them"
            ))
        })?;
        let handed = handed.into_iter().map(|(name, socket)| Handed {
            name: name.filter(|name| !name.is_empty()).unwrap_or_else(|| NAMELESS.to_owned()),
            socket: socket.into_std().into(),
            is_taken: false,
        });
        Ok(Self(handed.collect()))
    }

    /// As where no systemd is.
    pub(in crate::cli::serve) fn none() -> Self {
        Self(Vec::new())
    }

    pub(in crate::cli::serve) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of this name, or all that nobody took by name.
    pub(in crate::cli::serve) fn take(
        &mut self,
        name: Option<&str>,
    ) -> Result<Vec<InheritedSocket>, Failure> {
        let asked_for = |handed: &Handed| !handed.is_taken && name.is_none_or(|name| handed.name == name);
        let mut taken = Vec::new();
        for handed in self.0.iter_mut().filter(|handed| asked_for(handed)) {
            handed.is_taken = true;
            taken.push(handed.socket.clone());
        }
        if taken.is_empty() {
            return Err(self.nothing(name));
        }
        Ok(taken)
    }

    fn nothing(&self, name: Option<&str>) -> Failure {
        if self.is_empty() {
            return Failure::refused(
                "there is no socket of systemd: that takes a unit .socket with the name of the service, and a start by it",
            );
        }
        let names: Vec<_> = self.0.iter().map(|handed| handed.name.as_str()).collect();
        Failure::refused(format_args!(
            "systemd handed over no socket {:?} that is not taken already; there are: {}",
            name.unwrap_or("of any name"),
            names.join(", ")
        ))
    }

    /// Those that no listener takes would accept connections that nobody answers.
    pub(in crate::cli::serve) fn complain_of_the_rest(&self) {
        for handed in self.0.iter().filter(|handed| !handed.is_taken) {
            output::complain(&format_args!(
                "WARNING: systemd handed over a socket {:?} that no listener takes, so it is closed; --listener systemd={} takes it",
                handed.name, handed.name
            ));
        }
    }
}

/// Whether what LISTEN_FDS names is open, if that is meant for this process: a number that is not there must not become a socket.
fn are_open() -> bool {
    let number = |name| env::var(name).ok().and_then(|text| text.parse::<u32>().ok());
    if number("LISTEN_PID") != Some(std::process::id()) {
        return true;
    }
    let count = number("LISTEN_FDS").unwrap_or_default();
    (FIRST..FIRST.saturating_add(count)).all(|fd| fs::symlink_metadata(format!("/dev/fd/{fd}")).is_ok())
}
