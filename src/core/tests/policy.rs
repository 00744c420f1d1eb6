//! Who goes first: the engine beside the policy's own rules.

use super::{Number, TestEngine, engine, has, put};
use crate::core::policy::{Share, Stamp};

/// The policy's rules over plain vectors, oldest first, for entries of equal weight in one stripe. Ghosts beyond reach:
/// keys come once more only while they are there.
struct TwoQueues {
    probation: Vec<(u64, u8, Stamp)>,
    main: Vec<(u64, u8, Stamp)>,
    share: Share,
    capacity: usize,
}

impl TwoQueues {
    fn read(&mut self, key: u64) -> bool {
        let found = self.probation.iter_mut().chain(&mut self.main).find(|(held, ..)| *held == key);
        found.map(|(_, uses, _)| *uses = (*uses + 1).min(3)).is_some()
    }

    fn write(&mut self, key: u64) {
        self.share.note_miss(self.probation.len() + self.main.len(), 0.0);
        if self.probation.len() + self.main.len() == self.capacity {
            self.evict();
        }
        self.probation.push((key, 0, self.share.now()));
    }

    fn part(&self) -> f32 {
        self.share.probation() * (self.probation.len() + self.main.len()) as f32
    }

    fn evict(&mut self) {
        let mut spared = 0;
        loop {
            let from_probation = self.main.is_empty() || self.probation.len() as f32 > self.part();
            let queue = if from_probation { &mut self.probation } else { &mut self.main };
            let (key, uses, stamp) = queue.remove(0);
            let worthy = uses > 0 || (from_probation && !self.share.is_settled());
            if !worthy || spared == 16 {
                if !from_probation {
                    self.share.note_main_age(stamp.age(self.share.now()));
                }
                return;
            }
            spared += 1;
            self.main.push((key, if from_probation { 0 } else { uses - 1 }, self.share.now()));
            if from_probation && self.probation.len() as f32 <= self.part() {
                self.share.settle();
            }
        }
    }
}

#[test]
fn eviction_follows_the_policys_rules_to_the_entry() {
    const WEIGHT: usize = 10_000;
    const CAPACITY: usize = 40;
    let structure = TestEngine::STRIPE_CHARGE + 8192;
    let engine = engine(structure + 40 * WEIGHT, 1);
    let share = Share::new();
    let mut model = TwoQueues { probation: Vec::new(), main: Vec::new(), share, capacity: CAPACITY };
    let mut random = 1u64;
    let mut fresh = 0;
    // No key is taken for another's ghost: see `Distinct`.
    for _ in 0..40_000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        if (random >> 50) & 3 == 0 {
            assert!(put(&engine, &Number::new(fresh, WEIGHT)).is_ok());
            model.write(fresh);
            fresh += 1;
        } else {
            // What came lately, whether or not it is still there.
            let key = fresh.saturating_sub(1 + (random >> 33) % 90);
            assert_eq!(has(&engine, key, 1), model.read(key), "after {fresh} keys");
        }
        assert_eq!(engine.totals().entries, (model.probation.len() + model.main.len()) as u64);
    }
    assert!(engine.totals().evicted > 1000, "the test must evict to mean anything");
}
