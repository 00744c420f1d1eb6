//! Metrics in Prometheus' text format: under the names of memcached_exporter, so that dashboards which are there go on working, and
//! under `keyway_` what a memcached does not have.
//!
//! You need it where a server is looked after by Prometheus, or anything that reads its format. `keyway serve --metrics` does this:
//!
//! ```
//! use keyway::{Cache, Config, Users};
//! use keyway_frontend::{Policy, Server, ServerConfig, metrics::Metrics};
//!
//! let cache = Cache::new(Config::new(1 << 20), Users::new())?;
//! let mut config = ServerConfig::new(Policy::default());
//! config.listen = vec![([127, 0, 0, 1], 0).into()];
//! let server = Server::start(cache.clone(), config)?;
//! let text = Metrics::new(cache).with_server(server.view()).render();
//! assert!(text.contains("\nmemcached_current_connections 0\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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
///
/// ```
/// assert!(keyway_frontend::metrics::CONTENT_TYPE.starts_with("text/plain"));
/// ```
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
///
/// ```
/// use keyway_frontend::metrics::{FamilyKind, families};
///
/// // Prometheus' rule for the names of counters.
/// let counters = families().filter(|it| it.kind == FamilyKind::Counter);
/// assert!(counters.filter(|it| it.name.starts_with("keyway_")).all(|it| it.name.ends_with("_total")));
/// ```
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
///
/// ```
/// # use keyway::{Cache, Config, Users};
/// # use keyway_frontend::metrics::Metrics;
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// let metrics = Metrics::new(cache);
/// assert!(metrics.render().contains("\nmemcached_current_items 0\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Metrics {
    cache: Cache,
    server: Option<ServerView>,
    reloads: Option<Reloads>,
    certificates: Option<Certificates>,
}

impl Metrics {
    /// Of a cache.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::metrics::Metrics;
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let text = Metrics::new(cache).render();
    /// assert!(text.contains("memcached_limit_bytes 1048576\n") && !text.contains("memcached_up"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new(cache: Cache) -> Self {
        Self { cache, server: None, reloads: None, certificates: None }
    }

    /// And of a server of it.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::{Policy, Server, ServerConfig, metrics::Metrics};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # let mut config = ServerConfig::new(Policy::default());
    /// # config.listen = vec![([127, 0, 0, 1], 0).into()];
    /// let server = Server::start(cache.clone(), config)?;
    /// let metrics = Metrics::new(cache).with_server(server.view());
    /// assert!(metrics.render().contains("memcached_up 1\n"));
    /// server.stop();
    /// assert!(metrics.render().contains("memcached_up 0\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_server(self, server: ServerView) -> Self {
        Self { server: Some(server), ..self }
    }

    /// And of files that are read again.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::metrics::{Metrics, Reloads};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let reloads = Reloads::default();
    /// let metrics = Metrics::new(cache).with_reloads(reloads.clone());
    /// reloads.succeeded("users_file");
    /// assert!(metrics.render().contains("keyway_reload_last_successful{what=\"users_file\"} 1\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_reloads(self, reloads: Reloads) -> Self {
        Self { reloads: Some(reloads), ..self }
    }

    /// And of certificates, which are asked for each time.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::metrics::{CertificateExpiry, Metrics};
    /// # use std::time::{Duration, SystemTime};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let not_after = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    /// let metrics = Metrics::new(cache)
    ///     .with_certificates(move || vec![CertificateExpiry { name: "server".to_owned(), not_after }]);
    /// assert!(metrics.render().contains("{certificate=\"server\"} 1800000000"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_certificates(
        self,
        certificates: impl Fn() -> Vec<CertificateExpiry> + Send + Sync + 'static,
    ) -> Self {
        Self { certificates: Some(Arc::new(certificates)), ..self }
    }

    /// The text.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::metrics::Metrics;
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let metrics = Metrics::new(cache.clone());
    /// cache.users().add_trusted("app", keyway::Role::ReadWrite)?;
    /// cache.session_for("app")?.set("greeting", "hello")?;
    /// assert!(metrics.render().contains("\nmemcached_current_items 1\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::{http::Routes, metrics::Metrics};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let mut routes = Routes::new();
    /// Metrics::new(cache).serve_at(&mut routes);
    /// assert_eq!(routes.paths().collect::<Vec<_>>(), ["/metrics"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
