//! Sockets in the file system: nobody connects before mode and owner are right, and nobody else's file is touched.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod held;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[path = "held_by_path.rs"]
mod held;

use held::Held;
use rustix::{
    fs::{self as system, FileType, Gid, Mode, Stat, Uid},
    io::Errno,
};
use socket2::{Domain, SockAddr, Socket, Type};
use std::{
    fs::{self, File, TryLockError},
    io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};
use tracing::warn;

/// How long a server that starts waits for another one that is about to listen in the same directory: that takes microseconds.
const TURN: Duration = Duration::from_secs(2);

/// The file of a socket that this server made; removed when dropped, unless there is another one in its place.
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    file: Held,
}

/// Who may connect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    /// As bits of permission.
    pub(crate) mode: u32,
    pub(crate) owner: Option<u32>,
    pub(crate) group: Option<u32>,
}

/// Listens there, for so many who wait to be let in. An error is of kind `AlreadyExists` where there is something that is no socket, and
/// `AddrInUse` where somebody listens.
pub(crate) fn listen(path: &Path, access: Access, backlog: i32) -> io::Result<(SocketFile, OwnedFd)> {
    let address = address(path)?;
    // Else two servers that start at once could each take the other's socket, which does not listen yet, for one left behind.
    let _turn = turn(path);
    clear(path, &address)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    let mode = Mode::from_raw_mode(access.mode & 0o777);
    // On Linux the file is made with the mode that the socket has, less the umask: never with more than it is to have.
    #[cfg(target_os = "linux")]
    system::fchmod(&socket, mode)?;
    socket.bind(&address)?;
    // Until `listen`, whoever tries to connect is refused, whatever the mode.
    let file = SocketFile::made_at(path)?;
    file.give_to(access)?;
    file.permit(mode)?;
    socket.listen(backlog)?;
    Ok((file, socket.into()))
}

/// The path as an address; names that are in no file system have neither mode nor owner, so they are none.
fn address(path: &Path) -> io::Result<SockAddr> {
    let refused = |why| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    if path.as_os_str().is_empty() {
        return refused("it has no path");
    }
    if path.as_os_str().as_encoded_bytes().contains(&0) {
        return refused("its path has a byte of 0 in it");
    }
    SockAddr::unix(path)
        .or_else(|_| refused("its path is too long for a socket; a link to its directory makes it shorter"))
}

/// Waits for this server's turn to make sockets in the directory. Where it cannot be had, there is only the risk of two that start
/// at the same moment.
fn turn(path: &Path) -> Option<File> {
    let directory =
        path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let handle = File::open(directory).ok()?;
    let until = Instant::now() + TURN;
    loop {
        match handle.try_lock() {
            Ok(()) => return Some(handle),
            Err(TryLockError::WouldBlock) if Instant::now() < until => {
                thread::sleep(Duration::from_millis(5))
            }
            Err(_) => {
                warn!(directory = %directory.display(), "somebody holds a lock on this directory; listening there without it");
                return None;
            }
        }
    }
}

/// Makes the place free, if what is there is a socket at which nobody listens.
fn clear(path: &Path, address: &SockAddr) -> io::Result<()> {
    let Some(found) = look(path)? else { return Ok(()) };
    if !is_socket(&found) {
        let why = "there is something that is no socket; move it away, or choose another path";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
    }
    let asked = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // A server whose queue is full makes others wait; that is an answer, too.
    asked.set_nonblocking(true)?;
    match asked.connect(address) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Err(error),
        _ => return Err(io::ErrorKind::AddrInUse.into()),
    }
    match look(path)? {
        Some(still) if is_same(&still, &found) => fs::remove_file(path),
        Some(_) => Err(io::ErrorKind::AddrInUse.into()),
        None => Ok(()),
    }
}

/// What is there, without following a link.
fn look(path: &Path) -> io::Result<Option<Stat>> {
    match system::lstat(path) {
        Ok(found) => Ok(Some(found)),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn is_socket(found: &Stat) -> bool {
    FileType::from_raw_mode(found.st_mode) == FileType::Socket
}

fn is_same(one: &Stat, other: &Stat) -> bool {
    (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
}

impl SocketFile {
    /// Takes hold of the file that a socket was just bound to. In a directory that others may write to, it may be another one by
    /// now: one that is none of ours is not touched.
    fn made_at(path: &Path) -> io::Result<Self> {
        let file = Held::at(path)?;
        let found = file.stat()?;
        if !is_socket(&found) || found.st_uid != rustix::process::geteuid().as_raw() {
            let why = "somebody else put something in the place of the socket; choose a directory that others cannot write to";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
        Ok(Self { path: path.to_owned(), file })
    }

    fn give_to(&self, Access { owner, group, .. }: Access) -> io::Result<()> {
        if owner.is_none() && group.is_none() {
            return Ok(());
        }
        let (owner, group) = (owner.map(Uid::from_raw), group.map(Gid::from_raw));
        let given = self.file.give_to(owner, group);
        given.map_err(|error| {
            let why = format!("cannot give it to that owner or group: {error}; start as root, or choose a group of this user's");
            io::Error::new(io::ErrorKind::PermissionDenied, why)
        })
    }

    /// Gives it the mode that the umask may have taken bits from.
    fn permit(&self, mode: Mode) -> io::Result<()> {
        if Mode::from_raw_mode(self.file.stat()?.st_mode) == mode {
            return Ok(());
        }
        self.file.permit(mode).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("cannot set its mode by /proc: {error}; start with a umask that leaves the mode as it is to be"),
            )
        })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let (Ok(own), Ok(Some(found))) = (self.file.stat(), look(&self.path)) else { return };
        if is_same(&own, &found)
            && let Err(error) = fs::remove_file(&self.path)
        {
            warn!(path = %self.path.display(), %error, "the socket's file could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::{
        fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink},
        net::UnixStream,
    };

    fn by_mode(mode: u32) -> Access {
        Access { mode, owner: None, group: None }
    }

    fn listen(path: &Path, access: Access) -> io::Result<(SocketFile, OwnedFd)> {
        super::listen(path, access, 128)
    }

    #[test]
    fn its_mode_is_the_one_asked_for_whatever_the_umask() {
        let place = tempfile::tempdir().unwrap();
        for mode in [0o600, 0o660, 0o666, 0o700, 0o777] {
            let path = place.path().join(format!("{mode:o}"));
            let _listening = listen(&path, by_mode(mode)).unwrap();
            assert_eq!(fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o7777, mode);
            assert!(UnixStream::connect(&path).is_ok());
        }
    }

    #[test]
    fn it_is_given_to_a_group_and_to_nobody_whom_this_user_may_not_give_it_to() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("socket");
        let own = rustix::process::getegid().as_raw();
        let listening = listen(&path, Access { group: Some(own), ..by_mode(0o660) }).unwrap();
        assert_eq!(fs::symlink_metadata(&path).unwrap().gid(), own);
        drop(listening);
        let given = listen(&path, Access { owner: Some(12_345), ..by_mode(0o600) });
        if rustix::process::geteuid().is_root() {
            let found = fs::symlink_metadata(&path).unwrap();
            assert_eq!((found.uid(), found.permissions().mode() & 0o777), (12_345, 0o600));
        } else {
            assert!(given.unwrap_err().to_string().contains("start as root"));
            assert!(!path.exists(), "what cannot be as it is to be goes again");
        }
    }

    #[test]
    fn one_left_behind_is_replaced_and_a_live_one_is_not() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("socket");
        let left_behind = std::os::unix::net::UnixListener::bind(&path).unwrap();
        drop(left_behind);
        assert!(fs::symlink_metadata(&path).unwrap().file_type().is_socket());
        let live = listen(&path, by_mode(0o600)).unwrap();
        let refused = listen(&path, by_mode(0o600)).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
        assert!(UnixStream::connect(&path).is_ok(), "the live one stays");
        drop(live);
        assert!(!path.exists());
    }

    #[test]
    fn a_server_that_does_not_accept_any_more_lives_all_the_same() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("socket");
        let full = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        full.bind(&SockAddr::unix(&path).unwrap()).unwrap();
        full.listen(0).unwrap();
        let _waits = UnixStream::connect(&path).unwrap();
        let refused = listen(&path, by_mode(0o600)).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn what_is_no_socket_stays_and_a_link_is_not_followed() {
        let place = tempfile::tempdir().unwrap();
        let (file, link) = (place.path().join("users.toml"), place.path().join("link"));
        fs::write(&file, "precious").unwrap();
        symlink(&file, &link).unwrap();
        for path in [&file, &link] {
            assert_eq!(listen(path, by_mode(0o777)).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
        assert_ne!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o777);
        let nowhere = place.path().join("nowhere");
        let dangling = place.path().join("dangling");
        symlink(&nowhere, &dangling).unwrap();
        assert!(listen(&dangling, by_mode(0o600)).is_err() && !nowhere.exists());
    }

    #[test]
    fn a_stop_removes_what_the_server_made_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("socket");
        let first = listen(&path, by_mode(0o600)).unwrap();
        fs::remove_file(&path).unwrap();
        let second = listen(&path, by_mode(0o600)).unwrap();
        drop(first);
        assert!(UnixStream::connect(&path).is_ok(), "the second one's is not the first one's to remove");
        drop(second);
        assert!(!path.exists());
    }

    #[test]
    fn a_path_that_cannot_be_one_is_refused_with_the_reason() {
        let long = PathBuf::from(format!("/tmp/{}", "x".repeat(120)));
        for (path, word) in
            [(Path::new(""), "no path"), (&long, "too long"), (Path::new("a\0b"), "byte of 0")]
        {
            let refused = listen(path, by_mode(0o600)).unwrap_err().to_string();
            assert!(refused.contains(word), "{refused}");
        }
    }
}
