//! The tables of a document.

/// A line of a table: what its first cell says, and all others.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    first: &'a str,
    others: &'a str,
}

/// The lines of the first table below a heading, without its head.
pub(crate) fn lines<'a>(text: &'a str, heading: &str) -> Vec<Line<'a>> {
    let below = text.lines().skip_while(|line| *line != heading).skip(1);
    let section = below.take_while(|line| !line.starts_with('#'));
    let table = section.filter_map(|line| line.strip_prefix("| ")).skip(1);
    table.filter_map(|line| line.split_once(" | ")).map(|(first, others)| Line { first, others }).collect()
}

impl<'a> Line<'a> {
    /// The rows that it is about.
    pub(crate) fn rows(&self) -> Vec<u32> {
        self.first.split(", ").filter_map(|row| row.parse().ok()).collect()
    }

    /// What stands in backticks and ends so.
    pub(crate) fn quoted(&self, end: &str) -> Vec<&'a str> {
        self.others.split('`').skip(1).step_by(2).filter(|word| word.ends_with(end)).collect()
    }
}
