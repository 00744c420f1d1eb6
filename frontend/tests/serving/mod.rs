//! A running `keyway serve`, and a client that speaks just enough of the protocol.
#![allow(dead_code, reason = "each test needs its part of it")]

use crate::cli_command::Place;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

pub(crate) const FILE: &str = "keyway-users.toml";
/// How long something may take before it is said to hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const SUCCESS: u16 = 0x00;
pub(crate) const AUTH_FAILURE: u16 = 0x20;
pub(crate) const STALE: u16 = 0x1f;

/// A running `keyway serve`; dropping it ends it.
pub(crate) struct Serving {
    child: Child,
    pub(crate) lines: Receiver<String>,
    log: std::path::PathBuf,
}

impl Serving {
    /// Starts it, and returns what it said until it listens.
    pub(crate) fn start(place: &Place, line: &str) -> (Self, Said) {
        Self::start_by(place, place.command(&format!("serve {line}")))
    }

    /// The same by a command that ends in it.
    pub(crate) fn start_by(place: &Place, mut command: Command) -> (Self, Said) {
        let log = place.path("log");
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
                // And what it offers there.
                said += &serving.lines.recv_timeout(PATIENCE).unwrap();
                said.push('\n');
                return (serving, Said { text: said, address });
            }
        }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
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

/// A client that speaks just enough of the protocol.
pub(crate) struct Client(pub(crate) TcpStream);

impl Client {
    pub(crate) fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(stream)
    }

    pub(crate) fn ask(&mut self, opcode: u8, extras: &[u8], key: &str, value: &[u8]) -> (u16, Vec<u8>) {
        let body = [extras, key.as_bytes(), value].concat();
        let mut frame = vec![0x80, opcode, 0, key.len() as u8, extras.len() as u8, 0, 0, 0];
        frame.extend((body.len() as u32).to_be_bytes());
        frame.extend([0; 12]);
        frame.extend(body);
        self.0.write_all(&frame).unwrap();
        self.next()
    }

    /// The next answer, where there are several.
    pub(crate) fn next(&mut self) -> (u16, Vec<u8>) {
        let mut header = [0; 24];
        self.0.read_exact(&mut header).unwrap();
        let length = u32::from_be_bytes([header[8], header[9], header[10], header[11]]);
        let mut body = vec![0; length as usize];
        self.0.read_exact(&mut body).unwrap();
        (u16::from_be_bytes([header[6], header[7]]), body)
    }

    /// What `stats` tells of this group.
    pub(crate) fn stats(&mut self, group: &str) -> Vec<(String, String)> {
        let mut frame = vec![0x80, 0x10, 0, group.len() as u8, 0, 0, 0, 0];
        frame.extend((group.len() as u32).to_be_bytes());
        frame.extend([0; 12]);
        frame.extend(group.as_bytes());
        self.0.write_all(&frame).unwrap();
        let mut told = Vec::new();
        loop {
            let mut header = [0; 24];
            self.0.read_exact(&mut header).unwrap();
            let length = u32::from_be_bytes([header[8], header[9], header[10], header[11]]);
            let mut body = vec![0; length as usize];
            self.0.read_exact(&mut body).unwrap();
            let key_length = usize::from(u16::from_be_bytes([header[2], header[3]]));
            if key_length == 0 {
                return told;
            }
            let (key, value) = body.split_at(key_length);
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            told.push((text(key), text(value)));
        }
    }

    pub(crate) fn login(&mut self, name: &str, password: &str) -> u16 {
        self.ask(0x21, &[], "PLAIN", format!("\0{name}\0{password}").as_bytes()).0
    }

    pub(crate) fn get(&mut self, key: &str) -> u16 {
        self.ask(0x00, &[], key, &[]).0
    }

    pub(crate) fn set(&mut self, key: &str, value: &[u8]) -> u16 {
        self.ask(0x01, &[0; 8], key, value).0
    }
}

pub(crate) fn add(place: &Place, name: &str, password: &str) {
    let ended = place.run(&format!("user add {name} --password-stdin"), password);
    assert_eq!(ended.code, Some(0), "{ended:?}");
}
