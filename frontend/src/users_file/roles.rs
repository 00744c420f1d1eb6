//! The roles and namespaces of a users file, and what users say of them.

#[cfg(test)]
mod tests;

use super::{
    UsersFile, UsersFileError,
    error::Problem,
    namespace_record::{NamespaceRecord, can_be_written},
    role_record::RoleRecord,
};
use keyway::{Role, Roles, UserError, UserRecord};

impl UsersFile {
    /// The roles that are not built in, sorted by name.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rounds, Rule, Rules, UserError, Users, Verb, Verifier};
    /// # use keyway_frontend::{NamespaceRecord, RoleRecord, Sample, UsersFile};
    /// let mut file = UsersFile::empty()?;
    /// for name in ["writer", "reporter"] {
    ///     file.set_role(RoleRecord::new(name, Rules::from_iter([Rule::allow(Verb::Read)])))?;
    /// }
    /// let names: Vec<_> = file.roles().map(|role| role.name.as_str()).collect();
    /// assert_eq!(names, ["reporter", "writer"]); // those that are built in are not listed
    /// # Ok::<(), keyway_frontend::UsersFileError>(())
    /// ```
    pub fn roles(&self) -> impl Iterator<Item = &RoleRecord> {
        self.roles.values()
    }

    /// The role of this name.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rounds, Rule, Rules, UserError, Users, Verb, Verifier};
    /// # use keyway_frontend::{NamespaceRecord, RoleRecord, Sample, UsersFile};
    /// let file = UsersFile::empty()?;
    /// let error = |name| file.role(name).err().and_then(|error| error.user_error().cloned());
    /// assert_eq!(error("reporter"), Some(UserError::UnknownRole("reporter".to_owned())));
    /// assert_eq!(error("admin"), Some(UserError::BuiltInRole("admin".to_owned())));
    /// # Ok::<(), keyway_frontend::UsersFileError>(())
    /// ```
    ///
    /// # Errors
    /// There is no such role, or it is built in.
    pub fn role(&self, name: &str) -> Result<&RoleRecord, UsersFileError> {
        check_own(name)?;
        self.roles.get(name).ok_or_else(|| Problem::Role(UserError::UnknownRole(name.to_owned())).into())
    }

    /// Adds a role, or puts it in place of the one of this name.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rounds, Rule, Rules, UserError, Users, Verb, Verifier};
    /// # use keyway_frontend::{NamespaceRecord, RoleRecord, Sample, UsersFile};
    /// let mut file = UsersFile::empty()?;
    /// let reads = Rules::from_iter([Rule::allow(Verb::Read).under("reports/")]);
    /// file.set_role(RoleRecord::new("reporter", reads.clone()))?;
    /// assert_eq!(file.role("reporter")?.rules, reads);
    /// let flushes = Rules::from_iter([Rule::allow(Verb::FlushOwn).under("reports/")]); // a flush is about no key
    /// assert!(file.set_role(RoleRecord::new("sweeper", flushes)).is_err());
    /// # Ok::<(), keyway_frontend::UsersFileError>(())
    /// ```
    ///
    /// # Errors
    /// The name is none that a role may have, or that of one that is built in; or a rule is one that nobody can mean: without
    /// verbs, with a prefix longer than keys are, or allowing by prefix what is about no key.
    pub fn set_role(&mut self, role: RoleRecord) -> Result<(), UsersFileError> {
        check_own(&role.name)?;
        if let Some(fault) = role.fault() {
            return Err(Problem::RoleFault { name: role.name, fault }.into());
        }
        self.roles.insert(role.name.clone(), role.settled());
        Ok(())
    }

    /// Removes a role that nobody has.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rounds, Rule, Rules, UserError, Users, Verb, Verifier};
    /// # use keyway_frontend::{NamespaceRecord, RoleRecord, Sample, UsersFile};
    /// let mut file = UsersFile::empty()?;
    /// file.set_role(RoleRecord::new("reporter", Rules::from_iter([Rule::allow(Verb::Read)])))?;
    /// file.add("ada", ["reporter"], Verifier::derive("pencil", Rounds::MIN)?)?;
    /// assert!(file.remove_role("reporter").is_err()); // ada has it
    /// file.remove("ada")?;
    /// file.remove_role("reporter")?;
    /// assert_eq!(file.roles().count(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// There is no such role, it is built in, or a user has it.
    pub fn remove_role(&mut self, name: &str) -> Result<(), UsersFileError> {
        self.role(name)?;
        if let Some(user) = self.users().find(|user| user.roles.contains(name)) {
            return Err(Problem::RoleInUse { role: name.to_owned(), user: user.name.clone() }.into());
        }
        self.roles.remove(name);
        Ok(())
    }

    /// The namespaces, sorted by name; the main one, which has no name, is not among them.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rounds, Rule, Rules, UserError, Users, Verb, Verifier};
    /// # use keyway_frontend::{NamespaceRecord, RoleRecord, Sample, UsersFile};
    /// let mut file = UsersFile::empty()?;
    /// file.set_namespace(NamespaceRecord::new("shop"))?;
    /// file.set_namespace(NamespaceRecord::new("office"))?;
    /// let names: Vec<_> = file.namespaces().map(|namespace| namespace.name.as_str()).collect();
    /// assert_eq!(names, ["office", "shop"]);
    /// # Ok::<(), keyway_frontend::UsersFileError>(())
    /// ```
    pub fn namespaces(&self) -> impl Iterator<Item = &NamespaceRecord> {
        self.namespaces.values()
    }

    /// Adds a namespace, or puts it in place of the one of this name.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rounds, Rule, Rules, UserError, Users, Verb, Verifier};
    /// # use keyway_frontend::{NamespaceRecord, RoleRecord, Sample, UsersFile};
    /// let mut file = UsersFile::empty()?;
    /// let mut shop = NamespaceRecord::new("shop");
    /// (shop.reserve, shop.ceiling) = (64 << 20, Some(32 << 20));
    /// assert!(file.set_namespace(shop.clone()).is_err()); // more is kept for it than it may have
    /// shop.ceiling = Some(64 << 20);
    /// assert!(file.set_namespace(shop).is_ok());
    /// # Ok::<(), keyway_frontend::UsersFileError>(())
    /// ```
    ///
    /// # Errors
    /// The name is none that a namespace may have, or more is reserved than it may hold.
    pub fn set_namespace(&mut self, namespace: NamespaceRecord) -> Result<(), UsersFileError> {
        if let Some(fault) = namespace.fault() {
            return Err(Problem::Namespace { name: namespace.name, fault }.into());
        }
        self.namespaces.insert(namespace.name.clone(), namespace);
        Ok(())
    }

    /// Removes a namespace that no user works in.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Rounds, Rule, Rules, UserError, Users, Verb, Verifier};
    /// # use keyway_frontend::{NamespaceRecord, RoleRecord, Sample, UsersFile};
    /// let mut file = UsersFile::empty()?;
    /// assert!(file.remove_namespace("shop").is_err()); // there is none
    /// file.set_namespace(NamespaceRecord::new("shop"))?;
    /// file.remove_namespace("shop")?;
    /// assert_eq!(file.namespaces().count(), 0);
    /// # Ok::<(), keyway_frontend::UsersFileError>(())
    /// ```
    ///
    /// # Errors
    /// There is no such namespace, or a user works in it.
    pub fn remove_namespace(&mut self, name: &str) -> Result<(), UsersFileError> {
        let fault = if !self.namespaces.contains_key(name) {
            Some("there is none of this name")
        } else if self.users().any(|user| user.namespace.as_deref() == Some(name)) {
            Some("a user works in it; give its users another one first")
        } else {
            None
        };
        if let Some(fault) = fault {
            return Err(Problem::Namespace { name: name.to_owned(), fault }.into());
        }
        self.namespaces.remove(name);
        Ok(())
    }

    /// Whether all that a user names is there, and its limits are such.
    pub(super) fn check_names(&self, user: &UserRecord) -> Result<(), Problem> {
        let unknown =
            user.roles.names().find(|name| !self.roles.contains_key(*name) && name.parse::<Role>().is_err());
        if let Some(role) = unknown {
            return Err(Problem::user(&user.name, UserError::UnknownRole(role.to_owned())));
        }
        if !can_be_written(&user.limits) {
            return Err(Problem::Limit { user: user.name.clone() });
        }
        match &user.namespace {
            Some(name) if !self.namespaces.contains_key(name) => {
                Err(Problem::Namespace { name: name.clone(), fault: "there is none of this name" })
            }
            _ => Ok(()),
        }
    }
}

fn check_own(name: &str) -> Result<(), Problem> {
    Roles::check_name(name).map_err(Problem::Role)?;
    if name.parse::<Role>().is_ok() {
        return Err(Problem::Role(UserError::BuiltInRole(name.to_owned())));
    }
    Ok(())
}
