//! What is in the files, and what rustls makes of it.

use super::{ClientCertificates, TlsError, TlsSettings, TlsVersion, identity};
use rustls::{
    RootCertStore, ServerConfig, SupportedProtocolVersion,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{NoServerSessionStorage, WebPkiClientVerifier, danger::ClientCertVerifier},
    version::{TLS12, TLS13},
};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};
use zeroize::Zeroizing;

/// By which two readings of the files are told apart.
pub(super) type Fingerprint = [u8; 32];

/// The files, as they were read at once.
pub(super) struct Files {
    certificate: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
    client_ca: Option<Vec<u8>>,
}

/// What connections are made with.
pub(super) struct Material {
    pub(super) config: Arc<ServerConfig>,
    /// From when until when the server's certificate counts.
    pub(super) validity: Option<(SystemTime, SystemTime)>,
    pub(super) fingerprint: Fingerprint,
}

impl Files {
    pub(super) fn read(settings: &TlsSettings) -> Result<Self, TlsError> {
        let read = |path: &Path| {
            fs::read(path).map_err(|source| TlsError::Unreadable { path: path.to_owned(), source })
        };
        Ok(Self {
            certificate: read(&settings.certificate)?,
            key: Zeroizing::new(read(&settings.key)?),
            client_ca: settings.client_ca.as_deref().map(read).transpose()?,
        })
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        let mut hash = Sha256::new();
        for part in [Some(&self.certificate), Some(&*self.key), self.client_ca.as_ref()] {
            // Each part by its own hash, so that no byte can move from one to the next unseen.
            hash.update(Sha256::digest(part.map(Vec::as_slice).unwrap_or_default()));
        }
        hash.finalize().into()
    }

    /// What they come to, if it can be used.
    pub(super) fn prepare(&self, settings: &TlsSettings) -> Result<Material, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let chain = certificates(&self.certificate, &settings.certificate)?;
        let key = self.key(&settings.key)?;
        let validity = chain.first().and_then(identity::validity);
        let unusable = |error: rustls::Error| TlsError::Unusable {
            certificate: settings.certificate.clone(),
            key: settings.key.clone(),
            what: error.to_string(),
        };
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_protocol_versions(versions(settings.min_version)).map_err(unusable)?;
        let builder = match self.client_verifier(settings, &provider)? {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_single_cert(chain, key).map_err(unusable)?;
        // Stored nowhere here: a client that comes again shows what it was given, sealed. With other files come other seals.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        if settings.client_certificates == ClientCertificates::No {
            config.ticketer = ring::Ticketer::new().map_err(unusable)?;
        } else {
            // What a certificate proves is looked at each time.
            config.send_tls13_tickets = 0;
        }
        Ok(Material { config: Arc::new(config), validity, fingerprint: self.fingerprint() })
    }

    fn key(&self, path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
        use rustls::pki_types::pem::Error::NoItemsFound;
        PrivateKeyDer::from_pem_slice(&self.key).map_err(|error| match error {
            NoItemsFound => TlsError::Empty { path: path.to_owned(), wanted: "private key" },
            // What it says of a key's text is not repeated.
            _ => TlsError::malformed(
                path,
                "is no private key in PEM; make a new one, or look for a line that was cut off",
            ),
        })
    }

    fn client_verifier(
        &self,
        settings: &TlsSettings,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Option<Arc<dyn ClientCertVerifier>>, TlsError> {
        if settings.client_certificates == ClientCertificates::No {
            return Ok(None);
        }
        let (Some(path), Some(text)) = (&settings.client_ca, &self.client_ca) else {
            return Err(TlsError::NoClientCa);
        };
        let mut roots = RootCertStore::empty();
        for authority in certificates(text, path)? {
            roots.add(authority).map_err(|error| TlsError::malformed(path, error))?;
        }
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
        let builder = if settings.client_certificates == ClientCertificates::Optional {
            builder.allow_unauthenticated()
        } else {
            builder
        };
        builder.build().map(Some).map_err(|error| TlsError::malformed(path, error))
    }
}

impl Material {
    /// Whether its certificate counts now.
    pub(super) fn check_time(&self, path: &Path, now: SystemTime) -> Result<(), TlsError> {
        let days = |time: Duration| time.as_secs() / 86_400;
        let what = match self.validity {
            Some((_, until)) if until < now => {
                format!("ended {} days ago", days(now.duration_since(until).unwrap_or_default()))
            }
            Some((from, _)) if from > now => format!(
                "begins in {} days; look at the clock of this machine and of the one that made it",
                days(from.duration_since(now).unwrap_or_default())
            ),
            _ => return Ok(()),
        };
        Err(TlsError::OutOfDate { path: path.to_owned(), what })
    }
}

/// All certificates in a text, and at least one.
fn certificates(text: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    let certificates =
        read.map_err(|error| TlsError::malformed(path, format_args!("is not in PEM: {error}")))?;
    if certificates.is_empty() {
        return Err(TlsError::Empty { path: path.to_owned(), wanted: "certificate" });
    }
    Ok(certificates)
}

fn versions(lowest: TlsVersion) -> &'static [&'static SupportedProtocolVersion] {
    const FROM_1_2: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];
    const FROM_1_3: [&SupportedProtocolVersion; 1] = [&TLS13];
    match lowest {
        TlsVersion::V1_2 => &FROM_1_2,
        TlsVersion::V1_3 => &FROM_1_3,
    }
}
