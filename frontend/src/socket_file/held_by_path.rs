//! The file of a socket by its path, where the system cannot hold one that cannot be opened. Links are not followed.

use rustix::fs::{self, AtFlags, CWD, Gid, Mode, Stat, Uid};
use std::{
    io,
    path::{Path, PathBuf},
};

/// What was found there.
#[derive(Debug)]
pub(super) struct Held {
    path: PathBuf,
    found: Stat,
}

impl Held {
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), found: fs::lstat(path)? })
    }

    /// As it was found.
    #[expect(clippy::unnecessary_wraps, reason = "it can fail where the file itself is held")]
    pub(super) fn stat(&self) -> io::Result<Stat> {
        Ok(self.found)
    }

    pub(super) fn give_to(&self, owner: Option<Uid>, group: Option<Gid>) -> io::Result<()> {
        Ok(fs::chownat(CWD, &self.path, owner, group, AtFlags::SYMLINK_NOFOLLOW)?)
    }

    pub(super) fn permit(&self, mode: Mode) -> io::Result<()> {
        Ok(fs::chmodat(CWD, &self.path, mode, AtFlags::SYMLINK_NOFOLLOW)?)
    }
}
