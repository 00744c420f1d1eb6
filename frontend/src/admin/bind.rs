//! A unix socket that nobody but its owner ever reaches.

use super::AdminSocketError;
use socket2::{Domain, SockAddr, Socket, Type};
use std::{
    fs, io,
    os::{
        fd::OwnedFd,
        unix::{
            fs::{FileTypeExt, PermissionsExt},
            net::{UnixListener, UnixStream},
        },
    },
    path::Path,
};

/// The owner alone.
const MODE: u32 = 0o600;

/// Whoever waits to be let in; operators are few.
const BACKLOG: i32 = 16;

/// Listens at `path`. One that a server left behind which is gone is taken away first.
pub(super) fn bind(path: &Path) -> Result<UnixListener, AdminSocketError> {
    clear(path)?;
    let listening = || {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.bind(&SockAddr::unix(path)?)?;
        // Before `listen`: until then whoever tries to connect is refused, whatever the mode that the umask left.
        fs::set_permissions(path, fs::Permissions::from_mode(MODE))?;
        socket.listen(BACKLOG)?;
        Ok(UnixListener::from(OwnedFd::from(socket)))
    };
    listening().map_err(|source| AdminSocketError::Listen { path: path.to_owned(), source })
}

/// Makes the place free, if what is there is a socket that nobody listens at.
fn clear(path: &Path) -> Result<(), AdminSocketError> {
    let cannot = |source| AdminSocketError::Listen { path: path.to_owned(), source };
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => {
            return Err(AdminSocketError::NoSocket { path: path.to_owned() });
        }
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(cannot(error)),
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(cannot)
        }
        Ok(_) => Err(AdminSocketError::Taken { path: path.to_owned() }),
        Err(error) => Err(cannot(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
