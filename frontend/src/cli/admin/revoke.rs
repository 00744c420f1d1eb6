//! `keyway admin revoke`, and `keyway user revoke`, which is a part of it.

use super::AdminSocketOption;
use crate::cli::{failure::Failure, output};
use clap::Subcommand;
use keyway_frontend::admin::AdminRequest;

/// Whose sessions end. When the command returns, no write of theirs can land; passwords stay what they are.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum Revoke {
    /// End one session
    Session {
        /// Its number, as `keyway admin sessions` prints it
        id: u64,
    },
    /// End all sessions of a user, and take back the user's tokens
    User {
        /// The exact name
        name: String,
    },
    /// The same for everybody who has this role
    Role {
        /// The name of the role
        name: String,
    },
    /// End the sessions that were opened with one password of a user
    Credential {
        /// The exact name of the user
        name: String,
        /// What the password is called, as `keyway user credentials` prints it
        label: String,
    },
    /// Take a token back, and end its sessions
    Token {
        /// Its id, as `keyway admin tokens` prints it: the eight characters behind its kwt_
        id: String,
    },
    /// End every session that was opened before a time, and take back every token that was minted before it
    Before {
        /// In UTC, such as 2026-11-26T05:00:00Z
        time: String,
    },
}

impl Revoke {
    pub(super) fn request(&self) -> AdminRequest {
        match self.clone() {
            Self::Session { id } => AdminRequest::RevokeSession { session: id },
            Self::User { name } => AdminRequest::RevokeUser { user: name },
            Self::Role { name } => AdminRequest::RevokeRole { role: name },
            Self::Credential { name, label } => {
                AdminRequest::RevokeCredential { user: name, credential: label }
            }
            Self::Token { id } => AdminRequest::RevokeToken { token: id },
            Self::Before { time } => AdminRequest::RevokeBefore { time },
        }
    }
}

/// `keyway user revoke NAME`.
pub(crate) fn revoke_user(name: &str, socket: &AdminSocketOption) -> Result<(), Failure> {
    let request = AdminRequest::RevokeUser { user: name.to_owned() };
    socket.connect()?.ask(&request, |_| ())?;
    output::complain(&format_args!("ended all sessions of {name:?}; the password stays, and logs in again"));
    Ok(())
}
