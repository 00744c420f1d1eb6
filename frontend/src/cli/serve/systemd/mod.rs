//! systemd, where it is the one that started this process: the sockets that it made, and what it wants to be told. Without its
//! library: both are documented interfaces (sd_listen_fds(3), sd_notify(3)).

mod notify;
mod sockets;

pub(super) use notify::Notify;
pub(super) use sockets::Sockets;
