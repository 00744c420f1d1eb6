//! Tables for the documents.

use std::io::{self, Write};

/// Rows with a name each, written as they come: what came before is kept if something fails later.
pub(crate) struct Table<'a>(&'a mut dyn Write);

impl<'a> Table<'a> {
    /// Begins with a free line and the heading.
    pub(crate) fn new(out: &'a mut dyn Write, name: &str, columns: &[impl ToString]) -> io::Result<Self> {
        writeln!(out)?;
        let mut table = Self(out);
        table.row(name, columns)?;
        table.row("---", &vec!["---"; columns.len()])?;
        Ok(table)
    }

    pub(crate) fn row(&mut self, name: &str, cells: &[impl ToString]) -> io::Result<()> {
        let cells: Vec<String> = cells.iter().map(ToString::to_string).collect();
        writeln!(self.0, "| {name} | {} |", cells.join(" | "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_markdown() {
        let mut out = Vec::new();
        Table::new(&mut out, "cache", &["1", "2"]).unwrap().row("ours", &[3, 4]).unwrap();
        assert_eq!(out, b"\n| cache | 1 | 2 |\n| --- | --- | --- |\n| ours | 3 | 4 |\n");
    }
}
