//! Whether a request meant this server, by the name that it asks for.
//!
//! A page from anywhere can have its own name point at 127.0.0.1 and then read, in its visitor's browser, what a server there
//! tells (DNS rebinding). The browser sends the page's name along. So whoever asks over the loopback has to ask for an
//! address or for `localhost`; over any other way in, the names are the operator's own business and cannot be known here.

use std::net::{IpAddr, Ipv6Addr};

/// Whether a request that came in at this address may ask for a host of this name. Who names none is no browser.
pub(super) fn is_meant(local: IpAddr, authority: Option<&str>) -> bool {
    if !local.to_canonical().is_loopback() {
        return true;
    }
    authority.is_none_or(|authority| is_here(host_of(authority)))
}

/// Without the port.
fn host_of(authority: &str) -> &str {
    match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inner, _)) => inner,
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// What no DNS answer can make mean something: an address, or the name that is always this machine's own (RFC 6761, section 6.3).
fn is_here(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok()
        || host.parse::<Ipv6Addr>().is_ok()
        || host.trim_end_matches('.').eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_the_loopback_only_addresses_and_localhost_are_this_server() {
        let local: IpAddr = "127.0.0.1".parse().unwrap();
        for host in [
            "127.0.0.1",
            "127.0.0.1:9150",
            "localhost",
            "LOCALHOST:1",
            "localhost.",
            "[::1]:9150",
            "10.0.0.1",
        ] {
            assert!(is_meant(local, Some(host)), "{host}");
        }
        assert!(is_meant(local, None));
        for host in [
            "evil.example",
            "evil.example:9150",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "",
            "[::1",
        ] {
            assert!(!is_meant(local, Some(host)), "{host}");
            assert!(!is_meant("::ffff:127.0.0.1".parse().unwrap(), Some(host)), "{host}");
            assert!(is_meant("192.0.2.1".parse().unwrap(), Some(host)), "{host}");
        }
    }
}
