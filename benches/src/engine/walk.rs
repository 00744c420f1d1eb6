//! Making the steps of a workload.

use super::{
    peers::Peer,
    plan::Keys,
    workload::{Step, stores},
};
use crate::sample;
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

/// So many planned steps are copied at a time to where they are near. One by one they would come from memory to the cache that makes
/// them first, and to the others from where that has brought them.
const NEAR: usize = 512;
/// So many keys and values are made at a time where they are to be at hand.
const AT_HAND: usize = 64;

/// What reads came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reads {
    pub(crate) all: u64,
    pub(crate) hits: u64,
}

/// Makes the steps. With no steps planned, stores `count` new keys, numbered by `next`.
///
/// # Panics
/// If a cache returns another value than the one that belongs to the key.
pub(crate) fn walk<P: Peer + ?Sized>(
    peer: &P,
    steps: &[Step],
    keys: Keys,
    count: usize,
    next: &AtomicU64,
) -> Reads {
    let mut reads = Reads::default();
    let mut near = [0; NEAR];
    for planned in steps.chunks(NEAR) {
        let near = &mut near[..planned.len()];
        near.copy_from_slice(planned);
        make_all(peer, near, keys, &mut reads);
    }
    if steps.is_empty() {
        let first = next.fetch_add(count as u64, Ordering::Relaxed);
        for from in (0..count).step_by(NEAR) {
            let near = &mut near[..NEAR.min(count - from)];
            near.iter_mut().zip(first + from as u64..).for_each(|(step, number)| *step = !number);
            make_all(peer, near, keys, &mut reads);
        }
    }
    reads
}

fn make_all<P: Peer + ?Sized>(peer: &P, steps: &[Step], keys: Keys, reads: &mut Reads) {
    match keys {
        Keys::Made => steps.iter().for_each(|step| make(peer, *step, reads)),
        Keys::AtHand => steps.chunks(AT_HAND).for_each(|steps| make_at_hand(peer, steps, reads)),
    }
}

/// Of which key a step is.
fn number_of(step: Step) -> u64 {
    if stores(step) { !step } else { step }
}

fn make<P: Peer + ?Sized>(peer: &P, step: Step, reads: &mut Reads) {
    let key = sample::key(number_of(step));
    if stores(step) {
        peer.set(&key, &sample::value(!step));
    } else {
        read(peer, &key, step, reads);
    }
}

fn make_at_hand<P: Peer + ?Sized>(peer: &P, steps: &[Step], reads: &mut Reads) {
    let mut keys = [[0; sample::KEY]; AT_HAND];
    let mut values = [[0; sample::VALUE]; AT_HAND];
    for ((step, key), value) in steps.iter().zip(&mut keys).zip(&mut values) {
        *key = sample::key(number_of(*step));
        if stores(*step) {
            *value = sample::value(!step);
        }
    }
    for ((step, key), value) in steps.iter().zip(&keys).zip(&values) {
        if stores(*step) {
            peer.set(key, value);
        } else {
            read(peer, key, *step, reads);
        }
    }
}

fn read<P: Peer + ?Sized>(peer: &P, key: &[u8; sample::KEY], number: u64, reads: &mut Reads) {
    reads.all += 1;
    if let Some(right) = peer.holds(key, number) {
        assert!(right, "a value of another key came back");
        reads.hits += 1;
    }
}

/// Makes the steps; how long each read took, in nanoseconds, with two looks at the clock.
///
/// # Panics
/// If a cache returns another value than the one that belongs to the key.
pub(crate) fn time_gets<P: Peer + ?Sized>(peer: &P, steps: &[Step]) -> Vec<u32> {
    let mut nanos = Vec::with_capacity(steps.len());
    for step in steps {
        if stores(*step) {
            peer.set(&sample::key(!step), &sample::value(!step));
            continue;
        }
        let key = sample::key(*step);
        let began = Instant::now();
        let found = peer.holds(&key, *step);
        let took = began.elapsed();
        assert!(found != Some(false), "a value of another key came back");
        nanos.push(u32::try_from(took.as_nanos()).unwrap_or(u32::MAX));
    }
    nanos
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::HashMap, sync::Mutex};

    #[derive(Default)]
    struct Noting(Mutex<HashMap<[u8; sample::KEY], Vec<u8>>>);

    impl Peer for Noting {
        fn holds(&self, key: &[u8; sample::KEY], number: u64) -> Option<bool> {
            self.0.lock().unwrap().get(key).map(|value| sample::belongs(value, number))
        }

        fn set(&self, key: &[u8; sample::KEY], value: &[u8]) {
            self.0.lock().unwrap().insert(*key, value.to_vec());
        }
    }

    #[test]
    fn keys_at_hand_make_the_same_steps_as_keys_that_are_made() {
        let steps: Vec<Step> = (0..1500).flat_map(|number| [!number, number, number + 1]).collect();
        for keys in [Keys::Made, Keys::AtHand] {
            let (peer, next) = (Noting::default(), AtomicU64::new(9000));
            assert_eq!(walk(&peer, &steps, keys, 0, &next), Reads { all: 3000, hits: 1500 }, "{keys:?}");
            assert_eq!(walk(&peer, &[], keys, 700, &next), Reads::default());
            let held = peer.0.lock().unwrap();
            assert!((9000..9700).all(|number| sample::belongs(&held[&sample::key(number)], number)));
            assert_eq!((held.len(), next.into_inner()), (1500 + 700, 9700));
        }
    }
}
