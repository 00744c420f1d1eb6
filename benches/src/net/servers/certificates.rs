//! A certificate for the loopback, from an authority of its own.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use std::{fs, io, path::Path};

/// Whose name the certificate has.
pub(in crate::net) const NAME: &str = "localhost";

/// Files in a folder, in PEM.
pub(super) const AUTHORITY: &str = "authority.pem";
pub(super) const CERTIFICATE: &str = "server.pem";
pub(super) const KEY: &str = "server.key";

/// Makes them there, with keys on P-256.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    let failed = |error: rcgen::Error| io::Error::other(format!("no certificate: {error}"));
    let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "authority");
    let key = KeyPair::generate().map_err(failed)?;
    let authority = CertifiedIssuer::self_signed(params, key).map_err(failed)?;
    let (key, params) = (KeyPair::generate().map_err(failed)?, CertificateParams::new(vec![NAME.to_owned()]));
    let certificate = params.and_then(|params| params.signed_by(&key, &authority)).map_err(failed)?;
    fs::write(folder.join(AUTHORITY), authority.pem())?;
    fs::write(folder.join(CERTIFICATE), certificate.pem())?;
    fs::write(folder.join(KEY), key.serialize_pem())
}
