//! Which of the mechanisms that a server lists a client takes.

use keyway::Mechanism;

/// Strongest first, as libsasl2 ranks them: by what is known of a password to whoever listens, whatever a server has to store.
const RANKED: [Mechanism; 4] =
    [Mechanism::ScramSha512, Mechanism::ScramSha256, Mechanism::CramMd5, Mechanism::Plain];

/// The strongest of those that the list names and this client speaks, whatever their order: what clients on libsasl2 do.
/// Names are compared as they are, since those clients do.
///
/// ```
/// use keyway::Mechanism;
/// use keyway_frontend::client::strongest;
///
/// assert_eq!(strongest(["PLAIN", "SCRAM-SHA-256"]), Some(Mechanism::ScramSha256));
/// assert_eq!(strongest(["GSSAPI"]), None);
/// ```
#[must_use]
pub fn strongest<'a>(listed: impl IntoIterator<Item = &'a str>) -> Option<Mechanism> {
    let listed: Vec<&str> = listed.into_iter().collect();
    RANKED.into_iter().find(|mechanism| listed.contains(&mechanism.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_list_does_not_matter() {
        for (list, taken) in [
            ("PLAIN SCRAM-SHA-256", Some(Mechanism::ScramSha256)),
            ("SCRAM-SHA-256 PLAIN", Some(Mechanism::ScramSha256)),
            ("PLAIN SCRAM-SHA-256 SCRAM-SHA-512 CRAM-MD5", Some(Mechanism::ScramSha512)),
            ("PLAIN CRAM-MD5 DIGEST-MD5", Some(Mechanism::CramMd5)),
            ("PLAIN", Some(Mechanism::Plain)),
            ("", None),
            ("GSSAPI", None),
            ("SCRAM-SHA-256-PLUS", None),
        ] {
            assert_eq!(strongest(list.split(' ')), taken, "{list}");
        }
    }
}
