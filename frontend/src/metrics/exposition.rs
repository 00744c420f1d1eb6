//! Prometheus' text format, version 0.0.4.

use super::family::{Family, FamilyKind};
use crate::histogram::Observed;
use std::fmt::{Display, Write};

/// A text that families are written to, one after the other.
#[derive(Debug, Default)]
pub(super) struct Exposition {
    text: String,
}

/// Where the samples of one family go.
pub(super) struct Samples<'e> {
    text: &'e mut String,
    family: &'static Family,
    /// Whether the lines about the family stand there already: not before there is a sample.
    begun: bool,
}

impl Exposition {
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Begins a family; each has all of its samples in one place.
    pub(super) fn family(&mut self, family: &'static Family) -> Samples<'_> {
        Samples { text: &mut self.text, family, begun: false }
    }

    /// A family that has one value and no labels.
    pub(super) fn value(&mut self, family: &'static Family, value: impl Display) {
        self.family(family).sample(&[], value);
    }
}

// Writing to a string cannot fail.
impl Samples<'_> {
    /// One sample, with as many values as there are labels.
    pub(super) fn sample(&mut self, labels: &[&str], value: impl Display) {
        self.begin();
        self.line("", labels, None, value);
    }

    pub(super) fn histogram(&mut self, labels: &[&str], observed: &Observed) {
        self.begin();
        for (bound, count) in observed.within() {
            self.line("_bucket", labels, Some(&bound.to_string()), count);
        }
        self.line("_bucket", labels, Some("+Inf"), observed.count());
        self.line("_sum", labels, None, observed.seconds());
        self.line("_count", labels, None, observed.count());
    }

    fn begin(&mut self) {
        if self.begun {
            return;
        }
        self.begun = true;
        let Family { name, kind, help, .. } = self.family;
        let _ = writeln!(self.text, "# HELP {name} {}", help.replace('\\', "\\\\").replace('\n', "\\n"));
        let _ = writeln!(self.text, "# TYPE {name} {}", kind.name());
    }

    fn line(&mut self, suffix: &str, labels: &[&str], bound: Option<&str>, value: impl Display) {
        debug_assert_eq!(labels.len(), self.family.labels.len(), "{}", self.family.name);
        debug_assert_eq!(bound.is_some(), suffix == "_bucket");
        debug_assert!(suffix.is_empty() != (self.family.kind == FamilyKind::Histogram));
        let _ = write!(self.text, "{}{suffix}", self.family.name);
        let named = self.family.labels.iter().copied().zip(labels.iter().copied());
        let mut opened = false;
        for (name, value) in named.chain(bound.map(|bound| ("le", bound))) {
            let _ = write!(self.text, "{}{name}=\"{}\"", if opened { "," } else { "{" }, Escaped(value));
            opened = true;
        }
        let _ = writeln!(self.text, "{} {value}", if opened { "}" } else { "" });
    }
}

/// A label's value between its quotes.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for character in self.0.chars() {
            match character {
                '\\' => f.write_str("\\\\")?,
                '"' => f.write_str("\\\"")?,
                '\n' => f.write_str("\\n")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::Histogram;
    use std::time::Duration;

    static PLAIN: Family = Family::gauge("plain", &[], "of\none\\line");
    static LABELLED: Family = Family::counter("labelled_total", &["a", "b"], "two labels");
    static TIMES: Family = Family::histogram("times_seconds", &["a"], "times");

    #[test]
    fn a_family_is_written_as_prometheus_reads_it() {
        let mut exposition = Exposition::default();
        exposition.value(&PLAIN, 1.5);
        let _without_samples = exposition.family(&LABELLED);
        let mut samples = exposition.family(&LABELLED);
        samples.sample(&["", "x\"y\\z\n"], u64::MAX);
        samples.sample(&["ä", ""], 0);
        assert_eq!(
            exposition.into_text(),
            "# HELP plain of\\none\\\\line\n# TYPE plain gauge\nplain 1.5\n\
             # HELP labelled_total two labels\n# TYPE labelled_total counter\n\
             labelled_total{a=\"\",b=\"x\\\"y\\\\z\\n\"} 18446744073709551615\nlabelled_total{a=\"ä\",b=\"\"} 0\n"
        );
    }

    #[test]
    fn a_histogram_has_cumulative_buckets_a_sum_and_a_count() {
        let histogram = Histogram::default();
        for nanoseconds in [2, 3_000_000, 20_000_000_000] {
            histogram.observe(Duration::from_nanos(nanoseconds));
        }
        let mut exposition = Exposition::default();
        exposition.family(&TIMES).histogram(&["x"], &Observed::of([&histogram]));
        let text = exposition.into_text();
        for line in [
            "times_seconds_bucket{a=\"x\",le=\"0.000001\"} 1",
            "times_seconds_bucket{a=\"x\",le=\"0.005\"} 2",
            "times_seconds_bucket{a=\"x\",le=\"10\"} 2",
            "times_seconds_bucket{a=\"x\",le=\"+Inf\"} 3",
            "times_seconds_sum{a=\"x\"} 20.003000002",
            "times_seconds_count{a=\"x\"} 3",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} is missing: {text}");
        }
    }
}
