//! What TLS is to be like.

use std::path::PathBuf;

/// What TLS is to be like: files in PEM, and what is asked of clients.
///
/// ```no_run
/// use keyway_frontend::{ClientCertificates, Tls, TlsSettings};
///
/// let mut settings = TlsSettings::new("/etc/keyway/server.pem", "/etc/keyway/server.key");
/// settings.client_ca = Some("/etc/keyway/clients.pem".into());
/// settings.client_certificates = ClientCertificates::Optional;
/// let tls = Tls::load(settings)?;
/// # Ok::<(), keyway_frontend::TlsError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TlsSettings {
    /// The server's certificate, and behind it those between it and the authority that clients trust.
    pub certificate: PathBuf,
    /// Its key. Nobody but the server may read it.
    pub key: PathBuf,
    /// The authorities whose certificates are taken from clients. Needed where any are.
    pub client_ca: Option<PathBuf>,
    /// Whether clients show a certificate. By default they are not asked.
    pub client_certificates: ClientCertificates,
    /// The lowest version that is spoken, by default 1.2.
    pub min_version: TlsVersion,
}

/// Whether clients show a certificate when they connect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientCertificates {
    /// They are not asked for one.
    #[default]
    No,
    /// They are asked, and may have none; one that they show has to be right.
    Optional,
    /// Who has none is not let in.
    Required,
}

/// A version of TLS. Those before 1.2 are broken (RFC 8996).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsVersion {
    /// 1.2, with what is still sound of it. SCRAM is not bound to such a channel.
    #[default]
    V1_2,
    /// 1.3.
    V1_3,
}

impl TlsSettings {
    /// With this certificate and this key, and clients that show none.
    #[must_use]
    pub fn new(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self {
            certificate: certificate.into(),
            key: key.into(),
            client_ca: None,
            client_certificates: ClientCertificates::default(),
            min_version: TlsVersion::default(),
        }
    }
}
