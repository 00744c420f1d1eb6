//! What is public has an example that runs, in its documentation.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Files in which each method has an example of its own: those of the types that one works with verb by verb.
const VERB_BY_VERB: [&str; 21] = [
    "src/admin.rs",
    "src/audit/mod.rs",
    "src/auth/rules.rs",
    "src/auth/tokens/scope.rs",
    "src/auth/users/",
    "src/auth/verb.rs",
    "src/blank.rs",
    "src/cache.rs",
    "src/clock.rs",
    "src/draft.rs",
    "src/engine/builder.rs",
    "src/engine/mod.rs",
    "src/item/",
    "src/namespaces/mod.rs",
    "src/session",
    "frontend/src/admin/mod.rs",
    "frontend/src/http/mod.rs",
    "frontend/src/import/mod.rs",
    "frontend/src/metrics/mod.rs",
    "frontend/src/server/mod.rs",
    "frontend/src/users_file/mod.rs",
];

/// And the rest of the engine's verbs, which stand in files of their own.
const VERBS_OF_THE_ENGINE: &str = "src/engine/";

/// Public items without one, each with its place. What is `pub` here can be reached from outside: the lint `unreachable_pub` sees to
/// that.
pub(crate) fn lacking(root: &Path) -> Vec<String> {
    let mut files = Vec::new();
    ["src", "frontend/src"].iter().for_each(|folder| collect(&root.join(folder), &mut files));
    files.sort();
    let read = |file: &PathBuf| fs::read_to_string(file).expect("sources are readable");
    let path = |file: &Path| file.strip_prefix(root).expect("it is below").to_string_lossy().into_owned();
    files.iter().flat_map(|file| lacking_in(&path(file), &read(file))).collect()
}

/// The same for the text of one file.
pub(crate) fn lacking_in(path: &str, text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let is_wanted = |line: &str| match line.strip_prefix("    pub ") {
        Some(item) => {
            is_verb_by_verb(path, &lines) && is_item(item, &["fn", "const fn", "async fn", "const"])
        }
        None => line.strip_prefix("pub ").is_some_and(|item| is_item(item, &KINDS)),
    };
    let missing = (0..lines.len()).filter(|at| is_wanted(lines[*at]) && !has_example(&lines, *at));
    missing.map(|at| format!("{path}:{}: `{}` has no example", at + 1, lines[at].trim())).collect()
}

const KINDS: [&str; 7] = ["struct", "enum", "trait", "fn", "const fn", "async fn", "const"];

fn is_item(item: &str, kinds: &[&str]) -> bool {
    kinds.iter().any(|kind| item.strip_prefix(kind).is_some_and(|rest| rest.starts_with(' ')))
}

/// Methods of the engine's handles are shown by the examples of their types.
fn is_verb_by_verb(path: &str, lines: &[&str]) -> bool {
    let of_the_cache =
        || lines.iter().any(|line| line.starts_with("impl") && line.contains("> Cache<K, V, S> {"));
    VERB_BY_VERB.iter().any(|below| path.starts_with(below))
        || path.starts_with(VERBS_OF_THE_ENGINE) && of_the_cache()
}

/// Whether the documentation above this line has a block of code. Attributes stand between the two.
fn has_example(lines: &[&str], at: usize) -> bool {
    let is_doc = |line: &&&str| line.trim_start().starts_with("///");
    let is_between = |line: &&&str| !is_doc(line) && !line.is_empty() && !line.trim_start().starts_with('}');
    let docs = lines[..at].iter().rev().skip_while(is_between).take_while(is_doc);
    let fences =
        docs.filter(|line| line.trim_start().trim_start_matches("///").trim_start().starts_with("```"));
    fences.filter(|line| !line.contains("ignore")).count() >= 2
}

/// Sources of what a library's user sees: the command, tests and models are not.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            if name != "tests" && name != "cli" {
                collect(&path, files);
            }
        } else if name.to_string_lossy().ends_with(".rs") && name != "tests.rs" && name != "claims.rs" {
            files.push(path);
        }
    }
}
