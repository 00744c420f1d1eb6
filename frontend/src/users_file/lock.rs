//! One change of a users file at a time, between processes.

use super::error::{Problem, UsersFileError};
use std::{
    fs::{File, OpenOptions},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// Held while a users file is changed; dropping it lets the next one in, and so does the end of the process,
/// however it ends.
///
/// The lock is on a file beside the users file: the users file itself is another one after each change, and a
/// lock would stay on the old one. The lock file is never removed, because whoever waits on it would then
/// hold a lock on nothing.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock of this users file, whose path must have its links resolved.
    pub(super) fn take(target: &Path) -> Result<Self, UsersFileError> {
        let path = super::disk::beside(target, "lock");
        let locked = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(super::disk::MODE)
            .open(&path)
            .and_then(|file| file.lock().map(|()| file));
        match locked {
            Ok(file) => Ok(Self { _file: file }),
            Err(source) => {
                Err(UsersFileError::from(Problem::System { doing: "lock the users file by it", source })
                    .in_file(&path))
            }
        }
    }
}
