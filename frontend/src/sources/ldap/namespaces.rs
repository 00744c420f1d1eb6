//! Which namespace an entry works in.

use super::connection::Entry;
use crate::sources::{
    allotment::{named, unusable},
    pool::Trouble,
};
use serde::Deserialize;

/// One table `[[ldap.namespaces]]`: who has this value works in this namespace.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    value: String,
    namespace: String,
}

/// The namespace by the values of an attribute.
#[derive(Clone, Debug)]
pub(super) struct Namespaces {
    /// `None`: everybody works in the same one.
    attribute: Option<String>,
    /// None: a value is itself the name of a namespace.
    rules: Vec<(String, String)>,
}

impl Namespaces {
    /// `usual` is the attribute that roles come from, which counts where there are rules and no other one is said.
    pub(super) fn new(attribute: Option<&str>, rules: &[Rule], usual: &str) -> Result<Self, String> {
        let checked = |rule: &Rule| Ok((rule.value.clone(), named(&rule.namespace)?));
        let rules = rules.iter().map(checked).collect::<Result<Vec<_>, &str>>();
        let rules = rules.map_err(|error| format!("`namespaces`: {error}"))?;
        let attribute = attribute.or_else(|| (!rules.is_empty()).then_some(usual)).map(str::to_owned);
        Ok(Self { attribute, rules })
    }

    /// The attribute to ask for, if one.
    pub(super) fn attribute(&self) -> Option<&str> {
        self.attribute.as_deref()
    }

    /// The namespace that this entry gives; `None`: it gives none. Values are compared without regard to ASCII case where there
    /// are rules, as directories do; a name is taken as it is.
    pub(super) fn of(&self, entry: &Entry) -> Result<Option<String>, Trouble> {
        let Some(attribute) = &self.attribute else { return Ok(None) };
        let values = entry
            .texts(attribute)
            .ok_or_else(|| unusable("the attribute that namespaces come from", "its values are no texts"))?;
        let mut given: Vec<&str> = if self.rules.is_empty() {
            values.iter().map(String::as_str).collect()
        } else {
            let has = |wanted: &str| values.iter().any(|value| value.eq_ignore_ascii_case(wanted));
            let given = self.rules.iter().filter(|(wanted, _)| has(wanted));
            given.map(|(_, namespace)| namespace.as_str()).collect()
        };
        given.sort_unstable();
        given.dedup();
        match given[..] {
            [] => Ok(None),
            [one] => named(one)
                .map(Some)
                .map_err(|why| unusable("a value of the attribute that namespaces come from", why)),
            // Which one is meant, nobody here can know, and a wrong one shows another tenant's data.
            _ => Err(Trouble::Unusable(
                "an entry's values give it several namespaces; leave it one of them".to_owned(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(value: &str, namespace: &str) -> Rule {
        Rule { value: value.into(), namespace: namespace.into() }
    }

    fn of(namespaces: &Namespaces, values: &[&str]) -> Result<Option<String>, Trouble> {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        namespaces.of(&Entry::for_test("memberof", values))
    }

    #[test]
    fn values_give_a_namespace_by_rules_or_are_its_name() {
        let rules = [rule("cn=shop", "shop"), rule("cn=clerks", "shop"), rule("cn=press", "news")];
        let namespaces = Namespaces::new(None, &rules, "memberOf").unwrap();
        assert_eq!(namespaces.attribute(), Some("memberOf"));
        let found = |values: &[&str]| of(&namespaces, values).unwrap();
        assert_eq!(found(&["CN=Press", "cn=others"]).as_deref(), Some("news"));
        assert_eq!(found(&["cn=shop", "cn=clerks"]).as_deref(), Some("shop"), "twice the same");
        assert_eq!((found(&["cn=others"]), found(&[])), (None, None));
        let named = Namespaces::new(Some("MemberOf"), &[], "memberOf").unwrap();
        assert_eq!(of(&named, &["Shop"]).unwrap().as_deref(), Some("Shop"));
        assert_eq!(of(&named, &[]).unwrap(), None);
        let everybody = Namespaces::new(None, &[], "memberOf").unwrap();
        assert_eq!(everybody.attribute(), None);
        assert_eq!(of(&everybody, &["cn=shop"]).unwrap(), None);
    }

    #[test]
    fn who_is_given_two_or_none_that_could_be_is_refused_without_a_part_of_it() {
        let rules = [rule("cn=shop", "shop"), rule("cn=press", "news")];
        let by_rules = Namespaces::new(None, &rules, "memberOf").unwrap();
        let named = Namespaces::new(Some("memberOf"), &[], "x").unwrap();
        for (namespaces, values, says) in [
            (&by_rules, &["cn=shop", "cn=press"][..], "several namespaces"),
            (&named, &["shop", "news"], "several namespaces"),
            (&named, &["a s3cret"], "1 to 64 bytes"),
            (&named, &[""], "1 to 64 bytes"),
        ] {
            let told = of(namespaces, values);
            let Err(Trouble::Unusable(why)) = told else { panic!("{values:?}: {told:?}") };
            assert!(why.contains(says) && !why.contains("s3cret"), "{why}");
        }
        let told = named.of(&Entry::of_bytes("memberOf"));
        assert!(matches!(told, Err(Trouble::Unusable(why)) if why.contains("no texts")));
        assert!(Namespaces::new(None, &[rule("x", "two words")], "memberOf").is_err());
    }
}
