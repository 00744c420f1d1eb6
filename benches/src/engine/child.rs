//! Measurements that need a process of their own: this program, started anew with a question.

use super::{long_run, many, memory, race};
use std::{
    env, io,
    process::{Command, Stdio},
};

/// The option of this program that a question comes after.
const OPTION: &str = "--child";

/// Starts this program with the question; what it prints.
pub(super) fn ask(question: &[&str]) -> io::Result<String> {
    let output = Command::new(env::current_exe()?)
        .arg(OPTION)
        .args(question)
        .stderr(Stdio::inherit())
        .stdin(Stdio::null())
        .output()?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(io::Error::other(format!("the process that measured {question:?} ended with {}", output.status)))
    }
}

/// The answer, if this process was started with a question.
///
/// # Errors
/// If nobody knows the answer, or it cannot be measured.
#[must_use]
pub fn answer() -> Option<io::Result<String>> {
    let mut arguments = env::args().skip(1);
    arguments.next().filter(|first| first == OPTION)?;
    let question: Vec<String> = arguments.collect();
    let question: Vec<&str> = question.iter().map(String::as_str).collect();
    let answer = memory::answer(&question)
        .or_else(|| long_run::answer(&question))
        .or_else(|| many::answer(&question))
        .or_else(|| race::answer(&question));
    Some(answer.unwrap_or_else(|| Err(io::Error::other(format!("{question:?} is no question")))))
}
