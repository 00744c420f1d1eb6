//! TLS to a source: certificates are always verified, and the name in them too.

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{path::Path, sync::Arc};

/// Trusts the certificates in this file, or those that the system trusts.
pub(super) fn config(roots: Option<&Path>) -> Result<ClientConfig, String> {
    let mut store = RootCertStore::empty();
    match roots {
        Some(path) => {
            let told = |error: &dyn std::fmt::Display| {
                format!("the certificates in {} cannot be read: {error}", path.display())
            };
            for certificate in CertificateDer::pem_file_iter(path).map_err(|error| told(&error))? {
                let certificate = certificate.map_err(|error| told(&error))?;
                store.add(certificate).map_err(|error| told(&error))?;
            }
            if store.is_empty() {
                return Err(told(&"there is none in it"));
            }
        }
        None => {
            // Some of a system's certificates may be of a kind that is not known here.
            let _ignored = store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if store.is_empty() {
                return Err(
                    "the system trusts no certificates; name those of the server with `ca_file`".to_owned()
                );
            }
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    Ok(builder.with_root_certificates(store).with_no_client_auth())
}
