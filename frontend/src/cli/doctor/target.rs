//! `HOST[:PORT]`, `tls://HOST[:PORT]` or `unix:PATH`: which server is meant.

use keyway_frontend::{ServerConfig, client::ServerAddress};
use std::{
    fmt, io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    path::PathBuf,
    str::FromStr,
};

/// A server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Target {
    /// By name or address.
    Tcp { host: String, port: u16 },
    /// The same by TLS.
    Tls { host: String, port: u16 },
    /// By the path of a unix socket.
    Unix(PathBuf),
}

impl Target {
    /// Its addresses, at least one.
    pub(in crate::cli) fn resolve(&self) -> io::Result<Vec<ServerAddress>> {
        let (host, port) = match self {
            Self::Tcp { host, port } | Self::Tls { host, port } => (host.as_str(), *port),
            Self::Unix(path) => return Ok(vec![ServerAddress::Unix(path.clone())]),
        };
        let found: Vec<ServerAddress> = (host, port).to_socket_addrs()?.map(ServerAddress::from).collect();
        if found.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(found) }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:").filter(|path| !path.is_empty()) {
            return Ok(Self::Unix(PathBuf::from(path)));
        }
        if let Some(rest) = text.strip_prefix("tls://") {
            return match Self::tcp(rest, ServerConfig::DEFAULT_PORT)? {
                Self::Tcp { host, port } => Ok(Self::Tls { host, port }),
                _ => Err(format!("{text:?} is no tls://HOST:PORT")),
            };
        }
        Self::tcp(text, ServerConfig::DEFAULT_PORT)
    }
}

impl Target {
    /// `HOST[:PORT]`, with this port where it has none.
    pub(in crate::cli) fn tcp(text: &str, default: u16) -> Result<Self, String> {
        let of = |host: &str, port| Self::Tcp { host: host.to_owned(), port };
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(of(&address.ip().to_string(), address.port()));
        }
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(of(&address.to_string(), default));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| format!("{port:?} is no port"))?),
            None => (text, default),
        };
        if host.is_empty() || host.contains([':', '/', '[', ']']) || port == 0 {
            return Err(format!("{text:?} is no HOST, HOST:PORT, tls://HOST:PORT or unix:PATH"));
        }
        Ok(of(host, port))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tls { host, port } => write!(f, "tls://{}", Self::Tcp { host: host.clone(), port: *port }),
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_may_be_left_out() {
        for (text, shown) in [
            ("localhost", "localhost:11211"),
            ("localhost:7", "localhost:7"),
            ("10.0.0.1", "10.0.0.1:11211"),
            ("::1", "[::1]:11211"),
            ("[::1]", "[::1]:11211"),
            ("[::1]:7", "[::1]:7"),
            ("unix:/run/keyway/socket", "unix:/run/keyway/socket"),
            ("unix:7", "unix:7"),
            ("tls://localhost", "tls://localhost:11211"),
            ("tls://[::1]:7", "tls://[::1]:7"),
        ] {
            assert_eq!(
                text.parse::<Target>().map(|target| target.to_string()).as_deref(),
                Ok(shown),
                "{text}"
            );
        }
        for text in [
            "",
            ":7",
            "host:",
            "host:0",
            "host:x",
            "host:70000",
            "http://host",
            "[::1",
            "unix:",
            "tls://",
            "tls://unix:/s",
        ] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }
}
