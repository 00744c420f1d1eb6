//! Users in an LDAP directory: found by a search, verified by a bind with their password.

mod connection;
mod filter;
mod namespaces;
mod outcome;
mod roles;

use super::{
    allotment::{Allotment, RawLimits},
    pool::{Pool, Trouble},
    secret::Secret,
    tls,
};
use connection::{Connection, Encryption, Entry, Target};
use filter::Filter;
use keyway::{Judgement, SourceError, SourcedUser, UserError, UserSource};
use namespaces::Namespaces;
use roles::Roles;
use serde::Deserialize;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// The table `[ldap]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    url: String,
    tls: Option<Tls>,
    ca_file: Option<PathBuf>,
    /// Who searches; nobody by name, if there is none.
    bind_dn: Option<String>,
    password_file: Option<PathBuf>,
    base: String,
    filter: String,
    /// Of everybody who is found; nobody else may come in, if there is none.
    role: Option<String>,
    role_attribute: Option<String>,
    #[serde(default)]
    roles: Vec<roles::Rule>,
    /// Of everybody to whom nothing gives another one.
    namespace: Option<String>,
    namespace_attribute: Option<String>,
    #[serde(default)]
    namespaces: Vec<namespaces::Rule>,
    limits: Option<RawLimits>,
}

/// What is done about TLS where the URL does not begin with `ldaps`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tls {
    Starttls,
    Off,
}

#[derive(Debug)]
struct Ldap {
    target: Target,
    search: Search,
    limit: Duration,
    pool: Pool<Connection>,
}

/// How a name is looked for.
#[derive(Clone, Debug)]
struct Search {
    base: String,
    filter: Filter,
    roles: Roles,
    namespaces: Namespaces,
    usual: Allotment,
}

impl Search {
    /// What to ask of an entry.
    fn attributes(&self) -> Vec<String> {
        let namespace =
            self.namespaces.attribute().filter(|it| !it.eq_ignore_ascii_case(self.roles.attribute()));
        [self.roles.attribute()].into_iter().chain(namespace).map(str::to_owned).collect()
    }

    /// The user that an entry is, if it may come in.
    fn user(&self, entry: &Entry) -> Result<Option<SourcedUser>, Trouble> {
        let Some(roles) = self.roles_of(entry) else { return Ok(None) };
        let mut allotment = self.usual.clone();
        allotment.namespace = self.namespaces.of(entry)?.or(allotment.namespace);
        Ok(Some(allotment.give(SourcedUser::verified_there(roles))))
    }

    fn roles_of(&self, entry: &Entry) -> Option<keyway::Roles> {
        self.roles.of(entry.texts(self.roles.attribute()).unwrap_or_default())
    }
}

/// Where in a filter the name goes.
const NAME: &str = "{name}";

/// A name that no entry has: where nobody was found, a bind with it makes up for the one that there would have been. No search
/// finds it, since it is not looked for.
const NOBODY: &str = "cn=nobody-of-this-name-logs-in";

impl Settings {
    pub(super) fn open(&self, limit: Duration, folder: &Path) -> Result<Box<dyn UserSource>, String> {
        let roles = Roles::new(self.role.as_deref(), self.role_attribute.as_deref(), &self.roles)?;
        let namespaces =
            Namespaces::new(self.namespace_attribute.as_deref(), &self.namespaces, roles.attribute())?;
        let usual = Allotment::new(self.namespace.as_deref(), self.limits.as_ref())?;
        let filter = Filter::new(&self.filter)?;
        let search = Search { base: self.base.clone(), filter, roles, namespaces, usual };
        let secret = match &self.bind_dn {
            Some(_) => {
                let file = self.password_file.as_ref().map(|file| folder.join(file));
                let missing = || "`bind_dn` needs the password that `password_file` names".to_owned();
                Some(Secret::find(file.as_deref())?.ok_or_else(missing)?)
            }
            None => None,
        };
        let encryption = match (self.url.split_once("://").map(|(scheme, _)| scheme), self.tls) {
            (Some("ldaps"), None) => Encryption::FromTheStart,
            (Some("ldaps"), Some(_)) => {
                return Err("`tls` has no meaning where `url` begins with ldaps".to_owned());
            }
            (Some("ldapi"), None) | (Some("ldap"), Some(Tls::Off)) => Encryption::None,
            (Some("ldap"), Some(Tls::Starttls)) => Encryption::Starttls,
            (Some("ldap"), None) => {
                return Err(
                    "passwords would travel in the clear: use ldaps:// or `tls = \"starttls\"`, or say \
                            `tls = \"off\"` where nobody can listen"
                        .to_owned(),
                );
            }
            _ => return Err("`url` begins with ldaps://, ldap:// or ldapi://".to_owned()),
        };
        let roots = self.ca_file.as_ref().map(|file| folder.join(file));
        let tls = match encryption {
            Encryption::None => None,
            _ => Some(Arc::new(tls::config(roots.as_deref())?)),
        };
        let service = self.bind_dn.clone().zip(secret);
        let target = Target { url: self.url.clone(), encryption, tls, service };
        Ok(Box::new(Ldap { target, search, limit, pool: Pool::new("ldap", limit) }))
    }
}

impl Ldap {
    fn with<T>(&self, work: impl FnMut(&mut Connection) -> Result<T, Trouble>) -> Result<T, SourceError> {
        self.pool.with(|| Connection::open(&self.target, self.limit), work)
    }

    /// A name below the base that is nobody's.
    fn nobody(&self) -> String {
        let base = &self.search.base;
        if base.is_empty() { NOBODY.to_owned() } else { format!("{NOBODY},{base}") }
    }
}

impl UserSource for Ldap {
    fn kind(&self) -> &'static str {
        "ldap"
    }

    fn find(&self, name: &str) -> Result<Option<SourcedUser>, SourceError> {
        self.with(|connection| match connection.search(&self.search, name)? {
            Some(entry) => self.search.user(&entry),
            None => Ok(None),
        })
    }

    fn verifies_passwords(&self) -> bool {
        true
    }

    fn verify(&self, name: &str, password: &str) -> Result<Judgement, SourceError> {
        // A bind with a name and no password succeeds at many servers, and means nothing (RFC 4513, section 5.1.2).
        if password.is_empty() {
            return Ok(Judgement::Wrong);
        }
        self.with(|connection| {
            let found = connection.search(&self.search, name)?;
            let known = found.filter(|entry| self.search.roles_of(entry).is_some());
            let dn = known.as_ref().map_or_else(|| self.nobody(), |entry| entry.dn.clone());
            let judged = connection.bind(&dn, password)?;
            // Whatever a server should say to nobody's bind.
            Ok(if known.is_some() { judged } else { Judgement::Wrong })
        })
    }

    fn cannot_use(&self, name: &str, why: &UserError) {
        self.pool.complain_of(name, why);
    }
}
