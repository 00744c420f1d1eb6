//! Findings, one a line.

use crate::cli::{failure::Failure, output};
use serde::Serialize;
use std::fmt;

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    /// As it should be.
    Ok,
    /// Good to know.
    Note,
    /// It works, and somebody had better change it.
    Warning,
    /// Somebody is kept out who should not be, or let in.
    Error,
}

/// What was found. One thing, with what to do about it.
#[derive(Debug, Serialize)]
struct Finding {
    level: Level,
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

/// Prints findings as they come, and counts them.
#[derive(Debug)]
pub(super) struct Report {
    form: Form,
    warnings: usize,
    errors: usize,
}

impl Report {
    pub(super) fn new(form: Form) -> Self {
        Self { form, warnings: 0, errors: 0 }
    }

    pub(super) fn ok(&mut self, what: impl fmt::Display) {
        self.say(Level::Ok, &what, None);
    }

    pub(super) fn note(&mut self, what: impl fmt::Display) {
        self.say(Level::Note, &what, None);
    }

    pub(super) fn warning(&mut self, what: impl fmt::Display, fix: impl fmt::Display) {
        self.warnings += 1;
        self.say(Level::Warning, &what, Some(&fix));
    }

    pub(super) fn error(&mut self, what: impl fmt::Display, fix: impl fmt::Display) {
        self.errors += 1;
        self.say(Level::Error, &what, Some(&fix));
    }

    /// An error without a remedy apart: it says itself what to do.
    pub(super) fn error_in_full(&mut self, what: impl fmt::Display) {
        self.errors += 1;
        self.say(Level::Error, &what, None);
    }

    /// So far.
    pub(super) fn errors(&self) -> usize {
        self.errors
    }

    #[cfg(test)]
    pub(super) fn warnings(&self) -> usize {
        self.warnings
    }

    /// How the command ends.
    pub(super) fn conclude(self) -> Result<(), Failure> {
        match self.errors {
            0 => Ok(()),
            1 => Err(Failure::refused("1 error")),
            errors => Err(Failure::refused(format_args!("{errors} errors"))),
        }
    }

    fn say(&self, level: Level, what: &dyn fmt::Display, fix: Option<&dyn fmt::Display>) {
        let finding = Finding { level, what: one_line(what), fix: fix.map(one_line) };
        match self.form {
            Form::Text => output::say(&finding),
            // Text and a word or two: nothing in it can fail to be JSON.
            Form::Json => output::say(&serde_json::to_string(&finding).unwrap_or_default()),
        }
    }
}

/// What a server says may be part of it, and must not speak to the terminal.
fn one_line(text: &(impl fmt::Display + ?Sized)) -> String {
    text.to_string().replace(char::is_control, " ")
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Ok => "ok",
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        write!(f, "{level:8} {}", self.what)?;
        self.fix.as_ref().map_or(Ok(()), |fix| write!(f, "; fix: {fix}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line_with_its_fix() {
        let finding = Finding {
            level: Level::Warning,
            what: one_line("slow\n\u{1b}answers"),
            fix: Some("wait".to_owned()),
        };
        assert_eq!(finding.to_string(), "warning  slow  answers; fix: wait");
        let json = serde_json::to_string(&finding).unwrap();
        assert_eq!(json, r#"{"level":"warning","what":"slow  answers","fix":"wait"}"#);
    }

    #[test]
    fn warnings_alone_are_no_failure() {
        let mut report = Report::new(Form::Text);
        report.warning("w", "f");
        assert!(report.conclude().is_ok());
        let mut report = Report::new(Form::Text);
        report.error("e", "f");
        assert_eq!(report.conclude().unwrap_err().to_string(), "1 error");
    }
}
