//! Metrics in Prometheus' text format: under the names of memcached_exporter, so that dashboards which are there go on working, and
//! under `keyway_` what a memcached does not have.
//!
//! What is counted is counted anyway, by event loop and by stripe, and summed when somebody asks; so a scrape costs a server some
//! hundred microseconds on the thread that asks, and its event loops nothing. Nothing is told of single users, keys or addresses:
//! labels are mechanisms, verbs, reasons, and the names of roles and namespaces, which are as many as an operator defines.
//!
//! `docs/monitoring.md` has a table of all of them.

mod access;
mod build;
mod exposition;
mod family;
mod memcached;
mod serving;
mod storage;
mod upkeep;

pub use family::{Family, FamilyKind};
pub use upkeep::{CertificateExpiry, Reloads};

use crate::{
    ServerView,
    http::{Access, Response, Routes},
    process::Process,
};
use exposition::Exposition;
use keyway::Cache;
use std::{fmt, sync::Arc};

/// The media type of the text.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The metrics of a cache, and of a server where there is one, as text: for whoever has an HTTP server, or sends them elsewhere.
///
/// ```
/// use keyway::{Cache, Config, Role, Users};
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// cache.users().add_trusted("app", Role::ReadWrite)?;
/// let session = cache.session_for("app")?;
/// session.set("greeting", "hello")?;
/// session.get("greeting")?;
///
/// let text = keyway_frontend::metrics::render(&cache, None);
/// assert!(text.contains("\nmemcached_current_items 1\n"));
/// assert!(text.contains("\nkeyway_namespace_hits_total{namespace=\"\"} 1\n"));
/// assert!(text.contains("\nkeyway_sessions{roles=\"read-write\"} 1\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn render(cache: &Cache, server: Option<&ServerView>) -> String {
    let mut out = Exposition::default();
    write(&mut out, cache, server);
    out.into_text()
}

/// Every family that there is, in the order in which they are written; those that have no sample are left out of a text.
pub fn families() -> impl Iterator<Item = &'static Family> {
    let parts: [&[&Family]; 6] = [
        &memcached::FAMILIES,
        &access::FAMILIES,
        &storage::FAMILIES,
        &serving::FAMILIES,
        &upkeep::FAMILIES,
        &build::FAMILIES,
    ];
    parts.into_iter().flatten().copied()
}

type Certificates = Arc<dyn Fn() -> Vec<CertificateExpiry> + Send + Sync>;

/// What there is to tell of, put together once and told as often as is asked.
#[derive(Clone)]
pub struct Metrics {
    cache: Cache,
    server: Option<ServerView>,
    reloads: Option<Reloads>,
    certificates: Option<Certificates>,
}

impl Metrics {
    /// Of a cache.
    #[must_use]
    pub fn new(cache: Cache) -> Self {
        Self { cache, server: None, reloads: None, certificates: None }
    }

    /// And of a server of it.
    #[must_use]
    pub fn with_server(self, server: ServerView) -> Self {
        Self { server: Some(server), ..self }
    }

    /// And of files that are read again.
    #[must_use]
    pub fn with_reloads(self, reloads: Reloads) -> Self {
        Self { reloads: Some(reloads), ..self }
    }

    /// And of certificates, which are asked for each time.
    #[must_use]
    pub fn with_certificates(
        self,
        certificates: impl Fn() -> Vec<CertificateExpiry> + Send + Sync + 'static,
    ) -> Self {
        Self { certificates: Some(Arc::new(certificates)), ..self }
    }

    /// The text.
    #[must_use]
    pub fn render(&self) -> String {
        let mut out = Exposition::default();
        write(&mut out, &self.cache, self.server.as_ref());
        if let Some(reloads) = &self.reloads {
            reloads.write(&mut out);
        }
        if let Some(certificates) = &self.certificates {
            upkeep::certificates(&mut out, &certificates());
        }
        out.into_text()
    }

    /// Answers `/metrics` with it, for whoever shows the token, if there is one.
    pub fn serve_at(self, routes: &mut Routes) {
        routes.add("/metrics", Access::TokenHolders, move |_| Response::of(CONTENT_TYPE, self.render()));
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics")
            .field("cache", &self.cache)
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

fn write(out: &mut Exposition, cache: &Cache, server: Option<&ServerView>) {
    let stats = cache.stats();
    if let Some(server) = server {
        memcached::server(out, server);
    }
    memcached::holdings(out, &stats);
    access::write(out, cache);
    storage::write(out, cache, &stats);
    if let Some(server) = server {
        serving::write(out, server);
    }
    build::build(out);
    if let Some(process) = Process::look() {
        memcached::process(out, &process);
        build::process(out, &process);
    }
}
