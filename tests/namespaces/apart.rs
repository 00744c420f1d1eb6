//! What one namespace knows and counts of another: nothing.

use super::{MIB, cache, fill, namespace, tenant, user_of};
use keyway::{Delta, Expiry, Refusal, Role};

#[test]
fn the_same_key_names_other_data_in_each() {
    let cache = cache(8 * MIB);
    let spaces = [user_of(&cache, "main", None), tenant(&cache, "shop", 0), tenant(&cache, "news", 0)];
    for (at, session) in spaces.iter().enumerate() {
        assert!(session.get("k").unwrap().is_none());
        session.set("k", format!("value {at}").as_str()).unwrap();
    }
    spaces[1].flush().unwrap();
    assert!(spaces[1].get("k").unwrap().is_none());
    assert_eq!(spaces[0].get("k").unwrap().as_deref(), Some(&b"value 0"[..]));
    assert_eq!(spaces[2].get("k").unwrap().as_deref(), Some(&b"value 2"[..]));
    let items = spaces.each_ref().map(|session| session.stats().unwrap().items);
    assert_eq!((items, cache.stats().items), ([1, 0, 1], 2), "own statistics");
    let hits: Vec<_> =
        cache.namespaces().stats().into_iter().map(|it| (it.namespace.name, it.stats.hits)).collect();
    assert_eq!(hits, [(String::new(), 1), ("news".to_owned(), 1), ("shop".to_owned(), 0)]);
}

/// Attack row 71: what one tenant has stored shows in no answer that another gets.
#[test]
fn row_71_no_verb_tells_what_another_namespace_holds() {
    let cache = cache(8 * MIB);
    let (ours, theirs) = (tenant(&cache, "ours", 0), tenant(&cache, "theirs", 0));
    let version = theirs.set("k", "7").unwrap();
    theirs.set("n", "41").unwrap();
    assert_eq!(ours.cas("k", "x", version), Err(Refusal::NotFound), "a version means nothing elsewhere");
    assert_eq!(ours.replace("k", "x"), Err(Refusal::NotFound));
    assert_eq!(ours.append("k", "x"), Err(Refusal::NotStored));
    assert_eq!(ours.incr("n", Delta::by(1)).err(), Some(Refusal::NotFound));
    assert_eq!((ours.delete("k"), ours.touch("k", Expiry::Never)), (Ok(false), Ok(false)));
    assert_eq!(ours.delete_given("k", version), Ok(false));
    assert!(ours.get("k").unwrap().is_none());
    assert!(ours.add("k", "mine").is_ok(), "and `add` does not say that it exists");
    assert_eq!(ours.incr("n", Delta::by(1).or_initial(1)).unwrap().value, 1);
    assert_eq!(theirs.get("k").unwrap().as_deref(), Some(&b"7"[..]));
    assert_eq!(theirs.incr("n", 1).unwrap().value, 42);
    assert_eq!(ours.stats().unwrap().items, 2);
}

/// Attack row 68: keys that meet in one tenant's stripe or line do not in another's, since each hashes under a key of its own.
/// The orders in which small caches of equal histories evict are as many as there are hash keys.
#[test]
fn row_68_each_namespace_hashes_under_a_key_of_its_own() {
    let cache = cache(8 * MIB);
    let survivors = |name: &str| {
        let mut small = namespace(name, 0);
        (small.ceiling, small.stripes) = (Some(128 << 10), Some(16));
        cache.namespaces().add(small).unwrap();
        let session = user_of(&cache, name, Some(name));
        fill(&session, 0..2000, 100);
        (0..2000_u32)
            .filter(|number| session.get(&number.to_be_bytes()).unwrap().is_some())
            .collect::<Vec<_>>()
    };
    let (one, other) = (survivors("one"), survivors("other"));
    assert!(one.len() > 100 && other.len() > 100);
    assert_ne!(one, other);
}

#[test]
fn only_who_may_flushes_all() {
    let cache = cache(8 * MIB);
    let (main, shop) = (user_of(&cache, "main", None), tenant(&cache, "shop", 0));
    cache.users().add_trusted("root", Role::Admin).unwrap();
    let root = cache.session_for("root").unwrap();
    for session in [&main, &shop] {
        session.set("k", "v").unwrap();
    }
    assert_eq!(cache.namespaces().flush_all(&shop), Err(Refusal::Forbidden));
    assert_eq!(cache.stats().items, 2);
    cache.namespaces().flush_all(&root).unwrap();
    assert_eq!(cache.stats().items, 0);
}

#[test]
fn the_cache_s_statistics_are_those_of_all_namespaces_together() {
    let cache = cache(8 * MIB);
    let (main, shop) = (user_of(&cache, "main", None), tenant(&cache, "shop", 0));
    fill(&main, 0..10, 100);
    fill(&shop, 0..1000, 100);
    let (all, each) = (cache.stats(), cache.namespaces().stats());
    assert_eq!(all.items, 1010);
    assert_eq!(all.stripes, each.iter().map(|it| it.stats.stripes).sum::<u64>());
    assert_eq!(all.fullest_stripe, each[1].stats.fullest_stripe);
    assert!(each[1].stats.fullest_stripe > each[0].stats.fullest_stripe);
}
