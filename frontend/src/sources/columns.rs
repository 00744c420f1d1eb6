//! What the columns of a query mean: the first two by their place, each further one by its name.

use super::{
    allotment::{Allotment, Said, bytes, count, named, unusable},
    pool::Trouble,
};

/// A column behind the verifier and the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Further {
    Namespace,
    Connections,
    OperationsPerSecond,
    BytesPerSecond,
    Value,
}

impl Further {
    const ALL: [Self; 5] =
        [Self::Namespace, Self::Connections, Self::OperationsPerSecond, Self::BytesPerSecond, Self::Value];

    /// As the users file calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::Connections => "connections",
            Self::OperationsPerSecond => "operations_per_second",
            Self::BytesPerSecond => "bytes_per_second",
            Self::Value => "value",
        }
    }
}

/// What a query answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    has_role: bool,
    further: Vec<Further>,
}

/// What a row has in one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Null,
    Number(i64),
    Text(String),
    /// Neither: a fraction, or bytes. Of SQLite alone; a column of PostgreSQL that is no text is not read as one.
    #[cfg(any(feature = "sqlite", test))]
    Other,
}

/// What a query with one parameter must be.
pub(super) fn expected(parameter: &str) -> String {
    format!(
        "`query` must be a SELECT with one parameter {parameter}, of a verifier, or of a verifier and a role; behind the role \
         may come columns that are called namespace, connections, operations_per_second, bytes_per_second or value"
    )
}

impl Columns {
    /// By the names of the columns, in their order. Names are not repeated: a column without one of its own has the text of its
    /// expression.
    pub(super) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut names = names.into_iter();
        if names.next().is_none() {
            return Err("the query answers with no column".to_owned());
        }
        let role = names.next();
        if role.is_some_and(|name| name.eq_ignore_ascii_case(Further::Namespace.name())) {
            // Or a tenant could be called as a role is.
            return Err(
                "the second column of the query is the role; where it says none, put NULL there and \
                        the namespace behind it"
                    .to_owned(),
            );
        }
        let mut further = Vec::new();
        for (number, name) in (3..).zip(names) {
            let known = Further::ALL.into_iter().find(|further| further.name().eq_ignore_ascii_case(name));
            let Some(column) = known.filter(|column| !further.contains(column)) else {
                let all = Further::ALL.map(Further::name).join(", ");
                return Err(format!(
                    "column {number} of the query must be called as one of {all}, each once; give it its name by AS"
                ));
            };
            further.push(column);
        }
        Ok(Self { has_role: role.is_some(), further })
    }

    pub(super) fn has_role(&self) -> bool {
        self.has_role
    }

    /// Where the further columns are.
    pub(super) fn further(&self) -> std::ops::Range<usize> {
        2..2 + self.further.len()
    }

    /// What these cells of the further columns say; where one is NULL, what there is anyhow.
    pub(super) fn read(&self, cells: &[Cell], usual: &Allotment) -> Result<Allotment, Trouble> {
        let mut allotment = usual.clone();
        for (column, cell) in self.further.iter().zip(cells) {
            let said = match cell {
                Cell::Null => continue,
                Cell::Number(number) => Said::Number(*number),
                Cell::Text(text) => Said::Text(text),
                #[cfg(any(feature = "sqlite", test))]
                Cell::Other => Said::Other,
            };
            let limits = &mut allotment.limits;
            let read = match column {
                Further::Namespace => match said {
                    Said::Text(text) => named(text).map(|name| allotment.namespace = Some(name)),
                    Said::Number(_) | Said::Other => Err("a namespace's name is a text"),
                },
                Further::Connections => count(said).map(|limit| limits.connections = Some(limit)),
                Further::OperationsPerSecond => {
                    count(said).map(|limit| limits.operations_per_second = Some(limit))
                }
                Further::BytesPerSecond => bytes(said).map(|limit| limits.bytes_per_second = Some(limit)),
                Further::Value => bytes(said).map(|limit| limits.value = Some(limit)),
            };
            read.map_err(|why| unusable(&format!("the column {} of the query", column.name()), why))?;
        }
        Ok(allotment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_two_are_known_by_their_place_and_the_others_by_their_names() {
        let columns = Columns::new(["password", "Rights", "VALUE", "namespace"]).unwrap();
        assert_eq!((columns.has_role(), columns.further()), (true, 2..4));
        assert_eq!(columns.further, [Further::Value, Further::Namespace]);
        for names in [&["v"][..], &["value", "value"], &["v", "connections"]] {
            let columns = Columns::new(names.iter().copied()).unwrap();
            assert!(columns.further().is_empty(), "as ever: {names:?}");
        }
        for (names, says) in [
            (&[][..], "no column"),
            (&["v", "namespace"], "put NULL there"),
            (&["v", "Namespace", "namespace"], "put NULL there"),
            (&["v", "r", "tenant"], "column 3"),
            (&["v", "r", "namespace", "NameSpace"], "column 4"),
            (&["v", "r", "value", "'s3cret'"], "column 4"),
        ] {
            let error = Columns::new(names.iter().copied()).unwrap_err();
            assert!(error.contains(says) && !error.contains("s3cret"), "{names:?}: {error}");
        }
    }

    #[test]
    fn a_cell_counts_before_the_settings_and_null_leaves_what_they_say() {
        let columns = Columns::new(["v", "r", "namespace", "connections", "bytes_per_second"]).unwrap();
        let mut usual = Allotment { namespace: Some("shop".to_owned()), ..Allotment::default() };
        usual.limits.connections = Some(5);
        let nothing = [Cell::Null, Cell::Null, Cell::Null];
        assert_eq!(columns.read(&nothing, &usual).unwrap(), usual);
        let cells = [Cell::Text("news".into()), Cell::Number(7), Cell::Text("1KiB".into())];
        let read = columns.read(&cells, &usual).unwrap();
        assert_eq!(read.namespace.as_deref(), Some("news"));
        assert_eq!((read.limits.connections, read.limits.bytes_per_second), (Some(7), Some(1024)));
        assert_eq!(
            columns.read(&[Cell::Null, Cell::Text("7".into()), Cell::Number(9)], &usual).unwrap().limits,
            {
                let mut limits = usual.limits;
                (limits.connections, limits.bytes_per_second) = (Some(7), Some(9));
                limits
            }
        );
    }

    #[test]
    fn what_cannot_be_used_is_told_by_its_column_without_a_part_of_it() {
        for (name, cell) in [
            ("namespace", Cell::Text("s3cret name".into())),
            ("namespace", Cell::Text(String::new())),
            ("namespace", Cell::Number(7)),
            ("namespace", Cell::Other),
            ("connections", Cell::Number(0)),
            ("connections", Cell::Number(-1)),
            ("connections", Cell::Text("s3cret".into())),
            ("operations_per_second", Cell::Text("1KiB".into())),
            ("bytes_per_second", Cell::Text("1.5MiB".into())),
            ("value", Cell::Other),
            ("value", Cell::Text(String::new())),
        ] {
            let columns = Columns::new(["v", "r", name]).unwrap();
            let told = columns.read(&[cell], &Allotment::default());
            let Err(Trouble::Unusable(why)) = told else { panic!("{name}: {told:?}") };
            assert!(why.contains(&format!("column {name} of")) && !why.contains("s3cret"), "{why}");
        }
    }
}
