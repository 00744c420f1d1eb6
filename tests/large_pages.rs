//! What the system says of the memory in which a cache's items lie.

use keyway::{Cache, Config, Draft, LargePages, Role, Users, engine};

/// Bytes of this process that are on large pages (proc(5)).
fn on_large_pages() -> usize {
    let said = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    let line = said.lines().find_map(|line| line.strip_prefix("AnonHugePages:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<usize>().ok());
    kib.unwrap_or(0) << 10
}

/// All of it in one go. Whether any came to be on large pages.
fn assert_gains(mut step: impl FnMut(&mut LargePages)) -> bool {
    let (before, mut pages) = (on_large_pages(), LargePages::new());
    while !pages.is_settled() {
        step(&mut pages);
    }
    let asked = pages.promoted() + pages.refused();
    assert_eq!(asked > 0, cfg!(target_os = "linux") && cfg!(feature = "large-pages"), "{pages:?}");
    // Where the system gives them unasked, they were there before.
    let (promoted, after) = (pages.promoted() * (2 << 20), on_large_pages());
    assert!(
        after >= before + promoted / 2 || before >= promoted,
        "{before} and {after}, {promoted} promoted"
    );
    promoted > 0
}

/// One test, since it looks at the whole process. Whether the system has any large pages is the system's; that it was asked is ours.
#[test]
fn memory_of_a_session_s_items_and_of_a_generic_cache_comes_to_be_on_large_pages() {
    const ITEMS: usize = 100_000;
    let cache = Cache::new(Config::new(64 << 20), Users::new()).unwrap();
    cache.users().add_trusted("app", Role::ReadWrite).unwrap();
    let session = cache.session_for("app").unwrap();
    for number in 0..ITEMS {
        session.set(&number.to_string(), Draft::new(&[1; 100])).unwrap();
    }
    assert_gains(|pages| cache.maintain_large_pages(pages));
    let generic = engine::Cache::with_entries(2 * ITEMS).unwrap();
    for number in 0..ITEMS {
        generic.set(number, [number; 12]).unwrap();
    }
    let has_any = assert_gains(|pages| generic.maintain_large_pages(pages));
    for number in 0..ITEMS {
        assert_eq!(session.get(&number.to_string()).unwrap().as_deref(), Some(&[1; 100][..]));
        assert_eq!(*generic.get(&number).unwrap(), [number; 12]);
    }
    drop((cache, session, generic));
    assert_upkeep_gains(has_any).unwrap();
}

/// Of an index that lies in slabs.
fn assert_upkeep_gains(has_any: bool) -> Result<(), Box<dyn std::error::Error>> {
    const ENTRIES: u32 = 600_000;
    let cache = engine::Cache::with_entries(ENTRIES as usize)?;
    let before = on_large_pages();
    (0..ENTRIES / 10 * 9).try_for_each(|number| cache.set(number, number))?;
    (0..8).for_each(|_| cache.maintain());
    let gained = on_large_pages().saturating_sub(before);
    assert!(gained >= 2 * (2 << 20) || !has_any, "{gained} bytes more are on large pages");
    assert!((0..ENTRIES / 10 * 9).all(|number| cache.get(&number).as_deref() == Some(&number)));
    Ok(())
}
