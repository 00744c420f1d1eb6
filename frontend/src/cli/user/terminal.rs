//! Asking for a password at the terminal, without showing what is typed.

use super::password::first_line;
use crate::cli::{failure::Failure, output};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use std::io::{self, BufRead};
use zeroize::Zeroizing;

/// Asks on stderr, reads a line from stdin, which must be a terminal.
pub(super) fn ask(question: &str) -> Result<Zeroizing<String>, Failure> {
    let hidden = Hidden::start().map_err(|error| {
        Failure::refused(format_args!("cannot hide what is typed: {error}; use --password-stdin"))
    })?;
    output::ask(question);
    let mut stdin = io::stdin().lock();
    // A terminal hands over one line at a time, so one look has all of it.
    let typed =
        stdin.fill_buf().map_err(|error| Failure::refused(format_args!("cannot read the password: {error}")));
    output::complain(&"");
    let typed = typed?;
    let used = typed.len();
    let line = if typed.contains(&hidden.interrupt) {
        Err(Failure::refused("cancelled; nothing was changed"))
    } else {
        first_line(typed)
    };
    stdin.consume(used);
    line
}

/// The terminal shows nothing of what is typed until this is dropped. Meanwhile the interrupt key ends the
/// line instead of the process, because a process that is ended would leave the terminal like this.
struct Hidden {
    before: Termios,
    interrupt: u8,
}

impl Hidden {
    fn start() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut hidden = before.clone();
        let interrupt = hidden.special_codes[SpecialCodeIndex::VINTR];
        hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
        hidden.special_codes[SpecialCodeIndex::VEOL] = interrupt;
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)?;
        Ok(Self { before, interrupt })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.before);
    }
}
