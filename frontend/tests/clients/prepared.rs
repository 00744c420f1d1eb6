//! Which clients are there.

use std::{
    env,
    path::PathBuf,
    process::{Command, Stdio},
};

/// The folder in which `cargo xtask test` prepares the clients.
pub(crate) struct Prepared(PathBuf);

impl Prepared {
    pub(crate) fn from_environment() -> Option<Self> {
        env::var_os("KEYWAY_REAL_CLIENTS").map(|folder| Self(folder.into()))
    }
}

/// A client, by the way it gets here.
#[derive(Clone, Copy)]
pub(crate) enum Client {
    /// Our own program on libmemcached, compiled.
    CProgram,
    /// A program of the system.
    Tool(&'static str),
    /// A module for the prepared Python.
    Python(&'static str),
}

/// Where a client is, or why it cannot be tried.
pub(crate) enum Availability {
    Ready(PathBuf),
    Missing(String),
}

impl Client {
    pub(crate) fn availability(self, prepared: Option<&Prepared>) -> Availability {
        let Some(Prepared(folder)) = prepared else {
            return Availability::Missing("`cargo xtask test --only clients` runs it".into());
        };
        let found = match self {
            Self::CProgram => Some(folder.join("sasl_test")).filter(|program| program.is_file()),
            Self::Tool(name) => on_path(name),
            Self::Python(module) => {
                Some(folder.join("venv").join("bin").join("python")).filter(|it| imports(it, module))
            }
        };
        found.map_or_else(|| Availability::Missing(self.advice()), Availability::Ready)
    }

    fn advice(self) -> String {
        match self {
            Self::CProgram => {
                "sasl_test was not compiled; install gcc, libmemcached-dev and libsasl2-dev".into()
            }
            Self::Tool(name) => format!("{name} is not installed; install libmemcached-tools"),
            Self::Python(module) => format!("{module} is not installed; see what pip said"),
        }
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

fn imports(python: &PathBuf, module: &str) -> bool {
    let mut command = Command::new(python);
    command.args(["-c", &format!("import {module}")]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
