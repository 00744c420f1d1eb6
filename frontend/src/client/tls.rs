//! TLS to a server, the client's side: the certificate is always verified, and the name in it.

use rustls::{
    ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{
    io,
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    sync::Arc,
};

/// Where a server is that speaks TLS, and by what it is known.
///
/// ```
/// use keyway_frontend::client::{ServerAddress, TlsAddress};
///
/// let cache = ServerAddress::Tls(TlsAddress {
///     address: ([192, 0, 2, 1], 11211).into(),
///     name: "cache.example".to_owned(),
///     authorities: "authority.pem".into(),
/// });
/// assert_eq!(cache.to_string(), "tls://192.0.2.1:11211");
/// assert!(!cache.is_this_machine());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsAddress {
    /// An address with its port.
    pub address: SocketAddr,
    /// The host name, or the address, that its certificate has to have.
    pub name: String,
    /// The file of the authorities that its certificate may be of, in PEM.
    pub authorities: PathBuf,
}

/// A connection inside of TLS, whose handshake is done.
pub(super) type TlsStream = StreamOwned<ClientConnection, TcpStream>;

impl TlsAddress {
    /// Goes through the handshake; the socket has its timeouts.
    pub(super) fn shake_hands(&self, socket: TcpStream) -> io::Result<TlsStream> {
        let invalid =
            |error: &dyn std::fmt::Display| io::Error::new(io::ErrorKind::InvalidInput, error.to_string());
        let unreadable =
            |error: &dyn std::fmt::Display| invalid(&format_args!("{}: {error}", self.authorities.display()));
        let mut roots = RootCertStore::empty();
        for authority in
            CertificateDer::pem_file_iter(&self.authorities).map_err(|error| unreadable(&error))?
        {
            let added = authority
                .map_err(|error| error.to_string())
                .and_then(|authority| roots.add(authority).map_err(|error| error.to_string()));
            added.map_err(|error| unreadable(&error))?;
        }
        let name = ServerName::try_from(self.name.clone()).map_err(|error| invalid(&error))?;
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().map_err(|error| invalid(&error))?;
        let config = builder.with_root_certificates(roots).with_no_client_auth();
        let connection = ClientConnection::new(Arc::new(config), name).map_err(|error| invalid(&error))?;
        let mut stream = StreamOwned::new(connection, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(stream)
    }
}

/// What a login can be bound to (RFC 9266): only by 1.3.
pub(super) fn exporter(stream: &TlsStream) -> Option<[u8; 32]> {
    let binds = stream.conn.protocol_version() == Some(ProtocolVersion::TLSv1_3);
    let exported =
        || stream.conn.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(&[])).ok();
    if binds { exported() } else { None }
}
