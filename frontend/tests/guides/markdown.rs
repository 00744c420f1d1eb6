//! What a guide has a reader do: its blocks of commands, and the files that it shows.

/// One thing to do, in the order of the guide.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// A command, and what the guide says that it prints; `...` stands for any lines.
    Run { line: usize, command: String, printed: Vec<String> },
    /// A file, named by the comment in its first line.
    Write { path: String, text: String },
}

/// Blocks of `sh` are commands; in blocks of `console`, those behind a `$`, and what is printed below. A block of settings that
/// begins with a comment of one word is the file of that name.
pub(crate) fn deeds(guide: &str) -> Vec<Deed> {
    let mut deeds = Vec::new();
    for (first, language, lines) in blocks(guide) {
        match language {
            "sh" => shell(first, &lines, &mut deeds),
            "console" => console(first, &lines, &mut deeds),
            "toml" => deeds.extend(file(&lines)),
            _ => {}
        }
    }
    deeds
}

/// Lines of blocks that look like commands and are in none that is run.
pub(crate) fn strays(guide: &str) -> Vec<String> {
    let blocks = blocks(guide).into_iter();
    let others = blocks.filter(|(_, language, _)| !["sh", "console"].contains(language));
    let lines = others.flat_map(|(first, _, lines)| {
        lines.into_iter().enumerate().map(move |(at, line)| (first + at, line))
    });
    let is_command = |line: &str| match line.split_once(' ') {
        Some(("$" | "sudo", _)) => true,
        Some(("keyway" | "cargo", rest)) => rest.starts_with(|it: char| it.is_ascii_lowercase()),
        _ => false,
    };
    lines.filter(|(_, line)| is_command(line)).map(|(at, line)| format!("line {at}: {line}")).collect()
}

/// Each fenced block: the number of its first line, its language, its lines.
fn blocks(guide: &str) -> Vec<(usize, &str, Vec<&str>)> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, &str, Vec<&str>)> = None;
    for (at, line) in guide.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(language), None) => open = Some((at + 2, language, Vec::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some((_, _, lines))) => lines.push(line),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

fn shell(first: usize, lines: &[&str], deeds: &mut Vec<Deed>) {
    let mut at = 0;
    while at < lines.len() {
        let line = first + at;
        let mut command = lines[at].to_owned();
        while command.ends_with('\\') && at + 1 < lines.len() {
            at += 1;
            command = format!("{command}\n{}", lines[at]);
        }
        at += 1;
        if !command.is_empty() && !command.starts_with('#') {
            deeds.push(Deed::Run { line, command, printed: Vec::new() });
        }
    }
}

fn console(first: usize, lines: &[&str], deeds: &mut Vec<Deed>) {
    for (at, text) in lines.iter().enumerate() {
        match (text.strip_prefix("$ "), deeds.last_mut()) {
            (Some(command), _) => {
                let command = command.to_owned();
                deeds.push(Deed::Run { line: first + at, command, printed: Vec::new() });
            }
            (None, Some(Deed::Run { printed, .. })) if at > 0 => printed.push((*text).to_owned()),
            _ => panic!("line {}: a console begins with a command", first + at),
        }
    }
}

fn file(lines: &[&str]) -> Option<Deed> {
    let path = lines.first()?.strip_prefix("# ")?;
    (!path.contains(' ')).then(|| Deed::Write { path: path.to_owned(), text: lines.join("\n") + "\n" })
}
