//! What a server offers, and what comes of it.

use super::Visit;
use crate::cli::doctor::report::Report;
use keyway_frontend::client::{ServerAddress, strongest};

/// Mechanisms that send the password as it is.
const CLEAR: [&str; 2] = ["PLAIN", "LOGIN"];
/// Mechanisms that are broken or withdrawn.
const WEAK: [&str; 4] = ["CRAM-MD5", "DIGEST-MD5", "NTLM", "ANONYMOUS"];

impl Visit {
    /// What is offered, and to whom.
    pub(super) fn judge(&self, listed: &[String], report: &mut Report) {
        let list = listed.join(" ");
        let has = |names: &[&str]| listed.iter().any(|name| names.contains(&name.as_str()));
        match strongest(listed.iter().map(String::as_str)) {
            None if listed.is_empty() => {
                report.error(
                    "the server offers no mechanism, so nobody can log in",
                    "offer some (`keyway serve --mechanisms`, `mech_list` in memcached.conf)",
                );
            }
            None => report.error(
                format_args!("the server offers {list}, which memcached clients lack"),
                "offer PLAIN, or SCRAM-SHA-256 for clients on libmemcached",
            ),
            Some(mechanism) => report.ok(format_args!(
                "offered: {list}; clients on libsasl2 take {mechanism} and try no other one"
            )),
        }
        if !listed.is_empty() && !has(&["PLAIN"]) {
            report.note("clients that know PLAIN alone (bmemcached, Dalli) cannot log in here");
        }
        let weak: Vec<&str> = listed.iter().map(String::as_str).filter(|name| WEAK.contains(name)).collect();
        if !weak.is_empty() {
            report.warning(
                format_args!("weak mechanisms are offered: {}", weak.join(" ")),
                "offer SCRAM-SHA-256 and PLAIN alone",
            );
        }
        let ServerAddress::Tcp(address) = &self.address else { return };
        if self.address.is_this_machine() {
            return;
        }
        if has(&CLEAR) {
            report.warning(
                format_args!(
                    "{} is not this machine, and PLAIN is offered: passwords can be read on the way",
                    address.ip()
                ),
                "offer SCRAM-SHA-256 alone (`--mechanisms SCRAM-SHA-256`), or put a tunnel between",
            );
        }
        report.note(format_args!("what is stored and read crosses the network to {} in clear", address.ip()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::report::Form;
    use std::time::Duration;

    /// Errors and warnings about this list at this address.
    fn found(address: &str, list: &str) -> (usize, usize) {
        let visit = Visit {
            address: address.parse::<std::net::SocketAddr>().unwrap().into(),
            patience: Duration::from_secs(1),
            credentials: None,
        };
        let mut report = Report::new(Form::Text);
        let listed: Vec<String> = list.split_ascii_whitespace().map(str::to_owned).collect();
        visit.judge(&listed, &mut report);
        (report.errors(), report.warnings())
    }

    #[test]
    fn passwords_in_clear_are_warned_of_beyond_this_machine() {
        for address in ["192.0.2.1:1", "[2001:db8::1]:1"] {
            assert_eq!(found(address, "SCRAM-SHA-256 PLAIN"), (0, 1), "{address}");
            assert_eq!(found(address, "SCRAM-SHA-512 SCRAM-SHA-256"), (0, 0), "{address}");
        }
        for address in ["127.0.0.1:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert_eq!(found(address, "SCRAM-SHA-256 PLAIN"), (0, 0), "{address}");
        }
    }

    #[test]
    fn what_nobody_can_use_is_an_error_and_what_is_weak_a_warning() {
        assert_eq!(found("127.0.0.1:1", ""), (1, 0));
        assert_eq!(found("127.0.0.1:1", "GSSAPI"), (1, 0));
        assert_eq!(found("127.0.0.1:1", "PLAIN CRAM-MD5"), (0, 1));
    }
}
