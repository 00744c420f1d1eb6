//! Clients inside of TLS, which verify the server's certificate and its name.

use super::{
    Ended,
    server::{PASSWORD, Server, USER},
};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, SanType,
};
use std::{
    fs,
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// Every verb by this script, which takes the authority's certificate as its last argument. By PLAIN, and by what the client takes of
/// all that is offered.
pub(super) fn script(python: &Path, name: &str) -> Result<(), String> {
    let files = Files::make().map_err(|error| format!("no certificates: {error}"))?;
    for mechanisms in ["PLAIN", "SCRAM-SHA-512,SCRAM-SHA-256,PLAIN"] {
        let at = |name: &str| files.0.path().join(name).display().to_string();
        let (certificate, key) = (at("server.pem"), at("server.key"));
        let arguments =
            ["-vv", "--mechanisms", mechanisms, "--tls-certificate", &certificate, "--tls-key", &key];
        let server = Server::start(&arguments)?;
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join("clients").join(name);
        let mut command = Command::new(python);
        command.arg(script).args([server.host(), &server.port(), USER, PASSWORD, &at("authority.pem")]);
        let run = Ended::of(&mut command)?;
        run.must_succeed()?;
        run.must_say("a wrong password is refused")?;
        run.must_say("a stranger's certificate is refused")?;
        server.stop()?.must_say("logged in mechanism=\"PLAIN\"")?;
    }
    Ok(())
}

/// In a folder that goes with them.
struct Files(TempDir);

impl Files {
    fn make() -> Result<Self, Box<dyn std::error::Error>> {
        let folder = TempDir::new()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "authority");
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let (mut params, key) = (CertificateParams::new(Vec::new())?, KeyPair::generate()?);
        params.distinguished_name.push(DnType::CommonName, "server");
        params.use_authority_key_identifier_extension = true;
        params.subject_alt_names = vec![SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST))];
        let certificate = params.signed_by(&key, &authority)?;
        fs::write(folder.path().join("authority.pem"), authority.pem())?;
        fs::write(folder.path().join("server.pem"), certificate.pem())?;
        fs::write(folder.path().join("server.key"), key.serialize_pem())?;
        Ok(Self(folder))
    }
}
