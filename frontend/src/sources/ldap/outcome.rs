//! What a directory's result codes mean (RFC 4511, section 4.1.9 and appendix A).

use crate::sources::{pool::Trouble, reactor::told};
use keyway::Judgement;
use ldap3::{LdapError, LdapResult};

pub(super) const AMBIGUOUS: &str = "the search finds more than one entry for one name; narrow `filter`";

const SUCCESS: u32 = 0;
const SIZE_LIMIT_EXCEEDED: u32 = 4;
const INAPPROPRIATE_AUTHENTICATION: u32 = 48;
const INVALID_CREDENTIALS: u32 = 49;
const UNWILLING_TO_PERFORM: u32 = 53;
const CONSTRAINT_VIOLATION: u32 = 19;
const NO_SUCH_OBJECT: u32 = 32;
const INVALID_DN_SYNTAX: u32 = 34;
/// The server has too much to do, is going down, or did not come to an end in time.
const PASSING: [u32; 4] = [3, 11, 51, 52];

/// What a bind says of a password.
pub(super) fn judgement(result: &LdapResult) -> Result<Judgement, Trouble> {
    match result.rc {
        SUCCESS => Ok(Judgement::Right),
        // No password is set, the account is locked, or there is no such entry any more: nobody logs in.
        INVALID_CREDENTIALS
        | INAPPROPRIATE_AUTHENTICATION
        | UNWILLING_TO_PERFORM
        | CONSTRAINT_VIOLATION
        | NO_SUCH_OBJECT
        | INVALID_DN_SYNTAX => Ok(Judgement::Wrong),
        _ => Err(trouble(result)),
    }
}

/// What kept a search, or the bind before it, from succeeding. Referrals are not followed: they would send passwords to
/// whoever a server names.
pub(super) fn trouble(result: &LdapResult) -> Trouble {
    let code = result.rc;
    if PASSING.contains(&code) {
        return Trouble::Silent(format!("the server puts off requests (result {code})"));
    }
    Trouble::Unusable(match code {
        SIZE_LIMIT_EXCEEDED => AMBIGUOUS.to_owned(),
        10 => "the server refers to another one; name that one in `url`".to_owned(),
        8 | 13 => "the server wants encryption; use ldaps:// or `tls = \"starttls\"`".to_owned(),
        NO_SUCH_OBJECT => "there is no entry at `base`, or it must not be seen".to_owned(),
        INVALID_CREDENTIALS => "the server refuses `bind_dn` with its password".to_owned(),
        50 => "the server does not let `bind_dn` search".to_owned(),
        // The server's own text is left out: nobody knows what it has in it.
        _ => format!("the server answers with result {code}"),
    })
}

/// What an operation failed over before there was a result.
pub(super) fn failed(error: &LdapError) -> Trouble {
    let text = told(error);
    match error {
        LdapError::FilterParsing | LdapError::UrlParsing { .. } | LdapError::UnknownScheme(_) => {
            Trouble::Unusable(text)
        }
        _ => Trouble::Lost(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(rc: u32) -> LdapResult {
        LdapResult { rc, matched: String::new(), text: "s3cret".into(), refs: vec![], ctrls: vec![] }
    }

    #[test]
    fn only_success_is_success() {
        assert_eq!(judgement(&result(0)).unwrap(), Judgement::Right);
        for wrong in [19, 32, 34, 48, 49, 53] {
            assert_eq!(judgement(&result(wrong)).unwrap(), Judgement::Wrong, "{wrong}");
        }
        for passing in PASSING {
            assert!(matches!(judgement(&result(passing)), Err(Trouble::Silent(_))), "{passing}");
        }
        for other in [1, 2, 7, 8, 10, 13, 14, 50, 80, 999] {
            let told = judgement(&result(other));
            assert!(
                matches!(&told, Err(Trouble::Unusable(why)) if !why.contains("s3cret")),
                "{other}: {told:?}"
            );
        }
    }
}
