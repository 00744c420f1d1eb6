//! Running a program to its end: shown as it runs, bounded in time, its test results counted.

use crate::report::Totals;
use std::{
    ffi::OsStr,
    fmt,
    io::{self, BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// No program of ours runs longer: one that does hangs.
const LIMIT: Duration = Duration::from_secs(20 * 60);
/// How often a program that runs is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Why a step failed, for a person.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A program to run in the workspace's root.
pub(crate) struct Program {
    command: Command,
    limit: Duration,
}

impl Program {
    pub(crate) fn new(path: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(path);
        command.current_dir(crate::workspace::root()).stdin(Stdio::null());
        Self { command, limit: LIMIT }
    }

    /// The cargo that runs this.
    pub(crate) fn cargo(arguments: &[&str]) -> Self {
        Self::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())).with(arguments)
    }

    pub(crate) fn with<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn under(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs it, shows what it prints, and adds the test results in it to `totals`.
    pub(crate) fn run(mut self, totals: &mut Totals) -> Result<(), Failure> {
        let name = self.to_string();
        println!("$ {name}");
        let mut child = self
            .command
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| Failure::new(format!("{name} could not be started: {error}")))?;
        let (send, lines) = mpsc::channel();
        if let Some(output) = child.stdout.take() {
            thread::spawn(move || show(BufReader::new(output), io::stdout(), &send));
        }
        let ended = wait(&mut child, self.limit);
        // Whatever the program left running may hold its output open, so the end of the lines is not waited for for ever.
        while let Ok(line) = lines.recv_timeout(Duration::from_secs(2)) {
            totals.read(&line);
        }
        ended.map_err(|why| Failure::new(format!("{name} {why}")))
    }

    /// Runs it without showing anything; whether it succeeded.
    pub(crate) fn succeeds(mut self) -> bool {
        self.command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    /// Runs it and returns what it printed; `None` if it failed.
    pub(crate) fn output(mut self) -> Option<String> {
        let output = self.command.stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Path::new(self.command.get_program()).file_name().unwrap_or_default();
        write!(f, "{}", name.display())?;
        self.command.get_args().try_for_each(|argument| write!(f, " {}", argument.display()))
    }
}

fn show(mut output: impl BufRead, mut screen: impl Write, lines: &mpsc::Sender<String>) {
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        // A closed screen is no reason to fail the tests.
        let _ = screen.write_all(&line).and_then(|()| screen.flush());
        let _ = lines.send(String::from_utf8_lossy(&line).into_owned());
        line.clear();
    }
}

fn wait(child: &mut Child, limit: Duration) -> Result<(), String> {
    let deadline = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("ended with {status}")),
            Ok(None) if Instant::now() < deadline => thread::sleep(LOOK),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("was ended after {} s", limit.as_secs()));
            }
            Err(error) => return Err(format!("could not be waited for: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Program {
        Program::new("sh").with(["-c", script])
    }

    #[test]
    fn each_line_is_shown_and_handed_on() {
        let (mut screen, (send, lines)) = (Vec::new(), mpsc::channel());
        show(&b"one\n\xff\nlast"[..], &mut screen, &send);
        drop(send);
        assert_eq!(screen, b"one\n\xff\nlast");
        assert_eq!(lines.iter().collect::<Vec<_>>(), ["one\n", "\u{fffd}\n", "last"]);
    }

    #[test]
    fn a_program_that_fails_is_a_failure() {
        let failure = shell("exit 3").run(&mut Totals::default()).expect_err("it failed");
        assert!(failure.to_string().contains("exit status: 3"), "{failure}");
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        let hung = Program::new("sleep").with(["60"]).within(Duration::from_millis(50));
        let failure = hung.run(&mut Totals::default()).expect_err("it hung");
        assert!(failure.to_string().contains("was ended"), "{failure}");
    }
}
