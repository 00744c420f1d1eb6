//! The tests of the workspace whose names say which attack they are about.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Every folder that has tests of ours.
const FOLDERS: [&str; 6] = ["src", "tests", "frontend/src", "frontend/tests", "loom-tests", "shuttle-tests"];

/// A test named `row_NN_...`, or `generic_...`.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) path: String,
    pub(crate) name: String,
    /// Its rows; none if it is generic.
    pub(crate) rows: Vec<u32>,
}

impl Named {
    pub(crate) fn new(path: &str, name: &str) -> Option<Self> {
        let words = name.split('_').skip(1);
        let rows: Vec<u32> = words.map_while(two_digits).collect();
        let is_row = name.starts_with("row_") && !rows.is_empty();
        (is_row || name.starts_with("generic_")).then(|| Self { path: path.into(), name: name.into(), rows })
    }
}

fn two_digits(word: &str) -> Option<u32> {
    (word.len() == 2).then(|| word.parse().ok())?
}

/// All there are: what follows the word `fn` right behind a line that says that it is a test.
pub(crate) fn named_tests() -> Vec<Named> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for path in FOLDERS.iter().flat_map(|folder| rust_files(&root.join(folder))) {
        let text = fs::read_to_string(&path).expect("a source");
        let shown = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
        let mut is_test = false;
        for line in text.lines().map(str::trim_start) {
            let name = line.strip_prefix("fn ").and_then(|rest| rest.split('(').next());
            found.extend(name.filter(|_| is_test).and_then(|name| Named::new(&shown, name)));
            is_test = line == "#[test]" || (is_test && line.starts_with("#["));
        }
    }
    found
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
