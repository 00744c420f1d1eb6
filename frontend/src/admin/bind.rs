//! A unix socket that nobody but its owner ever reaches.

use super::AdminSocketError;
use crate::socket_file::{self, Access, SocketFile};
use std::{io::ErrorKind, os::unix::net::UnixListener, path::Path};

/// The owner alone.
const MODE: u32 = 0o600;

/// Whoever waits to be let in; operators are few.
const BACKLOG: i32 = 16;

/// Listens at `path`. One that a server left behind which is gone is taken away first.
pub(super) fn bind(path: &Path) -> Result<(SocketFile, UnixListener), AdminSocketError> {
    let access = Access { mode: MODE, owner: None, group: None };
    let (file, socket) = socket_file::listen(path, access, BACKLOG).map_err(|source| {
        let path = path.to_owned();
        match source.kind() {
            ErrorKind::AlreadyExists => AdminSocketError::NoSocket { path },
            ErrorKind::AddrInUse => AdminSocketError::Taken { path },
            _ => AdminSocketError::Listen { path, source },
        }
    })?;
    Ok((file, socket.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        fs,
        os::unix::{fs::PermissionsExt, net::UnixStream},
    };

    #[test]
    fn only_the_owner_may_connect_and_a_restart_takes_the_place_over() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("admin.sock");
        let first = bind(&path).unwrap();
        assert_eq!(fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o777, MODE);
        assert!(matches!(bind(&path), Err(AdminSocketError::Taken { .. })), "somebody listens");
        drop(first);
        let _second = bind(&path).unwrap();
        assert!(UnixStream::connect(&path).is_ok());
    }

    #[test]
    fn what_is_no_socket_stays() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("users.toml");
        fs::write(&path, "precious").unwrap();
        assert!(matches!(bind(&path), Err(AdminSocketError::NoSocket { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
        let link = place.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(bind(&link), Err(AdminSocketError::NoSocket { .. })), "a link is not followed");
    }
}
