//! Something weak that was stored of a password, and what has taken its place.

#[cfg(not(loom))]
#[cfg(test)]
mod tests;

use super::stored_form::StoredForm;

/// Something weak that was stored of a password, and what has taken its place at a login. A cache logs its user in by the new
/// one from then on; whoever keeps the users elsewhere, such as in a file, has to store it there.
///
/// ```
/// use keyway::{Cache, Config, Role, StoredForm, UserRecord, Users};
///
/// // Apache's `htpasswd -s`, of the password "password".
/// let weak: StoredForm = "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=".parse()?;
/// let users = Users::new();
/// users.add_record(UserRecord::new("grace", Role::ReadOnly, weak))?;
/// let cache = Cache::new(Config::new(1 << 20), users)?;
/// assert!(cache.login("grace", "password").is_ok());
///
/// let upgrade = cache.users().take_upgrades().pop().ok_or("it was weak")?;
/// assert!(upgrade.to.to_string().starts_with("SCRAM-SHA-256$"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Upgrade {
    /// Whose password it is.
    pub name: String,
    /// What was stored.
    pub from: StoredForm,
    /// What is stored now.
    pub to: StoredForm,
}

impl Upgrade {
    /// Stores what is new where these forms still have what was, and says whether they had. Anything else of the same kind as the
    /// new one goes, because a credential has each kind once.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, StoredForm, UserRecord, Users};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// let weak: StoredForm = "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=".parse()?;
    /// cache.users().add_record(UserRecord::new("grace", Role::ReadOnly, weak.clone()))?;
    /// cache.login("grace", "password")?;
    /// let upgrade = cache.users().take_upgrades().pop().ok_or("it was weak")?;
    /// let mut kept_elsewhere = vec![weak];
    /// assert!(upgrade.apply_to(&mut kept_elsewhere));
    /// assert_eq!(kept_elsewhere[0].to_string(), upgrade.to.to_string());
    /// assert!(!upgrade.apply_to(&mut kept_elsewhere)); // it is done
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn apply_to(&self, forms: &mut Vec<StoredForm>) -> bool {
        let Some(at) = forms.iter().position(|form| form.is_same_as(&self.from)) else { return false };
        forms.remove(at);
        forms.retain(|form| !form.is_of_the_kind_of(&self.to));
        forms.insert(0, self.to.clone());
        true
    }
}
