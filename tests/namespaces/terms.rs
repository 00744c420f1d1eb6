//! What may be promised to a namespace, and that its ceilings are kept.

use super::{MIB, cache, fill, namespace, tenant};
use keyway::{NamespaceError, Refusal};

#[test]
fn what_cannot_be_promised_is_refused_and_changes_nothing() {
    let cache = cache(8 * MIB);
    let namespaces = cache.namespaces();
    namespaces.add(namespace("shop", 5 * MIB)).unwrap();
    let too_much = namespaces.add(namespace("news", 4 * MIB)).unwrap_err();
    assert!(matches!(too_much, NamespaceError::ReservedBeyondBudget { budget, .. } if budget == 8 * MIB));
    assert!(namespaces.change(namespace("shop", 9 * MIB)).is_err());
    assert!(cache.resize(5 * MIB).is_err(), "less than what is reserved");
    assert!(cache.reserved() > 5 * MIB && cache.budget() == 8 * MIB);
    cache.resize(6 * MIB).unwrap();
    assert!(namespaces.add(namespace("shop", 0)) == Err(NamespaceError::Exists("shop".to_owned())));
    for name in ["", "a b", "a\n", &"n".repeat(65)] {
        assert_eq!(namespaces.add(namespace(name, 0)), Err(NamespaceError::BadName(name.to_owned())));
    }
    let mut low = namespace("low", 0);
    low.ceiling = Some(100);
    assert!(matches!(namespaces.add(low.clone()), Err(NamespaceError::CeilingTooLow { .. })));
    low.reserve = 200;
    assert!(matches!(namespaces.add(low), Err(NamespaceError::CeilingBelowReserve { .. })));
    let mut none = namespace("none", 0);
    none.ceiling_items = Some(0);
    assert_eq!(namespaces.add(none), Err(NamespaceError::NoItems));
    let mut items = namespace("items", 0);
    (items.reserve_items, items.ceiling_items) = (11, Some(10));
    let below = NamespaceError::CeilingBelowReservedItems { reserve_items: 11, ceiling_items: 10 };
    assert_eq!(namespaces.add(items.clone()), Err(below));
    (items.reserve_items, items.ceiling_items) = (usize::MAX, None);
    assert!(matches!(namespaces.add(items.clone()), Err(NamespaceError::ReservedBeyondBudget { .. })));
    items.reserve_items = 2 * MIB / 36;
    assert!(namespaces.add(items.clone()).is_err(), "not even the smallest of so many fit beside the shop");
    (items.reserve_items, items.ceiling) = (100_000, Some(MIB));
    assert!(matches!(namespaces.add(items), Err(NamespaceError::CeilingTooLow { least }) if least > MIB));
    let twice = vec![namespace("a", 0), namespace("a", 0)];
    assert_eq!(namespaces.replace(twice), Err(NamespaceError::NamedTwice("a".to_owned())));
    assert_eq!(namespaces.replace(vec![namespace("a", 7 * MIB)]).err().map(|_| ()), Some(()));
    assert_eq!(namespaces.list(), [namespace("shop", 5 * MIB)], "nothing was done");
    namespaces.replace(vec![namespace("b", 4 * MIB), namespace("shop", MIB)]).unwrap();
    assert_eq!(namespaces.list(), [namespace("b", 4 * MIB), namespace("shop", MIB)]);
    namespaces.replace(vec![namespace("b", MIB), namespace("shop", 4 * MIB)]).unwrap();
}

#[test]
fn ceilings_are_kept_and_can_be_moved() {
    let cache = cache(16 * MIB);
    let session = tenant(&cache, "shop", 0);
    let fill = || fill(&session, 0..20_000, 200);
    fill();
    assert_eq!(session.stats().unwrap().items, 20_000);
    let mut terms = namespace("shop", 0);
    terms.ceiling = Some(MIB);
    cache.namespaces().change(terms.clone()).unwrap();
    let stats = session.stats().unwrap();
    assert!(stats.bytes <= MIB as u64 && stats.budget == MIB as u64 && stats.items > 3000, "{stats:?}");
    assert_eq!(session.set("large", &vec![0; MIB / 2 + 1]), Err(Refusal::TooLarge { limit: MIB / 2 }));
    session.set("large", &vec![0; MIB / 2]).unwrap();
    fill();
    assert!(session.stats().unwrap().bytes <= MIB as u64);
    terms.ceiling_items = Some(10);
    cache.namespaces().change(terms).unwrap();
    assert_eq!(session.stats().unwrap().items, 10);
    fill();
    assert_eq!(session.stats().unwrap().items, 10);
    cache.namespaces().change(namespace("shop", 0)).unwrap();
    fill();
    assert_eq!(session.stats().unwrap().items, 20_000);
}

#[test]
fn a_budget_may_shrink_to_what_is_reserved_and_no_further() {
    let cache = cache(8 * MIB);
    let _session = tenant(&cache, "shop", MIB);
    let reserved = cache.reserved();
    let beyond = NamespaceError::ReservedBeyondBudget { reserved, budget: reserved - 1 };
    assert_eq!(cache.resize(reserved - 1), Err(beyond));
    assert_eq!(cache.resize(reserved), Ok(()));
    assert_eq!(cache.budget(), reserved);
}

#[test]
fn a_ceiling_may_be_as_low_as_what_is_reserved_and_no_lower() {
    let cache = cache(8 * MIB);
    let mut shop = namespace("shop", MIB);
    (shop.ceiling, shop.reserve_items, shop.ceiling_items) = (Some(MIB), 10, Some(10));
    assert_eq!(cache.namespaces().add(shop.clone()), Ok(()));
    let mut lower = shop.clone();
    lower.ceiling = Some(MIB - 1);
    let refused = NamespaceError::CeilingBelowReserve { reserve: MIB, ceiling: MIB - 1 };
    assert_eq!(cache.namespaces().change(lower), Err(refused));
    shop.ceiling_items = Some(9);
    let refused = NamespaceError::CeilingBelowReservedItems { reserve_items: 10, ceiling_items: 9 };
    assert_eq!(cache.namespaces().change(shop), Err(refused));
}

#[test]
fn a_namespace_has_as_many_stripes_as_it_asks_for_or_as_suit_it() {
    let cache = cache(64 * MIB);
    let mut asks = namespace("asks", 0);
    asks.stripes = Some(5);
    let mut small = namespace("small", 0);
    small.ceiling = Some(64 << 10);
    let list = vec![namespace("any", 0), asks.clone(), small];
    cache.namespaces().replace(list).unwrap();
    let stripes: Vec<_> = cache.namespaces().stats()[1..].iter().map(|it| it.stats.stripes).collect();
    assert!(stripes[0] > 1 && stripes[0] <= 16 && stripes[1] == 8 && stripes[2] < stripes[0], "{stripes:?}");
    (asks.name, asks.stripes) = ("many".to_owned(), Some((1 << 16) + 1));
    assert_eq!(cache.namespaces().add(asks), Err(NamespaceError::TooManyStripes));
}
