//! What a start would meet, without one: for `keyway config check`.

use super::{
    ServeOptions, identity,
    listeners::{self, Offered, Planned, anonymous_roles},
    reload,
    sasl_conf::SaslConf,
    size,
    source::usual_mechanisms,
};
use crate::cli::{
    failure::Failure,
    search::{Found, IN_DIRECTORY, Search, missing},
};
use keyway::{Cache, Config, Mechanism, Users};
use keyway_frontend::{Entrance, Listener, Policy, ServerConfig, SourceSettings, UsersFile};

/// A budget that any cache takes.
const SMALL: usize = 1 << 20;

/// Looks at what the settings name, and at whether they go together; each line is something to say of that. Makes no file, opens no
/// socket that stays, and asks no database.
pub(crate) fn rehearse(options: &ServeOptions, of_environment: Option<&str>) -> Result<Vec<String>, Failure> {
    let mut said = Vec::new();
    let sasl = SaslConf::find(options.sasl_conf.as_deref())?;
    said.extend(sasl.ignored.iter().map(|line| format!("WARNING: SASL configuration: {line}")));
    let (of_systemd, mut planned) = options.listeners.rehearse()?;
    let _files = listeners::encrypt(&mut planned, &options.tls)?;
    let limits = size::Limits::new(options.memory, options.max_item)?;
    said.push(format!(
        "would store up to {} bytes, values of up to {} bytes",
        limits.budget, limits.max_value
    ));
    let someone = users(options, &sasl, of_environment, &planned, &mut said)?;
    contradictions(options)?;
    said.extend(offers(options, &sasl, someone, planned)?);
    said.extend(of_systemd.into_iter().map(|sockets| format!("would listen on {sockets}")));
    Ok(said)
}

/// Who could log in by name.
#[derive(Clone, PartialEq, Eq)]
enum Someone {
    /// Users with passwords that are stored here.
    Stored,
    /// Users of a source, and what they can log in by.
    OfSource(Vec<Mechanism>),
    Nobody,
}

/// What each listener would offer.
fn offers(
    options: &ServeOptions,
    sasl: &SaslConf,
    someone: Someone,
    planned: Vec<Planned>,
) -> Result<Vec<String>, Failure> {
    let asked_for = options.listeners.mechanisms.as_ref().or(sasl.mechanisms.as_ref());
    let offered = match (someone, asked_for) {
        (Someone::Nobody, _) => Offered::Nothing,
        (_, Some(list)) => Offered::These(list.to_vec()),
        (Someone::Stored, None) => Offered::These(Entrance::default().mechanisms),
        (Someone::OfSource(usual), None) => Offered::These(usual),
    };
    // Of a cache that nobody fills: whoever needs no login has a session of some cache.
    let cache = Cache::new(Config::new(SMALL), Users::new()).map_err(Failure::refused)?;
    for role in anonymous_roles(&planned) {
        cache.users().add_trusted(role.name(), role).map_err(Failure::refused)?;
    }
    let listeners = options.listeners.listeners(planned, &offered, &cache, |role| role.name().to_owned())?;
    let told = |listener: &Listener| {
        listener.offer().map(|offer| format!("would listen on {offer}")).map_err(Failure::refused)
    };
    listeners.iter().map(told).collect()
}

/// Whether settings go together that are right each for itself.
pub(super) fn contradictions(options: &ServeOptions) -> Result<(), Failure> {
    size::Limits::new(options.memory, options.max_item)?;
    server_config(options).check().map_err(Failure::refused)
}

/// What a server is bounded by, without what it serves and where.
pub(super) fn server_config(options: &ServeOptions) -> ServerConfig {
    let mut policy = Policy::default();
    options.door.restrict(&mut policy);
    policy.max_connections = options.connections as usize;
    let mut config = ServerConfig::new(policy);
    options.door.configure(&mut config);
    config
}

fn users(
    options: &ServeOptions,
    sasl: &SaslConf,
    of_environment: Option<&str>,
    planned: &[Planned],
    said: &mut Vec<String>,
) -> Result<Someone, Failure> {
    let source = options.source.settings()?;
    said.extend(source.as_ref().map(|source: &SourceSettings| format!("users source: {}", source.kind())));
    let somebody = source.is_some()
        || planned.iter().all(|planned| planned.anonymous.is_some())
        || of_environment.is_some();
    let mut stored = of_environment.is_some();
    match Search::new(options.file.users.as_deref()).run()? {
        Found::There(path) => {
            let file = UsersFile::load(&path)?;
            if let Some(name) = of_environment.filter(|name| file.contains(name)) {
                return Err(reload::named_twice(&path, name));
            }
            said.push(format!("users file: {}; users: {}", path.display(), file.len()));
            stored = true;
        }
        Found::Missing(path) => return Err(missing(&path)),
        Found::Nowhere if sasl.sasldb.is_some() => {
            said.push(format!("users file: none; the first start makes {IN_DIRECTORY} of the sasldb"));
            stored = true;
        }
        Found::Nowhere if somebody => said.push("users file: none".to_owned()),
        Found::Nowhere if planned.iter().all(Planned::is_local) => {
            said.push(format!("users file: none; the first start makes {IN_DIRECTORY} with one user"));
            stored = true;
        }
        Found::Nowhere => return Err(identity::unreachable_without_users(planned)),
    }
    said.extend(of_environment.map(|name| format!("user {name:?} of the environment, in no file")));
    Ok(match source {
        Some(source) => Someone::OfSource(usual_mechanisms(&source)),
        None if stored => Someone::Stored,
        None => Someone::Nobody,
    })
}
