//! What an operator has to keep up: files that are read again while the server runs, and certificates.

use super::{exposition::Exposition, family::Family};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

static RELOADS: Family = Family::counter(
    "keyway_reloads_total",
    &["what", "result"],
    "Times that a file was read again, by what is in it and whether it was taken up (success) or left what it was (failure).",
);
static LAST_SUCCESSFUL: Family =
    Family::gauge("keyway_reload_last_successful", &["what"], "1 if what was read last was taken up.");
static LAST_SUCCESS: Family = Family::gauge(
    "keyway_reload_last_success_timestamp_seconds",
    &["what"],
    "When that was last taken up, in seconds since 1970.",
);
static CERTIFICATES: Family = Family::gauge(
    "keyway_certificate_expiry_timestamp_seconds",
    &["certificate"],
    "When the certificate that is in use ends, in seconds since 1970.",
);

pub(super) static FAMILIES: [&Family; 4] = [&RELOADS, &LAST_SUCCESSFUL, &LAST_SUCCESS, &CERTIFICATES];

/// How the files went that are read again while a server runs. Cheap to clone; clones share it.
///
/// ```
/// # use keyway::{Cache, Config, Users};
/// use keyway_frontend::metrics::{Metrics, Reloads};
/// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// let reloads = Reloads::default();
/// let metrics = Metrics::new(cache).with_reloads(reloads.clone());
/// reloads.failed("users_file");
/// assert!(metrics.render().contains("keyway_reload_last_successful{what=\"users_file\"} 0\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Reloads {
    noted: Arc<Mutex<BTreeMap<&'static str, Noted>>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Noted {
    taken_up: u64,
    left: u64,
    last: Option<Last>,
    success: Option<SystemTime>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    TakenUp,
    Left,
}

impl Reloads {
    /// What is called so was read and counts from now on.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::metrics::{Metrics, Reloads};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let reloads = Reloads::default();
    /// reloads.succeeded("users_file");
    /// let text = Metrics::new(cache).with_reloads(reloads).render();
    /// assert!(text.contains("keyway_reloads_total{what=\"users_file\",result=\"success\"} 1\n"));
    /// # Ok::<(), keyway::ConfigError>(())
    /// ```
    pub fn succeeded(&self, what: &'static str) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = noted.entry(what).or_default();
        noted.taken_up += 1;
        noted.last = Some(Last::TakenUp);
        noted.success = Some(SystemTime::now());
    }

    /// What is called so could not be read, or was wrong; what it was before goes on.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Users};
    /// # use keyway_frontend::metrics::{Metrics, Reloads};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let reloads = Reloads::default();
    /// reloads.succeeded("tls");
    /// reloads.failed("tls"); // and it goes on with what it has
    /// let text = Metrics::new(cache).with_reloads(reloads).render();
    /// assert!(text.contains("keyway_reload_last_successful{what=\"tls\"} 0\n"));
    /// # Ok::<(), keyway::ConfigError>(())
    /// ```
    pub fn failed(&self, what: &'static str) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = noted.entry(what).or_default();
        noted.left += 1;
        noted.last = Some(Last::Left);
    }

    pub(super) fn write(&self, out: &mut Exposition) {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut reloads = out.family(&RELOADS);
        for (what, noted) in &noted {
            reloads.sample(&[what, "success"], noted.taken_up);
            reloads.sample(&[what, "failure"], noted.left);
        }
        let mut last = out.family(&LAST_SUCCESSFUL);
        for (what, noted) in &noted {
            last.sample(&[what], u8::from(noted.last == Some(Last::TakenUp)));
        }
        let mut success = out.family(&LAST_SUCCESS);
        for (what, noted) in &noted {
            if let Some(time) = noted.success {
                success.sample(&[what], seconds(time));
            }
        }
    }
}

/// A certificate that is in use.
///
/// ```
/// use keyway::{Cache, Config, Users};
/// use keyway_frontend::metrics::{CertificateExpiry, Metrics};
/// use std::time::SystemTime;
///
/// let cache = Cache::new(Config::new(1 << 20), Users::new())?;
/// let ended = CertificateExpiry { name: "old.pem".to_owned(), not_after: SystemTime::UNIX_EPOCH };
/// let metrics = Metrics::new(cache).with_certificates(move || vec![ended.clone()]);
/// assert!(metrics.render().contains("{certificate=\"old.pem\"} 0\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a name and a time, and no more is wanted of it")]
pub struct CertificateExpiry {
    /// What tells it from others: its file, mostly.
    pub name: String,
    /// When it ends.
    pub not_after: SystemTime,
}

pub(super) fn certificates(out: &mut Exposition, certificates: &[CertificateExpiry]) {
    // What several listeners have in common is one.
    let each: BTreeMap<&str, SystemTime> =
        certificates.iter().map(|certificate| (certificate.name.as_str(), certificate.not_after)).collect();
    let mut samples = out.family(&CERTIFICATES);
    for (name, not_after) in each {
        samples.sample(&[name], seconds(not_after));
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
