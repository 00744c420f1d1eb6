//! Which namespace a user works in.

use super::Users;
use crate::auth::{name::UserName, user_error::UserError};

impl Users {
    /// Has a user work in this namespace of a cache from now on; `None`: in the main key space. That ends the user's live sessions
    /// if it was another one. There need not be such a namespace yet, but nobody logs in to one that is missing.
    ///
    /// ```
    /// use keyway::{Cache, Config, Namespace, Role, Users};
    ///
    /// let cache = Cache::new(Config::new(8 << 20), Users::new())?;
    /// cache.namespaces().add(Namespace::new("shop"))?;
    /// cache.users().add_trusted("clerk", Role::ReadWrite)?;
    /// cache.users().add_trusted("other", Role::ReadWrite)?;
    /// cache.users().set_namespace("clerk", Some("shop"))?;
    /// cache.session_for("clerk")?.set("greeting", "welcome")?;
    /// assert!(cache.session_for("other")?.get("greeting")?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`UserError::Unknown`], [`UserError::BadName`].
    pub fn set_namespace(&self, name: &str, namespace: Option<&str>) -> Result<(), UserError> {
        self.change(name, |user| {
            user.namespace = namespace.map(str::to_owned);
            Ok(())
        })
    }

    /// The namespace of this very user, asked for after there was a grant: a change that came in between has voided the grant.
    pub(crate) fn namespace_of(&self, name: &str) -> Option<String> {
        let name = UserName::new(name).ok()?;
        self.shared.directory.read().user(&name).ok()?.namespace().map(str::to_owned)
    }

    /// Ends the sessions of everybody in this namespace. When this returns, no write of theirs can land.
    pub(crate) fn leave_namespace(&self, namespace: &str) {
        let directory = self.shared.directory.read();
        let users = directory.users().filter(|(_, user)| user.namespace() == Some(namespace));
        users.for_each(|(_, user)| user.revoke());
    }
}
