//! A snapshot by HTTP: `/status.json` at a server's address of --metrics.

use crate::cli::http_client::HttpAddress;
use keyway_frontend::status::Status;
use std::{
    fmt,
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(5);

/// A snapshot has some KiB, and 130 bytes for each namespace.
const LONGEST: usize = 16 << 20;

/// A status address.
#[derive(Clone)]
pub(super) struct Address {
    host: HttpAddress,
    token: Option<String>,
}

impl Address {
    /// Of `http://HOST[:PORT]`, with or without a path.
    pub(super) fn new(url: &str, token: Option<String>) -> Result<Self, String> {
        let rest = url.strip_prefix("http://").ok_or_else(|| {
            format!("{url:?} is no status address: it is http:// and what the server was given as --metrics")
        })?;
        let host = rest.split('/').next().unwrap_or_default();
        let host = format!("http://{host}").parse().map_err(|_| format!("{url:?} names no host and port"))?;
        if token.as_ref().is_some_and(|token| token.contains(|c: char| c.is_control() || c.is_whitespace())) {
            return Err("the token has blanks or control characters in it".to_owned());
        }
        Ok(Self { host, token })
    }

    pub(super) fn status(&self) -> Result<Status, String> {
        let until = Instant::now() + PATIENCE;
        let answer = self.host.get("/status.json", self.token.as_deref(), LONGEST, until);
        let answer = answer.map_err(|error| {
            format!("no server answers at {self}: {error}; start it with --metrics and --status-page")
        })?;
        match answer.code {
            200 => {}
            401 => return Err(format!("{self} asks for a token: --token-file")),
            404 => return Err(format!("{self} has no status: start the server with --status-page")),
            code => return Err(format!("{self} answered {code}")),
        }
        serde_json::from_slice(&answer.body)
            .map_err(|error| format!("{self} answered something else than a status: {error}"))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.host.fmt(f)
    }
}

/// Without the token.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_what_stands_between_the_scheme_and_the_path() {
        let host = |url: &str| Address::new(url, None).map(|address| address.to_string());
        for (url, named) in [
            ("http://127.0.0.1:9150", "http://127.0.0.1:9150"),
            ("http://127.0.0.1:9150/status.json", "http://127.0.0.1:9150"),
            ("http://localhost", "http://localhost:9150"),
            ("http://[::1]:9150/", "http://[::1]:9150"),
            ("http://[::1]", "http://[::1]:9150"),
        ] {
            assert_eq!(host(url).as_deref(), Ok(named), "{url}");
        }
        for odd in [
            "127.0.0.1:9150",
            "https://here",
            "http://",
            "http:///x",
            "http://a b",
            "http://u@h",
            "http://a\r\nX: y",
        ] {
            assert!(host(odd).is_err(), "{odd:?}");
        }
        assert!(Address::new("http://h", Some("a\r\nX: y".to_owned())).is_err());
        let shown = format!("{:?}", Address::new("http://h", Some("secret".to_owned())));
        assert!(!shown.contains("secret"), "{shown}");
    }
}
