//! Names that are nearly the one that was given: of users, and of settings.

use keyway_frontend::UsersFile;

/// What stands before the last `@`, if there is one.
pub(crate) fn without_realm(name: &str) -> Option<&str> {
    name.rsplit_once('@').map(|(stem, _)| stem)
}

fn stem(name: &str) -> &str {
    without_realm(name).unwrap_or(name)
}

/// A user that may have been meant, and what is different.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Similar<'a> {
    /// Another realm, or one where none was said.
    Realm(&'a str),
    /// Upper and lower case.
    Case(&'a str),
    /// One slip of the finger.
    Slip(&'a str),
}

/// The likeliest first.
pub(crate) fn similar<'a>(claimed: &str, file: &'a UsersFile) -> Vec<Similar<'a>> {
    let known = || file.users().map(|user| user.name.as_str());
    let of_realm = known().filter(|known| stem(known) == stem(claimed) && without_realm(known).is_some());
    let of_case =
        known().filter(|known| stem(known) != stem(claimed) && same_letters(stem(known), stem(claimed)));
    let of_slip = known()
        .filter(|known| !same_letters(stem(known), stem(claimed)) && one_slip(stem(known), stem(claimed)));
    of_realm.map(Similar::Realm).chain(of_case.map(Similar::Case)).chain(of_slip.map(Similar::Slip)).collect()
}

/// Which of these a misspelt name most likely means: another case or other dashes, one slip of the finger, or a part of it.
pub(crate) fn likeliest<'a>(given: &str, known: &(impl Iterator<Item = &'a str> + Clone)) -> Option<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace('_', "-");
    let given = plain(given);
    let same = known.clone().find(|known| plain(known) == given);
    let of_slip = || known.clone().find(|known| one_slip(&plain(known), &given));
    let of_part = || {
        let mut longer = known.clone().filter(|known| plain(known).starts_with(&format!("{given}-")));
        let shorter = || known.clone().find(|known| given.starts_with(&format!("{}-", plain(known))));
        longer.next().or_else(shorter)
    };
    same.or_else(of_slip).or_else(of_part)
}

fn same_letters(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// One character too many, too few or another one, or two that changed places. Of names this short, anything is near.
fn one_slip(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().min(other.len()) < 3 || one.len().abs_diff(other.len()) > 1 {
        return false;
    }
    let front = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let back = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    let longest = one.len().max(other.len());
    let swapped = one.len() == other.len()
        && front + back + 2 == longest
        && one.get(front) == other.get(front + 1)
        && one.get(front + 1) == other.get(front);
    front + back + 1 >= longest || swapped
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyway::{Role, Rounds, Verifier};

    #[test]
    fn who_may_have_been_meant_comes_in_the_order_of_likelihood() {
        let mut file = UsersFile::empty().unwrap();
        let verifier = Verifier::derive("pencil", Rounds::MIN).unwrap();
        for name in ["ada", "Ada", "grace@vm", "graze", "bob"] {
            file.add(name, Role::ReadOnly, verifier.clone()).unwrap();
        }
        assert_eq!(similar("grace@host", &file), [Similar::Realm("grace@vm"), Similar::Slip("graze")]);
        assert_eq!(similar("grace", &file), [Similar::Realm("grace@vm"), Similar::Slip("graze")]);
        assert_eq!(similar("ADA@host", &file), [Similar::Case("Ada"), Similar::Case("ada")]);
        assert_eq!(similar("bpb", &file), [Similar::Slip("bob")]);
        assert_eq!(similar("eve", &file), []);
    }

    #[test]
    fn a_misspelt_name_is_the_likeliest_of_those_known() {
        let known = ["memory-limit", "memory-means", "port", "max-item-size"];
        for (given, meant) in [
            ("Memory_Limit", Some("memory-limit")),
            ("memroy-limit", Some("memory-limit")),
            ("memory", Some("memory-limit")),
            ("port-number", Some("port")),
            ("prot", Some("port")),
            ("size", None),
        ] {
            assert_eq!(likeliest(given, &known.into_iter()), meant, "{given}");
        }
    }

    #[test]
    fn one_slip_is_one() {
        for (one, other) in [("grace", "grac"), ("grace", "graces"), ("grace", "grage"), ("grace", "garce")] {
            assert!(one_slip(one, other) && one_slip(other, one), "{one} {other}");
        }
        for (one, other) in [("grace", "gr"), ("grace", "gaerc"), ("ab", "ac"), ("grace", "brake")] {
            assert!(!one_slip(one, other), "{one} {other}");
        }
    }
}
