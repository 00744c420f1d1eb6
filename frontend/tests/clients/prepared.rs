//! Which clients are there.

use std::{
    env,
    path::{Path, PathBuf},
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
    /// One of our own programs on libmemcached, compiled.
    CProgram(&'static str),
    /// A program of the system.
    Tool(&'static str),
    /// `sasl_test`, beside a program of the system.
    CProgramBeside(&'static str),
    /// A server of the system. Not needed, and its package would start it, so it is tried where it happens to be.
    Peer(&'static str),
    /// A module for the prepared Python.
    Python(&'static str),
    /// Our own program on spymemcached, compiled, in this folder.
    Java,
    /// PHP, which has its extension on libmemcached.
    Php,
    /// Ruby, which has Dalli.
    Dalli,
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
            Self::CProgram(name) => c_program(folder, name),
            Self::CProgramBeside(name) => tool(name).and_then(|_| c_program(folder, "sasl_test")),
            Self::Tool(name) | Self::Peer(name) => tool(name),
            Self::Python(module) => {
                Some(folder.join("venv").join("bin").join("python")).filter(|it| imports(it, module))
            }
            Self::Php => {
                tool("php").filter(|php| succeeds(php, &["-r", "exit(class_exists('Memcached') ? 0 : 1);"]))
            }
            Self::Dalli => tool("ruby").filter(|ruby| succeeds(ruby, &["-e", "require 'dalli'"])),
            Self::Java => Some(folder.join("java")).filter(|it| it.join("SpymemcachedLogin.class").is_file()),
        };
        found.map_or_else(|| Availability::Missing(self.advice()), Availability::Ready)
    }

    /// Whether nothing may be skipped without it.
    pub(crate) fn is_needed(self) -> bool {
        !matches!(self, Self::Peer(_))
    }

    fn advice(self) -> String {
        match self {
            Self::CProgram(name) => format!("{name} was not compiled; install {COMPILER}"),
            Self::CProgramBeside(name) => {
                format!(
                    "{name} is not installed, or sasl_test was not compiled; install sasl2-bin, and {COMPILER}"
                )
            }
            Self::Java => {
                "SpymemcachedLogin was not compiled; install libspymemcached-java and default-jdk-headless"
                    .into()
            }
            Self::Php => "PHP has no extension memcached; install php-cli and php-memcached".into(),
            Self::Dalli => "Ruby has no Dalli; install ruby and ruby-dalli".into(),
            Self::Peer(name) => format!("{name} is not installed"),
            Self::Tool(name) => format!("{name} is not installed; install libmemcached-tools"),
            Self::Python(module) => format!("{module} is not installed; see what pip said"),
        }
    }
}

/// What the C program is compiled by.
const COMPILER: &str = "gcc, libmemcached-dev and libsasl2-dev";

/// Where tools of administrators are, which not everybody's `PATH` has.
const BESIDE_THE_PATH: &str = "/usr/sbin";

fn c_program(folder: &Path, name: &str) -> Option<PathBuf> {
    Some(folder.join(name)).filter(|program| program.is_file())
}

/// A program of the system.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let folders = env::split_paths(&path).chain([PathBuf::from(BESIDE_THE_PATH)]);
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

fn imports(python: &Path, module: &str) -> bool {
    succeeds(python, &["-c", &format!("import {module}")])
}

fn succeeds(program: &Path, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
