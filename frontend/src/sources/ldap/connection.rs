//! A connection to a directory: one on which is searched, one on which passwords are tried.

use super::{
    Search,
    outcome::{AMBIGUOUS, failed, judgement, trouble},
};
use crate::sources::{
    pool::Trouble,
    reactor::{Reactor, told},
    secret::Secret,
};
use keyway::Judgement;
use ldap3::{DerefAliases, Ldap, LdapConnAsync, LdapConnSettings, Scope, SearchEntry, SearchOptions};
use rustls::ClientConfig;
use std::{collections::HashMap, fmt, sync::Arc, time::Duration};
use zeroize::Zeroizing;

/// Entries to ask for: one is wanted, and two are enough to see that the search is not about one name.
const WANTED: i32 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encryption {
    FromTheStart,
    Starttls,
    None,
}

/// Where the directory is, and who searches it.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) url: String,
    pub(super) encryption: Encryption,
    pub(super) tls: Option<Arc<ClientConfig>>,
    /// Who binds before searching; `None`: nobody.
    pub(super) service: Option<(String, Secret)>,
}

/// An entry that was found.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) dn: String,
    /// The values of each attribute that was asked for.
    texts: HashMap<String, Vec<String>>,
    /// Attributes of which a value is no text.
    bytes: Vec<String>,
}

impl Entry {
    /// The values of an attribute, by its name in whichever case; `None` if they are no texts.
    pub(super) fn texts(&self, attribute: &str) -> Option<&[String]> {
        if self.bytes.iter().any(|name| name.eq_ignore_ascii_case(attribute)) {
            return None;
        }
        let found = self.texts.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute));
        Some(found.map_or(&[], |(_, values)| values))
    }

    #[cfg(test)]
    pub(super) fn for_test(attribute: &str, values: Vec<String>) -> Self {
        Self { dn: "uid=x".into(), texts: [(attribute.to_owned(), values)].into(), bytes: Vec::new() }
    }

    #[cfg(test)]
    pub(super) fn of_bytes(attribute: &str) -> Self {
        Self { dn: "uid=x".into(), texts: HashMap::new(), bytes: vec![attribute.to_owned()] }
    }
}

pub(super) struct Connection {
    reactor: Reactor,
    limit: Duration,
    searching: Ldap,
    /// Bound as whoever logged in last, and used for nothing but the next bind.
    binding: Ldap,
}

impl Connection {
    pub(super) fn open(target: &Target, limit: Duration) -> Result<Self, Trouble> {
        let reactor = Reactor::new()?;
        let target = target.clone();
        let (searching, binding) = reactor.run(limit, async move {
            let mut searching = connect(&target).await?;
            if let Some((dn, secret)) = &target.service {
                let bound =
                    searching.simple_bind(dn, secret.reveal()).await.map_err(|error| failed(&error))?;
                if bound.rc != 0 {
                    return Err(trouble(&bound));
                }
            }
            Ok((searching, connect(&target).await?))
        })?;
        Ok(Self { reactor, limit, searching, binding })
    }

    /// The one entry of this name.
    pub(super) fn search(&mut self, search: &Search, name: &str) -> Result<Option<Entry>, Trouble> {
        let (mut ldap, base, filter) = (self.searching.clone(), search.base.clone(), search.filter.of(name));
        let attributes = search.attributes();
        let seconds = i32::try_from(self.limit.as_secs().max(1)).unwrap_or(i32::MAX);
        self.reactor.run(self.limit, async move {
            let options =
                SearchOptions::new().deref(DerefAliases::Never).sizelimit(WANTED).timelimit(seconds);
            ldap.with_search_options(options);
            let searched = ldap.search(&base, Scope::Subtree, &filter, attributes).await;
            let ldap3::SearchResult(entries, result) = searched.map_err(|error| failed(&error))?;
            if result.rc != 0 {
                return Err(trouble(&result));
            }
            let mut entries = entries.into_iter().filter(|entry| !entry.is_ref() && !entry.is_intermediate());
            let Some(first) = entries.next() else { return Ok(None) };
            if entries.next().is_some() {
                return Err(Trouble::Unusable(AMBIGUOUS.to_owned()));
            }
            let entry = SearchEntry::construct(first);
            if entry.dn.is_empty() {
                return Err(Trouble::Unusable(
                    "the search finds the root, as which nobody logs in".to_owned(),
                ));
            }
            let bytes = entry.bin_attrs.into_keys().collect();
            Ok(Some(Entry { dn: entry.dn, texts: entry.attrs, bytes }))
        })
    }

    /// Tries a password, which is not empty.
    pub(super) fn bind(&mut self, dn: &str, password: &str) -> Result<Judgement, Trouble> {
        let (mut ldap, dn) = (self.binding.clone(), dn.to_owned());
        let password = Zeroizing::new(password.to_owned());
        self.reactor.run(self.limit, async move {
            let result = ldap.simple_bind(&dn, &password).await.map_err(|error| failed(&error))?;
            judgement(&result)
        })
    }
}

async fn connect(target: &Target) -> Result<Ldap, Trouble> {
    let mut settings = LdapConnSettings::new().set_starttls(target.encryption == Encryption::Starttls);
    if let Some(tls) = &target.tls {
        settings = settings.set_config(Arc::clone(tls));
    }
    let connected = LdapConnAsync::with_settings(settings, &target.url).await;
    let (connection, ldap) = connected.map_err(|error| Trouble::Silent(told(&error)))?;
    Reactor::accompany(async move {
        if let Err(error) = connection.drive().await {
            tracing::debug!("a connection to the directory ended: {}", told(&error));
        }
    });
    Ok(ldap)
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("url", &self.url)
            .field("encryption", &self.encryption)
            .finish_non_exhaustive()
    }
}
