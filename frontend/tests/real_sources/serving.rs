//! `keyway serve` with a source of users.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long something may take before it is said to hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server; ended when dropped.
pub struct Serving {
    child: Child,
    address: SocketAddr,
    /// What it said until it listened.
    pub said: String,
    folder: TempDir,
}

impl Serving {
    /// Starts it by these settings, which it finds in this folder, with further arguments.
    #[track_caller]
    pub fn start(settings: &str, folder: &Path, arguments: &[&str]) -> Self {
        fs::write(folder.join("source.toml"), settings).unwrap();
        let own = TempDir::new().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyway"));
        command.args(["serve", "-p", "0", "-t", "1", "-v", "--users-source"]).arg(folder.join("source.toml"));
        command.args(arguments).current_dir(own.path()).env_remove("KEYWAY_USERS").stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(File::create(own.path().join("log")).unwrap());
        let mut child = command.spawn().unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = loop {
            let line = lines.next().unwrap_or_else(|| {
                panic!("it ended: {said}{}", fs::read_to_string(own.path().join("log")).unwrap())
            });
            if let Some(address) = line.strip_prefix("listening on ") {
                break address.parse().unwrap();
            }
            said += &line;
        };
        Self { child, address, said, folder: own }
    }

    pub fn connect(&self) -> TcpStream {
        let socket = TcpStream::connect(self.address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        socket
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Tells it to read again what it knows of users.
    pub fn hang_up(&self) {
        use rustix::process::{Pid, Signal, kill_process};
        kill_process(Pid::from_child(&self.child), Signal::HUP).unwrap();
    }

    /// Where it runs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Waits until the log has this in it so many times.
    #[track_caller]
    pub fn logged(&self, text: &str, times: usize) {
        let start = Instant::now();
        while self.log().matches(text).count() < times {
            assert!(start.elapsed() < PATIENCE, "{text:?} is not in the log: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(self.log().matches(text).count(), times, "{}", self.log());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        self.child.wait().unwrap();
    }
}
