//! The file that lines go to: opened at its end, opened anew where it was moved away, and never with half a line in it.

use super::{AuditDestination, AuditError};
use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Write},
    os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Owner reads and writes, nobody else does anything: it says who was where and when.
const MODE: u32 = 0o600;
const READABLE_BY_OTHERS: u32 = 0o044;

/// Where lines go.
#[derive(Debug)]
pub(super) enum Output {
    Stderr,
    File(Appended),
}

/// A file that is appended to.
#[derive(Debug)]
pub(super) struct Appended {
    path: PathBuf,
    file: File,
    /// Bytes that it may have.
    limit: u64,
    /// Whether it may end in the middle of a line.
    torn: bool,
}

/// Why lines could not be written.
#[derive(Debug)]
pub(super) enum NotWritten {
    /// The file has as many bytes as it may.
    Limit,
    System(io::Error),
}

impl Output {
    pub(super) fn open(destination: &AuditDestination, limit: u64) -> Result<Self, AuditError> {
        match destination {
            AuditDestination::Stderr => Ok(Self::Stderr),
            AuditDestination::File(path) => {
                let file = open(path)?;
                Ok(Self::File(Appended { path: path.clone(), file, limit, torn: false }))
            }
        }
    }

    /// Writes whole lines, all of them or none as far as the system lets it.
    pub(super) fn write(&mut self, lines: &[u8]) -> Result<(), NotWritten> {
        match self {
            Self::Stderr => io::stderr().lock().write_all(lines).map_err(NotWritten::System),
            Self::File(file) => file.write(lines),
        }
    }

    /// Goes on in the file that is at the path now. Without one, in the one that there was.
    pub(super) fn reopen(&mut self) -> Result<(), AuditError> {
        if let Self::File(file) = self {
            (file.file, file.torn) = (open(&file.path)?, false);
        }
        Ok(())
    }

    /// Whether somebody has moved the file away, or put another one in its place.
    pub(super) fn is_moved(&self) -> bool {
        let Self::File(file) = self else { return false };
        let name = |metadata: Metadata| (metadata.dev(), metadata.ino());
        match (fs::metadata(&file.path).map(name), file.file.metadata().map(name)) {
            (Ok(there), Ok(open)) => there != open,
            (Err(error), _) => error.kind() == io::ErrorKind::NotFound,
            _ => false,
        }
    }
}

impl Appended {
    fn write(&mut self, lines: &[u8]) -> Result<(), NotWritten> {
        let before = self.file.metadata().map_err(NotWritten::System)?;
        if before.is_file() && before.len().saturating_add(lines.len() as u64) > self.limit {
            return Err(NotWritten::Limit);
        }
        if self.torn {
            self.file.write_all(b"\n").map_err(NotWritten::System)?;
            self.torn = false;
        }
        self.file.write_all(lines).map_err(|error| {
            // A part may be there, and half a line is none. Only what this process wrote last can be taken back.
            self.torn = before.is_file() && self.file.set_len(before.len()).is_err();
            NotWritten::System(error)
        })
    }
}

fn open(path: &Path) -> Result<File, AuditError> {
    // Looked at before it is opened: opening a pipe would wait for a reader.
    if let Ok(found) = fs::metadata(path)
        && !found.is_file()
        && !found.file_type().is_char_device()
    {
        return Err(AuditError::NotAFile(path.to_owned()));
    }
    let failed = |source| AuditError::Open { path: path.to_owned(), source };
    let file = OpenOptions::new().append(true).create(true).mode(MODE).open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?;
    if mode.is_file() && mode.mode() & READABLE_BY_OTHERS != 0 {
        let mode = format_args!("{:04o}", mode.mode() & 0o7777);
        tracing::warn!(file = %path.display(), %mode, "others than its owner can read the audit; use `chmod 600`");
    }
    Ok(file)
}
