//! Where in the text of a users file something is.

use crate::users_file::error::Problem;
use std::ops::Range;

pub(super) struct Lines<'a> {
    text: &'a str,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text }
    }

    pub(super) fn problem(&self, span: Range<usize>, what: String) -> Problem {
        Problem::Text { line: Some(self.line(span.start)), what }
    }

    /// From the parser's words only: its full report quotes the line, and that may be a secret's.
    pub(super) fn syntax(&self, error: &toml::de::Error) -> Problem {
        let what = error.message().to_owned();
        Problem::Text { line: error.span().map(|span| self.line(span.start)), what }
    }

    fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        before.filter(|byte| **byte == b'\n').count() + 1
    }
}
