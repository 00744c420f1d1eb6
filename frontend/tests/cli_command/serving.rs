//! A real `keyway serve`, started in a directory of its own.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use crate::cli_command::Place;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

/// How long something may take before it is said to hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A running `keyway serve`; dropping it ends it.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) lines: Receiver<String>,
    pub(crate) log: std::path::PathBuf,
}

impl Serving {
    /// Starts it, and returns what it said until it listens.
    pub(crate) fn start(place: &Place, line: &str) -> (Self, Said) {
        let log = place.path("log");
        let mut command = place.command(&format!("serve {line}"));
        let mut child = command.stdout(Stdio::piped()).stderr(File::create(&log).unwrap()).spawn().unwrap();
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let serving = Self { child, lines, log };
        let mut said = String::new();
        loop {
            let line = serving.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("does not listen: {said}\n{}", serving.log()));
            said += &line;
            said.push('\n');
            if let Some(address) = line.strip_prefix("listening on ") {
                let address = address.to_owned();
                return (serving, Said { text: said, address });
            }
        }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Its exit code after this signal, and what it had still said.
    pub(crate) fn end(mut self, signal: Signal) -> (Option<i32>, String) {
        self.signal(signal);
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let rest = self.lines.iter().map(|line| line + "\n").collect();
                return (status.code(), rest);
            }
            assert!(Instant::now() < until, "does not end: {}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until the log has this in it.
    pub(crate) fn logged(&self, text: &str) {
        wait_until(|| self.log().contains(text), || format!("{text:?} is not in the log: {}", self.log()));
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) address: String,
}

impl Said {
    /// The password that a first run shows.
    pub(crate) fn password(&self) -> &str {
        self.text.lines().find_map(|line| line.trim().strip_prefix("password: ")).unwrap()
    }
}

pub(crate) fn wait_until(mut done: impl FnMut() -> bool, reason: impl Fn() -> String) {
    let until = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < until, "{}", reason());
        thread::sleep(Duration::from_millis(20));
    }
}
