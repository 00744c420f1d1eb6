//! What TLS is to be like.

use std::path::PathBuf;

/// What TLS is to be like: files in PEM, and what is asked of clients.
///
/// ```
/// use keyway_frontend::{ClientCertificates, Tls, TlsSettings};
///
/// # let place = tempfile::tempdir()?;
/// # let (certificate, key) = (place.path().join("server.pem"), place.path().join("server.key"));
/// # let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
/// # std::fs::write(&certificate, made.cert.pem())?;
/// # std::fs::write(&key, made.signing_key.serialize_pem())?;
/// # let clients = certificate.clone();
/// let mut settings = TlsSettings::new(certificate, key);
/// settings.client_ca = Some(clients);
/// settings.client_certificates = ClientCertificates::Optional;
/// assert!(Tls::load(settings)?.asks_clients());
/// # Ok::<(), Box<dyn std::error::Error>>(())
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
///
/// ```
/// # use keyway_frontend::ClientCertificates;
/// # use keyway_frontend::{Tls, TlsError, TlsSettings};
/// # let place = tempfile::tempdir()?;
/// # let (certificate, key) = (place.path().join("server.pem"), place.path().join("server.key"));
/// # let write = || {
/// #     let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
/// #     std::fs::write(&certificate, made.cert.pem())?;
/// #     std::fs::write(&key, made.signing_key.serialize_pem())?;
/// #     Ok::<(), Box<dyn std::error::Error>>(())
/// # };
/// # write()?;
/// let mut settings = TlsSettings::new(&certificate, &key);
/// settings.client_certificates = ClientCertificates::Required;
/// assert!(matches!(Tls::load(settings), Err(TlsError::NoClientCa))); // whose are to be taken?
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
///
/// ```
/// use keyway_frontend::{TlsSettings, TlsVersion};
///
/// let mut settings = TlsSettings::new("server.pem", "server.key");
/// assert_eq!(settings.min_version, TlsVersion::V1_2);
/// settings.min_version = TlsVersion::V1_3; // then each SCRAM can be bound
/// ```
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
    ///
    /// ```
    /// use keyway_frontend::{ClientCertificates, TlsSettings};
    ///
    /// let settings = TlsSettings::new("/etc/keyway/server.pem", "/etc/keyway/server.key");
    /// assert_eq!(settings.client_certificates, ClientCertificates::No);
    /// assert!(settings.client_ca.is_none());
    /// ```
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
