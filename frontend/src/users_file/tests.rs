//! What a users file promises.

use super::*;
use crate::timestamp;
use keyway::{Role, Verifier};
use proptest::prelude::*;
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, SystemTime},
};
use tempfile::TempDir;

/// Of RFC 7677: the password is `pencil`.
const PENCIL: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn pencil() -> Verifier {
    PENCIL.parse().unwrap()
}

fn place() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("users.toml");
    (directory, path)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn names(file: &UsersFile) -> Vec<&str> {
    file.users().map(|user| user.name.as_str()).collect()
}

/// A whole text with this in place of the users.
fn text_with(users: &str) -> String {
    format!("version = 1\nmock_key = \"{KEY}\"\n{users}")
}

fn user(name: &str, role: &str, verifier: &str) -> String {
    format!("[[user]]\nname = \"{name}\"\nrole = \"{role}\"\nverifier = \"{verifier}\"\n")
}

#[test]
fn what_was_saved_is_loaded_and_gives_the_same_text_again() {
    let (_directory, path) = place();
    let mut file = UsersFile::empty().unwrap();
    for (name, role) in [("zoë \"z\"", Role::Admin), ("ada", Role::ReadOnly), ("bob", Role::ReadWrite)] {
        file.add(name, role, pencil()).unwrap();
    }
    file.save(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
    let text = fs::read_to_string(&path).unwrap();

    let loaded = UsersFile::load(&path).unwrap();
    let roles: Vec<_> = loaded.users().map(|user| (user.name.as_str(), user.roles.clone())).collect();
    let expected = [("ada", Role::ReadOnly), ("bob", Role::ReadWrite), ("zoë \"z\"", Role::Admin)];
    assert_eq!(roles, expected.map(|(name, role)| (name, role.into())));
    assert_eq!(loaded.mock_key, file.mock_key);
    assert_eq!(text.matches(PENCIL).count(), 3);
    loaded.save(&path).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn the_order_of_adding_does_not_show() {
    let empty = UsersFile::empty().unwrap();
    let (mut one, mut other) = (empty.clone(), empty);
    for name in ["ada", "bob"] {
        one.add(name, Role::ReadWrite, pencil()).unwrap();
    }
    for name in ["bob", "ada"] {
        other.add(name, Role::ReadWrite, pencil()).unwrap();
    }
    assert_eq!(render::render(&one), render::render(&other));
}

#[test]
fn the_explanation_comes_back_when_a_file_without_it_is_changed() {
    let (_directory, path) = place();
    write(&path, &text_with(&user("ada", "admin", PENCIL)), 0o600);
    UsersFile::edit(&path, |file| file.add("bob", Role::ReadOnly, pencil())).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("# Users of a Keyway cache."), "{text}");
    assert_eq!(names(&UsersFile::load(&path).unwrap()), ["ada", "bob"]);
    assert!(text.contains(KEY), "the secret must stay, or the salts of unknown names change");
}

#[test]
fn row_22_43_each_fault_is_named_with_its_line_and_without_its_secret() {
    let good = user("ada", "admin", PENCIL);
    let table = [
        (String::new(), "line 1", "version"),
        ("version = 4\nsomething = 1\n".to_owned(), "line 1", "version 4 is not known"),
        (format!("version = \"one\"\nmock_key = \"{KEY}\"\n"), "line 1", "invalid type"),
        ("version = 1\n".to_owned(), "line 1", "mock_key"),
        ("version = 1\nmock_key = \"c2hvcnQ=\"\n".to_owned(), "line 2", "openssl rand -base64 32"),
        (text_with("colour = 1\n"), "line 3", "colour"),
        (text_with("[[user]]\nname = \"ada\"\n"), "line 3", "role"),
        (text_with(&(good.clone() + "password = \"hunter2\"\n")), "line 7", "password"),
        (text_with(&user("ada", "root", PENCIL)), "line 5", "read-only, read-write or admin"),
        (text_with(&user("ada", "admin", "hunter2")), "line 6", "keyway user passwd"),
        (text_with(&user("", "admin", PENCIL)), "line 4", "user \"\""),
        (text_with(&(good.clone() + &good)), "line 8", "a second time"),
        (text_with("[[user]]\nname = \"hunter2\n"), "line 4", ""),
    ];
    let (_directory, path) = place();
    for (text, line, fragment) in table {
        write(&path, &text, 0o600);
        let error = UsersFile::load(&path).expect_err(&text).to_string();
        for part in [&*path.to_string_lossy(), line, fragment] {
            assert!(error.contains(part), "{part:?} is not in {error:?}, which is about\n{text}");
        }
        for secret in ["hunter2", "c2hvcnQ", KEY, PENCIL] {
            assert!(!error.contains(secret), "{error}");
        }
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn a_file_that_others_can_write_is_refused_and_one_that_they_can_read_is_not() {
    let (_directory, path) = place();
    for (bits, taken) in
        [(0o600, true), (0o400, true), (0o644, true), (0o620, false), (0o602, false), (0o666, false)]
    {
        write(&path, &text_with(""), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(bits)).unwrap();
        let loaded = UsersFile::load(&path);
        assert_eq!(loaded.is_ok(), taken, "{bits:o}: {loaded:?}");
    }
    assert!(UsersFile::load(&path).unwrap_err().to_string().contains("chmod 600"));
}

#[test]
fn a_change_takes_away_what_others_could_read() {
    let (_directory, path) = place();
    write(&path, &text_with(""), 0o644);
    UsersFile::edit(&path, |file| file.add("ada", Role::Admin, pencil())).unwrap();
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn what_is_no_regular_file_is_refused_without_waiting_for_it() {
    let (directory, path) = place();
    assert!(UsersFile::load(directory.path()).is_err());
    assert!(UsersFile::load(Path::new("/dev/zero")).is_err());
    assert!(UsersFile::load(&path).unwrap_err().is_missing());
}

#[test]
fn a_failed_change_writes_nothing() {
    let (_directory, path) = place();
    let nobody = UsersFile::edit(&path, |file| file.remove("ada"));
    assert_eq!(nobody.unwrap_err().user_error(), Some(&UserError::Unknown));
    assert!(!path.exists());
    UsersFile::edit(&path, |file| file.add("ada", Role::Admin, pencil())).unwrap();
    let before = fs::read(&path).unwrap();
    let taken = UsersFile::edit(&path, |file| file.add("ada", Role::ReadOnly, pencil()));
    assert_eq!(taken.unwrap_err().user_error(), Some(&UserError::Exists));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_broken_file_is_not_overwritten_by_a_change() {
    let (_directory, path) = place();
    write(&path, "version = 1\nmock_key", 0o600);
    assert!(UsersFile::edit(&path, |file| file.add("ada", Role::Admin, pencil())).is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "version = 1\nmock_key");
}

#[test]
fn what_a_crash_left_behind_does_not_matter_and_goes_with_the_next_change() {
    let (_directory, path) = place();
    let leftover = disk::beside(&path, "new");
    write(&leftover, "half a fi", 0o600);
    UsersFile::edit(&path, |file| file.add("ada", Role::Admin, pencil())).unwrap();
    assert_eq!(names(&UsersFile::load(&path).unwrap()), ["ada"]);
    assert!(!leftover.exists());
}

#[test]
fn a_link_stays_a_link_and_its_target_is_changed() {
    let (directory, path) = place();
    let target = directory.path().join("real.toml");
    symlink("real.toml", &path).unwrap();
    let dangling = UsersFile::edit(&path, |file| file.add("ada", Role::Admin, pencil()));
    assert!(dangling.unwrap_err().to_string().contains("symbolic link"));
    write(&target, &text_with(""), 0o600);
    UsersFile::edit(&path, |file| file.add("ada", Role::Admin, pencil())).unwrap();
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    assert_eq!(names(&UsersFile::load(&target).unwrap()), ["ada"]);
}

#[test]
fn changes_at_the_same_time_are_all_kept() {
    let (_directory, path) = place();
    thread::scope(|scope| {
        for number in 0..8 {
            let path = &path;
            scope.spawn(move || {
                UsersFile::edit(path, |file| file.add(&format!("user{number}"), Role::ReadOnly, pencil()))
                    .unwrap();
            });
        }
    });
    assert_eq!(UsersFile::load(&path).unwrap().len(), 8);
}

#[test]
fn who_reads_while_it_is_written_reads_a_whole_file() {
    let (_directory, path) = place();
    UsersFile::edit(&path, |file| file.add("ada", Role::Admin, pencil())).unwrap();
    let done = AtomicBool::new(false);
    let seen = thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..50 {
                let name = format!("user{round}");
                UsersFile::edit(&path, |file| file.add(&name, Role::ReadOnly, pencil())).unwrap();
            }
            done.store(true, Ordering::Release);
        });
        let mut seen = 0;
        loop {
            let last = done.load(Ordering::Acquire);
            let now = UsersFile::load(&path).unwrap().len();
            assert!(now >= seen, "a change was taken back");
            seen = now;
            if last {
                return seen;
            }
        }
    });
    assert_eq!(seen, 51);
}

#[test]
fn changed_and_removed_users_are_changed_and_gone() {
    let mut file = UsersFile::empty().unwrap();
    file.add("ada", Role::Admin, pencil()).unwrap();
    let other = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=:WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=";
    file.change_verifier("ada", other.parse::<Verifier>().unwrap()).unwrap();
    assert!(render::render(&file).contains(other));
    assert!(file.change_verifier("bob", pencil()).is_err());
    file.remove("ada").unwrap();
    assert!(file.is_empty());
    assert!(file.remove("ada").is_err());
}

#[test]
fn in_memory_are_the_users_of_the_file() {
    let mut file = UsersFile::empty().unwrap();
    file.add("ada", Role::Admin, pencil()).unwrap();
    file.add("bob", Role::ReadOnly, pencil()).unwrap();
    let users = file.to_users();
    let list: Vec<_> = users.list().into_iter().map(|user| (user.name, user.roles)).collect();
    assert_eq!(list, [("ada".to_owned(), Role::Admin.into()), ("bob".to_owned(), Role::ReadOnly.into())]);
    file.remove("bob").unwrap();
    file.apply_to(&users).unwrap();
    assert_eq!(users.list().len(), 1);
}

#[test]
fn row_69_its_debug_form_has_no_secrets() {
    let mut file = UsersFile::empty().unwrap();
    file.add("ada", Role::Admin, pencil()).unwrap();
    assert_eq!(format!("{file:?}"), "{\"ada\": Roles([\"admin\"])}");
}

/// A text of version 2 with this in place of the users.
fn text2_with(users: &str) -> String {
    format!("version = 2\nmock_key = \"{KEY}\"\n{users}")
}

fn user2(name: &str, credentials: &[String]) -> String {
    format!("[[user]]\nname = \"{name}\"\nrole = \"admin\"\n{}", credentials.concat())
}

/// `more` are lines of their own.
fn credential(label: &str, more: &str, verifier: &str) -> String {
    format!("[[user.credential]]\nlabel = \"{label}\"\n{more}verifiers = [\"{verifier}\"]\n")
}

#[test]
fn a_file_of_version_1_is_read_and_becomes_one_of_version_3_with_the_next_change() {
    let (_directory, path) = place();
    write(&path, &text_with(&user("ada", "admin", PENCIL)), 0o600);
    let users = UsersFile::load(&path).unwrap().to_users();
    let session = users.list().remove(0);
    assert_eq!((&session.roles, session.credentials.len()), (&Role::Admin.into(), 1));
    UsersFile::edit(&path, |file| file.add("bob", Role::ReadOnly, pencil())).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("version = 3\n"), "{text}");
    assert!(text.contains(&credential("1", "", PENCIL)), "when it was made is not known: {text}");
    assert_eq!(names(&UsersFile::load(&path).unwrap()), ["ada", "bob"]);
}

#[test]
fn several_passwords_come_back_the_oldest_first_with_their_times() {
    let older =
        credential("old one", "created = 2026-11-01T00:00:00Z\nexpires = 2026-11-30T18:00:00Z\n", PENCIL);
    let newer = credential(
        "2",
        "created = 2026-11-02T00:00:00Z\nnot_before = 2026-11-03T00:00:00Z\n",
        &PENCIL.replace("WG5d", "XG5d"),
    );
    let file = parse::parse(&text2_with(&user2("ada", &[newer.clone(), older.clone()]))).unwrap();
    let ada = file.user("ada").unwrap();
    let labels: Vec<_> = ada.credentials.iter().map(|it| it.label.as_str()).collect();
    assert_eq!(labels, ["old one", "2"]);
    assert_eq!(ada.credentials[0].expires, timestamp::read("2026-11-30T18:00:00Z"));
    assert_eq!(ada.credentials[1].not_before, timestamp::read("2026-11-03T00:00:00Z"));
    let text = render::render(&file);
    assert!(text.ends_with(&format!("roles = [\"admin\"]\n\n{older}\n{newer}")), "{text}");
    assert_eq!(render::render(&parse::parse(&text).unwrap()), text);
}

#[test]
fn row_22_43_each_fault_of_a_credential_is_named_with_its_line() {
    let good = || credential("1", "", PENCIL);
    let one = |more: &str, verifier: &str| text2_with(&user2("ada", &[credential("1", more, verifier)]));
    let far = |number: usize| {
        let salt = format!("W22ZaJ0SNY7soEsUEjb{number}gQ==");
        credential(&number.to_string(), "", &PENCIL.replace("W22ZaJ0SNY7soEsUEjb6gQ==", &salt))
    };
    let table = [
        (text2_with(&user2("ada", &[])), "line 4", "has no credential"),
        (text2_with(&user("ada", "admin", PENCIL)), "line 6", "unknown field"),
        (text2_with(&user2("ada", &[good(), good()])), "line 10", "already"),
        (one("", "hunter2"), "line 8", "keyway user passwd"),
        (one("expires = \"2026-11-30T18:00:00Z\"\n", PENCIL), "line 8", ""),
        (one("expires = 2026-11-30\n", PENCIL), "line 8", "2026-11-30T18:00:00Z"),
        (one("expires = 2026-11-30T18:00:00+01:00\n", PENCIL), "line 8", "UTC"),
        (
            one("not_before = 2026-11-30T18:00:00Z\nexpires = 2026-11-01T18:00:00Z\n", PENCIL),
            "line 7",
            "expires before",
        ),
        (one("password = \"hunter2\"\n", PENCIL), "line 8", "password"),
        (text2_with(&user2("ada", &[credential("", "", PENCIL)])), "line 7", "label"),
        (
            text2_with(&user2("ada", &[good().replace(&format!("\"{PENCIL}\""), "")])),
            "line 7",
            "nothing is stored",
        ),
        (text2_with(&user2("ada", &[1, 2, 3, 4, 5].map(far))), "line 19", "at most 4"),
    ];
    for (text, line, fragment) in table {
        let error = parse::parse(&text).expect_err(&text).to_string();
        for part in [line, fragment] {
            assert!(error.contains(part), "{part:?} is not in {error:?}, which is about\n{text}");
        }
        for secret in ["hunter2", KEY, PENCIL] {
            assert!(!error.contains(secret), "{error}");
        }
    }
}

#[test]
fn a_change_of_a_user_is_whole_or_none() {
    let mut file = UsersFile::empty().unwrap();
    file.add("ada", Role::Admin, pencil()).unwrap();
    let before = render::render(&file);
    let wrong = file.change("ada", |ada| {
        ada.credentials.clear();
        Ok(())
    });
    assert_eq!(wrong.unwrap_err().user_error(), Some(&UserError::LastCredential));
    let wrong = file.change("ada", |ada| {
        ada.credentials.push(ada.credentials[0].clone());
        Ok(())
    });
    assert!(matches!(wrong.unwrap_err().user_error(), Some(UserError::LabelTaken(_))));
    assert_eq!(render::render(&file), before);
    file.change("ada", |ada| {
        ada.name = "eve".to_owned();
        ada.expire_credential("1", Some(SystemTime::now() + Duration::from_secs(60)))
    })
    .unwrap();
    assert_eq!(names(&file), ["ada"]);
    let text = render::render(&file);
    assert_eq!(render::render(&parse::parse(&text).unwrap()), text);
    assert!(text.contains("expires = 2"), "{text}");
    assert_eq!(file.change("eve", |_| Ok(())).unwrap_err().user_error(), Some(&UserError::Unknown));
}

/// Lines of a users file, in any order, some of them cut, doubled or of something else.
fn nearly_a_file() -> impl Strategy<Value = String> {
    let version = "version = 2".to_owned();
    let mock_key = format!("mock_key = \"{KEY}\"");
    let times = "created = 2026-11-01T00:00:00Z\nexpires = 2026-11-30T18:00:00Z\n";
    let ada = user2("ada", &[credential("1", times, PENCIL), credential("2", "", PENCIL)]);
    let whole = [version.clone(), mock_key.clone(), ada.clone()].join("\n");
    let line = prop_oneof![
        Just(version),
        Just(mock_key),
        Just(ada),
        Just("version = 1".to_owned()),
        Just("version = 3".to_owned()),
        Just("[[role]]\nname = \"x\"\nallow = [{ verbs = [\"read\"], prefix = \"a\" }]\n".to_owned()),
        Just(user("bob", "read-only", PENCIL)),
        Just(user("bob", "read-only", &PENCIL[..90])),
        "[ -~]{0,40}",
        "\\PC{0,20}"
    ];
    let lines = prop::collection::vec(line, 0..6).prop_map(|lines| lines.join("\n"));
    let cut = (Just(whole), any::<prop::sample::Index>(), "\\PC{0,8}").prop_map(|(whole, at, inserted)| {
        let at = at.index(whole.len() + 1);
        [&whole[..at], &inserted, &whole[at..]].concat()
    });
    prop_oneof![lines, cut]
}

proptest! {
    #[test]
    fn row_22_43_any_text_is_taken_whole_or_changes_nothing(text in nearly_a_file()) {
        let (_directory, path) = place();
        write(&path, &text, 0o600);
        let users = Users::new();
        users.add_verifier("eve", pencil(), Role::ReadOnly).unwrap();
        match UsersFile::load(&path) {
            Ok(file) => {
                file.apply_to(&users).unwrap();
                let listed: Vec<_> = users.list().into_iter().map(|user| user.name).collect();
                prop_assert_eq!(listed, names(&file));
                claims::check(&text);
            }
            Err(error) => {
                prop_assert!(!error.to_string().contains(&PENCIL[..40]), "{}", error);
                prop_assert_eq!(users.list().len(), 1);
            }
        }
    }
}

#[test]
fn the_corpus_of_the_fuzz_target_users_file_is_read_and_written_the_same_way() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/users_file");
    let mut whole = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        println!("{}", path.display());
        let text = fs::read_to_string(&path).unwrap();
        claims::check(&text);
        whole += usize::from(parse::parse(&text).is_ok());
    }
    assert!(whole >= 4, "there is a corpus, and {whole} of it are users files");
}

#[test]
fn an_external_name_is_read_in_its_one_form_and_of_one_user() {
    let text = |users: &str| format!("version = 3\nmock_key = \"{KEY}\"\n{users}");
    let user = |name: &str, external: &str| {
        format!("[[user]]\nname = \"{name}\"\nroles = [\"read-only\"]\nexternal = [{external}]\n")
    };
    let parse = |users: &str| parse::parse(&text(users));
    let file = parse(&user("ada", "\"uid:7\", \"san:ADA.example\", \"uid:7\"")).unwrap();
    let names: Vec<_> = file.user("ada").unwrap().external.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["uid:7", "san:ada.example"]);
    let rendered = render::render(&file);
    let again = parse::parse(&rendered).unwrap();
    assert_eq!(render::render(&again), rendered);

    let refused = |users: &str, what: &str| {
        let error = parse(users).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    };
    refused(&user("ada", "\"worker\""), "line 6: user \"ada\": \"worker\" is no external name");
    refused(&user("ada", ""), "no credential and no `external` name");
    refused(
        &format!("{}{}", user("ada", "\"uid:7\""), user("bob", "\"uid:7\"")),
        "has the external name uid:7",
    );
}
