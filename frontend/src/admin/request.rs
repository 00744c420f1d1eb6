//! What can be asked over the socket: one JSON object in a line, `{"ask": "sessions", "user": "ada"}`.

use super::{LimitsRow, Watched, asked_rule::AskedRule};
use serde::{Deserialize, Serialize};
use std::num::NonZero;

/// What can be asked.
///
/// ```
/// use keyway_frontend::admin::AdminRequest;
///
/// let asked: AdminRequest = serde_json::from_str(r#"{"ask":"users"}"#)?;
/// assert_eq!(asked, AdminRequest::Users);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum AdminRequest {
    /// The live sessions, oldest first: at most so many, of higher numbers than `after`.
    Sessions {
        /// The last number of the page before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<u64>,
        /// How many at most; never more than [`AdminRequest::PAGE`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        most: Option<u32>,
    },
    /// Who there is.
    Users,
    /// Which roles there are, with their rules.
    Roles,
    /// The namespaces, the main key space first: what each was promised, and holds.
    Namespaces,
    /// The tokens that count.
    Tokens,
    /// What the server does at this moment: counters, gauges and the last refusals.
    Status,
    /// What happens from now on, until the connection ends. Nothing else can be asked on it.
    Watch {
        /// What is to be told.
        what: Watched,
    },
    /// The keys that are used most in the next seconds, by a sample. Nothing else can be asked on the connection.
    HotKeys {
        /// For how long the sample is drawn, from 1 to 300 seconds; 5 if nothing is said.
        #[serde(default = "five")]
        seconds: u32,
        /// How many keys at most; 20 if nothing is said.
        #[serde(default = "twenty")]
        most: u32,
    },
    /// A token that may do what this user may, or less.
    Mint {
        /// Whose it is to be.
        user: String,
        /// What it is for, as it is listed.
        #[serde(default)]
        label: String,
        /// The verbs that it may use; none named: all that the user may.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        verbs: Vec<String>,
        /// With what the keys begin that it is for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prefix: Option<String>,
        /// For how many seconds it counts; an hour if nothing is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seconds: Option<u64>,
        /// For how many logins.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uses: Option<NonZero<u32>>,
    },
    /// Ends one session.
    RevokeSession {
        /// Its number.
        session: u64,
    },
    /// Ends all sessions of a user, and takes back the user's tokens. The passwords stay.
    RevokeUser {
        /// The exact name.
        user: String,
    },
    /// The same for everybody who has this role.
    RevokeRole {
        /// The role.
        role: String,
    },
    /// Ends the sessions that were opened with one password of a user. The password stays.
    RevokeCredential {
        /// The exact name.
        user: String,
        /// The label of the password.
        credential: String,
    },
    /// Takes a token back, and ends its sessions.
    RevokeToken {
        /// Its id.
        token: String,
    },
    /// Ends every session that was opened before this time, and takes back every token that was made before it.
    RevokeBefore {
        /// RFC 3339, such as `2026-11-26T05:00:00Z`.
        time: String,
    },
    /// Gives a user other roles, until the users file says otherwise.
    SetRoles {
        /// The exact name.
        user: String,
        /// The names of the roles.
        roles: Vec<String>,
    },
    /// Has a user work in another namespace, until the users file says otherwise, and ends its sessions if it was another one.
    SetNamespace {
        /// The exact name.
        user: String,
        /// The namespace, which must be there; none: the main key space.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
    },
    /// Gives a user other limits, until the users file says otherwise.
    SetLimits {
        /// The exact name.
        user: String,
        /// All of them; what is left out is not limited.
        limits: LimitsRow,
    },
    /// Defines a role, or puts another one in its place, until the users file says otherwise: that counts at the next command of
    /// whoever has it. Nothing of it is sampled for the audit.
    SetRole {
        /// The role; none that is built in.
        role: String,
        /// What it allows and denies.
        rules: Vec<AskedRule>,
    },
    /// Removes a role, until the users file says otherwise. Whoever has it may do nothing by it any more.
    RemoveRole {
        /// The role.
        role: String,
    },
    /// Makes a namespace, until the users file says otherwise.
    AddNamespace {
        /// What it is to be called.
        namespace: String,
        /// Bytes that are reserved for it.
        #[serde(default)]
        reserve: u64,
        /// Items that are reserved for it, whatever their size; see [`Namespace::reserve_items`](keyway::Namespace::reserve_items).
        #[serde(default)]
        reserve_items: u64,
        /// The most bytes that it may hold; none: what the others leave.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ceiling: Option<NonZero<u64>>,
        /// The most items that it may hold; none: as many as fit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ceiling_items: Option<NonZero<u64>>,
    },
    /// Removes a namespace with what is stored in it, until the users file says otherwise, and ends the sessions of its users, who
    /// cannot log in until it is there again or they have another one.
    RemoveNamespace {
        /// Its name.
        namespace: String,
    },
    /// Gives a namespace other limits, until the users file says otherwise. What it was promised stays, and what it holds.
    SetNamespaceLimits {
        /// The namespace.
        namespace: String,
        /// All of them; what is left out is not limited.
        limits: LimitsRow,
    },
    /// Removes a user, until the users file names it again, and ends its sessions.
    RemoveUser {
        /// The exact name.
        user: String,
    },
}

fn five() -> u32 {
    5
}

fn twenty() -> u32 {
    20
}

impl AdminRequest {
    /// So many sessions or tokens are told at a time.
    ///
    /// ```
    /// # use keyway::{Cache, Config, Role, Users};
    /// # use keyway_frontend::admin::{AdminAnswer, AdminClient, AdminRequest, AdminSocket, Watched};
    /// # let cache = Cache::new(Config::new(1 << 20), Users::new())?;
    /// # cache.users().add_trusted("app", Role::ReadWrite)?;
    /// # let place = tempfile::tempdir()?;
    /// # let socket = AdminSocket::open(cache.clone(), &place.path().join("admin"))?;
    /// // Page by page, until one is not full.
    /// let (mut operator, mut after, mut sessions) = (AdminClient::connect(socket.path())?, None, 0);
    /// # let _sessions = (0..1001).map(|_| cache.session_for("app")).collect::<Result<Vec<_>, _>>()?;
    /// loop {
    ///     let before = sessions;
    ///     operator.ask(&AdminRequest::Sessions { after, most: None }, |row| {
    ///         if let AdminAnswer::Session(row) = row {
    ///             (after, sessions) = (Some(row.id), sessions + 1);
    ///         }
    ///     })?;
    ///     if sessions - before < AdminRequest::PAGE {
    ///         break;
    ///     }
    /// }
    /// assert_eq!(sessions, 1001);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const PAGE: u32 = 1000;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<AdminRequest> {
        serde_json::from_str(line).ok()
    }

    #[test]
    fn a_request_is_one_object_with_what_belongs_to_it_and_no_more() {
        assert_eq!(read(r#"{"ask":"sessions"}"#), Some(AdminRequest::Sessions { after: None, most: None }));
        assert_eq!(read(r#"{"ask":"users"}"#), Some(AdminRequest::Users));
        let watch = AdminRequest::Watch { what: Watched::Evictions };
        assert_eq!(read(r#"{"ask":"watch","what":"evictions"}"#), Some(watch));
        let hot = AdminRequest::HotKeys { seconds: 5, most: 3 };
        assert_eq!(read(r#"{"ask":"hot-keys","most":3}"#), Some(hot));
        let revoke = AdminRequest::RevokeUser { user: "ada".to_owned() };
        assert_eq!(read(r#"{"ask":"revoke-user","user":"ada"}"#), Some(revoke.clone()));
        assert_eq!(serde_json::to_string(&revoke).unwrap(), r#"{"ask":"revoke-user","user":"ada"}"#);
        let main = AdminRequest::SetNamespace { user: "ada".to_owned(), namespace: None };
        assert_eq!(read(r#"{"ask":"set-namespace","user":"ada"}"#), Some(main));
        for wrong in [
            r#"{"ask":"set-limits","user":"ada"}"#,
            r#"{"ask":"set-namespace-limits","namespace":"shop"}"#,
            r#"{"ask":"set-namespace-limits","namespace":"shop","limits":{"value":0}}"#,
            r#"{"ask":"set-limits","user":"ada","limits":{"connections":0}}"#,
            r#"{"ask":"set-limits","user":"ada","limits":{"connection":1}}"#,
            "",
            "{}",
            "[]",
            r#""users""#,
            r#"{"ask":"everything"}"#,
            r#"{"ask":"watch","what":"passwords"}"#,
            r#"{"ask":"revoke-user"}"#,
            r#"{"ask":"revoke-user","user":"ada","all":true}"#,
            r#"{"ask":"revoke-session","session":-1}"#,
            r#"{"ask":"mint","user":"ada","uses":0}"#,
            r#"{"ask":"set-role","role":"reporter"}"#,
            r#"{"ask":"set-role","role":"reporter","rules":[{"effect":"permit","verbs":["read"]}]}"#,
            r#"{"ask":"add-namespace","namespace":"shop","ceiling":0}"#,
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
