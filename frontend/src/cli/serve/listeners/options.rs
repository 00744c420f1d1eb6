//! `--listener KEY=VALUE,...`: one listener, with what it lets through where that is not as for the others.

use super::{listen::Listen, pairs};
use crate::cli::{
    serve::{mechanisms::MechanismList, tls::ClientCertificatesOption},
    similar::likeliest,
};
use clap::ValueEnum;
use keyway::Role;
use keyway_frontend::PlainOver;
use std::{path::PathBuf, str::FromStr};

/// All keys, in the order of the guide.
const KEYS: [&str; 11] = [
    "tcp",
    "unix",
    "systemd",
    "mode",
    "owner",
    "group",
    "mechanisms",
    "anonymous",
    "plain",
    "tls",
    "client-certificates",
];

/// One listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListenerOptions {
    pub(super) place: Place,
    pub(super) own: Own,
}

/// Where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Tcp(Listen),
    /// Owner and group are names or numbers, looked up when the server starts.
    Unix {
        path: PathBuf,
        mode: Option<u32>,
        owner: Option<String>,
        group: Option<String>,
    },
    /// The sockets that systemd made, or those of this name.
    Systemd(Option<String>),
}

/// What it has of its own; what it has not is as for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Own {
    pub(super) mechanisms: Option<MechanismList>,
    pub(super) anonymous: Option<Anonymous>,
    pub(super) plain: Option<PlainOption>,
    pub(super) tls: Option<TlsOption>,
    pub(super) client_certificates: Option<ClientCertificatesOption>,
}

/// Whether it speaks TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TlsOption {
    /// From the first byte
    Yes,
    /// It does not
    No,
}

/// Whom it lets in without a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anonymous {
    Nobody,
    Everybody(Role),
}

/// Over what PLAIN is taken: see [`PlainOver`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlainOption {
    /// Over TLS, unix sockets and the loopback
    #[default]
    Protected,
    /// Over networks in the clear as well, where whoever listens has the passwords
    Anywhere,
}

impl From<PlainOption> for PlainOver {
    fn from(option: PlainOption) -> Self {
        match option {
            PlainOption::Protected => Self::Protected,
            PlainOption::Anywhere => Self::Anything,
        }
    }
}

impl ListenerOptions {
    /// One there, in all else like the others.
    pub(super) fn at(place: Place) -> Self {
        Self { place, own: Own::default() }
    }
}

impl FromStr for ListenerOptions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut given = Given::default();
        for (key, value) in pairs::split(text)? {
            given.take(&key, value)?;
        }
        given.make()
    }
}

/// What was given, each at most once.
#[derive(Default)]
struct Given {
    values: Vec<(&'static str, Option<String>)>,
}

impl Given {
    fn take(&mut self, key: &str, value: Option<String>) -> Result<(), String> {
        let known = KEYS.into_iter().find(|known| *known == key).ok_or_else(|| unknown(key))?;
        if self.values.iter().any(|(given, _)| *given == known) {
            return Err(format!("{known} is there twice"));
        }
        if value.is_none() && known != "systemd" {
            return Err(format!("{known} has no value: {known}=..."));
        }
        self.values.push((known, value));
        Ok(())
    }

    /// The value of this key, read by `read`; an error names the key.
    fn read<T>(&self, key: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Result<Option<T>, String> {
        let value = self.values.iter().find(|(given, _)| *given == key);
        let value = value.map(|(_, value)| value.as_deref().unwrap_or_default());
        value.map(|value| read(value).map_err(|why| format!("{key}: {why}"))).transpose()
    }

    fn make(&self) -> Result<ListenerOptions, String> {
        let tcp = self.read("tcp", str::parse)?.map(Place::Tcp);
        let unix = self.read("unix", path)?;
        let (mode, owner, group) =
            (self.read("mode", mode)?, self.read("owner", account)?, self.read("group", account)?);
        let of_unix = mode.is_some() || owner.is_some() || group.is_some();
        if of_unix && unix.is_none() {
            return Err(
                "mode, owner and group are those of a socket's file: they go with unix=PATH".to_owned()
            );
        }
        let unix = unix.map(|path| Place::Unix { path, mode, owner, group });
        let name = |name: &str| Ok(Some(name.to_owned()).filter(|name| !name.is_empty()));
        let systemd = self.read("systemd", name)?.map(Place::Systemd);
        let mut places = [tcp, unix, systemd].into_iter().flatten();
        let (Some(place), None) = (places.next(), places.next()) else {
            return Err("a listener is at one place: tcp=ADDRESS, unix=PATH or systemd".to_owned());
        };
        let own = Own {
            mechanisms: self.read("mechanisms", str::parse)?,
            anonymous: self.read("anonymous", anonymous)?,
            plain: self.read("plain", |value| PlainOption::from_str(value, false))?,
            tls: self.read("tls", |value| TlsOption::from_str(value, false))?,
            client_certificates: self
                .read("client-certificates", |value| ClientCertificatesOption::from_str(value, false))?,
        };
        if own.client_certificates.is_some() && own.tls == Some(TlsOption::No) {
            return Err("client-certificates are shown by TLS, and there is none with tls=no".to_owned());
        }
        Ok(ListenerOptions { place, own })
    }
}

fn unknown(key: &str) -> String {
    let meant = likeliest(key, &KEYS.into_iter());
    let meant = meant.map(|meant| format!(", {meant} perhaps")).unwrap_or_default();
    format!("{key:?} is no key of a listener{meant}; there are {}", KEYS.join(", "))
}

fn path(text: &str) -> Result<PathBuf, String> {
    if text.starts_with('@') {
        return Err(
            "names that begin with @ are in no file system and so have no mode and no owner; name a path"
                .to_owned(),
        );
    }
    if text.is_empty() { Err("there is no path".to_owned()) } else { Ok(PathBuf::from(text)) }
}

fn account(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("there is no name".to_owned()) } else { Ok(text.to_owned()) }
}

/// Bits of permission, in octal.
pub(super) fn mode(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    let mode = Some(digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let mode = mode.and_then(|digits| u32::from_str_radix(digits, 8).ok());
    mode.filter(|mode| *mode <= 0o777).ok_or_else(|| {
        format!("{text:?} is no mode: three octal digits, as in 0660, for the owner, the group and others")
    })
}

fn anonymous(text: &str) -> Result<Anonymous, String> {
    if text == "none" {
        return Ok(Anonymous::Nobody);
    }
    let roles = Role::ALL.map(Role::name).join(", ");
    text.parse()
        .map(Anonymous::Everybody)
        .map_err(|_| format!("{text:?} is no role; there are {roles}, or none"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyway::Mechanism;

    fn read(text: &str) -> Result<ListenerOptions, String> {
        text.parse()
    }

    #[test]
    fn each_key_is_read() {
        let unix = read("unix=/run/keyway/socket,mode=0660,owner=root,group=12,mechanisms=\"EXTERNAL PLAIN\",anonymous=read-only")
            .unwrap();
        let path = PathBuf::from("/run/keyway/socket");
        let (owner, group) = (Some("root".to_owned()), Some("12".to_owned()));
        assert_eq!(unix.place, Place::Unix { path, mode: Some(0o660), owner, group });
        assert_eq!(*unix.own.mechanisms.unwrap(), [Mechanism::External, Mechanism::Plain]);
        assert_eq!(unix.own.anonymous, Some(Anonymous::Everybody(Role::ReadOnly)));
        assert_eq!(unix.own.plain, None);

        let tcp = read("tcp=[::1]:7,plain=anywhere,anonymous=none").unwrap();
        assert_eq!(tcp.place, Place::Tcp("[::1]:7".parse().unwrap()));
        assert_eq!(tcp.own.plain, Some(PlainOption::Anywhere));
        assert_eq!(tcp.own.anonymous, Some(Anonymous::Nobody));
        assert_eq!(read("systemd").unwrap().place, Place::Systemd(None));
        assert_eq!(read("systemd=web").unwrap().place, Place::Systemd(Some("web".to_owned())));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_key_and_what_is_allowed() {
        for (text, words) in [
            ("", "one place"),
            ("tcp=127.0.0.1,unix=/s", "one place"),
            ("mode=0660", "unix=PATH"),
            ("tcp=127.0.0.1,mode=0660", "unix=PATH"),
            ("unix=@keyway", "no mode and no owner"),
            ("unix=", "no path"),
            ("unix=/s,mode=888", "octal"),
            ("unix=/s,mode=+660", "octal"),
            ("unix=/s,mode=4755", "octal"),
            ("unix=/s,mode=", "octal"),
            ("unix=/s,owner=", "owner"),
            ("unix=/s,unix=/t", "twice"),
            ("tcp", "no value"),
            ("tcp=127.0.0.1,mechanism=PLAIN", "mechanisms perhaps"),
            ("tcp=127.0.0.1,port=7", "is no key"),
            ("tcp=127.0.0.1,mechanisms=", "mechanisms"),
            ("tcp=127.0.0.1,anonymous=root", "read-only"),
            ("tcp=127.0.0.1,plain=yes", "plain"),
            ("tcp=127.0.0.1,tls=maybe", "tls"),
            ("tcp=127.0.0.1,client-certificates=yes", "client-certificates"),
            ("tcp=127.0.0.1,tls=no,client-certificates=required", "tls=no"),
        ] {
            let refused = read(text).unwrap_err();
            assert!(refused.contains(words), "{text}: {refused}");
        }
    }
}
