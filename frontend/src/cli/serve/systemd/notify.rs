//! What systemd is told: sd_notify(3).

use rustix::time::{ClockId, clock_gettime};
use std::{
    env, io,
    os::unix::net::{SocketAddr, UnixDatagram},
    path::Path,
};
use tracing::{debug, warn};

/// Whoever wants to be told how this process is doing.
#[derive(Debug)]
pub(in crate::cli::serve) struct Notify(Option<(UnixDatagram, SocketAddr)>);

impl Notify {
    /// What NOTIFY_SOCKET names; nobody where there is none, as when a person starts the server.
    pub(in crate::cli::serve) fn of_environment() -> Self {
        let Some(name) = env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty()) else {
            return Self(None);
        };
        let to = address(name.as_encoded_bytes()).and_then(|address| Ok((UnixDatagram::unbound()?, address)));
        match to {
            Ok(to) => Self(Some(to)),
            Err(error) => {
                warn!(%error, "NOTIFY_SOCKET cannot be used, so systemd is not told when the server is ready");
                Self(None)
            }
        }
    }

    /// The server answers, and this is how it may be described.
    pub(in crate::cli::serve) fn ready(&self, status: &str) {
        // A new line would begin another field.
        self.tell(&format!("READY=1\nSTATUS={}", status.replace('\n', " ")));
    }

    /// The settings are read again; `ready` says when that is over. With the time, as `Type=notify-reload` wants it.
    pub(in crate::cli::serve) fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1_000_000 + now.tv_nsec / 1000));
    }

    /// It ends in order.
    pub(in crate::cli::serve) fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=answering what was received, then ending");
    }

    fn tell(&self, what: &str) {
        let Some((socket, to)) = &self.0 else { return };
        match socket.send_to_addr(what.as_bytes(), to) {
            Ok(_) => debug!(what, "systemd was told"),
            Err(error) => warn!(%error, what, "systemd could not be told"),
        }
    }
}

/// A path, or a name that is in no file system, which begins with @.
fn address(name: &[u8]) -> io::Result<SocketAddr> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Some(name) = name.strip_prefix(b"@") {
        use std::os::linux::net::SocketAddrExt;
        return SocketAddr::from_abstract_name(name);
    }
    use std::os::unix::ffi::OsStrExt;
    let path = Path::new(std::ffi::OsStr::from_bytes(name));
    if !path.is_absolute() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is neither an absolute path nor a name after @",
        ));
    }
    SocketAddr::from_pathname(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_a_name_in_no_file_system_are_told_and_nothing_else() {
        assert_eq!(
            address(b"/run/systemd/notify").unwrap().as_pathname(),
            Some(Path::new("/run/systemd/notify"))
        );
        #[cfg(target_os = "linux")]
        assert!(!address(b"@/org/x").unwrap().is_unnamed());
        for name in [&b"notify"[..], b"vsock:2:1234", b"./notify"] {
            assert!(address(name).is_err());
        }
    }

    #[test]
    fn fields_are_lines_and_a_status_is_one() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("notify");
        let hears = UnixDatagram::bind(&path).unwrap();
        let notify =
            Notify(Some((UnixDatagram::unbound().unwrap(), SocketAddr::from_pathname(&path).unwrap())));
        let heard = || {
            let mut room = [0; 500];
            let count = hears.recv(&mut room).unwrap();
            String::from_utf8(room[..count].to_vec()).unwrap()
        };
        notify.ready("listening\nMAINPID=1");
        assert_eq!(heard(), "READY=1\nSTATUS=listening MAINPID=1");
        notify.reloading();
        let reloading = heard();
        let time = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
        assert!(time.parse::<u64>().unwrap() > 0);
        notify.stopping();
        assert!(heard().starts_with("STOPPING=1\n"));
    }
}
