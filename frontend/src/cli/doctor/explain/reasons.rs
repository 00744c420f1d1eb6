//! What each rule means, what the users file has to do with it, and what to do.

use super::{line::Refused, passwords};
use crate::cli::{
    doctor::remedy::{store_for, word},
    similar::{Similar, similar, without_realm},
};
use keyway::Mechanism;
use keyway_frontend::UsersFile;

type Said = (&'static str, String);

fn because(text: impl Into<String>) -> Said {
    ("because:", text.into())
}

fn fix(text: impl Into<String>) -> Said {
    ("fix:", text.into())
}

/// Why, and what to do. The file is as it is now; the log is as it was then.
pub(super) fn explain(refused: &Refused, users: Option<&UsersFile>) -> Vec<Said> {
    let name = refused.claimed.as_deref().unwrap_or_default();
    let mechanism = refused.mechanism.as_deref().unwrap_or("the mechanism");
    match refused.reason.as_str() {
        "UnknownUser" if refused.mechanism.as_deref() == Some("EXTERNAL") => vec![
            because(format!("no user has an external name of the client's, which has {name:?} among others")),
            fix(format!("give it to the user who is meant: `keyway user external NAME add {}`", word(name))),
        ],
        "UnknownUser" => unknown_user(name, users),
        "WrongPassword" => wrong_password(name, refused, users),
        "Expired" => expired(name, refused, users),
        missing if missing.starts_with("MissingForm") => missing_form(name, mechanism, users),
        "Malformed" => malformed(name, mechanism),
        "NoPassword" => vec![
            because(format!("{name:?} has no password: it is for trusted code in the server's own process")),
            fix("give the client a user of its own (`keyway user add NAME`)"),
        ],
        "NotAuthorized" => vec![
            because(format!(
                "the password of {name:?} was right, but the client asked to act as another user (the authorization identity, \
                 `authzid`), which nobody may"
            )),
            fix("leave the authorization identity empty in the client, or set it to the user's own name"),
        ],
        "Downgraded" => vec![
            because(
                "the client could have bound its login to the channel of TLS and saw no mechanism with -PLUS, which this server \
                 offers there: somebody between the two took it off the list, or the client asked for the list on another channel",
            ),
            fix(
                "look at what is between the client and the server: no proxy may end the TLS of this listener",
            ),
        ],
        "WrongBinding" => vec![
            because(
                "the login was bound to another channel of TLS than this one: somebody between the two ended the client's TLS and \
                 began one of its own",
            ),
            fix(
                "look at what is between the client and the server: no proxy may end the TLS of this listener",
            ),
        ],
        "UnknownBinding" => vec![
            because(
                "the client binds its login to the channel in a way that is not `tls-exporter` (RFC 9266), or the channel has nothing \
                 to bind to: TLS below 1.3 without extended master secret",
            ),
            fix("have the client take `tls-exporter`, or SCRAM without -PLUS; have both sides take TLS 1.3"),
        ],
        "NoIdentity" => vec![
            because("by EXTERNAL the client says nothing itself, and nothing else says who it is"),
            fix(
                "give the client a certificate that this listener asks for (`client-certificates=optional`), or let it come by the \
                 unix socket; or have it take another mechanism",
            ),
        ],
        "SeveralUsers" => vec![
            because(
                "the names in the client's certificate are those of several users, and it did not say which it wants to act as",
            ),
            fix(
                "take the names from all but one of them (`keyway user external`), or have the client name the user (`authzid`)",
            ),
        ],
        "NoRandomness" => vec![
            because("the operating system gave no random bytes, without which a login is not safe"),
            fix("look at the machine: /dev/urandom, and limits on what the server may read"),
        ],
        "NotOffered" => not_offered(refused),
        "NoLoginUnderWay" => vec![
            because(
                "the client sent a step (0x22) where no login was under way: it was never begun, or was over",
            ),
            fix(
                "the client begins with auth (0x21); a proxy that spreads requests over connections breaks logins",
            ),
        ],
        "OtherMechanism" => vec![
            because("the client began by one mechanism and went on by another"),
            fix("a fault of the client; a proxy that shares connections does that, too"),
        ],
        "Misshapen" => vec![
            because(
                "the login's frame is none: extras, a mechanism's name above 32 bytes, or a message above 4 KiB",
            ),
            fix("look at which client that was; a password has at most 1024 bytes"),
        ],
        "NoLogin" => vec![
            because(format!(
                "a command{} came before any login, and the connection was closed: the client is not set up to log in",
                refused.opcode.as_ref().map(|opcode| format!(" (opcode {opcode})")).unwrap_or_default()
            )),
            fix("give the client name and password, switch its binary protocol on, and SASL \
                 (MEMCACHED_BEHAVIOR_BINARY_PROTOCOL and memcached_set_sasl_auth_data in libmemcached; AuthDescriptor in \
                 spymemcached)"),
        ],
        "SourceUnavailable" => vec![
            because(format!(
                "the database or directory that users come from did not tell of {name:?}; whether the password was right was not looked at"
            )),
            fix(
                "look for the source's own line in the log before this one, and at the database or directory itself",
            ),
        ],
        "BadToken" => vec![
            because(format!(
                "the password has the form of a token, and none that counts for {name:?}: it was revoked, has expired, was minted for \
                 another user, or by a server that has been started anew since"
            )),
            fix("look at `keyway admin tokens`, and mint another one: `keyway admin mint`"),
        ],
        "TokenSpent" => vec![
            because(format!("the token of {name:?} has been used for as many logins as it was minted for")),
            fix(
                "mint another one (`keyway admin mint`), with more --uses where the client logs in again now and then",
            ),
        ],
        "TooManyConnections" => vec![
            because(format!("{name:?} was right, and has as many connections as its limit allows")),
            fix(
                "look at `keyway admin sessions`; close what is not needed, or raise `connections` in the limits of that user",
            ),
        ],
        "NamespaceFull" => vec![
            because(format!(
                "{name:?} was right, and works in a namespace that has as many connections as its limit allows, of whichever users"
            )),
            fix(
                "look at `keyway admin namespaces` and `keyway admin sessions`; close what is not needed, or raise `connections` in \
                 the limits of that namespace",
            ),
        ],
        "UnknownNamespace" => vec![
            because(format!(
                "{name:?} was right, and works in a namespace that the server has none of; a client sees what it sees after a wrong \
                 password"
            )),
            fix(
                "add a [[namespace]] of that name to the server's users file, or correct the name where the user comes from: the \
                 users file, or the database or directory, for which a line of the log says the name",
            ),
        ],
        "TooManyGuesses" => vec![
            because(format!(
                "this address has tried too many wrong passwords for {name:?}, or in all, within a minute; whether this one was right \
                 was not looked at"
            )),
            fix(
                "find the earlier refusals of the same address in the log and mend that client; where many clients share an address, \
                 raise --guesses-per-name and --guesses-per-address",
            ),
        ],
        "TooManyDerivations" => vec![
            because("this address has as many passwords under way to a verification as it may"),
            fix("use SCRAM-SHA-256, which costs the server little; or raise --derivations-per-address"),
        ],
        "QueueFull" => vec![
            because("more passwords wait for a verification than there are places"),
            fix(
                "use SCRAM-SHA-256, which costs the server little; or raise --verifier-threads and --verifier-queue",
            ),
        ],
        other => vec![
            because(format!("{other:?}, which this keyway has no words for")),
            fix("ask the keyway that the server runs"),
        ],
    }
}

fn unknown_user(name: &str, users: Option<&UsersFile>) -> Vec<Said> {
    let Some(users) = users else {
        return vec![
            because(format!("there was no user {name:?}; no users file was found to look for others")),
            fix("name the server's file with --users, or look where the server has its users from"),
        ];
    };
    let stem = without_realm(name);
    if users.contains(name) || stem.is_some_and(|stem| users.contains(stem)) {
        return vec![because(format!("there was no user {name:?} then; there is now")), fix("log in again")];
    }
    let nor = stem.map(|stem| format!(", nor {stem:?}, who would be meant as well")).unwrap_or_default();
    let mut said = vec![because(format!("there is no user {name:?}{nor}"))];
    let similar = similar(name, users);
    for similar in &similar {
        said.push(because(match similar {
            Similar::Realm(known) => format!(
                "there is {known:?}: the same name in {}",
                if stem.is_some() { "another realm" } else { "a realm, which this client did not say" }
            ),
            Similar::Case(known) => format!("there is {known:?}: upper and lower case are different"),
            Similar::Slip(known) => format!("there is {known:?}, which is nearly that"),
        }));
    }
    said.push(match similar.first() {
        Some(Similar::Realm(known)) => {
            let bare = without_realm(known).unwrap_or(known);
            fix(format!(
                "have the client log in as {known:?}; or call the user {bare:?}, whom every realm finds (`keyway import` with \
                 --realm strip, or `keyway user add {}`)",
                word(bare)
            ))
        }
        Some(Similar::Case(known) | Similar::Slip(known)) => fix(format!("have the client log in as {known:?}")),
        None => fix(format!("`keyway user add {}`, or correct the name in the client; `keyway user list` shows who there is", word(stem.unwrap_or(name)))),
    });
    said
}

/// Who is meant by a name: itself, or what stands before its realm where no user has the whole name.
fn meant<'a>(name: &'a str, users: Option<&UsersFile>) -> (&'a str, String) {
    match without_realm(name).filter(|_| users.is_some_and(|users| !users.contains(name))) {
        Some(stem) => {
            (stem, format!("{stem:?}, who is meant by {name:?} because no user has that whole name"))
        }
        None => (name, format!("{name:?}")),
    }
}

/// A line for each password that the file has of the user.
fn passwords(user: &str, refused: &Refused, users: Option<&UsersFile>) -> Vec<Said> {
    let record = users.and_then(|users| users.user(user).ok());
    record.map_or_else(Vec::new, |record| {
        passwords::told(record, refused.time.as_deref()).into_iter().map(because).collect()
    })
}

fn wrong_password(name: &str, refused: &Refused, users: Option<&UsersFile>) -> Vec<Said> {
    let (user, shown) = meant(name, users);
    let mut said = vec![because(format!("not a password of {shown} that counted"))];
    said.extend(passwords(user, refused, users));
    let user = word(user);
    said.push(fix(format!(
        "try it with `keyway user check {user}`; set another one with `keyway user passwd {user}` and in the client; where one has \
         expired or was replaced, give the client the new one"
    )));
    said
}

fn expired(name: &str, refused: &Refused, users: Option<&UsersFile>) -> Vec<Said> {
    let (user, shown) = meant(name, users);
    let mut said = vec![because(format!(
        "no password of {shown} counted at that time; whether this one was right was not told"
    ))];
    said.extend(passwords(user, refused, users));
    said.push(fix(format!(
        "`keyway user rotate {0}` or `keyway user passwd {0}` makes a new one, for the client as well",
        word(user)
    )));
    said
}

fn missing_form(name: &str, mechanism: &str, users: Option<&UsersFile>) -> Vec<Said> {
    let (user, shown) = meant(name, users);
    vec![
        because(format!(
            "nothing is stored of the passwords of {shown} by which {mechanism} could be judged, right as the password may be"
        )),
        fix(format!(
            "store the password for it, too (`{}`); or have the client take another mechanism, or the server not offer this one \
             (--mechanisms)",
            Mechanism::from_name(mechanism.as_bytes())
                .map(|it| store_for(word(user), it))
                .unwrap_or_default()
        )),
    ]
}

fn malformed(name: &str, mechanism: &str) -> Vec<Said> {
    let what = match mechanism {
        "PLAIN" if name.is_empty() => {
            "the message is not `[authzid] NUL name NUL password` in UTF-8 with two NULs, or a part of it is too long"
        }
        "PLAIN" => {
            "the password is empty, longer than 1024 bytes, or has control characters; or the name or the authzid cannot be one"
        }
        "CRAM-MD5" => "the answer is not a name, a blank and 32 hexadecimal digits in lower case",
        _ if name.is_empty() => {
            "the client's first message does not follow SCRAM: its `a=` (authzid), `n=` or nonce, or it asks for channel binding"
        }
        _ => {
            "the client's last message does not follow SCRAM, or belongs to another exchange: its `c=`, `r=` or `p=`"
        }
    };
    vec![
        because(what),
        fix(
            "look at how the client is set up: name, password, and an authorization identity that is empty or the name; else it is a fault of the client",
        ),
    ]
}

fn not_offered(refused: &Refused) -> Vec<Said> {
    let (what, remedy) = match refused.mechanism.as_deref() {
        Some(mechanism) => (
            format!("{mechanism} is not offered by this server"),
            format!(
                "have the client take one of those that the server lists; or offer it (`keyway serve --mechanisms`) if {mechanism} is known here"
            ),
        ),
        None => (
            "the client asked for a mechanism whose name is none".to_owned(),
            "look at how the client is set up".to_owned(),
        ),
    };
    vec![because(what), fix(remedy)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyway::LoginFailure;
    use keyway_frontend::FailureId;

    #[test]
    fn each_reason_of_a_refused_login_has_words() {
        use LoginFailure::{
            BadToken, Downgraded, Expired, Malformed, MissingForm, NamespaceFull, NoIdentity, NoPassword,
            NoRandomness, NotAuthorized, SeveralUsers, SourceUnavailable, TokenSpent, TooManyConnections,
            UnknownBinding, UnknownNamespace, UnknownUser, WrongBinding, WrongPassword,
        };
        for failure in [
            UnknownUser,
            WrongPassword,
            Malformed,
            NoPassword,
            Expired,
            MissingForm(Mechanism::ScramSha256),
            Downgraded,
            UnknownBinding,
            WrongBinding,
            NoIdentity,
            SeveralUsers,
            NotAuthorized,
            SourceUnavailable,
            BadToken,
            TokenSpent,
            TooManyConnections,
            NamespaceFull,
            UnknownNamespace,
            NoRandomness,
        ] {
            let refused = Refused {
                id: FailureId::next(),
                time: None,
                peer: None,
                mechanism: Some("PLAIN".to_owned()),
                claimed: Some("ada".to_owned()),
                reason: format!("{failure:?}"),
                opcode: None,
            };
            let said = explain(&refused, None);
            assert!(said.len() >= 2 && !said[0].1.contains("no words for"), "{failure:?}: {said:?}");
        }
    }
}
