//! `keyway serve`: from the command line to a running server, until a signal ends it.

mod announce;
mod audit;
mod door_limits;
mod identity;
mod keeping;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod large_pages;
mod listeners;
mod live;
mod mechanisms;
mod metrics;
mod open_files;
mod rehearsal;
mod reload;
mod resident;
mod sasl_conf;
mod signals;
pub(super) mod size;
mod source;
mod stamp;
mod systemd;
mod tls;
mod trim;

pub(crate) use listeners::{ListenList, resolve_addresses};
pub(crate) use mechanisms::MechanismList;
pub(crate) use open_files::needed as files_needed;
pub(crate) use rehearsal::rehearse;

use super::{
    UsersFileOption,
    config::{EnvironmentUser, Told},
    failure::Failure,
    logging, output,
    search::Search,
};
use audit::AuditOptions;
use clap::{ArgAction, Args, ValueEnum};
use door_limits::DoorLimits;
use identity::Identity;
use keyway::{Cache, Config};
use keyway_frontend::{
    Entrance, Policy, Server, ServerConfig,
    metrics::{Metrics, Reloads},
};
#[cfg(unix)]
use keyway_frontend::{admin::AdminSocket, status::StatusBoard};
use listeners::{ListenerFlags, Offered};
use metrics::MetricsOptions;
use sasl_conf::SaslConf;
use source::{Opened, SourceOption};
use std::{num::NonZero, path::PathBuf, thread};
use systemd::{Notify, Sockets};
use tls::TlsOptions;

/// What to serve, where and to whom. The short options mean what they mean in memcached.
#[derive(Args, Debug)]
pub(crate) struct ServeOptions {
    /// Take settings from this file, whose keys are the long flags: `keyway config example` prints one [default: $KEYWAY_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    listeners: ListenerFlags,
    /// Memory, in MiB: see --memory-means
    #[arg(short = 'm', long = "memory-limit", value_name = "MIB", default_value_t = size::DEFAULT_MIB)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    memory: u32,
    /// What -m is about
    #[arg(long, value_enum, default_value_t = MemoryMeans::Resident)]
    memory_means: MemoryMeans,
    /// Ask the system for large pages: sets and gets of many items take less time, all threads share one arena of the allocator
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[arg(short = 'L', long = "enable-largepages")]
    large_pages: bool,
    /// Connections at once
    #[arg(short, long = "conn-limit", value_name = "CONNECTIONS", default_value_t = 1024)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    connections: u32,
    /// Threads that serve connections [default: one for each core]
    #[arg(short, long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// The largest item, header and key included, in bytes, or with k or m behind the number [default: 1m, at
    /// most half of -m]
    #[arg(short = 'I', long = "max-item-size", value_name = "MAX_ITEM", value_parser = size::parse)]
    max_item: Option<usize>,
    /// Ask for a login: accepted so that start lines of memcached can be kept, and always so
    #[arg(short = 'S', long = "enable-sasl")]
    sasl: bool,
    /// Log more to stderr: -v logins, -vv connections, -vvv each command
    #[arg(short, long, action = ArgAction::Count)]
    verbose: u8,
    #[command(flatten)]
    file: UsersFileOption,
    #[command(flatten)]
    source: SourceOption,
    /// Take mech_list, log_level and sasldb_path from the memcached.conf of memcached's SASL library, or from the one in this
    /// directory [default: $SASL_CONF_PATH]. A sasldb counts where there is no users file yet: one is made of it
    #[arg(long, value_name = "PATH")]
    sasl_conf: Option<PathBuf>,
    /// Remember no password that was verified: each login by PLAIN costs a whole derivation, and whoever can read
    /// this process' memory finds nothing that is quicker to guess at than the users file
    #[arg(long)]
    forget_logins: bool,
    #[command(flatten)]
    door: DoorLimits,
    /// Let operators of this machine administer the running server by a unix socket at this path, which only the system user that
    /// it runs as can open: `keyway admin` [default: none]
    #[cfg(unix)]
    #[arg(long, value_name = "PATH")]
    admin_socket: Option<PathBuf>,
    #[command(flatten)]
    tls: TlsOptions,
    #[command(flatten)]
    audit: AuditOptions,
    #[command(flatten)]
    metrics: MetricsOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MemoryMeans {
    /// What the process has in memory beyond what it has while it is empty, to some 5 %: fewer items are kept where the allocator
    /// wastes memory
    Resident,
    /// What is asked of the allocator for items, all overhead included, to the byte
    Charged,
}

/// Serves until SIGTERM or SIGINT.
pub(crate) fn serve(
    options: &ServeOptions,
    mut told: Told,
    of_environment: Option<EnvironmentUser>,
) -> Result<(), Failure> {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    if options.large_pages {
        large_pages::ensure()?;
    }
    // While there is no other thread.
    trim::join_at_once();
    let sasl = SaslConf::find(options.sasl_conf.as_deref())?;
    let log = logging::start(options.verbose.max(sasl.verbosity));
    sasl.announce();
    let mut planned = options.listeners.plan(Sockets::of_this_process()?)?;
    let mut tls = listeners::encrypt(&mut planned, &options.tls)?;
    let notify = Notify::of_environment();
    let limits = size::Limits::new(options.memory, options.max_item)?;
    // From here on a signal is an orderly end, also while still starting.
    let signals = signals::Signals::catch()?;
    let source = options.source.open()?;
    let search = Search::new(options.file.users.as_deref());
    let of_environment = of_environment.map(EnvironmentUser::record).transpose()?;
    let known = identity::Known { sasldb: sasl.sasldb.as_deref(), source: source.as_ref(), of_environment };
    let identity = identity::establish(&search, &planned, listeners::anonymous_roles(&planned), known)?;

    let mut config = Config::new(limits.budget);
    config.max_value = limits.max_value;
    let cache = Cache::new(config, identity.users()).map_err(Failure::refused)?;
    identity.make_namespaces(&cache)?;
    let watched = match options.memory_means {
        MemoryMeans::Resident => resident::watch(cache.clone()),
        MemoryMeans::Charged => None,
    };
    if cfg!(keyway_unchecked) {
        tracing::error!(
            "this build asks for no permission, whoever has logged in: it is for measurements alone"
        );
    }
    let audit = options.audit.start(&cache)?;
    if options.forget_logins {
        cache.users().stop_remembering();
    }
    let offered = offered(options, sasl.mechanisms.as_ref(), &identity, source.as_ref());
    announce::before_start(&identity, source.as_ref(), &offered);
    let listeners =
        options.listeners.listeners(planned, &offered, &cache, |role| identity.anonymous(role))?;
    let rechecks = source.map(|source| source.attach(cache.users())).transpose()?;

    open_files::make_room(options.connections);
    let mut config = ServerConfig::new(policy(options, &cache));
    config.listen = listeners;
    options.door.configure(&mut config);
    let server = Server::start(cache.clone(), config).map_err(Failure::refused)?;
    #[cfg(unix)]
    let administered = administer(options, &cache, server.status_board())?;
    let status = announce::after_start(&identity, server.listeners());
    let reloads = Reloads::default();
    let http = options.metrics.start(&server, |routes| {
        let metrics = Metrics::new(cache.clone()).with_server(server.view());
        let metrics = metrics.with_reloads(reloads.clone()).with_certificates(tls.certificates());
        metrics.serve_at(routes);
    })?;
    notify.ready(&status);

    let mut live = live::Live {
        log,
        cache: cache.clone(),
        watched,
        audit,
        #[cfg(unix)]
        administered,
        verbosity_of_sasl: sasl.verbosity,
    };
    let kept = reload::Kept {
        watch: identity.watch(),
        rechecks: rechecks.as_ref(),
        live: &mut live,
        told: &mut told,
        notify: &notify,
        status,
        tls: &mut tls,
        http: http.as_ref(),
        reloads: &reloads,
    };
    let end = reload::until_stopped(&signals, kept, &cache, &server);
    tracing::info!("stopping");
    notify.stopping();
    if let Some(http) = &http {
        http.leave();
    }
    server.stop();
    // Not before: that the server stopped is to be written.
    drop(live);
    drop(http);
    end
}

#[cfg(unix)]
fn administer(
    options: &ServeOptions,
    cache: &Cache,
    board: &StatusBoard,
) -> Result<Option<AdminSocket>, Failure> {
    let open = |path: &PathBuf| {
        AdminSocket::open_with_status(cache.clone(), board.clone(), path).map_err(Failure::refused)
    };
    let socket = options.admin_socket.as_ref().map(open).transpose()?;
    if let Some(socket) = &socket {
        output::say(&format_args!("administered by {}", socket.path().display()));
    }
    Ok(socket)
}

fn offered(
    options: &ServeOptions,
    of_sasl_conf: Option<&MechanismList>,
    identity: &Identity,
    source: Option<&Opened>,
) -> Offered {
    if !identity.names_users() && source.is_none() {
        return Offered::Nothing;
    }
    let usual = || source.map_or_else(|| Entrance::default().mechanisms, Opened::usual_mechanisms);
    let asked_for = options.listeners.mechanisms.as_ref().or(of_sasl_conf);
    Offered::These(asked_for.map_or_else(usual, |list| list.to_vec()))
}

fn policy(options: &ServeOptions, cache: &Cache) -> Policy {
    let mut policy = Policy::default();
    policy.max_item = cache.max_value();
    options.door.restrict(&mut policy);
    policy.max_connections = options.connections as usize;
    policy.threads = options.threads.map_or_else(cores, usize::from);
    policy
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}
