//! Certificates of an authority of our own, and a client inside of TLS.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)] // each test program uses its own part of this

use super::raw::{Ask, PATIENCE, Reply, replies};
use keyway_frontend::{ClientCertificates, Listener, Server, ServerConfig, Tls, TlsSettings, TlsVersion};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, KeyPair, SanType,
};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    sync::Arc,
};
use tempfile::TempDir;

/// An authority, and a folder with what it certified.
pub struct House {
    folder: TempDir,
    authority: CertifiedIssuer<'static, KeyPair>,
}

/// Certificate and key, in PEM.
pub struct Pair {
    pub certificate: String,
    pub key: String,
}

impl House {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "authority");
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let house = Self { folder, authority };
        fs::write(house.path("authority.pem"), house.authority.pem()).unwrap();
        house.install(&house.server());
        house
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A certificate of this description.
    pub fn certify(&self, adjust: impl FnOnce(&mut CertificateParams)) -> Pair {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name = DistinguishedName::new();
        adjust(&mut params);
        let certificate = params.signed_by(&key, &self.authority).unwrap();
        Pair { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    /// One for the server.
    pub fn server(&self) -> Pair {
        self.certify(|params| {
            params.distinguished_name.push(DnType::CommonName, "server");
            params.subject_alt_names = vec![SanType::DnsName("localhost".try_into().unwrap())];
        })
    }

    /// One for a client of this common name, at this organisation, with this host name.
    pub fn client(&self, name: &str, host: Option<&str>) -> Pair {
        self.certify(|params| {
            params.distinguished_name.push(DnType::OrganizationName, "Shop");
            params.distinguished_name.push(DnType::CommonName, name);
            let names = host.into_iter().map(|host| SanType::DnsName(host.try_into().unwrap()));
            params.subject_alt_names = names.collect();
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        })
    }

    /// Puts these in place for the server: each at once, one after the other.
    pub fn install(&self, pair: &Pair) {
        for (name, text) in [("server.pem", &pair.certificate), ("server.key", &pair.key)] {
            let new = self.path(&format!("{name}.new"));
            fs::write(&new, text).unwrap();
            fs::rename(&new, self.path(name)).unwrap();
        }
    }

    pub fn settings(&self) -> TlsSettings {
        TlsSettings::new(self.path("server.pem"), self.path("server.key"))
    }

    pub fn tls(&self) -> Tls {
        Tls::load(self.settings()).unwrap()
    }

    /// The same, with clients that show certificates.
    pub fn tls_with(&self, certificates: ClientCertificates) -> Tls {
        let mut settings = self.settings();
        settings.client_ca = Some(self.path("authority.pem"));
        settings.client_certificates = certificates;
        Tls::load(settings).unwrap()
    }

    pub fn tls_from(&self, version: TlsVersion) -> Tls {
        let mut settings = self.settings();
        settings.min_version = version;
        Tls::load(settings).unwrap()
    }

    /// What a client trusts and shows.
    pub fn client_config(
        &self,
        pair: Option<&Pair>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der().clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots);
        match pair {
            None => builder.with_no_client_auth(),
            Some(pair) => {
                let chain = vec![CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap()];
                let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
                builder.with_client_auth_cert(chain, key).unwrap()
            }
        }
    }

    /// A client by the newest version, without a certificate.
    pub fn client_of(&self, server: &Server) -> TlsClient {
        self.try_client(server, None).unwrap()
    }

    /// One that shows this; an error is that of the handshake.
    pub fn try_client(&self, server: &Server, pair: Option<&Pair>) -> std::io::Result<TlsClient> {
        TlsClient::connect(server.addresses()[0], self.client_config(pair, &[&rustls::version::TLS13]))
    }
}

/// Has the first listener speak TLS.
pub fn by_tls(config: &mut ServerConfig, tls: Tls) {
    let Listener { endpoint, entrance, .. } = config.listen.remove(0);
    config.listen.insert(0, Listener::new(endpoint, entrance).by_tls(tls));
}

/// A connection inside of TLS, whose handshake is done.
pub struct TlsClient(pub StreamOwned<ClientConnection, TcpStream>);

impl TlsClient {
    pub fn connect(address: SocketAddr, config: impl Into<Arc<ClientConfig>>) -> std::io::Result<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        socket.set_nodelay(true)?;
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = StreamOwned::new(ClientConnection::new(config.into(), name).unwrap(), socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Self(stream))
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
        self.0.flush().unwrap();
    }

    /// The next answer; an error where the server has closed, as it does where it refuses a certificate.
    pub fn try_reply(&mut self) -> std::io::Result<Reply> {
        let mut bytes = vec![0; 24];
        self.0.read_exact(&mut bytes)?;
        let body = u32::from_be_bytes(bytes[8..12].try_into().unwrap());
        bytes.resize(24 + body as usize, 0);
        self.0.read_exact(&mut bytes[24..])?;
        Ok(replies(&bytes).remove(0))
    }

    #[track_caller]
    pub fn one(&mut self, ask: &Ask) -> Reply {
        self.send(&ask.bytes());
        self.try_reply().unwrap()
    }

    /// What a login can be bound to, by the client's own sight of the channel.
    pub fn exporter(&self) -> [u8; 32] {
        self.0.conn.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(&[])).unwrap()
    }
}
