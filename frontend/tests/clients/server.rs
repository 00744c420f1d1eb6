//! `keyway serve`, started for real on a free port of the loopback interface, with two users.

use super::ended::{Ended, within};
use std::{
    fmt::Display,
    io::{BufRead, BufReader, Read, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// May read and write.
pub(crate) const USER: &str = "ada";
pub(crate) const PASSWORD: &str = "correct horse, battery staple";
/// May only read.
pub(crate) const ADMIRER: &str = "charles";
pub(crate) const ADMIRER_PASSWORD: &str = "difference engine no. 2";

/// A server that does not listen, or end, by then never will.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    lines: Receiver<String>,
    said: Vec<String>,
    folder: TempDir,
}

impl Server {
    /// Makes the users, starts the server with these further arguments and waits until it listens.
    pub(crate) fn start(arguments: &[&str]) -> Result<Self, String> {
        Self::of(arguments, |_, users| {
            // For every mechanism, so that the client's choice decides which one it is.
            let each = ["--for", "SCRAM-SHA-256,SCRAM-SHA-512,CRAM-MD5"];
            add_user(users, USER, "read-write", PASSWORD, &each)?;
            // For this one too, or SCRAM-SHA-512 would not be listed, because clients would take it in vain.
            add_user(users, ADMIRER, "read-only", ADMIRER_PASSWORD, &each)
        })
    }

    /// The same, with users that `make` makes: it gets a folder to work in, and the path of the users file.
    pub(crate) fn of(
        arguments: &[&str],
        make: impl FnOnce(&Path, &Path) -> Result<(), String>,
    ) -> Result<Self, String> {
        let folder = TempDir::new().map_err(|error| format!("no folder: {error}"))?;
        let users = folder.path().join("users.toml");
        make(folder.path(), &users)?;
        let mut command = keyway();
        // So that a socket of a relative path lies there.
        command.current_dir(folder.path());
        command.args(["serve", "-l", "127.0.0.1", "-p", "0", "--users"]).arg(users).args(arguments);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(text)?;
        let (send, lines) = mpsc::channel();
        relay(child.stdout.take(), &send);
        relay(child.stderr.take(), &send);
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Self { child, address, lines, said: Vec::new(), folder };
        server.await_listening()?;
        Ok(server)
    }

    pub(crate) fn host(&self) -> &'static str {
        "127.0.0.1"
    }

    pub(crate) fn port(&self) -> String {
        self.address.port().to_string()
    }

    /// A folder that goes away with the server.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Asks the server to end, which it must do by itself and well, having given away no password.
    pub(crate) fn stop(mut self) -> Result<Ended, String> {
        let asked =
            Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().map_err(text)?;
        if !asked.success() {
            return Err("the server was gone before it was asked to end".into());
        }
        let status = within(&mut self.child, PATIENCE)?;
        self.said.extend(self.lines.iter());
        let ended = Ended::new("keyway serve", status, self.said.concat());
        ended.must_succeed()?;
        ended.must_not_say(PASSWORD)?;
        ended.must_not_say(ADMIRER_PASSWORD)?;
        Ok(ended)
    }

    fn await_listening(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(line) = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            let address =
                line.trim().split_once("listening on ").and_then(|(_, address)| address.parse().ok());
            self.said.push(line);
            if let Some(address) = address {
                self.address = address;
                return Ok(());
            }
        }
        Err(format!("the server does not listen; it said:\n{}", self.said.concat()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone if it was stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command under test, without a users file of the person who runs the tests.
pub(crate) fn keyway() -> Command {
    let mut command = Command::new(PathBuf::from(env!("CARGO_BIN_EXE_keyway")));
    command.env_remove("KEYWAY_USERS");
    command
}

pub(crate) fn add_user(
    users: &Path,
    name: &str,
    role: &str,
    password: &str,
    more: &[&str],
) -> Result<(), String> {
    let mut command = keyway();
    command.args(["user", "add", name, "--role", role, "--password-stdin", "--users"]).arg(users).args(more);
    let ended = told(&mut command, password)?;
    ended.must_succeed()?;
    ended.must_not_say(password)
}

/// Takes users over from another server's file.
pub(crate) fn import(format: &str, file: &Path, users: &Path) -> Result<(), String> {
    let ended = Ended::of(keyway().args(["import", format]).arg(file).arg("--users").arg(users))?;
    ended.must_succeed()?;
    ended.must_say("add ")?;
    ended.must_not_say(PASSWORD)
}

/// Runs a program that reads a line from stdin.
pub(crate) fn told(command: &mut Command, line: &str) -> Result<Ended, String> {
    let name = command.get_program().display().to_string();
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(text)?;
    if let Some(mut stdin) = child.stdin.take() {
        writeln!(stdin, "{line}").map_err(text)?;
    }
    let output = child.wait_with_output().map_err(text)?;
    let said = [output.stdout, output.stderr].concat();
    Ok(Ended::new(&name, output.status, String::from_utf8_lossy(&said).into_owned()))
}

/// Hands on each line, so that the server is never held up by a full pipe.
fn relay(output: Option<impl Read + Send + 'static>, lines: &Sender<String>) {
    let lines = lines.clone();
    thread::spawn(move || {
        let mut output = output.map(BufReader::new);
        let mut line = Vec::new();
        while output.as_mut().is_some_and(|it| it.read_until(b'\n', &mut line).is_ok_and(|read| read > 0)) {
            let _ = lines.send(String::from_utf8_lossy(&line).into_owned());
            line.clear();
        }
    });
}

pub(crate) fn text(error: impl Display) -> String {
    error.to_string()
}
