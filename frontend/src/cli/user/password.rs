//! Where a password comes from: never from the command line, where each process of the machine could read it.

use super::{stored_for::StoredFor, terminal};
use crate::cli::failure::Failure;
use clap::Args;
use std::{
    fs::File,
    io::{self, BufRead, IsTerminal, Read},
    path::Path,
};
use zeroize::Zeroizing;

/// The longest password in bytes that the door takes; a longer line is somebody's file.
const MAX_BYTES: usize = 1024;

/// A password, and whether its user has seen it.
pub(crate) enum Password {
    /// Made here: still to be shown.
    Generated(Zeroizing<String>),
    /// Came from the user.
    Given(Zeroizing<String>),
}

impl Password {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Generated(password) | Self::Given(password) => password,
        }
    }
}

/// Where a new password comes from, if not from where it does by itself, and what it is stored for.
#[derive(Args, Debug)]
pub(crate) struct NewPassword {
    /// Make a random password of 160 bits and print it once
    #[arg(long, conflicts_with_all = ["password_stdin", "ask"])]
    generate: bool,
    /// Read the password from the first line of stdin
    #[arg(long, conflicts_with = "ask")]
    password_stdin: bool,
    /// Ask for the password at the terminal, twice
    #[arg(long)]
    ask: bool,
    #[command(flatten)]
    pub(super) stored_for: StoredFor,
}

impl NewPassword {
    /// Made by chance unless told otherwise: nobody has to think of it, and nobody can guess it.
    pub(crate) fn obtain_or_generate(&self) -> Result<Password, Failure> {
        if self.ask { ask_twice() } else { self.given_or(super::generate_password) }
    }

    /// Asked for unless told otherwise.
    pub(crate) fn obtain_or_ask(&self) -> Result<Password, Failure> {
        if self.generate { super::generate_password() } else { self.given_or(ask_twice) }
    }

    fn given_or(&self, otherwise: fn() -> Result<Password, Failure>) -> Result<Password, Failure> {
        if self.password_stdin { first_line(io::stdin().lock()).map(Password::Given) } else { otherwise() }
    }
}

fn ask_twice() -> Result<Password, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(
            "stdin is no terminal to ask for a password; use --password-stdin to read it from there, or --generate",
        ));
    }
    let password = terminal::ask("Password: ")?;
    if *password != *terminal::ask("The same again: ")? {
        return Err(Failure::refused("the two passwords differ; nothing was changed"));
    }
    Ok(Password::Given(password))
}

/// A password to compare: from the terminal if there is one, else from stdin.
#[derive(Args, Debug)]
pub(crate) struct PasswordFromStdin {
    /// Read the password from the first line of stdin, also if that is a terminal
    #[arg(long)]
    password_stdin: bool,
}

impl PasswordFromStdin {
    pub(crate) fn obtain(&self) -> Result<Zeroizing<String>, Failure> {
        if !self.password_stdin && io::stdin().is_terminal() {
            return terminal::ask("Password: ");
        }
        first_line(io::stdin().lock())
    }
}

/// The first line of a file.
pub(crate) fn in_file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    // Read whole and at once: what a buffer keeps would not be overwritten.
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 * MAX_BYTES));
    let file = File::open(path);
    file.and_then(|file| file.take(MAX_BYTES as u64 + 3).read_to_end(&mut bytes))
        .map_err(|error| Failure::refused(format_args!("cannot read {}: {error}", path.display())))?;
    first_line(bytes.as_slice())
}

/// The first line without the newline at its end.
pub(super) fn first_line(input: impl BufRead) -> Result<Zeroizing<String>, Failure> {
    // Room from the start: growing would leave copies of the beginning in freed memory.
    let room = MAX_BYTES + "\r\n".len() + 1;
    let mut line = Zeroizing::new(String::with_capacity(room));
    input
        .take(room as u64)
        .read_line(&mut line)
        .map_err(|error| Failure::refused(format_args!("cannot read the password: {error}")))?;
    if line.ends_with('\n') {
        line.pop();
        if line.ends_with('\r') {
            line.pop();
        }
    }
    if line.is_empty() {
        return Err(Failure::refused("the password is empty: nothing stands on the first line"));
    }
    if line.len() > MAX_BYTES {
        return Err(Failure::refused(format_args!("a password has at most {MAX_BYTES} bytes")));
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(input: &str) -> Result<String, String> {
        first_line(input.as_bytes()).map(|line| (*line).clone()).map_err(|failure| failure.to_string())
    }

    #[test]
    fn one_newline_is_taken_off_and_spaces_stay() {
        for input in ["s3cret", "s3cret\n", "s3cret\r\n", "s3cret\nand more\n"] {
            assert_eq!(line(input).as_deref(), Ok("s3cret"), "{input:?}");
        }
        assert_eq!(line("  a b \n").as_deref(), Ok("  a b "));
    }

    #[test]
    fn no_password_is_refused() {
        for input in ["", "\n", "\r\n", "\nsecond line\n"] {
            assert!(line(input).is_err(), "{input:?}");
        }
    }

    #[test]
    fn the_longest_password_is_taken_and_a_longer_one_refused() {
        let longest = "x".repeat(MAX_BYTES);
        for end in ["", "\n", "\r\n"] {
            assert_eq!(line(&format!("{longest}{end}")).as_deref(), Ok(&*longest));
            assert!(line(&format!("{longest}x{end}")).is_err());
        }
    }

    #[test]
    fn a_line_that_is_not_utf_8_is_refused() {
        assert!(first_line(&b"\xff\xfe\n"[..]).is_err());
    }
}
