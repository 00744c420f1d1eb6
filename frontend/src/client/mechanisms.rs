//! Which of the mechanisms that a server lists a client takes.

use keyway::Mechanism;

/// The strongest of those that the list names and this client speaks, whatever their order: what clients on libsasl2 do.
/// Names are compared as they are, since those clients do.
#[must_use]
pub fn strongest<'a>(listed: impl IntoIterator<Item = &'a str>) -> Option<Mechanism> {
    let listed: Vec<&str> = listed.into_iter().collect();
    Mechanism::ALL.into_iter().find(|mechanism| listed.contains(&mechanism.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_list_does_not_matter() {
        for list in ["PLAIN SCRAM-SHA-256", "SCRAM-SHA-256 PLAIN", "DIGEST-MD5 SCRAM-SHA-256"] {
            assert_eq!(strongest(list.split(' ')), Some(Mechanism::ScramSha256), "{list}");
        }
        assert_eq!(strongest(["PLAIN"]), Some(Mechanism::Plain));
        for list in ["", "GSSAPI", "SCRAM-SHA-256-PLUS"] {
            assert_eq!(strongest(list.split(' ')), None, "{list}");
        }
    }
}
