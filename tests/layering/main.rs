//! The directions that the design promises, read off the sources; and that the reader notices when they are broken.
#![allow(clippy::expect_used, reason = "a source that cannot be read is a failed test")]

mod examples;
mod rules;
mod source;

use rules::{BANS, FRONTEND, LIBRARY, LONGEST_FILE, banned, getters, too_long, wrong_directions};
use source::{Source, below};

/// Every folder of the workspace that holds code of ours.
const ALL: [&str; 10] = [
    "src",
    "frontend",
    "loom-tests",
    "shuttle-tests",
    "fuzz",
    "sim",
    "benches",
    "examples",
    "xtask",
    "tests",
];

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn the_library_names_only_what_is_below() {
    let sources = below(&["src"]);
    assert!(sources.iter().any(|source| source.path == "src/lib.rs"), "the sources were found");
    none(&wrong_directions(LIBRARY, &sources));
}

#[test]
fn the_frontend_names_only_what_is_below() {
    let sources = below(&["frontend/src"]);
    assert!(sources.iter().any(|source| source.path == "frontend/src/lib.rs"), "the sources were found");
    none(&wrong_directions(FRONTEND, &sources));
}

#[test]
fn layers_are_listed_lowest_first() {
    for layers in [LIBRARY, FRONTEND] {
        for (at, layer) in layers.iter().enumerate() {
            let lower: Vec<&&str> = layers[..at].iter().flat_map(|lower| lower.parts).collect();
            let above: Vec<&&str> = layer.may_name.iter().filter(|name| !lower.contains(name)).collect();
            assert!(above.is_empty(), "{:?} may name {above:?}, which stand above: a circle", layer.parts);
        }
    }
}

#[test]
fn banned_words_are_not_used() {
    none(&banned(BANS, &below(&ALL)));
}

#[test]
fn nothing_is_called_a_getter() {
    none(&getters(&below(&["src", "frontend/src"])));
}

#[test]
fn files_stay_short() {
    none(&too_long(&below(&ALL)));
}

#[test]
fn what_is_public_has_an_example() {
    none(&examples::lacking(std::path::Path::new(env!("CARGO_MANIFEST_DIR"))));
}

#[test]
fn an_example_that_is_gone_is_missed() {
    const WITH: &str =
        "/// It.\n///\n/// ```\n/// assert!(true);\n/// ```\n#[derive(Debug)]\npub struct It;\n";
    assert!(examples::lacking_in("src/it.rs", WITH).is_empty());
    let without = WITH.replace("/// ```\n", "");
    let before = format!("{WITH}\n{without}");
    let other = |kind: &str| WITH.replacen("```", &format!("```{kind}"), 1);
    let cannot_fail = WITH.replace("assert!(true)", "let it = It");
    for text in [&without, &before, &other("ignore"), &other("toml"), &other("no_run"), &cannot_fail] {
        assert_eq!(examples::lacking_in("src/it.rs", text).len(), 1, "{text}");
    }
    let method = "impl It {\n    /// Does it.\n    #[must_use]\n    pub fn it(&self) {}\n    pub(crate) fn inner(&self) {}\n}\n";
    assert_eq!(
        examples::lacking_in("src/it.rs", &format!("{WITH}\n{method}")).len(),
        1,
        "its type's is not its own"
    );
    let constant = method.replace("fn it(&self) {}", "const IT: u8 = 1;");
    assert_eq!(examples::lacking_in("src/it.rs", &constant).len(), 1);
    let shown = method
        .replace("#[must_use]", "///\n    /// ```\n    /// assert!(true);\n    /// ```\n    #[must_use]");
    assert!(examples::lacking_in("src/it.rs", &shown).is_empty());
    let deep = format!("mod inner {{\n    {}}}\n", method.replace('\n', "\n    "));
    assert_eq!(examples::lacking_in("src/it.rs", &deep).len(), 1);
    let of_a_trait = WITH.replace("struct It;", "trait It {\n    /// Does it.\n    fn it(&self);\n}");
    assert_eq!(examples::lacking_in("src/it.rs", &of_a_trait).len(), 1);
    assert!(examples::lacking_in("src/it.rs", &of_a_trait.replace("pub trait", "trait")).is_empty());
    let excepted =
        "pub mod fuzzing {\n    /// Takes it apart.\n    pub fn check_frames(bytes: &[u8]) {}\n}\n";
    assert!(examples::lacking_in("frontend/src/lib.rs", excepted).is_empty());
    assert_eq!(examples::lacking_in("src/lib.rs", excepted).len(), 1, "an exception is one file's");
}

#[test]
fn a_planted_direction_is_found() {
    let root = "mod item;\npub use item::{Item, Other as That};\npub use store::Store;";
    let plants = [
        ("src/core/a.rs", "use crate::store::Store;"),
        ("src/core/a.rs", "use crate::{\n    sync::Arc,\n    auth::{self as it},\n};"),
        ("src/core/a.rs", "fn f(item: &crate::Item) {}"),
        ("src/core/mod.rs", "use super::session::Session;"),
        ("src/core/deep/a.rs", "use super::super::super::cache;"),
        ("src/auth/a.rs", "type T = crate::core::Mark;"),
        ("src/auth/a.rs", "use crate::Store;"),
        ("src/nowhere.rs", "fn f() {}"),
    ];
    for (path, text) in plants {
        let found = wrong_directions(LIBRARY, &[Source::new("src/lib.rs", root), Source::new(path, text)]);
        assert_eq!(found.len(), 1, "{path}: {text}: {found:?}");
    }
}

#[test]
fn a_planted_word_is_found() {
    let plants = [
        ("src/store/a.rs", "use std::{fmt, sync::{Arc, Weak}};", 2),
        ("src/cache.rs", "static X: std::sync::Mutex<u8> = todo;", 1),
        ("src/core/a.rs", "use coarsetime as t;", 1),
        ("frontend/src/serve/a.rs", "use mio::Token;", 1),
        ("frontend/src/wire/a.rs", "fn f(s: &keyway::Session) {}", 1),
        ("frontend/src/dialogue/a.rs", "let s: std::net::TcpStream;", 1),
        ("frontend/src/connection/a.rs", "let now = Instant::now();", 1),
        ("xtask/src/a.rs", "fn f() { unsafe { g() } }", 1),
    ];
    for (path, text, count) in plants {
        let found = banned(BANS, &[Source::new(path, text)]);
        assert_eq!(found.len(), count, "{path}: {text}: {found:?}");
    }
}

#[test]
fn a_planted_getter_and_a_long_file_are_found() {
    let source = Source::new(
        "src/a.rs",
        "impl A { pub fn get_name(&self) {} pub fn get_and_touch(&self) {} fn get() {} }",
    );
    assert_eq!(getters(&[source]).len(), 1);
    let source = Source::new("src/a.rs", &"// long\n".repeat(LONGEST_FILE + 1));
    assert_eq!(too_long(&[source]).len(), 1);
}

#[test]
fn comments_literals_and_tests_are_not_code() {
    let text = r####"
        //! unsafe mio
        /* unsafe /* mio */ unsafe */
        const A: &str = "unsafe \" mio"; const B: &str = r#"unsafe " mio"#; const C: char = '"';
        fn f<'a>(x: &'a str) -> char { '\'' }
        #[cfg(loom)]
        fn g() {}
        #[cfg(all(test, not(loom)))]
        mod tests {
            fn f() { unsafe { mio() } }
        }
        const LAST: u8 = 1;
    "####;
    let source = Source::new("src/a.rs", text);
    assert_eq!(banned(BANS, std::slice::from_ref(&source)), Vec::<String>::new());
    assert!(source.names.iter().any(|name| name.contains("LAST")), "what follows is read again");
    assert_eq!(source.lines, text.lines().count() - 4);
    let example = "/// It.\n///\n/// ```\n/// assert!(true);\n/// ```\nstruct It;\n";
    assert_eq!(Source::new("src/a.rs", example).lines, 3, "an example is a test as well");
}
