//! What happened, for whoever looks for the reason of a failure.

use std::collections::VecDeque;

/// Lines that are kept: the end of a story tells most.
const KEPT: usize = 200;

/// What happened, if anybody wants to know.
#[derive(Debug, Default)]
pub(super) struct Trace {
    lines: Option<VecDeque<String>>,
}

impl Trace {
    pub(super) fn wanted() -> Self {
        Self { lines: Some(VecDeque::new()) }
    }

    pub(super) fn add(&mut self, now: u64, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            if lines.len() == KEPT {
                lines.pop_front();
            }
            lines.push_back(format!("{now:>6} ms  {}", line()));
        }
    }

    pub(super) fn into_lines(self) -> Vec<String> {
        self.lines.unwrap_or_default().into()
    }
}
