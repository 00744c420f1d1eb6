//! `--for`: which mechanisms a password is stored for.

use super::Password;
use crate::cli::{failure::Failure, output, serve::MechanismList};
use clap::Args;
use keyway::{Mechanism, StoredForm, UserRecord};

/// Which mechanisms a password is stored for.
#[derive(Args, Debug)]
pub(crate) struct StoredFor {
    /// Mechanisms that the password is stored for: SCRAM-SHA-256, SCRAM-SHA-512 (either serves PLAIN too), PLAIN alone (as
    /// argon2id, which is the dearest to guess at), CRAM-MD5 [default: those of the user's newest password, else SCRAM-SHA-256]
    #[arg(long = "for", id = "for", value_name = "MECHANISMS")]
    mechanisms: Option<MechanismList>,
}

impl StoredFor {
    /// What is to be stored of a further password of the user.
    pub(super) fn derive(&self, user: &UserRecord, password: &Password) -> Result<Vec<StoredForm>, Failure> {
        self.derived(user, |user| user.derive(password.as_str()), password)
    }

    /// The same of a password that takes the place of all others.
    pub(super) fn derive_afresh(
        &self,
        user: &UserRecord,
        password: &Password,
    ) -> Result<Vec<StoredForm>, Failure> {
        let bare = UserRecord { credentials: Vec::new(), ..user.clone() };
        match &self.mechanisms {
            Some(_) => self.derive(&bare, password),
            None => self.derived(user, |user| user.derive_afresh(password.as_str()), password),
        }
    }

    fn derived(
        &self,
        user: &UserRecord,
        by_default: impl FnOnce(&UserRecord) -> Result<Vec<StoredForm>, keyway::UserError>,
        password: &Password,
    ) -> Result<Vec<StoredForm>, Failure> {
        let forms = match &self.mechanisms {
            Some(mechanisms) => user.derive_for(password.as_str(), mechanisms),
            None => by_default(user),
        };
        let forms = forms.map_err(Failure::refused)?;
        if forms.iter().any(|form| form.serves(Mechanism::CramMd5)) {
            output::complain(
                &"WARNING: what is stored for CRAM-MD5 is as good as the password: whoever reads the users file can log in with \
                  it; store it for no client that has SCRAM",
            );
        }
        Ok(forms)
    }
}
