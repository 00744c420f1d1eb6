//! `keyway user` at a terminal: passwords are asked for, and not shown while they are typed.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cli_command;
mod pty;

use cli_command::{Ended, Place};
use rustix::termios::{LocalModes, tcgetattr};
use std::{
    fs::File,
    io::{Read, Write},
    process::{Child, ChildStderr, Stdio},
};

const INTERRUPT_KEY: &str = "\u{3}";

/// A command whose stdin is a terminal.
struct AtTerminal {
    child: Child,
    questions: ChildStderr,
    keyboard: File,
    /// Kept open, so that the terminal outlives the command and its screen can be read.
    terminal: File,
    asked: String,
}

impl AtTerminal {
    fn start(place: &Place, line: &str) -> Self {
        let (keyboard, terminal) = pty::open();
        let mut command = place.command(line);
        command.stdin(terminal.try_clone().unwrap()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let questions = child.stderr.take().unwrap();
        Self { child, questions, keyboard, terminal, asked: String::new() }
    }

    /// Types this when that is asked; earlier it would be thrown away.
    fn answer(&mut self, question: &str, keys: &str) {
        while !self.asked.ends_with(question) {
            let mut byte = [0];
            self.questions.read_exact(&mut byte).unwrap();
            self.asked.push(char::from(byte[0]));
        }
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// How it ended, with what was said after the last question.
    fn end(&mut self) -> Ended {
        let mut ended = Ended { code: None, stdout: String::new(), stderr: String::new() };
        self.questions.read_to_string(&mut ended.stderr).unwrap();
        self.child.stdout.take().unwrap().read_to_string(&mut ended.stdout).unwrap();
        ended.code = self.child.wait().unwrap().code();
        ended
    }

    /// What the terminal showed of the typing, and a `$`.
    fn screen(&mut self) -> String {
        // Something to read at last: a terminal has no end of file as long as it is open.
        self.terminal.write_all(b"$").unwrap();
        let mut screen = String::new();
        while !screen.ends_with('$') {
            let mut byte = [0];
            self.keyboard.read_exact(&mut byte).unwrap();
            screen.push(char::from(byte[0]));
        }
        screen
    }
}

#[test]
fn a_password_is_asked_for_twice_and_never_shown() {
    let place = Place::new();
    let mut adding = AtTerminal::start(&place, "user add ada --ask");
    adding.answer("Password: ", "pencil\n");
    adding.answer("The same again: ", "pencil\n");
    let ended = adding.end();
    assert_eq!((ended.code, &*adding.screen()), (Some(0), "$"), "{ended:?}");
    assert_eq!(place.run("user list", "").stdout, "ada  read-write\n");
    let mut checking = AtTerminal::start(&place, "user check ada");
    checking.answer("Password: ", "pencil\n");
    let ended = checking.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("accepted"), "{ended:?}");
}

#[test]
fn two_different_passwords_change_nothing() {
    let place = Place::new();
    let mut adding = AtTerminal::start(&place, "user add ada --ask");
    adding.answer("Password: ", "pencil\n");
    adding.answer("The same again: ", "pencel\n");
    let ended = adding.end();
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("differ"), "{ended:?}");
    assert!(!place.path("keyway-users.toml").exists());
}

#[test]
fn the_interrupt_key_ends_it_and_leaves_the_terminal_as_it_was() {
    let place = Place::new();
    let mut adding = AtTerminal::start(&place, "user add ada --ask");
    adding.answer("Password: ", &format!("pen{INTERRUPT_KEY}"));
    let ended = adding.end();
    assert_eq!((ended.code, &*adding.screen()), (Some(1), "$"), "{ended:?}");
    assert!(ended.stderr.contains("cancelled"), "{ended:?}");
    let modes = tcgetattr(&adding.terminal).unwrap().local_modes;
    assert!(modes.contains(LocalModes::ECHO | LocalModes::ISIG | LocalModes::ICANON), "{modes:?}");
}
