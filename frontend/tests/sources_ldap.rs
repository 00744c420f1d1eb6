//! Users in an LDAP directory: a real one, started here.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod real_sources;

use keyway::{Judgement, Role, SourceError, SourcedPassword, UserSource};
use keyway_frontend::SourceSettings;
use real_sources::{BASE, Slapd, Swallower, left_out, source};
use std::time::{Duration, Instant};

fn directory() -> Option<Slapd> {
    let directory = Slapd::start();
    if directory.is_none() {
        left_out("slapd, or openssl,");
    }
    directory
}

#[track_caller]
fn role_of(source: &dyn UserSource, name: &str) -> Option<Role> {
    source.find(name).unwrap().map(|user| {
        assert!(matches!(user.password, SourcedPassword::VerifiedThere));
        user.roles.to_string().parse().unwrap()
    })
}

fn everyone(directory: &Slapd) -> Box<dyn UserSource> {
    source(&directory.settings(&directory.url(), "tls = 'off'"), directory.folder())
}

#[test]
fn people_are_found_and_verified_in_the_clear_by_ldaps_by_starttls_and_over_a_socket_of_this_machine() {
    let Some(directory) = directory() else { return };
    for (url, more) in [
        (directory.url(), "tls = 'off'"),
        (directory.tls_url(), "ca_file = 'authority.pem'"),
        (directory.url(), "tls = 'starttls'\nca_file = 'authority.pem'"),
        (directory.socket_url(), ""),
    ] {
        let source = source(&directory.settings(&url, more), directory.folder());
        assert!(source.verifies_passwords());
        assert_eq!(role_of(&*source, "ada"), Some(Role::ReadWrite), "{url} {more}");
        assert_eq!(source.verify("ada", "pencil"), Ok(Judgement::Right));
        assert_eq!(source.verify("ada", "pencils"), Ok(Judgement::Wrong));
        assert_eq!(source.verify("ada", "pencil"), Ok(Judgement::Right), "also after a wrong one");
        assert_eq!(
            role_of(&*source, "ada"),
            Some(Role::ReadWrite),
            "the search is not done as somebody else"
        );
    }
}

#[test]
fn a_server_with_another_name_or_of_another_authority_gets_no_password() {
    let Some(directory) = directory() else { return };
    let port = directory.tls_port;
    for (url, more) in [
        (format!("ldaps://localhost:{port}"), "ca_file = 'authority.pem'"),
        (directory.tls_url(), ""),
        (directory.url(), "tls = 'starttls'"),
        // Nothing there speaks TLS from the start.
        (format!("ldaps://127.0.0.1:{}", directory.port), "ca_file = 'authority.pem'"),
    ] {
        let source = source(&directory.settings(&url, more), directory.folder());
        let told = source.verify("ada", "pencil");
        assert!(matches!(told, Err(SourceError::Unavailable(_))), "{url}: {told:?}");
    }
}

#[test]
fn no_name_is_more_than_a_name() {
    let Some(directory) = directory() else { return };
    let source = everyone(&directory);
    assert_eq!(role_of(&*source, "eve*"), Some(Role::ReadOnly));
    assert_eq!(source.verify("eve*", "asterisk"), Ok(Judgement::Right));
    for name in
        ["*", "a*", "ad*", "ada)(uid=*", "*)(objectClass=*", r"\61da", "eve", "(", "ada\\", "x)(|(uid=ada"]
    {
        assert_eq!(role_of(&*source, name), None, "{name}");
        assert_eq!(source.verify(name, "pencil"), Ok(Judgement::Wrong), "{name}");
    }
}

#[test]
fn an_empty_password_is_never_tried() {
    let Some(directory) = directory() else { return };
    let ada = format!("uid=ada,ou=people,{BASE}");
    assert!(directory.lets_in(&ada, ""), "the server would let in whoever sends none");
    assert!(directory.lets_in(&ada, "pencil") && !directory.lets_in(&ada, "pencils"));
    assert_eq!(everyone(&directory).verify("ada", ""), Ok(Judgement::Wrong));
}

#[test]
fn who_has_no_password_or_no_role_or_is_two_does_not_come_in() {
    let Some(directory) = directory() else { return };
    let source = everyone(&directory);
    assert_eq!(role_of(&*source, "idle"), None, "no role");
    assert_eq!(source.verify("idle", "pencil"), Ok(Judgement::Wrong), "though it is the password");
    assert_eq!(source.verify("locked", "pencil"), Ok(Judgement::Wrong));
    for told in [source.find("twin").map(drop), source.verify("twin", "pencil").map(drop)] {
        assert!(
            matches!(&told, Err(SourceError::Unusable(why)) if why.contains("more than one")),
            "{told:?}"
        );
    }
    let with_usual = directory.settings(&directory.url(), "tls = 'off'\nrole = 'read-only'");
    let with_usual = real_sources::source(&with_usual, directory.folder());
    assert_eq!(role_of(&*with_usual, "idle"), Some(Role::ReadOnly));
    assert_eq!(role_of(&*with_usual, "ada"), Some(Role::ReadWrite));
}

#[test]
fn referrals_are_not_followed_and_a_missing_base_is_told() {
    let Some(directory) = directory() else { return };
    let at = |base: &str| {
        let text = directory
            .settings(&directory.url(), "tls = 'off'")
            .replace(&format!("base = '{BASE}'"), &format!("base = '{base}'"));
        source(&text, directory.folder()).find("ada")
    };
    // The tree holds one, which a search of the whole passes by.
    assert!(at(BASE).unwrap().is_some());
    let told = at(&format!("ou=elsewhere,{BASE}"));
    assert!(
        matches!(&told, Err(SourceError::Unusable(why)) if why.contains("refers to another")),
        "{told:?}"
    );
    let told = at(&format!("ou=nowhere,{BASE}"));
    assert!(matches!(&told, Err(SourceError::Unusable(why)) if why.contains("`base`")), "{told:?}");
}

#[test]
fn a_group_or_an_attribute_says_where_somebody_works_and_the_settings_say_the_rest() {
    let Some(directory) = directory() else { return };
    let with = |more: &str| {
        source(&directory.settings(&directory.url(), &format!("tls = 'off'\n{more}")), directory.folder())
    };
    let of = |source: &dyn UserSource, name: &str| source.find(name).unwrap().unwrap().namespace;
    let shop = Some("shop".to_owned());
    let by_group =
        with("namespaces = [{ value = 'CN=Writers', namespace = 'shop' }]\nlimits = { connections = 3 }");
    assert_eq!((of(&*by_group, "ada"), of(&*by_group, "eve*")), (shop.clone(), None));
    assert_eq!(by_group.find("ada").unwrap().unwrap().limits.connections, Some(3));
    let usual = with("namespace = 'news'\nnamespaces = [{ value = 'cn=writers', namespace = 'shop' }]");
    assert_eq!((of(&*usual, "ada"), of(&*usual, "eve*")), (shop.clone(), Some("news".to_owned())));

    directory.modify(&format!(
        "dn: uid=ada,ou=people,{BASE}\nchangetype: modify\nadd: departmentNumber\ndepartmentNumber: shop\n"
    ));
    let by_attribute = with("namespace_attribute = 'DepartmentNumber'");
    assert_eq!((of(&*by_attribute, "ada"), of(&*by_attribute, "eve*")), (shop, None));
    assert_eq!(by_attribute.verify("ada", "pencil"), Ok(Judgement::Right));
    directory.modify(&format!(
        "dn: uid=ada,ou=people,{BASE}\nchangetype: modify\nadd: departmentNumber\ndepartmentNumber: news\n"
    ));
    let told = by_attribute.find("ada");
    assert!(
        matches!(&told, Err(SourceError::Unusable(why)) if why.contains("several namespaces")),
        "{told:?}"
    );
    // An attribute whose values are bytes to the client.
    directory.modify(&format!(
        "dn: uid=ada,ou=people,{BASE}\nchangetype: modify\nadd: jpegPhoto\njpegPhoto:: /////w==\n"
    ));
    let told = with("namespace_attribute = 'jpegPhoto'").find("ada");
    assert!(matches!(&told, Err(SourceError::Unusable(why)) if why.contains("no texts")), "{told:?}");
}

#[test]
fn changes_are_seen() {
    let Some(directory) = directory() else { return };
    let source = everyone(&directory);
    assert_eq!(source.verify("ada", "pencil"), Ok(Judgement::Right));
    let ada = format!("dn: uid=ada,ou=people,{BASE}\n");
    directory.modify(&format!("{ada}changetype: modify\nreplace: userPassword\nuserPassword: pen\n"));
    assert_eq!(source.verify("ada", "pencil"), Ok(Judgement::Wrong));
    assert_eq!(source.verify("ada", "pen"), Ok(Judgement::Right));
    directory.modify(&format!("{ada}changetype: delete\n"));
    assert_eq!(role_of(&*source, "ada"), None);
    assert_eq!(source.verify("ada", "pen"), Ok(Judgement::Wrong));
}

#[test]
fn a_restart_is_not_noticed_and_an_end_is_told_at_once() {
    let Some(mut directory) = directory() else { return };
    let source = everyone(&directory);
    assert_eq!(source.verify("ada", "pencil"), Ok(Judgement::Right));
    directory.end();
    directory.go_on();
    assert_eq!(source.verify("ada", "pencil"), Ok(Judgement::Right), "over a new connection");
    directory.end();
    let start = Instant::now();
    for _ in 0..1000 {
        assert!(matches!(source.verify("ada", "pencil"), Err(SourceError::Unavailable(_))));
    }
    assert!(start.elapsed() < Duration::from_secs(2), "nobody waits: {:?}", start.elapsed());
    directory.go_on();
    let start = Instant::now();
    while source.verify("ada", "pencil") != Ok(Judgement::Right) {
        assert!(start.elapsed() < Duration::from_secs(20), "it is asked again");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_server_that_says_nothing_is_given_up_in_time() {
    let Some(directory) = directory() else { return };
    let silent = Swallower::new();
    for (scheme, more) in [
        ("ldap", "tls = 'off'"),
        ("ldap", "tls = 'starttls'\nca_file = 'authority.pem'"),
        ("ldaps", "ca_file = 'authority.pem'"),
    ] {
        let text = directory.settings(&format!("{scheme}://127.0.0.1:{}", silent.port), more);
        let start = Instant::now();
        let told = source(&text, directory.folder()).find("ada");
        assert!(matches!(told, Err(SourceError::Unavailable(_))), "{told:?}");
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    }
    assert!(silent.taken() > 0);
}

#[test]
fn a_wrong_password_for_the_directory_is_told_without_it() {
    let Some(directory) = directory() else { return };
    std::fs::write(directory.folder().join("secret"), "s3cret").unwrap();
    let told = everyone(&directory).find("ada").unwrap_err().to_string();
    assert!(told.contains("refuses `bind_dn`") && !told.contains("s3cret"), "{told}");
}

#[test]
fn settings_under_which_passwords_could_be_seen_or_nobody_come_in_are_refused() {
    let rest = "base = ''\nfilter = '(uid={name})'\nrole = 'read-only'";
    for (text, says) in [
        (format!("url = 'ldap://h'\n{rest}"), "in the clear"),
        (format!("url = 'ldaps://h'\ntls = 'off'\n{rest}"), "no meaning"),
        (format!("url = 'http://h'\n{rest}"), "ldaps://"),
        (format!("url = 'ldaps://h'\nbind_dn = 'cn=x'\n{rest}"), "password_file"),
        ("url = 'ldaps://h'\nbase = ''\nfilter = '(uid={name})'".into(), "nobody would have a role"),
        (
            "url = 'ldaps://h'\nbase = ''\nfilter = '(uid=ada)'\nrole = 'admin'".into(),
            "no place for the name",
        ),
    ] {
        let settings = SourceSettings::parse(&format!("[ldap]\n{text}\n"), "".as_ref()).unwrap();
        let error = settings.open().unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
