//! `--tls-certificate` and what goes with it: TLS for listeners, and its files kept fresh while the server runs.

use crate::cli::failure::Failure;
use clap::{Args, ValueEnum};
use keyway_frontend::{
    ClientCertificates, Reload, Tls, TlsSettings, TlsVersion,
    metrics::{CertificateExpiry, Reloads},
};
use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

/// What TLS is made of.
#[derive(Args, Debug)]
pub(crate) struct TlsOptions {
    /// Speak TLS, with the certificate in this file (PEM), and behind it those between it and its authority. The files of TLS are
    /// taken up within a second when they change; what is wrong changes nothing
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// The key of --tls-certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Take certificates of clients that these authorities made (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_client_ca: Option<PathBuf>,
    /// Whether clients show a certificate [default: optional with --tls-client-ca, else no]
    #[arg(long, value_enum, value_name = "WHETHER", requires = "tls_certificate")]
    client_certificates: Option<ClientCertificatesOption>,
    /// The lowest version of TLS that is spoken
    #[arg(long, value_enum, value_name = "VERSION", default_value_t = TlsVersionOption::V1_2)]
    tls_min_version: TlsVersionOption,
}

/// Whether clients show a certificate: see [`ClientCertificates`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClientCertificatesOption {
    /// They are not asked for one
    No,
    /// They are asked for one, and may have none
    Optional,
    /// Nobody without one is let in
    Required,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TlsVersionOption {
    /// 1.2, for clients that have nothing newer
    #[value(name = "1.2")]
    V1_2,
    /// 1.3
    #[value(name = "1.3")]
    V1_3,
}

impl From<ClientCertificatesOption> for ClientCertificates {
    fn from(option: ClientCertificatesOption) -> Self {
        match option {
            ClientCertificatesOption::No => Self::No,
            ClientCertificatesOption::Optional => Self::Optional,
            ClientCertificatesOption::Required => Self::Required,
        }
    }
}

impl TlsOptions {
    /// Whether there is what TLS takes.
    pub(super) fn is_given(&self) -> bool {
        self.tls_certificate.is_some()
    }
    /// What listeners are to be like that say nothing else of clients' certificates; `None` without a certificate of the server.
    pub(super) fn settings(&self, of_listener: Option<ClientCertificatesOption>) -> Option<TlsSettings> {
        let mut settings = TlsSettings::new(self.tls_certificate.as_ref()?, self.tls_key.as_ref()?);
        settings.client_ca.clone_from(&self.tls_client_ca);
        let usual = match self.tls_client_ca {
            Some(_) => ClientCertificatesOption::Optional,
            None => ClientCertificatesOption::No,
        };
        settings.client_certificates = of_listener.or(self.client_certificates).unwrap_or(usual).into();
        settings.min_version = match self.tls_min_version {
            TlsVersionOption::V1_2 => TlsVersion::V1_2,
            TlsVersionOption::V1_3 => TlsVersion::V1_3,
        };
        Some(settings)
    }
}

/// When a certificate that ends so soon is worth a word.
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// What they are called in metrics.
const CERTIFICATES: &str = "certificates";

/// The TLS of all listeners of a server, one for each way to ask clients.
#[derive(Debug, Default)]
pub(super) struct TlsFiles {
    each: Vec<Tls>,
    /// What was complained of last, so that it is once.
    complained: Option<String>,
}

impl TlsFiles {
    /// TLS of these settings; listeners with the same share it.
    pub(super) fn open(&mut self, settings: TlsSettings) -> Result<Tls, Failure> {
        let same = |tls: &&Tls| tls.settings().client_certificates == settings.client_certificates;
        if let Some(tls) = self.each.iter().find(same) {
            return Ok(tls.clone());
        }
        let tls = Tls::load(settings).map_err(|error| Failure::refused(format_args!("TLS: {error}")))?;
        warn_of_end(&tls);
        self.each.push(tls.clone());
        Ok(tls)
    }

    /// Those in use, with their ends, at each time that it is asked for.
    pub(super) fn certificates(&self) -> impl Fn() -> Vec<CertificateExpiry> + Send + Sync + 'static {
        let each = self.each.clone();
        move || {
            let expiry = |tls: &Tls| {
                let name = tls.settings().certificate.display().to_string();
                Some(CertificateExpiry { name, not_after: tls.certificate_ends()? })
            };
            each.iter().filter_map(expiry).collect()
        }
    }

    /// Takes the files up if they are others.
    pub(super) fn look(&mut self, reloads: &Reloads) {
        for tls in &self.each {
            match tls.reload() {
                Ok(Reload::Unchanged) => {}
                Ok(Reload::Changed) => {
                    self.complained = None;
                    reloads.succeeded(CERTIFICATES);
                    tracing::info!(file = %tls.settings().certificate.display(), "certificates read again");
                    warn_of_end(tls);
                }
                Err(error) => {
                    let error = error.to_string();
                    if self.complained.as_ref() != Some(&error) {
                        reloads.failed(CERTIFICATES);
                        tracing::error!("TLS: {error}; new connections get what they got before");
                        self.complained = Some(error);
                    }
                    return;
                }
            }
        }
        self.complained = None;
    }
}

fn warn_of_end(tls: &Tls) {
    let file = tls.settings().certificate.display();
    match tls.certificate_ends().map(|end| end.duration_since(SystemTime::now())) {
        Some(Err(_)) => {
            tracing::warn!(%file, "the certificate has ended: clients will refuse it; put a new one in place")
        }
        Some(Ok(left)) if left < SOON => {
            tracing::warn!(%file, days = left.as_secs() / 86_400, "the certificate ends soon; put a new one in place");
        }
        _ => {}
    }
}
