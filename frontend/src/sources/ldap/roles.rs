//! Which role an entry has.

use keyway::{Role, Roles as Names};
use serde::Deserialize;

/// Where most directories say in which groups somebody is.
const USUAL_ATTRIBUTE: &str = "memberOf";

/// One table `[[ldap.roles]]`: who has this value has this role.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    value: String,
    role: String,
}

/// Roles by the values of an attribute.
#[derive(Clone, Debug)]
pub(super) struct Roles {
    usual: Option<String>,
    attribute: String,
    rules: Vec<(String, String)>,
}

impl Roles {
    pub(super) fn new(usual: Option<&str>, attribute: Option<&str>, rules: &[Rule]) -> Result<Self, String> {
        // Which roles are defined is not known here: who has one that is not does not come in.
        let role = |name: &str| match Names::check_name(name) {
            Ok(()) => Ok(name.to_owned()),
            Err(error) => Err(format!("`role`: {error}")),
        };
        let usual = usual.map(role).transpose()?;
        let rules = rules.iter().map(|rule| Ok((rule.value.clone(), role(&rule.role)?)));
        let rules = rules.collect::<Result<Vec<_>, String>>()?;
        if usual.is_none() && rules.is_empty() {
            return Err("nobody would have a role: say `role`, or add tables [[ldap.roles]]".to_owned());
        }
        Ok(Self { usual, attribute: attribute.unwrap_or(USUAL_ATTRIBUTE).to_owned(), rules })
    }

    /// The attribute to ask for.
    pub(super) fn attribute(&self) -> &str {
        &self.attribute
    }

    /// The roles that these values give, of those that are built in only the highest, which has what the others have; the usual
    /// one where they give none. `None`: the user may not come in. Names of groups are compared without regard to ASCII case,
    /// as directories do.
    pub(super) fn of(&self, values: &[String]) -> Option<Names> {
        let given = self
            .rules
            .iter()
            .filter(|(wanted, _)| values.iter().any(|value| value.eq_ignore_ascii_case(wanted)))
            .map(|(_, role)| role.as_str());
        let built_in = given.clone().filter_map(|role| role.parse::<Role>().ok()).max().map(Role::name);
        let own = given.filter(|role| role.parse::<Role>().is_err());
        let names: Vec<&str> = own.chain(built_in).collect();
        let usual = self.usual.as_deref().filter(|_| names.is_empty());
        (!names.is_empty() || usual.is_some()).then(|| names.into_iter().chain(usual).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(value: &str, role: &str) -> Rule {
        Rule { value: value.into(), role: role.into() }
    }

    #[test]
    fn the_highest_built_in_role_that_somebody_is_given_counts_and_each_other_one() {
        let rules = [
            rule("cn=writers", "read-write"),
            rule("cn=admins", "admin"),
            rule("cn=readers", "read-only"),
            rule("cn=press", "reporter"),
        ];
        let roles = Roles::new(None, None, &rules).unwrap();
        let of =
            |values: &[&str]| roles.of(&values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["cn=readers", "CN=Admins", "cn=writers"]), Some(Role::Admin.into()));
        assert_eq!(of(&["cn=readers"]), Some(Role::ReadOnly.into()));
        assert_eq!(of(&["cn=press", "cn=readers"]), Some(Names::from(["read-only", "reporter"])));
        assert_eq!(of(&["cn=others"]), None);
        assert_eq!(of(&[]), None);
        let roles = Roles::new(Some("read-only"), Some("employeeType"), &rules).unwrap();
        assert_eq!((roles.of(&[]), roles.attribute()), (Some(Role::ReadOnly.into()), "employeeType"));
    }

    #[test]
    fn no_role_at_all_and_names_that_no_role_has_are_refused() {
        assert!(Roles::new(None, None, &[]).unwrap_err().contains("nobody would have a role"));
        assert!(Roles::new(Some("the root"), None, &[]).is_err());
        assert!(Roles::new(None, None, &[rule("x", "a,b")]).is_err());
    }
}
