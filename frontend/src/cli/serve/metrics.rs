//! `--metrics`: metrics and health over HTTP, at an address of their own.

use super::listeners::{ListenList, resolve_addresses};
use crate::cli::{failure::Failure, http_client::METRICS_PORT, output};
use clap::Args;
use keyway_frontend::{
    Health, Server,
    http::{AccessToken, HttpServer, Routes},
    status,
};
use std::{net::SocketAddr, path::PathBuf};

/// What is served over HTTP.
#[derive(Args, Clone, Debug)]
pub(super) struct MetricsOptions {
    /// Serve /metrics (for Prometheus), /healthz and /readyz over HTTP at this address, such as 127.0.0.1 or 127.0.0.1:9150; * for all
    /// addresses; port 0 picks a free one [default: none; port 9150]
    #[arg(long, value_name = "ADDR")]
    metrics: Option<ListenList>,
    /// Tell metrics only to whoever shows the token in the first line of this file, as a bearer token or as the password of
    /// any name; /healthz and /readyz stay open to everybody [default: none]
    #[arg(long, value_name = "FILE", requires = "metrics")]
    metrics_token_file: Option<PathBuf>,
    /// Serve a status page there as well: / for people and /status.json, with the names of users and namespaces, and of refused
    /// logins with what they claimed and where they came from
    #[arg(long, requires = "metrics")]
    status_page: bool,
}

/// HTTP while it is served.
#[derive(Debug)]
pub(super) struct Served {
    health: Health,
    http: HttpServer,
    options: MetricsOptions,
}

impl MetricsOptions {
    /// Begins to serve, where that is wanted, health and what `fill` adds. What is returned has to live for as long as there is
    /// something to tell.
    pub(super) fn start(
        &self,
        server: &Server,
        fill: impl FnOnce(&mut Routes),
    ) -> Result<Option<Served>, Failure> {
        let Some(list) = &self.metrics else { return Ok(None) };
        let addresses = resolve_addresses(std::slice::from_ref(list), METRICS_PORT)?;
        let mut routes = Routes::new();
        let token = self.token()?;
        warn_of_readers(&addresses, token.as_ref());
        if let Some(token) = token {
            routes.require(token);
        }
        let health = Health::of(server.view());
        health.clone().serve_at(&mut routes);
        fill(&mut routes);
        if self.status_page {
            status::add_page(&mut routes, server.status_board().clone());
        }
        let http = HttpServer::start(&addresses, routes).map_err(Failure::refused)?;
        for address in http.addresses() {
            output::say(&format_args!("metrics at http://{address}/metrics"));
            if self.status_page {
                output::say(&format_args!("status page at http://{address}/"));
            }
        }
        Ok(Some(Served { health, http, options: self.clone() }))
    }

    fn token(&self) -> Result<Option<AccessToken>, Failure> {
        let Some(path) = &self.metrics_token_file else { return Ok(None) };
        let cannot =
            |error| Failure::refused(format_args!("--metrics-token-file {}: {error}", path.display()));
        AccessToken::from_file(path).map(Some).map_err(cannot)
    }
}

fn warn_of_readers(addresses: &[SocketAddr], token: Option<&AccessToken>) {
    if token.is_none() && addresses.iter().any(|address| !address.ip().to_canonical().is_loopback()) {
        output::complain(
            &"WARNING: --metrics is reachable beyond this machine, and tells whoever asks the names of roles and namespaces, with --status-page those of users, and how \
              the server is doing; --metrics-token-file asks for a token",
        );
    }
}

impl Served {
    /// The server is about to stop: from now on it is not ready.
    pub(super) fn leave(&self) {
        self.health.leave();
    }

    /// Reads the file of the token again. One that cannot be used changes nothing.
    pub(super) fn read_token_again(&self) {
        match self.options.token() {
            Ok(Some(token)) => {
                self.http.require(token);
                tracing::info!("the token of --metrics was read again");
            }
            Ok(None) => {}
            Err(error) => tracing::error!("{error}; the token stays as it was"),
        }
    }
}
