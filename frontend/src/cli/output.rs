//! Lines for whoever runs the command: answers to stdout, everything else to stderr.
//!
//! Nobody may be there to read (`keyway user list | head -1`), and that is no reason to fail: only
//! [`hand_over`] tells, for what cannot be said twice.

use std::{
    fmt::Display,
    io::{self, Write},
};

/// A line of the answer, to stdout.
pub(crate) fn say(line: &dyn Display) {
    let _ = hand_over(line);
}

/// As [`say`], and whether it got there.
pub(crate) fn hand_over(line: &dyn Display) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

/// A line beside the answer, to stderr.
pub(crate) fn complain(line: &dyn Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// A question to whoever sits at the terminal: the line is left open for the answer.
pub(crate) fn ask(question: &str) {
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "{question}").and_then(|()| stderr.flush());
}
