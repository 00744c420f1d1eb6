//! `keyway top` in a terminal: what is seen on its screen, and what its keys do.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its frames are small"
)]

mod cli_command;
mod pty;
mod serving;

use cli_command::Place;
use rustix::{
    process::{Signal, kill_process_group},
    termios::{LocalModes, Winsize, tcgetattr, tcgetpgrp, tcsetwinsize},
};
use serving::{Client, SUCCESS, Serving, add};
use std::{
    fs::File,
    io::{Read, Write},
    num::NonZero,
    process::{Child, Command},
    sync::{Arc, Mutex},
    thread,
};

const SOCKET: &str = "keyway-admin.sock";

fn start(place: &Place) -> (Serving, String) {
    add(place, "ada", "pencil");
    let (serving, said) = Serving::start(place, &format!("-p 0 --admin-socket {SOCKET}"));
    serving::wait_until(|| place.path(SOCKET).exists(), || "there is no socket".to_owned());
    (serving, said.address)
}

/// A command in a terminal of its own.
struct Terminal {
    child: Child,
    keyboard: File,
    /// Kept open, so that it outlives the command.
    terminal: File,
    screen: Arc<Mutex<vt100::Parser>>,
}

fn size(columns: u16, rows: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}

impl Terminal {
    /// By `setsid`, which makes the terminal its controlling one: it is that one whose size is asked for.
    fn start(place: &Place, line: &str) -> Self {
        let (keyboard, terminal) = pty::open();
        tcsetwinsize(&terminal, size(80, 24)).unwrap();
        let keyway = place.command(line);
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait"]).arg(keyway.get_program()).args(keyway.get_args());
        command.current_dir(place.path("")).env("TERM", "xterm-256color").env_remove("KEYWAY_ADMIN_SOCKET");
        let end = || terminal.try_clone().unwrap();
        command.stdin(end()).stdout(end()).stderr(end());
        let child = command.spawn().unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(cells(24), cells(80), 0)));
        let (mut shown, seen) = (keyboard.try_clone().unwrap(), screen.clone());
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = shown.read(&mut bytes) {
                seen.lock().unwrap().process(&bytes[..count]);
            }
        });
        Self { child, keyboard, terminal, screen }
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    fn screen(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    fn shows(&self, text: &str) {
        serving::wait_until(
            || self.screen().contains(text),
            || format!("{text:?} is not on the screen:\n{}", self.screen()),
        );
    }

    fn resize(&self, columns: u16, rows: u16) {
        self.screen.lock().unwrap().screen_mut().set_size(cells(rows), cells(columns));
        tcsetwinsize(&self.terminal, size(columns, rows)).unwrap();
    }

    /// Its exit code; and that the terminal is as it was.
    fn end(&mut self) -> Option<i32> {
        let code = self.child.wait().unwrap().code();
        let modes = tcgetattr(&self.terminal).unwrap().local_modes;
        assert!(modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG), "{modes:?}");
        // What it wrote last may still be on its way here.
        let is_as_it_was = || {
            let shown = self.screen.lock().unwrap();
            !shown.screen().alternate_screen() && !shown.screen().hide_cursor()
        };
        serving::wait_until(is_as_it_was, || "the other screen is still there, or no cursor".to_owned());
        code
    }
}

impl Drop for Terminal {
    /// `setsid` alone would leave behind what it waits for.
    fn drop(&mut self) {
        if let Ok(group) = tcgetpgrp(&self.keyboard) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_shows_a_running_server_in_80_columns_listens_to_keys_and_leaves_the_terminal_as_it_was() {
    let place = Place::new();
    let (serving, address) = start(&place);
    let mut ada = Client::connect(&address);
    assert_eq!(ada.login("ada", "pencil"), SUCCESS);
    assert_eq!(ada.set("k", b"v"), SUCCESS);
    assert_ne!(Client::connect(&address).login("<script>x", "guess"), SUCCESS);
    let mut top = Terminal::start(&place, "top --interval 500ms");
    top.shows("clients  1 of 1024");
    top.shows("users 1 of 1 in");
    top.shows("(main)");
    top.press("2");
    top.shows("sessions  requests");
    top.shows("ada");
    top.press("3");
    top.shows("UnknownUser");
    top.shows("<script>x");
    top.press("?");
    top.shows("quit");
    top.shows("sort by size");
    top.press("?");
    let get = |ada: &mut Client| assert_eq!(ada.get("k"), SUCCESS);
    for _ in 0..200 {
        get(&mut ada);
    }
    top.shows("hits 100 %");
    top.press("1");
    top.resize(132, 50);
    serving::wait_until(
        || top.screen().lines().nth(49).is_some_and(|last| last.starts_with("q quit")),
        || top.screen(),
    );
    top.resize(30, 8);
    serving::wait_until(
        || top.screen().lines().nth(7).is_some_and(|last| last.starts_with("q quit")),
        || top.screen(),
    );
    top.resize(80, 24);
    top.shows("refused  1 logins");
    top.press("k");
    top.shows("hot keys");
    serving::wait_until(
        || {
            (0..50).for_each(|_| get(&mut ada));
            top.screen().lines().any(|line| line.starts_with("k ") && line.contains('%'))
        },
        || top.screen(),
    );
    drop(serving);
    top.press("1");
    top.shows("no server answers at");
    top.press("q");
    assert_eq!(top.end(), Some(0));
}

#[test]
fn a_signal_or_the_interrupt_key_leaves_the_terminal_as_it_was() {
    let place = Place::new();
    let (_serving, _) = start(&place);
    let mut top = Terminal::start(&place, "top");
    top.shows("(main)");
    top.press("\u{3}");
    assert_eq!(top.end(), Some(0));
    let mut top = Terminal::start(&place, "top");
    top.shows("(main)");
    // Not `setsid`, which waits for it.
    kill_process_group(tcgetpgrp(&top.keyboard).unwrap(), Signal::TERM).unwrap();
    assert_eq!(top.end(), Some(0));
}

#[test]
fn without_a_terminal_or_a_server_it_says_what_to_do() {
    let place = Place::new();
    let ended = place.run("top", "");
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("--once"), "{ended:?}");
    let ended = place.run("top --once", "");
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("--admin-socket"), "{ended:?}");
    let ended = place.run("top --once 127.0.0.1:1", "");
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("http://"), "{ended:?}");
    let (_serving, _) = start(&place);
    let ended = place.run("top --once --interval 500ms", "");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for fact in
        ["gets: 0/s\n", "connections: 0 of 1024\n", "users: 0 of 1 in, 0 sessions\n", "namespace (main): "]
    {
        assert!(ended.stdout.contains(fact), "{fact}{}", ended.stdout);
    }
}
