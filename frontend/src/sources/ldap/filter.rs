//! How a name gets into a search: as a value, whatever is in it.

use super::NAME;

/// A search filter (RFC 4515) with a place for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filter(String);

impl Filter {
    /// Refuses what is no filter, or has no place for a name.
    pub(super) fn new(template: &str) -> Result<Self, String> {
        if !template.contains(NAME) {
            return Err(format!(
                "`filter` has no place for the name; write {NAME} there, as in (uid={NAME})"
            ));
        }
        let it = Self(template.to_owned());
        ldap3::parse_filter(it.of("name"))
            .map(|_| it)
            .map_err(|_| "`filter` is no search filter of LDAP".to_owned())
    }

    /// The filter for this name, in which no character of it has a meaning of its own (RFC 4515, section 3).
    pub(super) fn of(&self, name: &str) -> String {
        self.0.replace(NAME, &ldap3::ldap_escape(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_changes_what_is_looked_for() {
        let filter = Filter::new("(&(objectClass=person)(|(uid={name})(mail={name})))").unwrap();
        assert_eq!(filter.of("ada"), "(&(objectClass=person)(|(uid=ada)(mail=ada)))");
        for (name, escaped) in [
            ("*", r"\2a"),
            ("a)(uid=*", r"a\29\28uid=\2a"),
            (r"a\", r"a\5c"),
            ("a\0b", r"a\00b"),
            ("(", r"\28"),
        ] {
            let filter = Filter::new("(uid={name})").unwrap();
            assert_eq!(filter.of(name), format!("(uid={escaped})"));
            assert!(ldap3::parse_filter(filter.of(name)).is_ok(), "{name}");
        }
        // A name is put in once: what looks like the place for one stays what it is.
        assert_eq!(Filter::new("(uid={name})").unwrap().of("{name}"), "(uid={name})");
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for bad in ["", "(uid=ada)", "uid={name", "((uid={name})", "(uid={name}))"] {
            assert!(Filter::new(bad).is_err(), "{bad}");
        }
    }
}
