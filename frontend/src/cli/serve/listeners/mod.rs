//! Which listeners there are to be, and what each lets through.

mod account;
mod flags;
mod listen;
mod options;
mod pairs;

pub(crate) use flags::ListenerFlags;
pub(crate) use listen::{ListenList, resolve as resolve_addresses};

use super::{
    systemd::Sockets,
    tls::{TlsFiles, TlsOptions},
};
use crate::cli::failure::Failure;
use account::Kind;
use keyway::{Cache, Mechanism, Role};
use keyway_frontend::{Endpoint, Entrance, ListenAddress, Listener, Tls, UnixEndpoint, Way};
use listen::Listen;
use options::{Anonymous, ListenerOptions, Own, Place, TlsOption};

/// memcached's own, where a socket is asked for by -s.
const MODE_OF_S: u32 = 0o700;

/// A listener that is to be.
#[derive(Debug)]
pub(super) struct Planned {
    endpoint: Endpoint,
    own: Own,
    pub(super) address: ListenAddress,
    pub(super) way: Way,
    /// The role that everybody has there without a login.
    pub(super) anonymous: Option<Role>,
    tls: Option<Tls>,
}

impl Planned {
    /// Gives it TLS, if it is to have it: where there is a certificate, unless it says otherwise or is a unix socket.
    fn encrypt(&mut self, options: &TlsOptions, files: &mut TlsFiles) -> Result<(), Failure> {
        let wished = match self.own.tls {
            Some(wish) => wish == TlsOption::Yes,
            None => self.own.client_certificates.is_some() || (options.is_given() && self.way != Way::Unix),
        };
        if !wished {
            return Ok(());
        }
        let settings = options.settings(self.own.client_certificates).ok_or_else(|| {
            Failure::usage(format_args!(
                "{} is to speak TLS: that takes --tls-certificate and --tls-key",
                self.address
            ))
        })?;
        self.tls = Some(files.open(settings)?);
        Ok(())
    }

    /// Whether nobody but this machine can reach it.
    pub(super) fn is_local(&self) -> bool {
        matches!(self.way, Way::Unix | Way::Loopback)
    }
}

/// Gives TLS to those that are to have it.
pub(super) fn encrypt(planned: &mut [Planned], options: &TlsOptions) -> Result<TlsFiles, Failure> {
    let mut files = TlsFiles::default();
    planned.iter_mut().try_for_each(|planned| planned.encrypt(options, &mut files))?;
    Ok(files)
}

/// The roles that somebody has without a login, each once.
pub(super) fn anonymous_roles(planned: &[Planned]) -> Vec<Role> {
    let mut roles = Vec::new();
    for role in planned.iter().filter_map(|planned| planned.anonymous) {
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    roles
}

impl ListenerFlags {
    /// What was asked for, in its order.
    fn wished(&self, sockets: &Sockets) -> Vec<ListenerOptions> {
        let mut wished: Vec<_> =
            self.listen.iter().flat_map(ListenList::iter).cloned().map(Place::Tcp).collect();
        wished.extend(self.unix_socket.clone().map(|path| Place::Unix {
            path,
            mode: Some(self.unix_mask.unwrap_or(MODE_OF_S)),
            owner: None,
            group: None,
        }));
        let mut wished: Vec<_> = wished.into_iter().map(ListenerOptions::at).collect();
        wished.extend(self.listener.iter().cloned());
        if wished.is_empty() {
            let usual = if sockets.is_empty() { Place::Tcp(Listen::usual()) } else { Place::Systemd(None) };
            wished.push(ListenerOptions::at(usual));
        }
        wished
    }

    /// The listeners to be, each place once. Names are looked up now.
    pub(super) fn plan(&self, mut sockets: Sockets) -> Result<Vec<Planned>, Failure> {
        let planned = self.plan_these(self.wished(&sockets), &mut sockets)?;
        sockets.complain_of_the_rest();
        Ok(planned)
    }

    /// The same where no systemd is: what it would hand over is said in words instead.
    pub(super) fn rehearse(&self) -> Result<(Vec<String>, Vec<Planned>), Failure> {
        let is_systemds = |listener: &ListenerOptions| matches!(listener.place, Place::Systemd(_));
        let mut none = Sockets::none();
        let (of_systemd, others) = self.wished(&none).into_iter().partition::<Vec<_>, _>(is_systemds);
        let planned = self.plan_these(others, &mut none)?;
        let said = of_systemd.into_iter().map(|listener| match listener.place {
            Place::Systemd(Some(name)) => format!("the sockets {name:?} of systemd"),
            _ => "the sockets of systemd".to_owned(),
        });
        Ok((said.collect(), planned))
    }

    fn plan_these(
        &self,
        wished: Vec<ListenerOptions>,
        sockets: &mut Sockets,
    ) -> Result<Vec<Planned>, Failure> {
        let mut planned: Vec<Planned> = Vec::new();
        for ListenerOptions { place, own } in wished {
            for endpoint in self.endpoints(place, sockets)? {
                let (address, way) = endpoint.named().map_err(Failure::refused)?;
                // Port 0 is another one each time.
                let free = address.tcp().is_some_and(|address| address.port() == 0);
                match planned.iter().find(|other| other.address == address && !free) {
                    Some(other) if other.own == own => {}
                    Some(_) => {
                        return Err(Failure::usage(format_args!(
                            "{address} is to be listened on twice, with different settings; name it once"
                        )));
                    }
                    None => {
                        let anonymous = self.anonymous_role(&own);
                        planned.push(Planned {
                            endpoint,
                            own: own.clone(),
                            address,
                            way,
                            anonymous,
                            tls: None,
                        });
                    }
                }
            }
        }
        Ok(planned)
    }

    fn endpoints(&self, place: Place, sockets: &mut Sockets) -> Result<Vec<Endpoint>, Failure> {
        Ok(match place {
            Place::Tcp(listen) => listen.resolve(self.port)?.into_iter().map(Endpoint::from).collect(),
            Place::Unix { path, mode, owner, group } => {
                let mut socket = UnixEndpoint::at(path);
                socket.mode = mode.unwrap_or(socket.mode);
                let id = |kind, name: Option<String>| {
                    let found = name.map(|name| account::id(kind, &name)).transpose();
                    found.map_err(|why| {
                        Failure::refused(format_args!("unix:{}: {why}", socket.path.display()))
                    })
                };
                let (owner, group) = (id(Kind::User, owner)?, id(Kind::Group, group)?);
                (socket.owner, socket.group) = (owner, group);
                vec![socket.into()]
            }
            Place::Systemd(name) => sockets.take(name.as_deref())?.into_iter().map(Endpoint::from).collect(),
        })
    }

    fn anonymous_role(&self, own: &Own) -> Option<Role> {
        match own.anonymous {
            Some(Anonymous::Nobody) => None,
            Some(Anonymous::Everybody(role)) => Some(role),
            None => self.anonymous,
        }
    }

    /// Each with what it lets through. `anonymous` says whose session everybody has who has this role without a login.
    pub(super) fn listeners(
        &self,
        planned: Vec<Planned>,
        offered: &Offered,
        cache: &Cache,
        anonymous: impl Fn(Role) -> String,
    ) -> Result<Vec<Listener>, Failure> {
        let each = |Planned { endpoint, own, anonymous: role, tls, .. }: Planned| {
            let mut entrance = Entrance::default();
            entrance.mechanisms = match (offered, &own.mechanisms) {
                (Offered::Nothing, _) => Vec::new(),
                (Offered::These(_), Some(list)) => list.to_vec(),
                (Offered::These(usual), None) => usual.clone(),
            };
            entrance.plain = own.plain.unwrap_or(self.plain).into();
            entrance.server_final = self.server_final.into();
            if let Some(role) = role {
                entrance.anonymous = Some(cache.session_for(&anonymous(role)).map_err(Failure::refused)?);
            }
            let mut listener = Listener::new(endpoint, entrance);
            listener.tls = tls;
            Ok(listener)
        };
        planned.into_iter().map(each).collect()
    }
}

/// What is offered to those who log in, unless a listener says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Offered {
    /// There is nobody who could.
    Nothing,
    /// These mechanisms.
    These(Vec<Mechanism>),
}

impl Offered {
    pub(super) fn mechanisms(&self) -> &[Mechanism] {
        match self {
            Self::Nothing => &[],
            Self::These(mechanisms) => mechanisms,
        }
    }
}
