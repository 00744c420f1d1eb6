//! Where to listen and what to let through there, as flags. The short ones mean what they mean in memcached.

use super::{
    ListenList,
    options::{ListenerOptions, PlainOption, mode},
};
use crate::cli::serve::mechanisms::{MechanismList, ServerFinalOption};
use clap::Args;
use keyway::Role;
use keyway_frontend::ServerConfig;
use std::path::PathBuf;

/// Where to listen and what to let through there.
#[derive(Args, Debug)]
pub(crate) struct ListenerFlags {
    /// Where to listen: addresses or host names, each with :PORT if it is to be another than -p, separated by
    /// commas; * for all addresses [default: 127.0.0.1, unless there is another listener]
    #[arg(short, long, value_name = "ADDR")]
    pub(super) listen: Vec<ListenList>,
    /// TCP port; 0 picks a free one
    #[arg(short, long, default_value_t = ServerConfig::DEFAULT_PORT)]
    pub(super) port: u16,
    /// Listen on a unix socket at this path
    #[arg(short = 's', long = "unix-socket", value_name = "PATH")]
    pub(super) unix_socket: Option<PathBuf>,
    /// The mode of that socket, in octal [default: 700]
    #[arg(short = 'a', long = "unix-mask", value_name = "MODE", value_parser = mode, requires = "unix_socket")]
    pub(super) unix_mask: Option<u32>,
    /// A listener with settings of its own: tcp=ADDR[:PORT], unix=PATH, systemd or systemd=NAME; then mode=0660, owner= and group=
    /// of a unix socket; mechanisms="A B", anonymous=ROLE or none, plain=protected or anywhere, tls=yes or no [default: yes with
    /// --tls-certificate, but for unix sockets], client-certificates=no, optional or required. Separated by commas; may be given
    /// several times: docs/listeners.md
    #[arg(long, value_name = "KEY=VALUE,...")]
    pub(super) listener: Vec<ListenerOptions>,
    /// SASL mechanisms to offer [default: those of --sasl-conf, else SCRAM-SHA-512 SCRAM-SHA-256 EXTERNAL PLAIN; with --users-source
    /// SCRAM-SHA-256 PLAIN, or PLAIN for LDAP]; CRAM-MD5 is weak, and offered only where it is named
    #[arg(long, value_name = "NAMES")]
    pub(in crate::cli::serve) mechanisms: Option<MechanismList>,
    /// Over what PLAIN is taken, which sends the password itself
    #[arg(long, value_enum, value_name = "WHERE", default_value_t = PlainOption::Protected)]
    pub(super) plain: PlainOption,
    /// Where the server proves itself in SCRAM
    #[arg(long, value_enum, value_name = "WHERE", default_value_t = ServerFinalOption::Step)]
    pub(super) server_final: ServerFinalOption,
    /// Let everybody in without a login, with this role: read-only, read-write or admin
    #[arg(long, value_name = "ROLE")]
    pub(in crate::cli::serve) anonymous: Option<Role>,
}
