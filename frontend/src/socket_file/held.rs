//! The file of a socket, held itself: whatever its path leads to by now.

use rustix::fs::{self, AtFlags, Gid, Mode, OFlags, Stat, Uid};
use std::{
    io,
    os::fd::{AsFd, AsRawFd, OwnedFd},
    path::Path,
};

/// As long as it is held, no other file has its number.
#[derive(Debug)]
pub(super) struct Held(OwnedFd);

impl Held {
    /// Takes hold of what is there, without following a link.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self(fs::open(path, flags, Mode::empty())?))
    }

    pub(super) fn stat(&self) -> io::Result<Stat> {
        Ok(fs::fstat(&self.0)?)
    }

    pub(super) fn give_to(&self, owner: Option<Uid>, group: Option<Gid>) -> io::Result<()> {
        Ok(fs::chownat(self.0.as_fd(), "", owner, group, AtFlags::EMPTY_PATH)?)
    }

    pub(super) fn permit(&self, mode: Mode) -> io::Result<()> {
        Ok(fs::chmod(format!("/proc/self/fd/{}", self.0.as_raw_fd()), mode)?)
    }
}
