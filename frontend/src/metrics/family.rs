//! What a metric is called and what it means, before there is a value.

/// A metric family: samples of one name, told apart by labels.
///
/// ```
/// let families: Vec<_> = keyway_frontend::metrics::families().collect();
/// assert!(families.iter().any(|it| it.name == "memcached_current_connections"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// How its values go.
    pub kind: FamilyKind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it means.
    pub help: &'static str,
}

/// How the values of a family go.
///
/// ```
/// use keyway_frontend::metrics::{FamilyKind, families};
///
/// let open = families().find(|it| it.name == "memcached_current_connections").ok_or("it is there")?;
/// assert_eq!((open.kind, open.kind.name()), (FamilyKind::Gauge, "gauge"));
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FamilyKind {
    /// Up, from 0 when the process, or the server, began.
    Counter,
    /// Up and down.
    Gauge,
    /// Counters of values within bounds.
    Histogram,
}

impl FamilyKind {
    /// Its name in the text format.
    ///
    /// ```
    /// use keyway_frontend::metrics::FamilyKind;
    ///
    /// let told = format!("# TYPE it {}", FamilyKind::Histogram.name());
    /// assert_eq!(told, "# TYPE it histogram");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

impl Family {
    pub(super) const fn counter(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        Self { name, kind: FamilyKind::Counter, labels, help }
    }

    pub(super) const fn gauge(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        Self { name, kind: FamilyKind::Gauge, labels, help }
    }

    pub(super) const fn histogram(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        Self { name, kind: FamilyKind::Histogram, labels, help }
    }
}
