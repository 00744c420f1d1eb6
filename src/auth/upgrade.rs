//! Something weak that was stored of a password, and what has taken its place.

#[cfg(not(loom))]
#[cfg(test)]
mod tests;

use super::stored_form::StoredForm;

/// Something weak that was stored of a password, and what has taken its place at a login. A cache logs its user in by the new
/// one from then on; whoever keeps the users elsewhere, such as in a file, has to store it there.
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
    pub fn apply_to(&self, forms: &mut Vec<StoredForm>) -> bool {
        let Some(at) = forms.iter().position(|form| form.is_same_as(&self.from)) else { return false };
        forms.remove(at);
        forms.retain(|form| !form.is_of_the_kind_of(&self.to));
        forms.insert(0, self.to.clone());
        true
    }
}
