//! What is public has an example that runs, in its documentation.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What is public and has none: in which file, how it begins, and why that is right.
const WITHOUT: [(&str, &str, &str); 2] = [
    (
        "frontend/src/lib.rs",
        "fn check_frames(",
        "it is there for fuzzing alone, and no example is built for that",
    ),
    ("frontend/src/lib.rs", "fn check_users_file(", "likewise"),
];

/// Public items without one, each with its place: types, functions and constants, and those of types, each by itself. What is `pub`
/// here can be reached from outside: the lint `unreachable_pub` sees to that.
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
    let is_wanted = |at: usize| match lines[at].trim_start().strip_prefix("pub ") {
        Some(item) => is_item(item) && !is_excepted(path, item),
        None => lines[at].starts_with("    fn ") && is_of_a_public_trait(&lines[..at]),
    };
    let missing = (0..lines.len()).filter(|at| is_wanted(*at) && !has_example(&lines, *at));
    missing
        .map(|at| format!("{path}:{}: `{}` has no example that runs and can fail", at + 1, lines[at].trim()))
        .collect()
}

const KINDS: [&str; 8] = ["struct", "enum", "trait", "fn", "const fn", "async fn", "const", "static"];

fn is_item(item: &str) -> bool {
    KINDS.iter().any(|kind| item.strip_prefix(kind).is_some_and(|rest| rest.starts_with(' ')))
}

/// Whether what follows these lines stands in a trait that is public: its methods are as public, without the word.
fn is_of_a_public_trait(before: &[&str]) -> bool {
    let is_outermost = |line: &&&str| !line.is_empty() && !line.starts_with([' ', '/', '#']);
    before.iter().rev().find(is_outermost).is_some_and(|line| line.starts_with("pub trait "))
}

fn is_excepted(path: &str, item: &str) -> bool {
    WITHOUT.iter().any(|(file, begin, _why)| *file == path && item.starts_with(begin))
}

/// Whether the documentation above this line has a block of code that is run and can fail. Attributes stand between the two.
fn has_example(lines: &[&str], at: usize) -> bool {
    let is_doc = |line: &&&str| line.trim_start().starts_with("///");
    let is_between = |line: &&&str| !is_doc(line) && !line.is_empty() && !line.trim_start().starts_with('}');
    let docs: Vec<&&str> = lines[..at].iter().rev().skip_while(is_between).take_while(is_doc).collect();
    let mut block = None;
    docs.into_iter().rev().map(|line| line.trim_start().trim_start_matches("///").trim_start()).any(|line| {
        match (line.strip_prefix("```"), block) {
            (Some(kind), None) => block = Some(kind),
            (Some(_), Some(_)) => block = None,
            (None, _) => return block == Some("") && (line.contains("assert") || line.contains("panic!")),
        }
        false
    })
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
