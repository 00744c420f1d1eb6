//! How a command ends that was not carried out.

use keyway_frontend::UsersFileError;
use std::{fmt, process::ExitCode};

const REFUSED: u8 = 1;
const USAGE: u8 = 2;

/// Why a command was not carried out, in words for whoever typed it.
#[derive(Debug)]
pub(crate) struct Failure {
    exit_code: u8,
    text: String,
}

impl Failure {
    /// It was understood, and could not or must not be done.
    pub(crate) fn refused(text: impl fmt::Display) -> Self {
        Self { exit_code: REFUSED, text: text.to_string() }
    }

    /// It was called in a way that has no meaning.
    pub(crate) fn usage(text: impl fmt::Display) -> Self {
        Self { exit_code: USAGE, text: text.to_string() }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.exit_code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<UsersFileError> for Failure {
    fn from(error: UsersFileError) -> Self {
        Self::refused(error)
    }
}
