//! A program that ran to its end, or was ended because it did not.

use std::{
    io::Read,
    process::{Child, Command, ExitStatus, Stdio},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Clients take seconds at most, also where many tests share few cores; one that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(90);
/// How often a program that runs is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// A program that ran to its end.
pub(crate) struct Ended {
    name: String,
    status: ExitStatus,
    /// What it wrote to stdout and then what it wrote to stderr.
    said: String,
}

impl Ended {
    /// Runs it.
    pub(crate) fn of(command: &mut Command) -> Result<Self, String> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let name = command.get_program().display().to_string();
        let mut child = child.map_err(|error| format!("{name} could not be started: {error}"))?;
        let readers = [child.stdout.take().map(collect), child.stderr.take().map(collect)];
        let status = within(&mut child, LIMIT).map_err(|error| format!("{name} {error}"))?;
        let said = readers.into_iter().flatten().filter_map(|reader| reader.join().ok()).collect();
        Ok(Self { name, status, said })
    }

    pub(crate) fn new(name: &str, status: ExitStatus, said: String) -> Self {
        Self { name: name.into(), status, said }
    }

    pub(crate) fn must_succeed(&self) -> Result<(), String> {
        if self.status.success() { Ok(()) } else { Err(self.but("it should have succeeded")) }
    }

    pub(crate) fn must_fail(&self) -> Result<(), String> {
        // Ended by a signal is not refused.
        if self.status.code().is_some_and(|code| code != 0) {
            Ok(())
        } else {
            Err(self.but("it should have failed"))
        }
    }

    pub(crate) fn must_say(&self, text: &str) -> Result<(), String> {
        if self.said.contains(text) {
            Ok(())
        } else {
            Err(self.but(&format!("it should have said {text:?}")))
        }
    }

    pub(crate) fn must_not_say(&self, text: &str) -> Result<(), String> {
        if self.said.contains(text) {
            Err(self.but(&format!("it should not have said {text:?}")))
        } else {
            Ok(())
        }
    }

    fn but(&self, why: &str) -> String {
        format!("{} ended with {}, but {why}; it said:\n{}", self.name, self.status, self.said)
    }
}

fn collect(mut output: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is still worth showing.
        let _ = output.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Waits until the program ends; after `limit` it is ended.
pub(crate) fn within(child: &mut Child, limit: Duration) -> Result<ExitStatus, String> {
    let deadline = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
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
