//! Each row of the list of known attacks is accounted for in `docs/security.md`: it has a test that is named after it
//! where the table says, or the table says why it does not apply.
#![allow(clippy::expect_used, reason = "a source that cannot be read is a failed test")]

mod sources;
mod table;

use sources::{Named, named_tests};
use std::collections::BTreeMap;
use table::{Line, lines};

/// How many rows the list has.
const ROWS: u32 = 72;

const TESTED: &str = "### Tested";
const NOT_HERE: &str = "### Does not apply";
const GENERIC: &str = "### Whatever the protocol";

/// What is wrong with the tables of this text, beside the tests that there are.
fn faults(text: &str, tests: &[Named]) -> Vec<String> {
    let (tested, not_here) = (lines(text, TESTED), lines(text, NOT_HERE));
    let mut faults = Vec::new();
    let mut told = BTreeMap::<u32, usize>::new();
    for row in tested.iter().chain(&not_here).flat_map(Line::rows) {
        *told.entry(row).or_default() += 1;
    }
    for row in 1..=ROWS {
        match told.get(&row) {
            None => faults.push(format!("row {row}: in neither table")),
            Some(1) => {}
            Some(times) => faults.push(format!("row {row}: told {times} times")),
        }
    }
    faults
        .extend(told.keys().filter(|row| !(1..=ROWS).contains(row)).map(|row| format!("row {row}: no such")));
    for line in &tested {
        let files = line.quoted(".rs");
        for row in line.rows() {
            for file in &files {
                let is_there = tests.iter().any(|test| test.path.ends_with(file) && test.rows.contains(&row));
                if !is_there {
                    faults.push(format!("row {row}: no test `row_{row:02}_...` in `{file}`"));
                }
            }
            if files.is_empty() {
                faults.push(format!("row {row}: the table names no file"));
            }
        }
    }
    for test in tests {
        for row in &test.rows {
            let line = tested.iter().find(|line| line.rows().contains(row));
            if !line.is_some_and(|line| line.quoted(".rs").iter().any(|file| test.path.ends_with(file))) {
                faults.push(format!("row {row}: `{}` in {} is not in the table", test.name, test.path));
            }
        }
    }
    faults.extend(generic_faults(&lines(text, GENERIC), tests));
    faults
}

/// The same for what has no row.
fn generic_faults(lines: &[Line<'_>], tests: &[Named]) -> Vec<String> {
    let told: Vec<&str> = lines.iter().flat_map(|line| line.quoted("")).collect();
    let there: Vec<&str> = tests.iter().filter(|test| test.rows.is_empty()).map(|test| &*test.name).collect();
    let missing = told.iter().filter(|name| !there.contains(name)).map(|name| format!("no test `{name}`"));
    let untold = there.iter().filter(|name| !told.contains(name)).map(|name| format!("`{name}` is not told"));
    let empty = lines.is_empty().then(|| format!("nothing below {GENERIC:?}"));
    missing.chain(untold).chain(empty).collect()
}

#[test]
fn each_row_has_a_test_of_its_name_or_a_reason_to_have_none() {
    let text = include_str!("../../docs/security.md");
    let faults = faults(text, &named_tests());
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// Tables in which every row is one test in one file, but for these lines.
fn with(tested: &str, not_here: &str, rows: std::ops::RangeInclusive<u32>) -> String {
    let others: String = rows.map(|row| format!("| {row} | `all.rs` |\n")).collect();
    format!(
        "{TESTED}\n\n| rows | where |\n|---|---|\n{others}{tested}\n{NOT_HERE}\n\n| rows | why |\n|---|---|\n{not_here}\n\
         {GENERIC}\n\n| what | test |\n|---|---|\n| magic | `generic_magic` |\n"
    )
}

fn test(path: &str, name: &str) -> Named {
    Named::new(path, name).expect("a name of this kind")
}

#[test]
fn planted_faults_are_found() {
    let all = |rows: std::ops::RangeInclusive<u32>| -> Vec<Named> {
        let of_rows = rows.map(|row| test("tests/all.rs", &format!("row_{row:02}_of_all")));
        of_rows.chain([test("tests/all.rs", "generic_magic")]).collect()
    };
    let good = with("", "| 71, 72 | no such thing |", 1..=70);
    assert_eq!(faults(&good, &all(1..=70)), Vec::<String>::new());

    let count = |text: &str, tests: &[Named]| faults(text, tests).len();
    assert_eq!(count(&with("", "| 72 | no such thing |", 1..=70), &all(1..=70)), 1, "a row left out");
    assert_eq!(count(&with("", "| 70, 71, 72 | both |", 1..=70), &all(1..=70)), 1, "a row told twice");
    assert_eq!(count(&good, &all(2..=70)), 1, "a row without a test");
    assert_eq!(count(&good, &all(1..=71)), 1, "a test of a row that does not apply");
    let elsewhere = [all(2..=70), vec![test("tests/other.rs", "row_01_elsewhere")]].concat();
    assert_eq!(count(&good, &elsewhere), 2, "a test in another file than the table says");
    let nowhere = with("| 71 | a test |", "| 72 | no such thing |", 1..=70);
    assert_eq!(count(&nowhere, &all(1..=70)), 1, "a row that names no file");
    let more = [all(1..=70), vec![test("tests/all.rs", "generic_key")]].concat();
    assert_eq!(count(&good, &more), 1, "a generic test that is not told");
    assert_eq!(count(&good, &all(1..=70)[..70]), 1, "a generic test that is not there");
}

#[test]
fn names_are_read() {
    assert_eq!(test("a.rs", "row_46_47_55_of_another_dialogue").rows, [46, 47, 55]);
    assert_eq!(test("a.rs", "row_08_1_byte").rows, [8]);
    for other in ["rows_and_columns", "row_1_short", "row_by_row", "generic", "growth"] {
        assert!(Named::new("a.rs", other).is_none(), "{other}");
    }
}
