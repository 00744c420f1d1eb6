//! The steps of a dialogue, as states that are used up by them.

use super::secret::DIGEST_LEN;
use crate::auth::{
    failure::{LoginError, LoginFailure},
    grant::Grant,
    identity::{Certainty, Identity},
    mechanism::Mechanism,
    name::UserName,
    randomness::random_bytes,
    users::Users,
};
use std::{fmt, time::SystemTime};

/// Of a challenge, in bytes before they are written in hexadecimal: it can be neither foreseen nor met again.
const NONCE_LEN: usize = 18;

/// A name, a blank and a digest; whatever is longer is refused unread.
const MAX_RESPONSE: usize = UserName::MAX + 1 + 2 * DIGEST_LEN;

/// The challenge was sent; the client's answer is due.
pub(in crate::auth) struct AwaitingResponse {
    challenge: Box<str>,
}

/// The client's answer has come, and is yet to be judged.
pub(in crate::auth) struct ClaimedResponse {
    name: Box<str>,
    identity: Identity,
    challenge: Box<str>,
    digest: [u8; DIGEST_LEN],
}

/// The server speaks first, so the client's first message is empty. Yields the challenge.
pub(in crate::auth) fn begin(message: &[u8]) -> Result<(Vec<u8>, AwaitingResponse), LoginError> {
    if !message.is_empty() {
        return Err(LoginError::nameless(LoginFailure::Malformed));
    }
    let nonce = random_bytes::<NONCE_LEN>().map_err(|lack| LoginError::nameless(lack.into()))?;
    let awaiting = AwaitingResponse { challenge: challenge(&nonce).into() };
    Ok((awaiting.challenge.as_bytes().into(), awaiting))
}

/// In the form of a message id, as RFC 2195 has it. The nonce alone makes it unique, and the host is of no use to a client, so
/// the machine's own name is not told to strangers.
fn challenge(nonce: &[u8; NONCE_LEN]) -> String {
    let hex: String = nonce.iter().map(|byte| format!("{byte:02x}")).collect();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("<{hex}.{}@keyway>", now.as_secs())
}

impl AwaitingResponse {
    /// Reads the client's answer, and leaves it to be judged.
    pub(in crate::auth) fn read(self, users: &Users, message: &[u8]) -> Result<ClaimedResponse, LoginError> {
        let malformed = || LoginError::nameless(LoginFailure::Malformed);
        let (name, digest) = response(message).ok_or_else(malformed)?;
        let claimed = UserName::new(name).map_err(|_| LoginError::of(name, LoginFailure::Malformed))?;
        let digest = read_hex(digest).ok_or_else(|| LoginError::of(name, LoginFailure::Malformed))?;
        let identity = users.identify(claimed, Mechanism::CramMd5);
        Ok(ClaimedResponse { name: name.into(), identity, challenge: self.challenge, digest })
    }
}

/// Whom an answer names, if it is one.
pub(in crate::auth) fn claimed_name(message: &[u8]) -> Option<UserName> {
    UserName::new(response(message)?.0).ok()
}

/// The name and the digest, apart at the last blank: a name may have blanks.
fn response(message: &[u8]) -> Option<(&str, &str)> {
    if message.len() > MAX_RESPONSE {
        return None;
    }
    str::from_utf8(message).ok()?.rsplit_once(' ')
}

/// In lower case only, as the RFC asks.
fn read_hex(text: &str) -> Option<[u8; DIGEST_LEN]> {
    let (pairs, []) = text.as_bytes().as_chunks() else { return None };
    let pairs: &[[u8; 2]; DIGEST_LEN] = pairs.try_into().ok()?;
    let mut digest = [0; DIGEST_LEN];
    for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(digest)
}

fn nibble(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}

impl ClaimedResponse {
    /// Lets the answer be judged knowing whether the source of users could tell who this is.
    pub(in crate::auth) fn under(&mut self, certainty: Certainty) {
        self.identity.under(certainty);
    }

    /// The name, as it was sent.
    pub(in crate::auth) fn claimed_name(&self) -> &str {
        &self.name
    }

    /// Whom it is a guess at: see `Claim::target`.
    pub(in crate::auth) fn target(&self) -> &str {
        self.identity.claimed().stem()
    }

    /// Judges: the same work whoever it is.
    pub(in crate::auth) fn judge(self) -> Result<Grant, LoginError> {
        let proven = self.identity.prove_by_cram_md5(&self.digest, self.challenge.as_bytes());
        proven.map_err(|failure| LoginError::of(&self.name, failure))
    }
}

impl fmt::Debug for AwaitingResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AwaitingResponse(..)")
    }
}

impl fmt::Debug for ClaimedResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimedResponse").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_a_message_id_that_never_comes_again() {
        let said = || String::from_utf8(begin(b"").unwrap().0).unwrap();
        let (one, two) = (said(), said());
        assert_ne!(one, two);
        let (nonce, rest) = one.strip_prefix('<').unwrap().split_once('.').unwrap();
        assert!(nonce.len() == 2 * NONCE_LEN && nonce.bytes().all(|byte| byte.is_ascii_hexdigit()), "{one}");
        let seconds: u64 = rest.strip_suffix("@keyway>").unwrap().parse().unwrap();
        assert!(seconds > 1_700_000_000, "{one}");
    }

    #[test]
    fn an_answer_is_a_name_a_blank_and_a_digest_in_lower_case() {
        let digest = "b913a602c7eda7a495b4e6e7334d3890";
        let read = |text: &str| {
            response(text.as_bytes()).and_then(|(name, hex)| Some((name.to_owned(), read_hex(hex)?)))
        };
        let bytes = 0xb913_a602_c7ed_a7a4_95b4_e6e7_334d_3890_u128.to_be_bytes();
        assert_eq!(read(&format!("tim {digest}")), Some(("tim".to_owned(), bytes)));
        assert_eq!(read(&format!("tim the first {digest}")), Some(("tim the first".to_owned(), bytes)));
        assert!(read(&format!("{} {digest}", "n".repeat(255))).is_some());
        for wrong in [
            String::new(),
            " ".to_owned(),
            "tim".to_owned(),
            "tim ".to_owned(),
            digest.to_owned(),
            format!("tim{digest}"),
            format!("tim\0{digest}"),
            format!("tim {digest} "),
            format!("tim {digest}\0"),
            format!("tim {}", digest.to_uppercase()),
            format!("tim {}", &digest[1..]),
            format!("tim {}", &digest[2..]),
            format!("tim {digest}0"),
            format!("tim {digest}00"),
            format!("tim {}", digest.replace('b', "g")),
            format!("tim +{}", &digest[1..]),
            format!("{} {digest}", "n".repeat(256)),
        ] {
            assert_eq!(read(&wrong), None, "{wrong:?}");
        }
        assert_eq!(response(format!("t\u{fc}m {digest}").as_bytes()).map(|(name, _)| name), Some("t\u{fc}m"));
        assert_eq!(response(&[b"t\xfcm ", digest.as_bytes()].concat()), None);
    }
}
