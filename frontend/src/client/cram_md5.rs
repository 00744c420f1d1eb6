//! The client's side of CRAM-MD5 (RFC 2195).

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use std::fmt::Write;
use zeroize::Zeroizing;

/// What to answer to this challenge. The password is taken as it is: this mechanism prepares nothing.
pub(super) fn answer(name: &str, password: &str, challenge: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut message = Zeroizing::new(format!("{name} "));
    for byte in keyed_hash(password.as_bytes(), challenge) {
        // Writing to a string does not fail.
        let _ = write!(message, "{byte:02x}");
    }
    Zeroizing::new(message.as_bytes().to_vec())
}

#[allow(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn keyed_hash(key: &[u8], data: &[u8]) -> [u8; 16] {
    let mut mac = Hmac::<Md5>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(data);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_the_example_of_rfc_2195_says() {
        let challenge = b"<1896.697170952@postoffice.reston.mci.net>";
        let answer = answer("tim", "tanstaaftanstaaf", challenge);
        assert_eq!(answer.as_slice(), b"tim b913a602c7eda7a495b4e6e7334d3890");
    }
}
