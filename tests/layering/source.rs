//! Rust source as far as the rules need it: which names a file uses, and how long it is, tests left out.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// An identifier, a `::`, or one other character; comments and literals are gone.
#[derive(Clone, Debug)]
struct Token {
    text: String,
    line: usize,
}

/// A path of names such as `crate::core::Mark`, resolved, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
}

impl Name {
    /// Whether `word`, an identifier or several joined by `::`, is in it.
    pub(crate) fn contains(&self, word: &str) -> bool {
        let wanted: Vec<&str> = word.split("::").collect();
        self.segments.windows(wanted.len()).any(|window| window == wanted)
    }
}

/// One file without its tests.
#[derive(Debug)]
pub(crate) struct Source {
    /// From the workspace's root, with slashes.
    pub(crate) path: String,
    pub(crate) names: Vec<Name>,
    /// Lines outside test modules, comments included but for the examples in them, which are tests as well.
    pub(crate) lines: usize,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let mut tokens = tokens(text);
        let cut = cut_tests(&mut tokens);
        cut_conditions(&mut tokens);
        let module = module(path);
        let lines = text.lines().count() - cut - examples(text);
        Self { path: path.to_owned(), names: names(&tokens, &module), lines }
    }

    /// The top-level module of its crate that the file belongs to; empty for the crate's root.
    pub(crate) fn part(&self) -> String {
        module(&self.path).into_iter().next().unwrap_or_default()
    }
}

/// All files below these folders of the workspace, those of tests left out.
pub(crate) fn below(folders: &[&str]) -> Vec<Source> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    folders.iter().for_each(|folder| collect(&root.join(folder), &mut files));
    files.sort();
    let sources = files.iter().map(|file| {
        let text = fs::read_to_string(file).expect("sources are readable");
        let path = file.strip_prefix(&root).expect("it was found below the root");
        Source::new(&path.to_string_lossy().replace('\\', "/"), &text)
    });
    sources.filter(|source| !is_test(&source.path)).collect()
}

fn is_test(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "tests.rs")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
}

/// `src/core/budget.rs` is `core::budget`.
fn module(path: &str) -> Vec<String> {
    let inside = path.split_once("src/").map_or(path, |(_, inside)| inside);
    let parts = inside.trim_end_matches(".rs").split('/').map(str::to_owned);
    parts.filter(|part| !["mod", "lib", "main"].contains(&part.as_str())).collect()
}

fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let (mut found, mut at, mut line) = (Vec::new(), 0, 1);
    while let Some(&now) = chars.get(at) {
        let end = match (now, chars.get(at + 1).copied()) {
            ('/', Some('/')) => find(&chars, at, |it| it == '\n'),
            ('/', Some('*')) => comment_end(&chars, at),
            ('"', _) => string_end(&chars, at + 1),
            ('r', Some('"' | '#')) if raw_end(&chars, at + 1).is_some() => {
                raw_end(&chars, at + 1).unwrap_or(at)
            }
            ('b' | 'c', Some('r')) if raw_end(&chars, at + 2).is_some() => {
                raw_end(&chars, at + 2).unwrap_or(at)
            }
            ('\'', _) => quote_end(&chars, at),
            (':', Some(':')) => {
                found.push(Token { text: "::".into(), line });
                at + 2
            }
            (letter, _) if letter.is_alphabetic() || letter == '_' => {
                let end = find(&chars, at, |it| !it.is_alphanumeric() && it != '_');
                found.push(Token { text: chars[at..end].iter().collect(), line });
                end
            }
            (space, _) if space.is_whitespace() => at + 1,
            (digit, _) if digit.is_numeric() => find(&chars, at, |it| !it.is_alphanumeric() && it != '_'),
            (other, _) => {
                found.push(Token { text: other.into(), line });
                at + 1
            }
        };
        line += chars[at..end.min(chars.len())].iter().filter(|it| **it == '\n').count();
        at = end;
    }
    found
}

fn find(chars: &[char], from: usize, wanted: impl Fn(char) -> bool) -> usize {
    chars[from..].iter().position(|it| wanted(*it)).map_or(chars.len(), |offset| from + offset)
}

/// Block comments nest.
fn comment_end(chars: &[char], from: usize) -> usize {
    let (mut depth, mut at) = (0, from);
    while at + 1 < chars.len() {
        match (chars[at], chars[at + 1]) {
            ('/', '*') => (depth, at) = (depth + 1, at + 2),
            ('*', '/') if depth == 1 => return at + 2,
            ('*', '/') => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    chars.len()
}

fn string_end(chars: &[char], mut at: usize) -> usize {
    while let Some(now) = chars.get(at) {
        match now {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// `at` is behind the `r`; `None` for a raw identifier.
fn raw_end(chars: &[char], at: usize) -> Option<usize> {
    let quote = find(chars, at, |it| it != '#');
    (chars.get(quote) == Some(&'"')).then_some(())?;
    let hashes = quote - at;
    let closes = |end: &usize| {
        chars[*end] == '"'
            && chars.len() > end + hashes
            && chars[end + 1..=end + hashes].iter().all(|it| *it == '#')
    };
    Some((quote + 1..chars.len()).find(closes).map_or(chars.len(), |end| end + 1 + hashes))
}

/// A character's literal, or the mark before a lifetime.
fn quote_end(chars: &[char], at: usize) -> usize {
    match (chars.get(at + 1), chars.get(at + 2)) {
        (Some('\\'), _) => find(chars, at + 3, |it| it == '\'') + 1,
        (_, Some('\'')) => at + 3,
        _ => find(chars, at + 1, |it| !it.is_alphanumeric() && it != '_'),
    }
}

/// Takes out modules that exist for tests alone; how many lines they had.
fn cut_tests(tokens: &mut Vec<Token>) -> usize {
    let mut lines = 0;
    let mut at = 0;
    while at < tokens.len() {
        let Some(close) = test_module(&tokens[at..]).map(|close| at + close) else {
            at += 1;
            continue;
        };
        lines += tokens[close].line - tokens[at].line + 1;
        tokens.drain(at..=close);
    }
    lines
}

/// How many lines examples in documentation have, with the fences around them.
fn examples(text: &str) -> usize {
    let mut inside = false;
    let is_example = |line: &str| {
        let doc = line.trim_start().strip_prefix("///").map(str::trim_start);
        let is_fence = doc.is_some_and(|doc| doc.starts_with("```"));
        inside = doc.is_some() && inside != is_fence;
        inside || is_fence
    };
    text.lines().map(is_example).filter(|is_one| *is_one).count()
}

/// Where the closing brace is if a `#[cfg(test)] mod name {` begins here.
fn test_module(tokens: &[Token]) -> Option<usize> {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    if text(0) != "#" || text(1) != "[" || text(2) != "cfg" {
        return None;
    }
    let attribute = tokens.iter().position(|token| token.text == "]")?;
    let for_tests = (3..attribute).any(|at| text(at) == "test" && text(at - 2) != "not");
    if !for_tests || text(attribute + 1) != "mod" || text(attribute + 3) != "{" {
        return None;
    }
    let mut depth = 0_usize;
    for (offset, token) in tokens[attribute + 3..].iter().enumerate() {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(attribute + 3 + offset);
        }
    }
    None
}

/// A condition such as `cfg(loom)` names a way of building, not a crate.
fn cut_conditions(tokens: &mut Vec<Token>) {
    while let Some(start) =
        tokens.windows(3).position(|three| three.iter().map(|it| &it.text).eq(["#", "[", "cfg"]))
    {
        let end = tokens[start..]
            .iter()
            .position(|it| it.text == "]")
            .map_or(tokens.len(), |offset| start + offset + 1);
        tokens.drain(start..end);
    }
}

fn names(tokens: &[Token], module: &[String]) -> Vec<Name> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        if tokens[at].text == "use" {
            at = tree(tokens, at + 1, &[], &mut found);
        } else if is_word(&tokens[at]) {
            at = path(tokens, at, &[], &mut found);
        } else {
            at += 1;
        }
    }
    found.iter_mut().for_each(|name| resolve(&mut name.segments, module));
    found
}

fn is_word(token: &Token) -> bool {
    token.text.starts_with(|it: char| it.is_alphabetic() || it == '_')
}

/// Reads one path; a `{` after its last `::` opens a tree of more.
fn path(tokens: &[Token], mut at: usize, before: &[String], found: &mut Vec<Name>) -> usize {
    let line = tokens[at].line;
    let mut segments = before.to_vec();
    segments.push(tokens[at].text.clone());
    at += 1;
    while at + 1 < tokens.len() && tokens[at].text == "::" {
        if is_word(&tokens[at + 1]) {
            segments.push(tokens[at + 1].text.clone());
            at += 2;
        } else if tokens[at + 1].text == "{" {
            return tree(tokens, at + 1, &segments, found);
        } else {
            // A glob brings the whole module; a turbofish ends the path.
            at += 1;
            break;
        }
    }
    found.push(Name { segments, line });
    at
}

/// Reads what a `use` brings, up to its end.
fn tree(tokens: &[Token], mut at: usize, before: &[String], found: &mut Vec<Name>) -> usize {
    let braced = tokens.get(at).is_some_and(|token| token.text == "{");
    at += usize::from(braced);
    while let Some(token) = tokens.get(at) {
        match token.text.as_str() {
            "}" => return at + 1,
            ";" => return at,
            "as" => at += 2,
            _ if is_word(token) => at = path(tokens, at, before, found),
            _ => at += 1,
        }
    }
    at
}

/// Makes a path that begins with `self` or `super` begin with `crate`.
fn resolve(segments: &mut Vec<String>, module: &[String]) {
    let ups = segments.iter().take_while(|it| *it == "super").count();
    let own = usize::from(ups == 0 && segments.first().is_some_and(|it| it == "self") && segments.len() > 1);
    if ups + own > 0 {
        let base = &module[..module.len().saturating_sub(ups)];
        let start = std::iter::once("crate".to_owned()).chain(base.iter().cloned());
        segments.splice(..ups + own, start).for_each(drop);
    }
}
