//! What the steps came to: test totals, and a line for each step with its time.

use crate::process::Failure;
use std::{fmt, time::Duration};

/// Tests counted over everything that ran.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Totals {
    /// Counts the line if it is the closing line of a run of `cargo test`.
    pub(crate) fn read(&mut self, line: &str) {
        let Some((_, counts)) =
            line.trim().strip_prefix("test result: ").and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            let (number, what) = count.split_once(' ').unwrap_or_default();
            let number = number.parse().unwrap_or(0);
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.skipped += number,
                _ => {}
            }
        }
    }

    /// Runs a step. One that fails with no test failing (a lint, a page of the documentation) counts as a failed test, so
    /// that the last line of a run that failed never says that nothing did.
    pub(crate) fn run(&mut self, step: impl FnOnce(&mut Self) -> Result<(), Failure>) -> Result<(), Failure> {
        let failed = self.failed;
        let result = step(self);
        if result.is_err() && self.failed == failed {
            self.failed += 1;
        }
        result
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 { write!(f, ", {} skipped", self.skipped) } else { Ok(()) }
    }
}

/// How one step went.
pub(crate) struct Outcome {
    pub(crate) step: String,
    pub(crate) took: Duration,
    pub(crate) result: Result<(), Failure>,
}

/// Prints the summary; the totals come last.
pub(crate) fn print(outcomes: &[Outcome], totals: &Totals) {
    println!("\n== summary");
    for Outcome { step, took, result } in outcomes {
        let verdict = match result {
            Ok(()) => "ok".to_owned(),
            Err(failure) => format!("FAILED: {failure}"),
        };
        println!("{step:>10} {:>7.1} s  {verdict}", took.as_secs_f64());
    }
    println!("{totals}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_add_up_and_other_lines_do_not_count() {
        let mut totals = Totals::default();
        totals.read(
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s",
        );
        totals.read("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s");
        totals.read("test tests::some ... ok");
        totals.read("5 passed; 5 failed");
        assert_eq!(totals.to_string(), "15 passed, 2 failed, 1 skipped");
    }

    #[test]
    fn a_step_that_fails_with_no_test_failing_counts_as_one() {
        let mut totals = Totals::default();
        let broken = totals.run(|_| Err(Failure::new("a link leads nowhere")));
        assert!(broken.is_err());
        assert_eq!(totals.to_string(), "0 passed, 1 failed");
        let failing = totals.run(|totals| {
            totals.read("test result: FAILED. 3 passed; 2 failed; 0 ignored");
            Err(Failure::new("ended with exit status: 101"))
        });
        assert!(failing.is_err());
        assert_eq!(totals.to_string(), "3 passed, 3 failed");
        assert!(totals.run(|_| Ok(())).is_ok());
        assert_eq!(totals.to_string(), "3 passed, 3 failed");
    }
}
