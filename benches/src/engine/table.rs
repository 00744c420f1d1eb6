//! Tables for the documents.

use std::fmt;

/// Rows with a name each.
pub(crate) struct Table(Vec<Vec<String>>);

impl Table {
    pub(crate) fn new(name: &str, columns: &[impl ToString]) -> Self {
        let mut table = Self(Vec::new());
        table.row(name, columns);
        table.0.push(vec!["---".to_owned(); columns.len() + 1]);
        table
    }

    pub(crate) fn row(&mut self, name: &str, cells: &[impl ToString]) {
        let cells = cells.iter().map(ToString::to_string);
        self.0.push(std::iter::once(name.to_owned()).chain(cells).collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|row| writeln!(f, "| {} |", row.join(" | ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_markdown() {
        let mut table = Table::new("cache", &["1", "2"]);
        table.row("ours", &[3, 4]);
        assert_eq!(table.to_string(), "| cache | 1 | 2 |\n| --- | --- | --- |\n| ours | 3 | 4 |\n");
    }
}
