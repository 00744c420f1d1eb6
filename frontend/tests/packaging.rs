//! What packages have: manual pages, completions, a service, a configuration.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod cli_command;
mod debian;

use cli_command::Place;
use debian::Recipe;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn packaging(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging").join(name)
}

/// Shells that not everybody has.
const OTHER_SHELLS: [&str; 2] = ["zsh", "fish"];

/// Runs a tool of the system. Says so, and gives nothing, where there is none; in continuous integration only other shells may be
/// missing.
fn tool(command: &mut Command) -> Option<Output> {
    match command.output() {
        Ok(output) => Some(output),
        Err(error) => {
            let must_be = !OTHER_SHELLS.iter().any(|shell| command.get_program() == *shell);
            assert!(
                !(must_be && std::env::var("CI").is_ok_and(|ci| ci == "true")),
                "{:?}: {error}",
                command.get_program()
            );
            #[allow(clippy::print_stderr, reason = "a person is to see what was left out")]
            {
                eprintln!("skipped: {}: {error}", command.get_program().display());
            }
            None
        }
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The commands that the help of this one lists.
fn commands(place: &Place, line: &str) -> Vec<String> {
    let help = place.run(format!("{line} --help").trim_start(), "").stdout;
    let listed = help.split("Commands:\n").nth(1).unwrap_or_default();
    let listed = listed.lines().take_while(|line| line.starts_with("  "));
    let names = listed.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn each_command_has_a_page_that_man_reads_without_a_word() {
    let place = Place::new();
    let written = place.run("manual pages", "");
    assert_eq!(written.code, Some(0), "{}", written.stderr);
    let mut wanted = vec!["keyway".to_owned()];
    for command in commands(&place, "") {
        wanted.push(format!("keyway-{command}"));
        wanted.extend(commands(&place, &command).iter().map(|below| format!("keyway-{command}-{below}")));
    }
    assert!(wanted.len() > 20, "{wanted:?}");
    for name in &wanted {
        let page = place.path(format!("pages/{name}.1"));
        assert!(page.exists(), "{name}");
        let mut groff = Command::new("groff");
        if let Some(output) = tool(groff.args(["-man", "-Tutf8", "-ww", "-z"]).arg(&page)) {
            assert!(output.status.success() && output.stderr.is_empty(), "{name}: {}", said(&output));
        }
    }
    let serve = fs::read_to_string(place.path("pages/keyway-serve.1")).unwrap();
    for word in ["memory\\-limit", "MEMCACHED_PASSWORD_FILE", "SIGHUP"] {
        assert!(serve.contains(word), "{word}");
    }
}

#[test]
fn each_shell_has_completions_that_know_the_commands() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish"] {
        let ended = place.run(&format!("completions {shell}"), "");
        assert_eq!(ended.code, Some(0), "{shell}");
        for word in ["doctor", "memory-limit"] {
            assert!(ended.stdout.contains(word), "{shell}: {word}");
        }
        let script = place.path(shell);
        fs::write(&script, ended.stdout).unwrap();
        if let Some(output) = tool(Command::new(shell).arg("-n").arg(&script)) {
            assert!(output.status.success(), "{shell}: {}", said(&output));
        }
    }
}

#[test]
fn bash_completes_a_flag() {
    let place = Place::new();
    fs::write(place.path("script"), place.run("completions bash", "").stdout).unwrap();
    let line = "source ./script; COMP_WORDS=(keyway serve --memory-l); COMP_CWORD=2; _keyway keyway --memory-l serve; \
                echo \"${COMPREPLY[@]}\"";
    let mut bash = Command::new("bash");
    if let Some(output) = tool(bash.args(["-c", line]).current_dir(place.path("."))) {
        assert_eq!(said(&output).trim(), "--memory-limit");
    }
}

#[test]
fn systemd_takes_the_units_and_finds_them_hardened() {
    let place = Place::new();
    let mut units = Vec::new();
    for name in ["keyway.service", "keyway.socket"] {
        let text = fs::read_to_string(packaging("systemd").join(name)).unwrap();
        units.push(place.path(name));
        fs::write(place.path(name), text.replace("/usr/bin/keyway", env!("CARGO_BIN_EXE_keyway"))).unwrap();
    }
    let verify = tool(Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&units));
    if let Some(output) = verify {
        assert!(output.status.success() && said(&output).is_empty(), "{}", said(&output));
    }
    // 0 is nothing at all, 10 everything; in tenths.
    let mut security = Command::new("systemd-analyze");
    let security =
        security.args(["security", "--offline=true", "--no-pager", "--threshold=20"]).arg(&units[0]);
    if let Some(output) = tool(security) {
        assert!(output.status.success(), "{}", said(&output));
    }
}

#[test]
fn the_configuration_of_the_service_can_be_used() {
    let place = Place::new();
    let added = place.run("user add worker --users users.toml", "");
    assert_eq!(added.code, Some(0), "{added:?}");
    let text = fs::read_to_string(packaging("keyway.toml")).unwrap();
    fs::write(place.path("k.toml"), text.replace("/var/lib/keyway/", "")).unwrap();
    let ended = place.run("config check k.toml", "");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("users file: users.toml; users: 1"), "{ended:?}");
}

#[test]
fn a_debian_package_is_built_and_has_what_its_service_needs() {
    let place = Place::new();
    let Some(architecture) = tool(Command::new("dpkg").arg("--print-architecture")) else { return };
    let stage = Recipe::read().stage(&place, said(&architecture).trim());
    let package = place.path("keyway.deb");
    let dpkg_deb = |arguments: &[&str]| {
        let output = tool(Command::new("dpkg-deb").args(arguments).current_dir(place.path("."))).unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {}", said(&output));
        said(&output)
    };
    // Uncompressed: it lives for a second.
    dpkg_deb(&[
        "--root-owner-group",
        "-Znone",
        "--build",
        stage.to_str().unwrap(),
        package.to_str().unwrap(),
    ]);
    let fields = dpkg_deb(&["--field", "keyway.deb"]);
    let version = concat!("Version: ", env!("CARGO_PKG_VERSION"), "-1\n");
    assert!(fields.starts_with("Package: keyway\n") && fields.contains(version), "{fields}");
    let listing = dpkg_deb(&["--contents", "keyway.deb"]);
    let is_listed = |mode: &str, path: &str| {
        listing.lines().any(|line| line.starts_with(&format!("{mode} root/root ")) && line.ends_with(path))
    };
    assert!(is_listed("-rwxr-xr-x", " ./usr/bin/keyway"), "{listing}");
    assert!(is_listed("-rw-r--r--", " ./etc/keyway/keyway.toml"), "{listing}");

    let installed = place.path("installed");
    dpkg_deb(&["--extract", "keyway.deb", "installed"]);
    let program = installed.join("usr/bin/keyway");
    let told = tool(Command::new(&program).arg("--version")).unwrap();
    assert_eq!(said(&told).trim(), concat!("keyway ", env!("CARGO_PKG_VERSION")));
    let units =
        ["keyway.service", "keyway.socket"].map(|name| installed.join("usr/lib/systemd/system").join(name));
    for unit in &units {
        let text = fs::read_to_string(unit).unwrap();
        let values = |key: &'static str| text.lines().filter_map(move |line| line.strip_prefix(key));
        for path in values("ExecStart=").flat_map(str::split_whitespace).filter(|word| word.starts_with('/'))
        {
            assert!(installed.join(&path[1..]).exists(), "{}: {path}", unit.display());
        }
        for page in values("Documentation=").flat_map(str::split_whitespace) {
            let name = page.strip_prefix("man:").and_then(|page| page.strip_suffix("(1)")).unwrap();
            assert!(
                installed.join(format!("usr/share/man/man1/{name}.1")).exists(),
                "{}: {page}",
                unit.display()
            );
        }
        fs::write(unit, text.replace("/usr/bin/keyway", program.to_str().unwrap())).unwrap();
    }
    if let Some(output) = tool(Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&units)) {
        assert!(output.status.success() && said(&output).is_empty(), "{}", said(&output));
    }
    for script in ["postinst", "postrm"] {
        let output = tool(Command::new("sh").arg("-n").arg(stage.join("DEBIAN").join(script))).unwrap();
        assert!(output.status.success(), "{script}: {}", said(&output));
    }
}

#[test]
fn what_the_image_runs_and_asks_is_there() {
    let text = fs::read_to_string(packaging("docker/Dockerfile")).unwrap();
    let array = |instruction: &str| -> Vec<String> {
        let line = text.lines().filter(|line| !line.starts_with('#')).find(|line| line.contains(instruction));
        let array = line.unwrap_or_else(|| panic!("{instruction}")).split_once('[').unwrap().1;
        array.trim_end_matches(']').split(", ").map(|word| word.trim_matches('"').to_owned()).collect()
    };
    assert_eq!(array("ENTRYPOINT"), ["keyway"]);
    let place = Place::new();
    let health = array("HEALTHCHECK");
    assert_eq!(health, ["keyway", "health"]);
    for line in [&health[1..], &array("CMD [\"serve")] {
        let ended = place.run(&format!("{} --help", line.join(" ")), "");
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
    // Nobody listens here.
    assert_eq!(place.run("health 127.0.0.1:1", "").code, Some(1));
}
