//! Commands that are shown to be copied.

use keyway::Mechanism;

/// Stores a user's password again, for this mechanism and for SCRAM-SHA-256, whose form serves PLAIN as well.
pub(super) fn store_for(name: &str, mechanism: Mechanism) -> String {
    let usual = Mechanism::ScramSha256;
    match mechanism {
        Mechanism::ScramSha256 | Mechanism::Plain => format!("keyway user passwd {name} --for {usual}"),
        other => format!("keyway user passwd {name} --for {usual},{other}"),
    }
}

/// A name as part of a command: only if a shell takes it for a word and nothing else, for a client may have chosen it.
pub(super) fn word(name: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'@');
    if !name.is_empty() && name.bytes().all(plain) { name } else { "NAME" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_more_than_a_word() {
        assert_eq!(word("ada@example.org"), "ada@example.org");
        for name in ["", "a b", "$(x)", "`x`", "a;b", "--users", "-x", "a'b", "\u{e4}", "a\nb", "*"] {
            assert_eq!(word(name), "NAME", "{name:?}");
        }
    }
}
