//! What the users file says of a user's passwords, beside the time of a login.

use keyway::{Credential, UserRecord};
use std::time::SystemTime;

/// A line for each password, the newest first: which it is, since when it counts, and what that means for a login at this
/// time.
pub(super) fn told(user: &UserRecord, login: Option<&str>) -> Vec<String> {
    let login = login.and_then(|text| humantime::parse_rfc3339(text).ok());
    let mut credentials: Vec<&Credential> = user.credentials.iter().collect();
    credentials.sort_by_key(|credential| std::cmp::Reverse(credential.created));
    credentials.into_iter().map(|credential| tell(credential, login, SystemTime::now())).collect()
}

fn tell(credential: &Credential, login: Option<SystemTime>, now: SystemTime) -> String {
    let Credential { label, created, not_before, expires, .. } = credential;
    // Times are kept to the second.
    let then = login.unwrap_or(now);
    let state = match (not_before, expires) {
        _ if login.is_some_and(|login| *created > login) => "it was made after this login".to_owned(),
        (Some(begin), _) if then < *begin => format!("it was to begin at {}", shown(*begin)),
        (_, Some(end)) if then >= *end => format!("it had expired at {}", shown(*end)),
        (_, Some(end)) => format!("it counted, until {}", shown(*end)),
        _ => "it counted".to_owned(),
    };
    format!("password {label:?}, made at {}: {state}", shown(*created))
}

fn shown(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyway::{Role, Rounds, Verifier};
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn each_password_is_told_as_it_was_when_the_login_came() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds);
        let verifier = Verifier::derive("pencil", Rounds::MIN).unwrap();
        let made = |label: &str, created, not_before: Option<u64>, expires: Option<u64>| {
            let mut credential = Credential::new(label, verifier.clone());
            credential.created = at(created);
            (credential.not_before, credential.expires) = (not_before.map(at), expires.map(at));
            credential
        };
        let credentials = vec![
            made("old", 0, None, Some(50)),
            made("now", 10, None, Some(500)),
            made("next", 20, Some(200), None),
            made("later", 300, None, None),
        ];
        let user = UserRecord::with_credentials("ada", Role::ReadOnly, credentials);
        let login = humantime::format_rfc3339_micros(at(100)).to_string();
        let told = told(&user, Some(&login));
        for (line, text) in told.iter().zip([
            "it was made after this login",
            "it was to begin at",
            "it counted, until",
            "it had expired at",
        ]) {
            assert!(line.contains(text), "{line}");
        }
        assert_eq!(
            told[3],
            "password \"old\", made at 2027-01-15T08:00:00Z: it had expired at 2027-01-15T08:00:50Z"
        );
    }
}
