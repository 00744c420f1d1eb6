//! Whether a file is still the one that was read.

use std::{fs, io, os::unix::fs::MetadataExt, path::Path};

/// What tells one state of a file from the next without reading it: which file it is, its length, and when it
/// was written and changed. Links are followed, so a link that points elsewhere gives another stamp.
///
/// Take the stamp before reading: a change in between then shows as a new stamp the next time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    len: u64,
    written: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// The file's present stamp; `None` if there is no such file.
    pub(super) fn of(path: &Path) -> io::Result<Option<Self>> {
        match fs::metadata(path) {
            Ok(found) => Ok(Some(Self {
                device: found.dev(),
                inode: found.ino(),
                len: found.len(),
                written: (found.mtime(), found.mtime_nsec()),
                changed: (found.ctime(), found.ctime_nsec()),
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}
