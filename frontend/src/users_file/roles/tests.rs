//! What a users file says of roles, namespaces and limits.

use super::super::{NamespaceRecord, RoleRecord, UsersFile, parse, render};
use keyway::{Limits, MAX_KEY, Role, Roles, Rule, Rules, Users, Verb, Verbs, Verifier};
use proptest::prelude::*;

/// Of RFC 7677: the password is `pencil`.
const PENCIL: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

const WHOLE: &str = r#"
[[role]]
name = "reporter"
allow = [
    { verbs = ["read"], prefix = "reports/" },
    { verbs = ["read", "write"], prefix_base64 = "/w==" },
    { verbs = ["stats"] },
]
deny = [{ verbs = ["read"], prefix = "reports/secret/" }]
audit = "sample:0.01"

[[namespace]]
name = "shop"
reserve = "64MiB"
reserve_items = 10000
ceiling = "1GiB"
ceiling_items = 1000000
limits = { connections = 500, operations_per_second = 20000, bytes_per_second = "50MiB", value = "256KiB" }

[[user]]
name = "worker"
roles = ["read-only", "reporter"]
namespace = "shop"
limits = { connections = 100, operations_per_second = 10000, bytes_per_second = "10MiB", value = "64KiB" }
"#;

fn credential() -> String {
    format!("\n[[user.credential]]\nlabel = \"1\"\nverifiers = [\"{PENCIL}\"]\n")
}

fn text(rest: &str) -> String {
    format!("version = 3\nmock_key = \"{KEY}\"\n{rest}{}", credential())
}

fn pencil() -> Verifier {
    PENCIL.parse().unwrap()
}

#[test]
fn roles_name_spaces_and_limits_are_read_and_written_as_they_were() {
    let file = parse::parse(&text(WHOLE)).unwrap();
    let rendered = render::render(&file);
    assert!(rendered.ends_with(&text(WHOLE)[text("").len() - credential().len()..]), "{rendered}");

    let role = file.role("reporter").unwrap();
    assert!(role.rules.allow(Verb::Read, Some(b"reports/x")) && role.rules.allow(Verb::Stats, None));
    assert!(role.rules.allow(Verb::Write, Some(b"\xff\x00")));
    assert!(!role.rules.allow(Verb::Read, Some(b"reports/secret/x")));
    assert_eq!(role.audit.map(|sample| sample.part()), Some(0.01));
    let shop = file.namespaces().next().unwrap();
    assert_eq!((shop.reserve, shop.ceiling, shop.ceiling_items), (64 << 20, Some(1 << 30), Some(1_000_000)));
    let mut of_shop = Limits::default();
    (of_shop.connections, of_shop.operations_per_second) = (Some(500), Some(20_000));
    (of_shop.bytes_per_second, of_shop.value) = (Some(50 << 20), Some(256 << 10));
    assert_eq!((shop.reserve_items, shop.to_namespace().reserve_items), (10_000, 10_000));
    assert_eq!((shop.limits, shop.to_namespace().limits), (of_shop, of_shop));
    let worker = file.user("worker").unwrap();
    assert_eq!(worker.roles, Roles::from(["reporter", "read-only"]));
    assert_eq!(worker.namespace.as_deref(), Some("shop"));
    let mut limits = Limits::default();
    limits.connections = Some(100);
    limits.operations_per_second = Some(10_000);
    limits.bytes_per_second = Some(10 << 20);
    limits.value = Some(64 << 10);
    assert_eq!(worker.limits, limits);

    let users = Users::new();
    file.apply_to(&users).unwrap();
    assert_eq!(users.roles(), [("reporter".to_owned(), role.sampled_rules())]);
    let listed = users.list().remove(0);
    assert_eq!(
        (listed.roles, listed.namespace, listed.limits),
        (worker.roles.clone(), Some("shop".into()), limits)
    );
}

#[test]
fn one_role_may_be_written_as_one() {
    let one = parse::parse(&text("[[user]]\nname = \"ada\"\nrole = \"admin\"\n")).unwrap();
    assert_eq!(one.user("ada").unwrap().roles, Role::Admin.into());
    assert!(render::render(&one).contains("roles = [\"admin\"]\n"));
}

#[test]
fn each_fault_of_a_role_is_named_with_its_line() {
    let role = |lines: &str| {
        text(&format!("[[role]]\nname = \"x\"\n{lines}\n[[user]]\nname = \"ada\"\nrole = \"x\"\n"))
    };
    let user = |lines: &str| text(&format!("[[user]]\nname = \"ada\"\n{lines}\n"));
    let space = |lines: &str| {
        text(&format!(
            "[[namespace]]\nname = \"shop\"\n{lines}\n[[user]]\nname = \"ada\"\nrole = \"admin\"\n"
        ))
    };
    let long = "k".repeat(MAX_KEY + 1);
    let table = [
        (role("allow = [{ verbs = [\"get\"] }]"), "line 5", "a verb is one of read,"),
        (role("allow = [{ verbs = [] }]"), "line 5", "without verbs"),
        (role("allow = [{ prefix = \"a\" }]"), "line 5", "verbs"),
        (role("allow = [{ verbs = [\"read\"], prefix = \"\" }]"), "line 5", "every key"),
        (role("deny = [{ verbs = [\"read\"], prefix = \"a\", prefix_base64 = \"YQ==\" }]"), "line 5", "both"),
        (role("deny = [{ verbs = [\"read\"], prefix_base64 = \"?\" }]"), "line 5", "base64"),
        (role(&format!("deny = [{{ verbs = [\"read\"], prefix = \"{long}\" }}]")), "line 5", "250 bytes"),
        (
            role("allow = [{ verbs = [\"stats\", \"read\"], prefix = \"a\" }]"),
            "line 5",
            "stats is about no key",
        ),
        (role("allow = [{ verbs = [\"read\"], keys = \"a\" }]"), "line 5", "keys"),
        (role("audit = \"all\""), "line 5", "sample:0.01"),
        (role("colour = 1"), "line 5", "colour"),
        (role("[[role]]\nname = \"x\""), "line 6", "a second time"),
        (role("").replace("\"x\"\n\n", "\"admin\"\n"), "line 4", "built in"),
        (role("").replace("\"x\"\n\n", "\"a b\"\n"), "line 4", "blanks"),
        (user("role = \"x\""), "line 5", "keyway role set"),
        (user("roles = [\"admin\",\n\"x\"]"), "line 6", "\"x\" is not known"),
        (user(""), "line 4", "no `roles`"),
        (user("role = \"admin\"\nroles = [\"admin\"]"), "line 4", "both"),
        (user("role = \"admin\"\nnamespace = \"shop\""), "line 6", "no [[namespace]] \"shop\""),
        (user("role = \"admin\"\nlimits = { connections = 0 }"), "line 6", "1 at least"),
        (user("role = \"admin\"\nlimits = { value = \"1 MB\" }"), "line 6", "64KiB"),
        (user("role = \"admin\"\nlimits = { speed = 1 }"), "line 6", "speed"),
        (space("reserve = -1"), "line 5", "64KiB"),
        (space("reserve = 2\nceiling = 1"), "line 4", "more is reserved"),
        (space("ceiling_items = \"1\""), "line 5", "whole number"),
        (space("reserve_items = 2\nceiling_items = 1"), "line 4", "more items are reserved"),
        (space("reserve_items = \"1KiB\""), "line 5", "whole number"),
        (space("limits = { connections = 0 }"), "line 5", "1 at least"),
        (space("limits = { value = \"1 MB\" }"), "line 5", "namespace \"shop\": a size"),
        (space("limits = { speed = 1 }"), "line 5", "speed"),
        (space("[[namespace]]\nname = \"shop\""), "line 6", "a second time"),
        (space("").replace("\"shop\"", "\"\""), "line 4", "1 to 64 bytes"),
    ];
    for (text, line, fragment) in table {
        let error = parse::parse(&text).expect_err(&text).to_string();
        for part in [line, fragment] {
            assert!(error.contains(part), "{part:?} is not in {error:?}, which is about\n{text}");
        }
    }
}

#[test]
fn nobody_is_given_what_is_not_there_and_what_somebody_has_stays() {
    let mut file = UsersFile::empty().unwrap();
    let denied = file.add("ada", ["reporter"], pencil()).unwrap_err().to_string();
    assert!(denied.contains("there is no role \"reporter\""), "{denied}");
    file.set_role(RoleRecord::new("reporter", Rules::from([Rule::allow(Verb::Read)]))).unwrap();
    file.add("ada", ["reporter"], pencil()).unwrap();
    let before = render::render(&file);
    let in_use = file.remove_role("reporter").unwrap_err().to_string();
    assert!(in_use.contains("\"ada\" has the role \"reporter\""), "{in_use}");
    for wrong in ["editor", "admin"] {
        assert!(
            file.change("ada", |ada| {
                ada.roles = Roles::from(["x"]);
                Ok(())
            })
            .is_err()
        );
        assert!(file.remove_role(wrong).is_err() && file.role(wrong).is_err());
    }
    for (name, rule) in [
        ("admin", Rule::allow(Verb::Read)),
        ("", Rule::allow(Verb::Read)),
        ("x", Rule::allow(Verbs::NONE)),
        ("x", Rule::allow(Verb::Stats).under("a")),
        ("x", Rule::deny(Verb::Read).under([0; 251])),
    ] {
        assert!(file.set_role(RoleRecord::new(name, Rules::from([rule]))).is_err(), "{name}");
    }
    let namespace = |ada: &mut keyway::UserRecord| {
        ada.namespace = Some("shop".into());
        Ok(())
    };
    assert!(file.change("ada", namespace).is_err());
    assert!(
        file.change("ada", |ada| {
            ada.limits.value = Some(0);
            Ok(())
        })
        .is_err()
    );
    assert_eq!(render::render(&file), before, "a change that fails has changed nothing");
    file.set_namespace(NamespaceRecord::new("shop")).unwrap();
    file.change("ada", namespace).unwrap();
    assert!(file.remove_namespace("shop").unwrap_err().to_string().contains("works in it"));
    file.change("ada", |ada| {
        (ada.roles, ada.namespace) = (Role::ReadOnly.into(), None);
        Ok(())
    })
    .unwrap();
    file.remove_role("reporter").unwrap();
    file.remove_namespace("shop").unwrap();
    assert!(file.remove_namespace("shop").is_err() && file.roles().next().is_none());
}

#[test]
fn roles_that_code_defined_outlive_a_file_and_those_of_the_file_do_not() {
    let with_role = parse::parse(&text(WHOLE)).unwrap();
    let users = Users::new();
    let own = Rules::from([Rule::allow(Verb::Touch)]);
    users.define_role("own", own.clone()).unwrap();
    with_role.apply_to(&users).unwrap();
    assert_eq!(users.roles().len(), 2);
    UsersFile::empty().unwrap().apply_to(&users).unwrap();
    assert_eq!(users.roles(), [("own".to_owned(), own)]);
    users.define_role("reporter", Rules::default()).unwrap();
    let taken = with_role.apply_to(&users).unwrap_err();
    assert_eq!(taken, keyway::UserError::RoleOfCode("reporter".to_owned()));
    assert!(users.list().is_empty(), "all or nothing");
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let verbs = prop::sample::subsequence(Verb::ALL.to_vec(), 1..=9)
        .prop_map(|verbs| verbs.into_iter().collect::<Verbs>());
    let prefix = prop_oneof![
        Just(Vec::new()),
        prop::collection::vec(any::<u8>(), 1..=MAX_KEY),
        "\\PC{1,40}|[\\x00-\\x7f]{1,20}".prop_map(String::into_bytes),
    ];
    (any::<bool>(), verbs, prefix).prop_map(|(allow, verbs, prefix)| {
        let verbs = if allow && !prefix.is_empty() { verbs.and(Verbs::WITH_KEY) | Verb::Read } else { verbs };
        if allow { Rule::allow(verbs).under(prefix) } else { Rule::deny(verbs).under(prefix) }
    })
}

proptest! {
    #[test]
    fn any_role_that_a_file_takes_is_read_again_as_it_was(
        rules in prop::collection::vec(any_rule(), 0..8), name in "[^\\s,\\pC]{1,16}"
    ) {
        let mut file = UsersFile::empty().unwrap();
        file.set_role(RoleRecord::new(name.clone(), rules.into_iter().collect())).unwrap();
        let text = render::render(&file);
        let again = parse::parse(&text).unwrap();
        prop_assert_eq!(again.role(&name).unwrap(), file.role(&name).unwrap());
        prop_assert_eq!(render::render(&again), text);
    }
}
