//! A Debian package by the recipe in `frontend/Cargo.toml`, put together by dpkg-deb and in seconds: cargo-deb, by which it is made for
//! people, takes minutes to install. The list of files, their modes, the scripts and the description are the recipe's; what
//! cargo-deb adds by itself is not shown by this: what the program is linked to, the copyright, compressed pages, and the parts of the
//! scripts that start and stop the service.

use crate::cli_command::Place;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};
use toml::{Table, Value};

pub(crate) struct Recipe(Value);

/// What cargo-deb puts its own parts in place of.
const SNIPPETS: &str = "#DEBHELPER#";

impl Recipe {
    pub(crate) fn read() -> Self {
        let manifest: Table = fs::read_to_string(source("Cargo.toml")).unwrap().parse().unwrap();
        Self(manifest["package"]["metadata"]["deb"].clone())
    }

    fn text(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap()
    }

    fn list(&self, key: &str) -> &[Value] {
        self.0[key].as_array().unwrap()
    }

    /// Lays out what dpkg-deb makes a package of.
    pub(crate) fn stage(&self, place: &Place, architecture: &str) -> PathBuf {
        make_pages_and_completions(place);
        let root = place.path("stage");
        for asset in self.list("assets") {
            let [pattern, to, mode] = [0, 1, 2].map(|part| asset[part].as_str().unwrap());
            for from in sources(place, pattern) {
                let name = if to.ends_with('/') { from.file_name().unwrap().to_str().unwrap() } else { "" };
                put(&root.join(format!("{to}{name}")), &fs::read(&from).unwrap(), mode);
            }
        }
        for unit in self.list("systemd-units") {
            let units = format!(
                "{}/{}.*",
                unit["unit-scripts"].as_str().unwrap(),
                unit["unit-name"].as_str().unwrap()
            );
            for from in sources(place, &units) {
                let to = root.join("usr/lib/systemd/system").join(from.file_name().unwrap());
                put(&to, &fs::read(&from).unwrap(), "644");
            }
        }
        let about = root.join("DEBIAN");
        put(&about.join("control"), self.control(architecture).as_bytes(), "644");
        let kept: Vec<&str> = self.list("conf-files").iter().map(|path| path.as_str().unwrap()).collect();
        put(&about.join("conffiles"), format!("{}\n", kept.join("\n")).as_bytes(), "644");
        for from in sources(place, &format!("{}/p*", self.text("maintainer-scripts"))) {
            let script = fs::read_to_string(&from).unwrap();
            assert!(script.contains(SNIPPETS), "{}: the service would be left alone", from.display());
            put(&about.join(from.file_name().unwrap()), script.replace(SNIPPETS, "").as_bytes(), "755");
        }
        root
    }

    fn control(&self, architecture: &str) -> String {
        let others: Vec<&str> = self.text("depends").split(", ").filter(|name| *name != "$auto").collect();
        let description = self.text("extended-description").replace('\n', "\n ");
        format!(
            "Package: {}\nVersion: {}-1\nArchitecture: {architecture}\nMaintainer: {}\nSection: {}\nPriority: {}\nDepends: {}\n\
             Description: {}\n {description}\n",
            self.text("name"),
            env!("CARGO_PKG_VERSION"),
            self.text("maintainer"),
            self.text("section"),
            self.text("priority"),
            others.join(", "),
            env!("CARGO_PKG_DESCRIPTION"),
        )
    }
}

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// As `cargo xtask manual` does, but by the program that is tested.
fn make_pages_and_completions(place: &Place) {
    let written = place.run("manual manual", "");
    assert_eq!(written.code, Some(0), "{}", written.stderr);
    for (shell, name) in [("bash", "keyway.bash"), ("zsh", "_keyway"), ("fish", "keyway.fish")] {
        put(
            &place.path("completions").join(name),
            place.run(&format!("completions {shell}"), "").stdout.as_bytes(),
            "644",
        );
    }
}

/// The files of a pattern; what is built lies elsewhere than for cargo-deb.
fn sources(place: &Place, pattern: &str) -> Vec<PathBuf> {
    let at = match pattern.rsplit_once("target/") {
        Some((_, "release/keyway")) => env!("CARGO_BIN_EXE_keyway").into(),
        Some((_, made)) => place.path(made),
        None => source(pattern),
    };
    let name = at.file_name().unwrap().to_str().unwrap();
    let Some((front, back)) = name.split_once('*') else { return vec![at] };
    let fits = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with(front) && name.ends_with(back)
    };
    let found = fs::read_dir(at.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    let found: Vec<PathBuf> = found.filter(fits).collect();
    assert!(!found.is_empty(), "{pattern}: no file is called so");
    found
}

fn put(path: &Path, bytes: &[u8], mode: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(u32::from_str_radix(mode, 8).unwrap())).unwrap();
}
