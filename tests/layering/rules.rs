//! Who may name whom, and why.

use crate::source::{Name, Source};
use std::collections::BTreeMap;

/// What modules of a crate may name of the same crate, besides each other.
pub(crate) struct Layer {
    pub(crate) parts: &'static [&'static str],
    pub(crate) may_name: &'static [&'static str],
    pub(crate) why: &'static str,
}

/// Words that no file below a prefix may use.
pub(crate) struct Ban {
    pub(crate) below: &'static str,
    pub(crate) except: &'static [&'static str],
    pub(crate) words: &'static [&'static str],
    pub(crate) why: &'static str,
}

/// The library, lowest first.
pub(crate) const LIBRARY: &[Layer] = &[
    Layer { parts: &["sync"], may_name: &[], why: "the shim stands below everything" },
    Layer {
        parts: &["core"],
        may_name: &["sync"],
        why: "the core knows no bytes protocol, user or wall clock",
    },
    Layer { parts: &["version", "expiry"], may_name: &[], why: "these are plain values" },
    Layer {
        parts: &["key", "refusal"],
        may_name: &[],
        why: "a refusal says what is wrong, and knows no one who refuses",
    },
    Layer {
        parts: &["draft"],
        may_name: &["expiry", "version"],
        why: "a draft is what a caller wants stored, no more",
    },
    Layer {
        parts: &["clock"],
        may_name: &["core", "expiry", "sync"],
        why: "a clock tells the core's time, and stores nothing",
    },
    Layer {
        parts: &["large_pages"],
        may_name: &["core"],
        why: "where things lie in memory is all that matters here",
    },
    Layer {
        parts: &["engine"],
        may_name: &["clock", "core", "expiry", "large_pages", "sync"],
        why: "the generic cache knows no user and no bytes protocol",
    },
    Layer {
        parts: &["item"],
        may_name: &["core", "key", "sync", "version"],
        why: "an item is an entry, and knows no store",
    },
    Layer {
        parts: &["blank"],
        may_name: &["expiry", "item", "version"],
        why: "a blank is an item to be, and is stored by a session alone",
    },
    Layer {
        parts: &["audit"],
        may_name: &["sync"],
        why: "what happened is told to the audit, which knows none of those who tell it",
    },
    Layer {
        parts: &["metering"],
        may_name: &["clock", "refusal", "sync"],
        why: "what is used of limits is counted alike, whoever's they are",
    },
    Layer {
        parts: &["auth"],
        may_name: &["audit", "clock", "metering", "refusal", "sync"],
        why: "who somebody is has nothing to do with what is cached",
    },
    Layer {
        parts: &["watch"],
        may_name: &["key", "sync"],
        why: "who watches is shown keys, and knows neither items nor who uses them",
    },
    Layer {
        parts: &["store"],
        may_name: &[
            "clock", "core", "draft", "expiry", "item", "key", "metering", "refusal", "sync", "version",
            "watch",
        ],
        why: "the store knows no user: permission comes in as a closure",
    },
    Layer {
        parts: &["config"],
        may_name: &["clock", "store", "sync", "watch"],
        why: "a configuration is checked before there is a cache",
    },
    Layer { parts: &["stats"], may_name: &["store"], why: "statistics are what a store counted" },
    Layer {
        parts: &["session"],
        may_name: &[
            "audit", "auth", "blank", "draft", "expiry", "item", "key", "metering", "refusal", "stats",
            "store", "sync", "version",
        ],
        why: "a session reaches the store past the core's details, and does not need the cache",
    },
    Layer {
        parts: &["namespaces"],
        may_name: &[
            "audit",
            "auth",
            "clock",
            "config",
            "large_pages",
            "metering",
            "refusal",
            "session",
            "stats",
            "store",
            "sync",
            "watch",
        ],
        why: "namespaces are stores side by side, and leave items and the core to them",
    },
    Layer {
        parts: &["admin"],
        may_name: &["audit", "auth", "metering", "namespaces", "refusal", "session"],
        why: "administration is what trusted code may do with the users, for a session that may",
    },
    Layer {
        parts: &["opening"],
        may_name: &["audit", "auth", "namespaces", "session", "sync"],
        why: "a session is opened and told of here, whoever proved what",
    },
    Layer {
        parts: &["login"],
        may_name: &["audit", "auth", "opening", "session"],
        why: "a login ends in a session, and does not need the cache",
    },
    Layer {
        parts: &["cache"],
        may_name: &[
            "audit",
            "auth",
            "clock",
            "config",
            "large_pages",
            "login",
            "namespaces",
            "opening",
            "session",
            "stats",
            "sync",
            "watch",
        ],
        why: "the cache owns the parts, and leaves the core to the store",
    },
    Layer {
        parts: &["governor"],
        may_name: &["cache"],
        why: "a governor does what anybody could who has the cache",
    },
];

/// The frontend, lowest first. It names the library by `keyway::` alone, so only by its public face.
pub(crate) const FRONTEND: &[Layer] = &[
    Layer { parts: &["histogram", "tally"], may_name: &[], why: "counters count for whoever asks" },
    Layer { parts: &["outbox"], may_name: &[], why: "bytes on their way out have lost their meaning" },
    Layer {
        parts: &["client"],
        may_name: &[],
        why: "a client shares nothing with the server that it judges",
    },
    Layer { parts: &["timestamp"], may_name: &[], why: "a time is written alike wherever it is" },
    Layer { parts: &["tcp_socket"], may_name: &[], why: "how a port is taken is the system's matter" },
    Layer {
        parts: &["http"],
        may_name: &["tcp_socket"],
        why: "HTTP carries what others tell, and knows none of it",
    },
    Layer {
        parts: &["audit"],
        may_name: &["timestamp"],
        why: "the audit is followed and written by its public face",
    },
    Layer { parts: &["size"], may_name: &[], why: "a size is written alike wherever it is" },
    Layer { parts: &["users_file"], may_name: &["size", "timestamp"], why: "a users file needs no server" },
    Layer { parts: &["sources"], may_name: &["size"], why: "where users come from needs no server" },
    Layer {
        parts: &["import"],
        may_name: &[],
        why: "what other servers wrote is read, and turned into nothing, here",
    },
    Layer {
        parts: &["wire"],
        may_name: &["outbox"],
        why: "wire turns bytes into meaning and back; it acts on nothing",
    },
    Layer { parts: &["socket_file"], may_name: &[], why: "who may reach a socket is a matter of files" },
    Layer { parts: &["door"], may_name: &["tally"], why: "what connections share knows no connection" },
    Layer {
        parts: &["status"],
        may_name: &["door", "http", "tally", "timestamp"],
        why: "what a server does is read where connections count it, and shown to whoever asks by HTTP",
    },
    Layer {
        parts: &["admin"],
        may_name: &["socket_file", "status", "timestamp"],
        why: "an operator acts on the cache and its users, and on no connection",
    },
    Layer {
        parts: &["sasl"],
        may_name: &["door", "wire"],
        why: "a login on the wire knows no other command",
    },
    Layer { parts: &["process"], may_name: &[], why: "the system is asked for the process as a whole" },
    Layer {
        parts: &["stats"],
        may_name: &["door", "process", "tally", "wire"],
        why: "statistics are read, not made, here",
    },
    Layer {
        parts: &["serve"],
        may_name: &["door", "stats", "tally", "wire"],
        why: "a request meets a session here, after login and before any socket",
    },
    Layer {
        parts: &["dialogue"],
        may_name: &["door", "outbox", "sasl", "serve", "stats", "tally", "wire"],
        why: "the dialogue is fed bytes by the server, and does not know it",
    },
    Layer {
        parts: &["connection"],
        may_name: &["dialogue", "outbox"],
        why: "a connection moves bytes between a transport and a dialogue, and reads none of them",
    },
    Layer {
        parts: &["tls"],
        may_name: &["connection"],
        why: "TLS is a way for bytes, and knows neither what they say nor which sockets carry them",
    },
    Layer {
        parts: &["server"],
        may_name: &[
            "tls",
            "connection",
            "dialogue",
            "door",
            "histogram",
            "socket_file",
            "status",
            "tally",
            "tcp_socket",
        ],
        why: "the shell has sockets and threads, and leaves bytes to its connections",
    },
    Layer {
        parts: &["metrics"],
        may_name: &["door", "histogram", "http", "process", "server", "stats", "tally"],
        why: "metrics are read, not made, here",
    },
    Layer {
        parts: &["health"],
        may_name: &["http", "server"],
        why: "health is asked of a server from outside",
    },
    Layer { parts: &["cli"], may_name: &[], why: "the command uses the frontend's public face alone" },
];

/// Words that would let a direction in by another way, or a habit that the house does not have.
pub(crate) const BANS: &[Ban] = &[
    Ban {
        below: "src/",
        except: &["src/sync.rs", "src/sync/"],
        words: &["std::sync", "core::sync", "parking_lot", "loom", "shuttle", "crossbeam_utils"],
        why: "what synchronises comes through src/sync.rs, so that the models see all of it",
    },
    Ban {
        below: "src/",
        except: &["src/core/region/system.rs", "src/sync/cores.rs", "src/sync/waiting.rs"],
        words: &["mio", "std::net", "std::fs", "std::io", "std::thread", "println", "eprintln"],
        why: "the library does no I/O and starts no thread",
    },
    Ban {
        below: "src/core/",
        except: &[],
        words: &["SystemTime", "Instant", "coarsetime"],
        why: "time comes into the core as an argument",
    },
    Ban {
        below: "frontend/src/",
        except: &["frontend/src/http/", "frontend/src/server/"],
        words: &["mio"],
        why: "only the two servers know how sockets become ready",
    },
    Ban {
        below: "frontend/src/wire/",
        except: &[],
        words: &["Session", "Attempt", "Exchange", "Cache", "Door", "Users", "std::net", "std::io"],
        why: "wire turns bytes into meaning and back; it acts on nothing",
    },
    Ban {
        below: "frontend/src/dialogue",
        except: &[],
        words: &["std::net", "std::io", "std::thread", "Instant", "SystemTime"],
        why: "the dialogue is fed bytes; it has no socket, no clock and no thread",
    },
    Ban {
        below: "frontend/src/connection/",
        except: &[],
        words: &["std::thread", "Instant", "SystemTime", "TcpListener"],
        why: "a connection is driven in turns by whoever has the time, the threads and the sockets",
    },
    Ban {
        below: "frontend/src/serve/",
        except: &[],
        words: &["std::net", "std::io", "std::thread", "Instant", "SystemTime"],
        why: "a request meets a session here, and nothing else",
    },
    Ban {
        below: "",
        except: &[
            "frontend/src/cli/serve/trim.rs",
            "src/clock/second.rs",
            "src/core/biased_lock.rs",
            "src/core/index/lines.rs",
            "src/core/index/slab.rs",
            "src/core/prefetch.rs",
            "src/core/region/system.rs",
            "src/item/counted.rs",
            "src/item/unwritten.rs",
        ],
        words: &["unsafe"],
        why: "it comes with a measurement, a file of its own and a reason why it is sound",
    },
];

/// Functions that may begin with `get_`: verbs of the field, not getters.
pub(crate) const GET_VERBS: [&str; 5] =
    ["get_and_touch", "get_many", "get_mut", "get_or_insert_async", "get_or_insert_with"];

/// A file longer than this, tests aside, has more than one subject.
pub(crate) const LONGEST_FILE: usize = 500;

/// What is wrong with one crate's directions; a name that the crate's root re-exports counts for its module.
pub(crate) fn wrong_directions(layers: &[Layer], sources: &[Source]) -> Vec<String> {
    let roots = reexports(sources);
    let mut wrong = Vec::new();
    for source in sources.iter().filter(|source| !source.part().is_empty()) {
        let part = source.part();
        let Some(layer) = layers.iter().find(|layer| layer.parts.contains(&part.as_str())) else {
            wrong.push(format!("{}: say in tests/layering/rules.rs what `{part}` may name", source.path));
            continue;
        };
        for name in &source.names {
            let Some(target) = target(name, &roots) else { continue };
            let allowed = [layer.parts, layer.may_name].concat();
            if target != part && !allowed.contains(&target.as_str()) {
                wrong.push(format!(
                    "{}:{}: `{part}` names `{target}`, but {}",
                    source.path, name.line, layer.why
                ));
            }
        }
    }
    wrong
}

/// The module of the same crate that a name belongs to.
fn target(name: &Name, roots: &BTreeMap<String, String>) -> Option<String> {
    let [first, second, ..] = name.segments.as_slice() else { return None };
    (first == "crate").then(|| roots.get(second).unwrap_or(second).clone())
}

/// Which module each name at the crate's root comes from.
fn reexports(sources: &[Source]) -> BTreeMap<String, String> {
    let root = sources.iter().filter(|source| source.path.ends_with("src/lib.rs"));
    let paths = root.flat_map(|source| &source.names).filter(|name| name.segments.len() > 1);
    paths.filter_map(|name| Some((name.segments.last()?.clone(), name.segments.first()?.clone()))).collect()
}

/// Where a banned word is used.
pub(crate) fn banned(bans: &[Ban], sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for ban in bans {
        let covered = sources.iter().filter(|source| source.path.starts_with(ban.below));
        for source in
            covered.filter(|source| !ban.except.iter().any(|except| source.path.starts_with(except)))
        {
            for name in &source.names {
                for word in ban.words.iter().filter(|word| name.contains(word)) {
                    wrong.push(format!("{}:{}: `{word}` is named, but {}", source.path, name.line, ban.why));
                }
            }
        }
    }
    wrong
}

/// Functions that say `get_`.
pub(crate) fn getters(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources {
        for pair in source.names.windows(2) {
            let [keyword, name] = [&pair[0].segments, &pair[1].segments];
            let is_getter =
                name.first().is_some_and(|it| it.starts_with("get_") && !GET_VERBS.contains(&it.as_str()));
            if keyword == &["fn"] && is_getter {
                wrong.push(format!("{}:{}: `{}` says get_", source.path, pair[1].line, name[0]));
            }
        }
    }
    wrong
}

/// Files that are too long.
pub(crate) fn too_long(sources: &[Source]) -> Vec<String> {
    let long = sources.iter().filter(|source| source.lines > LONGEST_FILE);
    long.map(|source| format!("{}: {} lines without tests", source.path, source.lines)).collect()
}
