//! The servers that are measured: each is started for one measurement with a user of its own, and ended after it.

mod certificates;
mod echo;
mod keyway;
mod memcached;

use super::{
    client::Client,
    cores::Cores,
    login::{Credentials, Mechanism},
    values::Value,
    way::Way,
};
use crate::{cpu, resident};
pub(in crate::net) use certificates::NAME;
pub use echo::serve as serve_echo;
pub(super) use memcached::missing as memcached_is_missing;
use std::{
    fs, io,
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

/// Who may log in to each server.
pub(super) const USER: &str = "bench";
const PASSWORD: &str = "a password of the benchmark";
/// Times that a server is knocked at, 50 ms apart.
const KNOCKS: u32 = 200;
const BETWEEN_KNOCKS: Duration = Duration::from_millis(50);

/// Somebody who takes part.
#[derive(Clone, Debug)]
pub(super) struct Contender {
    /// For the tables.
    pub(super) name: String,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A build of the server.
    Keyway(PathBuf),
    /// With these options beside the usual ones.
    Memcached(&'static [&'static str]),
    /// Answers without looking anything up, with values that it makes up.
    Echo,
    /// The same with values that it keeps.
    Keeper,
}

/// What a server is started with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    /// Event loops, and cores for them.
    pub(super) threads: usize,
    pub(super) memory_mib: u32,
    pub(super) connections: usize,
    /// Bytes of the values that the echo makes up.
    pub(super) value: usize,
    /// How many of them there are.
    pub(super) keys: u32,
    /// How bytes go to it.
    pub(super) way: Way,
}

impl Default for Setting {
    fn default() -> Self {
        Self { threads: 1, memory_mib: 1024, connections: 1024, value: 100, keys: 0, way: Way::default() }
    }
}

/// A server that is ended when this is dropped.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) address: SocketAddr,
    /// How its user logs in where that is not what is measured; keys that were derived are kept with it.
    usual: Option<Credentials>,
    process: Child,
    folder: tempfile::TempDir,
}

impl Contender {
    /// Starts it on the cores of the servers.
    ///
    /// # Errors
    /// If it does not start.
    pub(super) fn start(&self, setting: &Setting, cores: Cores) -> io::Result<Server> {
        let folder = tempfile::tempdir()?;
        let port = free_port()?;
        let mut command = match &self.kind {
            Kind::Keyway(program) => keyway::command(program, setting, port, folder.path())?,
            Kind::Memcached(options) => memcached::command(options, setting, port, folder.path())?,
            Kind::Echo => echo::command(setting, 0, port)?,
            Kind::Keeper => echo::command(setting, setting.keys, port)?,
        };
        let log = fs::File::create(folder.path().join("log"))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let process = cores.on_the_servers(setting.threads, || command.spawn())?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let usual = self.kind.usual_mechanism().map(credentials);
        let (name, kind) = (self.name.clone(), self.kind.clone());
        let mut server = Server { name, kind, address, usual, process, folder };
        server.await_start()?;
        Ok(server)
    }

    /// Whether it stores anything.
    pub(super) fn stores(&self) -> bool {
        self.kind.stores()
    }
}

impl Kind {
    fn stores(&self) -> bool {
        !matches!(self, Self::Echo | Self::Keeper)
    }

    /// What costs the server least.
    fn usual_mechanism(&self) -> Option<Mechanism> {
        match self {
            Self::Keyway(_) => Some(Mechanism::ScramSha256),
            Self::Memcached(_) => Some(Mechanism::Plain),
            Self::Echo | Self::Keeper => None,
        }
    }
}

/// How the user of every server logs in.
pub(super) fn credentials(mechanism: Mechanism) -> Credentials {
    Credentials::new(mechanism, USER, PASSWORD)
}

impl Server {
    /// Whether it stores anything.
    pub(super) fn stores(&self) -> bool {
        self.kind.stores()
    }

    fn await_start(&mut self) -> io::Result<()> {
        for _ in 0..KNOCKS {
            if TcpStream::connect(self.address).is_ok() {
                return Ok(());
            }
            if self.process.try_wait()?.is_some() {
                break;
            }
            thread::sleep(BETWEEN_KNOCKS);
        }
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        Err(io::Error::other(format!("{} did not start: {log}", self.name)))
    }

    /// A connection that has logged in, if there is a login.
    ///
    /// # Errors
    /// The connection's.
    pub(super) fn client(&self) -> io::Result<Client> {
        Client::connect(self.address, self.usual.as_ref())
    }

    /// Whose certificates its clients trust, where it speaks TLS.
    pub(super) fn authority(&self) -> PathBuf {
        self.folder.path().join(certificates::AUTHORITY)
    }

    /// Says whose doing an error is.
    pub(super) fn blamed(&self, error: &io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("{}: {error}", self.name))
    }

    /// Stores the first values of so many keys.
    ///
    /// # Errors
    /// The connection's, and if one is refused.
    pub(super) fn fill(&self, client: &mut Client, keys: u32, len: usize) -> io::Result<()> {
        let refused = client.store((0..keys).map(|number| Value::filled(number, len)))?;
        match refused.first() {
            None => Ok(()),
            Some(status) => Err(io::Error::other(format!(
                "{}: {} of {keys} sets were refused, the first with status {status:#04x}",
                self.name,
                refused.len()
            ))),
        }
    }

    /// The most that was ever resident, in bytes.
    ///
    /// # Errors
    /// If it has ended.
    pub(super) fn most_resident(&self) -> io::Result<u64> {
        resident::most_of_child(self.process.id())
    }

    /// CPU time so far, user and system, of all its threads.
    ///
    /// # Errors
    /// If it has ended.
    pub(super) fn cpu(&self) -> io::Result<Duration> {
        cpu::of_child(self.process.id())
    }

    /// Resident memory in bytes.
    ///
    /// # Errors
    /// If it has ended.
    pub(super) fn resident(&self) -> io::Result<u64> {
        resident::of_child(self.process.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// Gives the password to a program that asks for it on its standard input.
fn pass_password(command: &mut Command) -> io::Result<()> {
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    if let Some(mut input) = process.stdin.take() {
        io::Write::write_all(&mut input, PASSWORD.as_bytes())?;
    }
    if process.wait()?.success() { Ok(()) } else { Err(io::Error::other("the user could not be added")) }
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
