//! What listeners have of TLS: the present certificates, and the way to others.

use super::{
    ClientCertificates, TlsError, TlsSettings, TlsStream,
    material::{Files, Material},
};
use crate::Transport;
use arc_swap::ArcSwap;
use std::{fmt, sync::Arc, time::SystemTime};

/// TLS for a listener, with certificates that can be exchanged while it runs. Cheap to clone; clones share them.
///
/// Connections keep what they were made with; from the moment at which [`reload`](Self::reload) returns, new ones get the new.
///
/// ```
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
/// let tls = Tls::load(TlsSettings::new(&certificate, &key))?;
/// assert!(tls.certificate_ends().is_some() && !tls.asks_clients());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Tls {
    shared: Arc<Shared>,
}

struct Shared {
    settings: TlsSettings,
    current: ArcSwap<Material>,
}

/// What came of another look at the files.
///
/// ```
/// # use keyway_frontend::Reload;
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
/// let tls = Tls::load(TlsSettings::new(&certificate, &key))?;
/// assert_eq!(tls.reload()?, Reload::Unchanged);
/// write()?; // another certificate, and its key
/// assert_eq!(tls.reload()?, Reload::Changed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "there is no third")]
pub enum Reload {
    /// They are what they were.
    Unchanged,
    /// New connections have what is in them now.
    Changed,
}

impl Tls {
    /// Reads the files.
    ///
    /// ```
    /// # use keyway_frontend::{ClientCertificates, Reload, Tls, TlsError, TlsSettings};
    /// # let place = tempfile::tempdir()?;
    /// # let (certificate, key) = (place.path().join("server.pem"), place.path().join("server.key"));
    /// # let write = || {
    /// #     let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    /// #     std::fs::write(&certificate, made.cert.pem())?;
    /// #     std::fs::write(&key, made.signing_key.serialize_pem())?;
    /// #     Ok::<(), Box<dyn std::error::Error>>(())
    /// # };
    /// # write()?;
    /// assert!(Tls::load(TlsSettings::new(&certificate, &key)).is_ok());
    /// let swapped = Tls::load(TlsSettings::new(&key, &certificate));
    /// assert!(swapped.is_err_and(|error| error.to_string().contains("server.key"))); // it says which file
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// One of them cannot be read or used; the error says which, and what to do.
    pub fn load(settings: TlsSettings) -> Result<Self, TlsError> {
        let material = Files::read(&settings)?.prepare(&settings)?;
        Ok(Self { shared: Arc::new(Shared { settings, current: ArcSwap::from_pointee(material) }) })
    }

    /// Reads the files again, and gives new connections what is in them, if that is something else. Tickets of before are no good
    /// any more then: clients come back by a whole handshake.
    ///
    /// ```
    /// # use keyway_frontend::{ClientCertificates, Reload, Tls, TlsError, TlsSettings};
    /// # let place = tempfile::tempdir()?;
    /// # let (certificate, key) = (place.path().join("server.pem"), place.path().join("server.key"));
    /// # let write = || {
    /// #     let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    /// #     std::fs::write(&certificate, made.cert.pem())?;
    /// #     std::fs::write(&key, made.signing_key.serialize_pem())?;
    /// #     Ok::<(), Box<dyn std::error::Error>>(())
    /// # };
    /// # write()?;
    /// let tls = Tls::load(TlsSettings::new(&certificate, &key))?;
    /// std::fs::write(&certificate, "half a certi")?; // somebody is copying it
    /// assert!(tls.reload().is_err());
    /// assert!(tls.certificate_ends().is_some()); // what was there goes on
    /// write()?;
    /// assert_eq!(tls.reload()?, Reload::Changed);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`load`](Self::load); and the new certificate has ended, or not begun. Nothing was changed then: a certificate and a
    /// key that are put in place one after the other do no harm in between.
    pub fn reload(&self) -> Result<Reload, TlsError> {
        let Shared { settings, current } = &*self.shared;
        let files = Files::read(settings)?;
        if files.fingerprint() == current.load().fingerprint {
            return Ok(Reload::Unchanged);
        }
        let material = files.prepare(settings)?;
        material.check_time(&settings.certificate, SystemTime::now())?;
        current.store(Arc::new(material));
        Ok(Reload::Changed)
    }

    /// A connection by TLS over this stream of bytes, for which the handshake is yet to come.
    ///
    /// ```
    /// # use keyway_frontend::{ClientCertificates, Reload, Tls, TlsError, TlsSettings};
    /// # let place = tempfile::tempdir()?;
    /// # let (certificate, key) = (place.path().join("server.pem"), place.path().join("server.key"));
    /// # let write = || {
    /// #     let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    /// #     std::fs::write(&certificate, made.cert.pem())?;
    /// #     std::fs::write(&key, made.signing_key.serialize_pem())?;
    /// #     Ok::<(), Box<dyn std::error::Error>>(())
    /// # };
    /// # write()?;
    /// use keyway::{Cache, Config, Users};
    /// use keyway_frontend::{Connection, Desk, Dialogue, Door, Policy, Turn};
    /// use std::{os::unix::net::UnixStream, sync::Arc};
    ///
    /// let tls = Tls::load(TlsSettings::new(&certificate, &key))?;
    /// let (_client, server) = UnixStream::pair()?;
    /// server.set_nonblocking(true)?;
    /// // Whatever goes over the socket, the connection sees what is inside.
    /// let door = Arc::new(Door::new(Cache::new(Config::new(1 << 20), Users::new())?, Policy::default()));
    /// let mut connection = Connection::new(tls.accept(server)?, Dialogue::new(door, 0));
    /// assert!(matches!(connection.turn(&mut Desk::new())?, Turn::Rest)); // no handshake has come
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Of rustls, where its configuration cannot work; that was checked.
    pub fn accept<S: Transport>(&self, socket: S) -> Result<TlsStream<S>, rustls::Error> {
        let config = Arc::clone(&self.shared.current.load().config);
        TlsStream::new(socket, config, self.asks_clients())
    }

    /// What it was loaded by.
    ///
    /// ```
    /// # use keyway_frontend::{ClientCertificates, Reload, Tls, TlsError, TlsSettings};
    /// # let place = tempfile::tempdir()?;
    /// # let (certificate, key) = (place.path().join("server.pem"), place.path().join("server.key"));
    /// # let write = || {
    /// #     let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    /// #     std::fs::write(&certificate, made.cert.pem())?;
    /// #     std::fs::write(&key, made.signing_key.serialize_pem())?;
    /// #     Ok::<(), Box<dyn std::error::Error>>(())
    /// # };
    /// # write()?;
    /// let tls = Tls::load(TlsSettings::new(&certificate, &key))?;
    /// assert_eq!(tls.settings().certificate, certificate);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn settings(&self) -> &TlsSettings {
        &self.shared.settings
    }

    /// When the certificate that new connections get ends; `None` if it cannot be told.
    ///
    /// ```
    /// # use keyway_frontend::{ClientCertificates, Reload, Tls, TlsError, TlsSettings};
    /// # let place = tempfile::tempdir()?;
    /// # let (certificate, key) = (place.path().join("server.pem"), place.path().join("server.key"));
    /// # let write = || {
    /// #     let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    /// #     std::fs::write(&certificate, made.cert.pem())?;
    /// #     std::fs::write(&key, made.signing_key.serialize_pem())?;
    /// #     Ok::<(), Box<dyn std::error::Error>>(())
    /// # };
    /// # write()?;
    /// use std::time::SystemTime;
    ///
    /// let tls = Tls::load(TlsSettings::new(&certificate, &key))?;
    /// assert!(tls.certificate_ends().is_some_and(|end| SystemTime::now() < end));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn certificate_ends(&self) -> Option<SystemTime> {
        self.shared.current.load().validity.map(|(_, until)| until)
    }

    /// Whether clients may be known by a certificate.
    ///
    /// ```
    /// # use keyway_frontend::{ClientCertificates, Reload, Tls, TlsError, TlsSettings};
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
    /// settings.client_ca = Some(certificate.clone());
    /// settings.client_certificates = ClientCertificates::Optional;
    /// assert!(Tls::load(settings)?.asks_clients());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn asks_clients(&self) -> bool {
        self.shared.settings.client_certificates != ClientCertificates::No
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}
