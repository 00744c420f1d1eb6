//! For whom a connection works, as far as shares of a thread go.

use keyway::Session;

/// The users of one namespace; those of the main key space; or all who have not logged in. Two are alike while both are there: who
/// asks is to forget them with their connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tenant(usize);

impl Tenant {
    pub(crate) const STRANGERS: Self = Self(0);
    pub(crate) const MAIN: Self = Self(1);

    /// Of whoever this session is of. By where the namespace's name is, which no two live ones share, since a turn has no time to
    /// look at names.
    pub(super) fn of(session: &Session) -> Self {
        session.namespace().map_or(Self::MAIN, |name| Self(name.as_ptr().addr()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyway::{Cache, Config, Namespace, Role, Users};

    #[test]
    fn all_users_of_a_namespace_are_one_and_others_are_others() {
        let cache = Cache::new(Config::new(1 << 22), Users::new()).unwrap();
        let places = [("ada", Some("shop")), ("bob", Some("shop")), ("eve", Some("news")), ("root", None)];
        for name in ["shop", "news"] {
            cache.namespaces().add(Namespace::new(name)).unwrap();
        }
        let sessions = places.map(|(user, namespace)| {
            cache.users().add_trusted(user, Role::ReadOnly).unwrap();
            cache.users().set_namespace(user, namespace).unwrap();
            cache.session_for(user).unwrap()
        });
        let [ada, bob, eve, root] = sessions.each_ref().map(Tenant::of);
        assert!(ada == bob && ada != eve && ada != root && eve != root);
        assert!([ada, eve, root].iter().all(|it| *it != Tenant::STRANGERS));
    }
}
