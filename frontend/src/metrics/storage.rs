//! What the cache holds, by namespace and by stripe.

use super::{exposition::Exposition, family::Family};
use keyway::{Cache, NamespaceStats, Stats};

static RESERVED: Family = Family::gauge(
    "keyway_reserved_bytes",
    &[],
    "Bytes of the budget that are reserved for namespaces; 0 without namespaces.",
);
static STRIPES: Family = Family::gauge(
    "keyway_stripes",
    &[],
    "Stripes (parts with a lock of their own) that items are spread over, of all namespaces.",
);
static FULLEST: Family = Family::gauge(
    "keyway_fullest_stripe_items",
    &[],
    "Items in the stripe that has most. Far more than items by stripes means that keys meet in one.",
);
static BYTES: Family = Family::gauge(
    "keyway_namespace_bytes",
    &["namespace"],
    "Bytes that the namespace's items take of the budget.",
);
static ITEMS: Family = Family::gauge("keyway_namespace_items", &["namespace"], "Items in the namespace.");
static NAMESPACE_RESERVED: Family = Family::gauge(
    "keyway_namespace_reserved_bytes",
    &["namespace"],
    "Bytes that others cannot have once they are used in the namespace.",
);
static RESERVED_ITEMS: Family = Family::gauge(
    "keyway_namespace_reserved_items",
    &["namespace"],
    "Items that others cannot have once they are stored in the namespace, where some are reserved.",
);
static CEILING: Family = Family::gauge(
    "keyway_namespace_ceiling_bytes",
    &["namespace"],
    "Bytes that the namespace may have at most; the whole budget if it has no ceiling of its own.",
);
static CEILING_ITEMS: Family = Family::gauge(
    "keyway_namespace_ceiling_items",
    &["namespace"],
    "Items that the namespace may have at most, where that is limited.",
);
static CONNECTIONS: Family = Family::gauge(
    "keyway_namespace_connections",
    &["namespace"],
    "Logins that are held in the namespace, of all its users together.",
);
static LIMITED: Family = Family::counter(
    "keyway_namespace_limited_total",
    &["namespace", "what"],
    "Times that a limit of the namespace was in the way of one of its users, where it has limits: connections at login, operations, bytes_in and bytes_out of verbs.",
);
static HITS: Family =
    Family::counter("keyway_namespace_hits_total", &["namespace"], "Times that a get found an item.");
static MISSES: Family =
    Family::counter("keyway_namespace_misses_total", &["namespace"], "Times that a get found none.");
static STORED: Family =
    Family::counter("keyway_namespace_stored_total", &["namespace"], "Items ever stored.");
static EVICTIONS: Family = Family::counter(
    "keyway_namespace_evictions_total",
    &["namespace"],
    "Items evicted from the namespace to make room, for itself or for another.",
);
static EXPIRATIONS: Family = Family::counter(
    "keyway_namespace_expirations_total",
    &["namespace"],
    "Items removed because they had expired.",
);

pub(super) static FAMILIES: [&Family; 16] = [
    &RESERVED,
    &STRIPES,
    &FULLEST,
    &BYTES,
    &ITEMS,
    &NAMESPACE_RESERVED,
    &RESERVED_ITEMS,
    &CEILING,
    &CEILING_ITEMS,
    &CONNECTIONS,
    &LIMITED,
    &HITS,
    &MISSES,
    &STORED,
    &EVICTIONS,
    &EXPIRATIONS,
];

pub(super) fn write(out: &mut Exposition, cache: &Cache, stats: &Stats) {
    out.value(&RESERVED, cache.reserved());
    out.value(&STRIPES, stats.stripes);
    out.value(&FULLEST, stats.fullest_stripe);
    let namespaces = cache.namespaces().stats();
    each(out, &namespaces, &BYTES, |of| Some(of.stats.bytes));
    each(out, &namespaces, &ITEMS, |of| Some(of.stats.items));
    each(out, &namespaces, &NAMESPACE_RESERVED, |of| Some(of.namespace.reserve as u64));
    each(out, &namespaces, &RESERVED_ITEMS, |of| {
        Some(of.namespace.reserve_items as u64).filter(|items| *items > 0)
    });
    each(out, &namespaces, &CEILING, |of| Some(of.stats.budget));
    each(out, &namespaces, &CEILING_ITEMS, |of| of.namespace.ceiling_items.map(|items| items as u64));
    each(out, &namespaces, &CONNECTIONS, |of| Some(of.connections));
    limited(out, &namespaces);
    each(out, &namespaces, &HITS, |of| Some(of.stats.hits));
    each(out, &namespaces, &MISSES, |of| Some(of.stats.misses));
    each(out, &namespaces, &STORED, |of| Some(of.stats.stored));
    each(out, &namespaces, &EVICTIONS, |of| Some(of.stats.evictions));
    each(out, &namespaces, &EXPIRATIONS, |of| Some(of.stats.expirations));
}

/// One value of each namespace that has such a one.
fn each(
    out: &mut Exposition,
    namespaces: &[NamespaceStats],
    family: &'static Family,
    value: fn(&NamespaceStats) -> Option<u64>,
) {
    let mut samples = out.family(family);
    for of in namespaces {
        if let Some(value) = value(of) {
            samples.sample(&[&of.namespace.name], value);
        }
    }
}

/// Of namespaces with limits, and of those that had some.
fn limited(out: &mut Exposition, namespaces: &[NamespaceStats]) {
    let mut samples = out.family(&LIMITED);
    let limited = |of: &&NamespaceStats| !of.namespace.limits.is_none() || of.refused.total() > 0;
    for of in namespaces.iter().filter(limited) {
        let refused = of.refused;
        for (what, count) in [
            ("connections", refused.connections),
            ("operations", refused.operations),
            ("bytes_in", refused.bytes_in),
            ("bytes_out", refused.bytes_out),
        ] {
            samples.sample(&[&of.namespace.name, what], count);
        }
    }
}
