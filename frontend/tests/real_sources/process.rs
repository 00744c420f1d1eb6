//! Programs of the system.

use std::{
    env,
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// A server that does not answer by then never will.
const PATIENCE: Duration = Duration::from_secs(60);

/// A user without rights, as which a server runs that refuses to run as root.
pub(super) const NOBODY: u32 = 65534;

/// A running program; ended when dropped.
pub(super) struct Running(Child);

impl Running {
    pub(super) fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Ends it at once, and waits for its end.
    pub(super) fn end(&mut self) {
        let _gone_already = self.0.kill();
        self.0.wait().unwrap();
    }

    /// Waits for its own end.
    pub(super) fn wait(&mut self) {
        self.0.wait().unwrap();
    }

    /// Waits until the port is answered.
    pub(super) fn await_port(&mut self, port: u16) {
        let start = Instant::now();
        while TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).is_err() {
            assert_eq!(self.0.try_wait().unwrap(), None, "it ended instead of listening");
            assert!(start.elapsed() < PATIENCE, "it does not listen");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// Where a program is: on the path, or in one of these folders.
pub(super) fn find(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = folders.iter().cloned().chain(env::split_paths(&path));
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// Runs a program to its good end; yields what it said.
#[track_caller]
pub(super) fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{command:?}: {said}");
    said
}

/// A program as somebody without rights, if we are root; as ourselves otherwise.
pub(super) fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new(program);
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A port of the loopback that nobody listens on.
pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
