//! `-l` and `-p`: from what is written on the command line to addresses.
//!
//! Without `-l` the server listens on 127.0.0.1 only, where memcached listens everywhere: opening a cache to
//! the network is a decision, and the protocol is not encrypted.

use crate::cli::failure::Failure;
use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs},
    str::FromStr,
};

/// What one `-l` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListenList(Vec<Listen>);

/// One address or name, or all addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listen {
    host: Host,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    /// `*`
    Any,
    Address(IpAddr),
    Name(String),
}

impl ListenList {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Listen> {
        self.0.iter()
    }
}

impl FromStr for ListenList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // memcached takes both as separators.
        text.split([',', ';']).map(|part| part.trim().parse()).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // An IPv6 address in brackets may have a port behind it; without them its last group would be taken
        // for one.
        if let Some(rest) = text.strip_prefix('[') {
            let (address, port) =
                rest.split_once(']').ok_or_else(|| format!("{text:?} has no closing bracket"))?;
            let address: Ipv6Addr =
                address.parse().map_err(|_| format!("{address:?} in brackets is no IPv6 address"))?;
            return Ok(Self { host: Host::Address(address.into()), port: port_behind(port)? });
        }
        if let Ok(address) = text.parse() {
            return Ok(Self { host: Host::Address(address), port: None });
        }
        let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
        let host = match host {
            "" => return Err(format!("{text:?} names no address; * stands for all of them")),
            "*" => Host::Any,
            name => name.parse().map_or_else(|_| Host::Name(name.to_owned()), Host::Address),
        };
        Ok(Self { host, port: port_behind(port)? })
    }
}

/// The port in `:PORT`, or none where nothing stands.
fn port_behind(text: &str) -> Result<Option<u16>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let port = text.strip_prefix(':').and_then(|port| port.parse().ok());
    port.map(Some).ok_or_else(|| format!("{text:?} is no port: a colon and a number from 0 to 65535"))
}

/// The addresses, each once, in the order in which they were written. Names are looked up now.
pub(crate) fn resolve(lists: &[ListenList], default_port: u16) -> Result<Vec<SocketAddr>, Failure> {
    let mut addresses = Vec::new();
    for listen in lists.iter().flat_map(|list| &list.0) {
        for address in listen.resolve(default_port)? {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
    }
    Ok(addresses)
}

impl Listen {
    /// Where a server listens that was told nothing.
    pub(super) fn usual() -> Self {
        Self { host: Host::Address(Ipv4Addr::LOCALHOST.into()), port: None }
    }

    /// Its addresses. Names are looked up now.
    pub(super) fn resolve(&self, default_port: u16) -> Result<Vec<SocketAddr>, Failure> {
        let port = self.port.unwrap_or(default_port);
        match &self.host {
            Host::Address(address) => Ok(vec![(*address, port).into()]),
            Host::Any => {
                let all = [IpAddr::from(Ipv4Addr::UNSPECIFIED), IpAddr::from(Ipv6Addr::UNSPECIFIED)];
                usable("*", all.map(|address| SocketAddr::from((address, port))))
            }
            Host::Name(name) => {
                let found = (name.as_str(), port).to_socket_addrs().map_err(|error| {
                    Failure::refused(format_args!("cannot find the address of -l {name}: {error}"))
                })?;
                usable(name, found)
            }
        }
    }
}

/// Those that this machine has: a name often stands for an IPv6 address where IPv6 is switched off, and that
/// is no reason not to start. An address that was written out is not left away like that.
fn usable(name: &str, found: impl IntoIterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, Failure> {
    let here = |address: &SocketAddr| match TcpListener::bind((address.ip(), 0)) {
        Ok(_) => true,
        Err(error) => {
            !matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
                && error.raw_os_error() != Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
        }
    };
    let addresses: Vec<_> = found.into_iter().filter(here).collect();
    if addresses.is_empty() {
        return Err(Failure::refused(format_args!("-l {name} stands for no address of this machine")));
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(texts: &[&str]) -> Result<Vec<String>, String> {
        let lists: Vec<ListenList> = texts.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
        let addresses = resolve(&lists, 7).map_err(|failure| failure.to_string())?;
        Ok(addresses.iter().map(SocketAddr::to_string).collect())
    }

    #[test]
    fn addresses_are_written_as_for_memcached() {
        let table: [(&[&str], &[&str]); 7] = [
            (&["127.0.0.1"], &["127.0.0.1:7"]),
            (&["127.0.0.1:9"], &["127.0.0.1:9"]),
            (&["127.0.0.1,127.0.0.2:9"], &["127.0.0.1:7", "127.0.0.2:9"]),
            (&["127.0.0.1; 127.0.0.2", "127.0.0.3"], &["127.0.0.1:7", "127.0.0.2:7", "127.0.0.3:7"]),
            (&["::1"], &["[::1]:7"]),
            (&["[::1]", "[::1]:9"], &["[::1]:7", "[::1]:9"]),
            (&["10.0.0.1,10.0.0.1:7"], &["10.0.0.1:7"]),
        ];
        for (texts, addresses) in table {
            assert_eq!(resolved(texts).unwrap(), addresses, "{texts:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        let texts = [
            "",
            "127.0.0.1,",
            ":9",
            "127.0.0.1:",
            "127.0.0.1:65536",
            "127.0.0.1:x",
            "[::1",
            "[::1]9",
            "[127.0.0.1]",
        ];
        for text in texts {
            assert!(text.parse::<ListenList>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_name_stands_for_the_addresses_that_the_machine_has() {
        let addresses = resolved(&["localhost:9"]).unwrap();
        assert!(addresses.contains(&"127.0.0.1:9".to_owned()), "{addresses:?}");
        assert!(resolved(&["*"]).unwrap().contains(&"0.0.0.0:7".to_owned()));
    }
}
