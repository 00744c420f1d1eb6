//! What a write leaves for the next one, on whichever core that is.

use super::*;
use std::thread;

const ENTRIES: u64 = 256;
const WEIGHT: usize = 100;

fn is_there(engine: &TestEngine, key: u64) -> bool {
    engine.peek(hash(engine, key), |entry| entry.number() == key, &Time(1), |_| ()).is_some()
}

#[test]
fn what_is_noted_to_go_next_goes_next_where_threads_take_turns() {
    let limit = usize::try_from(ENTRIES).map_or(0, |entries| entries * WEIGHT);
    let Some(engine) = TestEngine::new(limit, Tables::Free, 1, Fixed::default(), ()) else {
        panic!("the budget is too small")
    };
    let store = |key| assert!(put(&engine, &Number::new(key, WEIGHT)).is_ok());
    let (mut held, mut right, mut evicted) = (Vec::new(), 0, 0);
    for key in 0..4 * ENTRIES {
        let noted = engine.stripes[0].lock.write().next_to_go();
        if key % 2 == 0 {
            store(key);
        } else {
            thread::scope(|scope| {
                scope.spawn(|| store(key));
            });
        }
        held.push(key);
        let gone: Vec<_> = held.extract_if(.., |key| !is_there(&engine, *key)).collect();
        // Until then main is filled from probation.
        if key >= 2 * ENTRIES {
            evicted += gone.len();
            right += usize::from(matches!(gone[..], [key] if noted == Some(hash(&engine, key).short())));
        }
    }
    assert_eq!(evicted, 512, "each evicts one");
    assert!(right > 500, "{right} of {evicted}");
}
