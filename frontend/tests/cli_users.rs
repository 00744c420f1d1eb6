//! `keyway user`: names and passwords in a file, by the real command.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cli_command;

use cli_command::{Place, finish};
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    process::Stdio,
};

const FILE: &str = "keyway-users.toml";

#[test]
fn a_user_is_added_checked_changed_and_removed() {
    let place = Place::new();
    let added = place.run("user add ada --password-stdin", "pencil\n");
    assert_eq!((added.code, &*added.stdout), (Some(0), ""), "{added:?}");
    assert_eq!(fs::metadata(place.path(FILE)).unwrap().permissions().mode() & 0o777, 0o600);
    place.run("user add bob --role read-only --password-stdin", "brush");

    let list = place.run("user list", "");
    assert_eq!(list.stdout, "ada  read-write\nbob  read-only\n");
    assert_eq!(place.run("user check ada", "pencil\n").code, Some(0));

    assert_eq!(place.run("user passwd ada --password-stdin", "crayon\n").code, Some(0));
    assert_eq!(place.run("user check ada", "pencil\n").code, Some(1));
    assert_eq!(place.run("user check ada", "crayon\n").code, Some(0));
    assert_eq!(place.run("user check bob", "brush\n").code, Some(0));

    assert_eq!(place.run("user remove ada", "").code, Some(0));
    assert_eq!(place.run("user list", "").stdout, "bob  read-only\n");
    assert_eq!(place.run("user check ada", "crayon\n").code, Some(1));
}

#[test]
fn no_password_is_in_the_file_nor_in_what_is_printed() {
    let place = Place::new();
    for line in ["user add ada --password-stdin", "user passwd ada --password-stdin", "user check ada"] {
        let ended = place.run(line, "s3cretWord\n");
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(!format!("{ended:?}").contains("s3cretWord"), "{ended:?}");
    }
    let wrong = place.run("user check ada", "0therWord\n");
    assert!(!format!("{wrong:?}").contains("0therWord"), "{wrong:?}");
    let text = fs::read_to_string(place.path(FILE)).unwrap();
    assert!(!text.contains("s3cretWord"));
    let verifier = text.lines().find(|line| line.starts_with("verifiers = ")).unwrap();
    assert!(verifier.contains("SCRAM-SHA-256$65536:"), "{verifier}");
    assert!(!place.run("user list", "").stdout.contains("SCRAM"));
}

#[test]
fn a_generated_password_is_the_only_line_on_stdout_and_logs_in() {
    let place = Place::new();
    for line in ["user add ada", "user passwd ada --generate"] {
        let ended = place.run(line, "");
        let password = ended.stdout.strip_suffix('\n').unwrap();
        assert_eq!(password.len(), 32, "160 bits at 5 a character");
        assert!(password.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_eq!(place.run("user check ada", password).code, Some(0));
    }
}

#[test]
fn what_cannot_be_done_ends_with_1_and_what_has_no_meaning_with_2() {
    let place = Place::new();
    place.run("user add ada --password-stdin", "pencil");
    let table = [
        ("user add ada --password-stdin", "x", 1, "already"),
        ("user add bob --password-stdin", "", 1, "empty"),
        ("user passwd eve --password-stdin", "x", 1, "no user \"eve\""),
        ("user remove eve", "", 1, "no user \"eve\""),
        ("user list --users elsewhere", "", 1, "keyway user add NAME --users elsewhere"),
        ("user add bob --ask", "x", 2, "--password-stdin"),
        ("user passwd ada", "x", 2, "--password-stdin"),
        ("user add bob --ask --password-stdin", "x", 2, "cannot be used with"),
        ("user add bob --generate --password-stdin", "x", 2, "cannot be used with"),
        ("user add bob --role root --generate", "", 1, "no role \"root\""),
        ("user add bob secret", "", 2, "unexpected argument"),
        ("user", "", 2, "Usage"),
    ];
    for (line, stdin, code, fragment) in table {
        let ended = place.run(line, stdin);
        assert_eq!(ended.code, Some(code), "{line}: {ended:?}");
        assert!(ended.stderr.contains(fragment), "{line}: {ended:?}");
    }
    assert_eq!(place.run("user list", "").stdout, "ada  read-write\n", "nothing of that changed the file");
}

#[test]
fn check_explains_a_refusal_and_a_realm() {
    let place = Place::new();
    place.run("user add ada --password-stdin", "pencil");
    place.run("user add bob@example.org --password-stdin", "brush");
    let table = [
        ("ada", "wrong", 1, "not the password of \"ada\""),
        ("Ada", "pencil", 1, "upper and lower case"),
        ("eve", "pencil", 1, "there is no user \"eve\""),
        ("bob", "brush", 1, "\"bob@example.org\", who must log in with the whole name"),
        ("eve@example.org", "pencil", 1, "and none \"eve\""),
        ("ada@example.org", "wrong", 1, "not the password of \"ada\", who is meant by"),
        ("ada@example.org", "pencil", 0, "logs in as \"ada\""),
        ("bob@example.org", "brush", 0, "logs in as \"bob@example.org\" (read-write)"),
    ];
    for (name, password, code, fragment) in table {
        let ended = place.run(&format!("user check {name}"), password);
        assert_eq!(ended.code, Some(code), "{name}: {ended:?}");
        let told = if code == 0 { &ended.stdout } else { &ended.stderr };
        assert!(told.contains(fragment), "{name}: {ended:?}");
    }
}

#[test]
fn a_name_that_only_looks_different_to_a_computer_is_the_same_user() {
    let place = Place::new();
    place.run("user add IX --password-stdin", "pencil");
    // The Roman nine as one character.
    assert_eq!(place.run("user add \u{2168} --password-stdin", "brush").code, Some(1));
    assert_eq!(place.run("user check \u{2168}", "pencil").code, Some(0));
    assert_eq!(place.run("user passwd \u{2168} --password-stdin", "crayon").code, Some(0));
    assert_eq!(place.run("user check IX", "crayon").code, Some(0));
    assert_eq!(place.run("user remove \u{2168}", "").code, Some(0));
    assert_eq!(place.run("user list", "").stdout, "");
}

#[test]
fn users_added_at_the_same_time_are_all_there() {
    let place = Place::new();
    let children: Vec<_> = (0..6)
        .map(|number| {
            let line = format!("user add user{number} --generate");
            place.command(&line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(place.run("user list", "").stdout.lines().count(), 6);
}

#[test]
fn what_a_crash_left_behind_is_no_obstacle() {
    let place = Place::new();
    place.run("user add ada --password-stdin", "pencil");
    let leftovers = [format!(".{FILE}.new"), format!(".{FILE}.lock")];
    for leftover in &leftovers {
        fs::write(place.path(leftover), "half a fi").unwrap();
    }
    assert_eq!(place.run("user add bob --password-stdin", "brush").code, Some(0));
    assert_eq!(place.run("user list", "").stdout.lines().count(), 2);
}

#[test]
fn the_option_comes_before_the_variable_and_that_before_the_directory() {
    let place = Place::new();
    for (file, user) in [("option", "olga"), ("variable", "vera"), (FILE, "dora")] {
        let line = format!("user add {user} --generate --users {file}");
        assert_eq!(place.run(&line, "").code, Some(0));
    }
    let list = |line: &str, variable: &str| {
        let ended = finish(place.command(line).env("KEYWAY_USERS", variable), "");
        ended.stdout.split(' ').next().unwrap_or_default().to_owned()
    };
    assert_eq!(list("user list --users option", "variable"), "olga");
    assert_eq!(list("user list", "variable"), "vera");
    assert_eq!(list("user list", ""), "dora");
    // A file that is named is the one that is meant, also when it does not exist.
    assert_eq!(list("user list", "gone"), "");
    let added = finish(place.command("user add nina --generate").env("KEYWAY_USERS", "new"), "");
    assert_eq!(added.code, Some(0));
    assert!(place.path("new").exists());
}

#[test]
fn a_link_to_the_file_stays_a_link() {
    let place = Place::new();
    place.run("user add ada --generate --users real.toml", "");
    symlink("real.toml", place.path(FILE)).unwrap();
    assert_eq!(place.run("user add bob --generate", "").code, Some(0));
    assert!(fs::symlink_metadata(place.path(FILE)).unwrap().is_symlink());
    assert_eq!(place.run("user list --users real.toml", "").stdout.lines().count(), 2);
}

#[test]
fn a_reader_that_left_is_no_error() {
    let place = Place::new();
    place.run("user add ada --generate", "");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ended = finish_with_stdout(&place, "user list", writer);
    assert_eq!(ended, (Some(0), String::new()));
}

#[test]
fn a_password_that_nobody_saw_is_an_error() {
    let place = Place::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let (code, stderr) = finish_with_stdout(&place, "user add ada --generate", writer);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("keyway user passwd"), "{stderr}");
}

fn finish_with_stdout(place: &Place, line: &str, stdout: std::io::PipeWriter) -> (Option<i32>, String) {
    let child =
        place.command(line).stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn who_comes_by_an_external_name_needs_no_password_and_shares_the_name_with_nobody() {
    let place = Place::new();
    let added =
        place.run("user add backup --external uid:1000 --external san:Backup.shop.example --no-password", "");
    assert_eq!((added.code, &*added.stdout), (Some(0), ""), "{added:?}");
    place.run("user add ada --password-stdin --external subject:CN=ada,O=Shop", "pencil\n");
    let list = place.run("user list", "").stdout;
    assert_eq!(
        list,
        "ada     read-write  subject:CN=ada,O=Shop\nbackup  read-write  uid:1000  san:backup.shop.example\n"
    );
    let text = fs::read_to_string(place.path(FILE)).unwrap();
    assert!(text.contains("external = [\"uid:1000\", \"san:backup.shop.example\"]"), "{text}");

    let refused = |line: &str, why: &str| {
        let ended = place.run(line, "pencil\n");
        assert!(ended.code != Some(0) && ended.stderr.contains(why), "{line}: {ended:?}");
        assert_eq!(place.run("user list", "").stdout, list, "{line}: nothing was changed");
    };
    refused(
        "user add eve --password-stdin --external uid:1000",
        "another user has the external name uid:1000",
    );
    refused("user external ada add san:ada.example uid:1000", "another user has the external name uid:1000");
    refused("user external ada remove uid:7", "does not have the external name uid:7");
    refused("user external backup remove uid:1000 san:backup.shop.example", "only credential");
    refused("user external ada add worker-7", "is no external name");
    refused("user add eve --no-password", "--external");
    refused("user add eve --external uid:1 --no-password --password-stdin", "cannot be used with");

    assert_eq!(place.run("user external ada add uid:1001", "").code, Some(0));
    assert_eq!(place.run("user external ada remove subject:CN=ada,O=Shop", "").code, Some(0));
    assert!(place.run("user list", "").stdout.starts_with("ada     read-write  uid:1001\n"));
    assert_eq!(place.run("user external backup remove uid:1000", "").code, Some(0));
    assert_eq!(place.run("user external ada add uid:1000", "").code, Some(0), "it is free again");
}
