//! What a namespace promises, through the public API.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a test may panic")]

mod apart;
mod coming_and_going;
mod neighbours;
mod terms;
mod ways_in;

use keyway::{Cache, Config, Namespace, Role, Session, Users};

const MIB: usize = 1 << 20;

fn cache(budget: usize) -> Cache {
    Cache::new(Config::new(budget), Users::new()).unwrap()
}

fn namespace(name: &str, reserve: usize) -> Namespace {
    let mut namespace = Namespace::new(name);
    namespace.reserve = reserve;
    namespace
}

/// A user of this namespace, made with it.
fn tenant(cache: &Cache, name: &str, reserve: usize) -> Session {
    cache.namespaces().add(namespace(name, reserve)).unwrap();
    user_of(cache, name, Some(name))
}

fn user_of(cache: &Cache, user: &str, namespace: Option<&str>) -> Session {
    cache.users().add_trusted(user, Role::ReadWrite).unwrap();
    cache.users().set_namespace(user, namespace).unwrap();
    cache.session_for(user).unwrap()
}

fn fill(session: &Session, numbers: std::ops::Range<u32>, len: usize) {
    for number in numbers {
        session.set(&number.to_be_bytes(), &vec![1; len]).unwrap();
    }
}
