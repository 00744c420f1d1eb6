//! Where everything lies in memory.

use super::*;
use std::collections::BTreeMap;

#[test]
fn a_survey_tells_of_each_entry_once_and_of_all_lines() {
    const WEIGHT: usize = 100;
    let engine = engine(1 << 20, 4);
    let entries: Vec<_> = (0..3000).map(|number| Number::new(number, WEIGHT)).collect();
    for entry in &entries {
        assert!(put(&engine, entry).is_ok());
    }
    let (mut told, mut from) = (BTreeMap::<usize, usize>::new(), Some(SurveyFrom::default()));
    let mut pages = 0;
    while let Some(here) = from {
        from = engine.survey(here, &mut |address, bytes| {
            assert!(told.insert(address.addr(), bytes).is_none(), "told twice");
        });
        pages += 1;
    }
    for entry in &entries {
        assert_eq!(told.remove(&entry.address().addr()), Some(WEIGHT));
    }
    // What is left is of the index: eight bytes an entry at least, and no more than is charged for everything that is no entry.
    let lines: usize = told.values().sum();
    let rest = engine.totals().charged - entries.len() * WEIGHT;
    assert!((entries.len() * 8..rest).contains(&lines), "{lines} of {rest}");
    assert!(told.len() > 4 && pages >= told.len(), "{} pages, {pages} visits", told.len());
}
