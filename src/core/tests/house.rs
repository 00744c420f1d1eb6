//! Several engines in one house.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a test may panic")]

use super::*;
use crate::{
    core::budget::Budget,
    sync::{Arc, StdArc},
};

impl Giver for TestEngine {
    fn give(&self, bytes: usize, bound: Bound, now: Time) -> usize {
        Self::give(self, bytes, bound, now)
    }

    fn tidy_up(&self) {
        self.give_back_slabs();
    }
}

/// One engine of a house, and what it was promised.
struct Tenant {
    engine: StdArc<TestEngine>,
    account: Option<Arc<Account>>,
}

/// A house of engines with reservations and ceilings; the first has none.
struct Shared {
    house: Arc<House>,
    tenants: Vec<Tenant>,
}

impl Shared {
    fn new(limit: usize, stripes: usize, terms: &[(usize, usize)]) -> Self {
        let house = Arc::new(House::new(limit));
        let mut shared = Self { house, tenants: Vec::new() };
        shared.open(stripes, None);
        for (reserved, ceiling) in terms {
            shared.open(stripes, Some(Arc::new(Account::new(*reserved, *ceiling))));
        }
        shared
    }

    fn open(&mut self, stripes: usize, account: Option<Arc<Account>>) {
        let budget = Budget::new(self.house.clone(), account.clone(), Tables::Charged, stripes);
        let Some(engine) = Engine::within(budget, stripes, Fixed::default(), (), Time(1)) else {
            panic!("no room for empty stripes")
        };
        let engine = StdArc::new(engine);
        let giver: StdArc<dyn Giver> = engine.clone();
        self.house.join(account.clone(), TestEngine::own_charge(stripes, 0), StdArc::downgrade(&giver));
        self.tenants.push(Tenant { engine, account });
    }

    fn put(&self, tenant: usize, number: u64, weight: usize) -> bool {
        let stored = put(&self.tenants[tenant].engine, &Number::new(number, weight)).is_ok();
        self.assert_exact();
        stored
    }

    fn held(&self, tenant: usize) -> usize {
        self.tenants[tenant].engine.budget.used()
    }

    /// Bytes of what it finds its entries by, and in its pockets.
    fn beside_entries(&self, tenant: usize) -> usize {
        let of_stripe = |stripe: &Stripe<Number>| stripe.takes().1 + stripe.pocket();
        let stripes = &self.tenants[tenant].engine.stripes;
        stripes.iter().map(|guarded| of_stripe(&guarded.lock.read_rarely())).sum()
    }

    fn has(&self, tenant: usize, number: u64) -> bool {
        has(&self.tenants[tenant].engine, number, 1)
    }

    /// So many entries of this one are reserved, whatever they weigh.
    fn reserve_entries(&self, tenant: usize, entries: usize) {
        let tenant = &self.tenants[tenant];
        tenant.account.as_ref().unwrap().reserve_entries(entries);
        assert!(tenant.engine.keep_to_account(&Time(1)));
    }

    /// What each engine counts itself is what its account says, and all of it together is what the house says.
    fn assert_exact(&self) {
        for (at, tenant) in self.tenants.iter().enumerate() {
            assert_eq!(tenant.engine.counted(), tenant.engine.budget.used(), "tenant {at}");
            if let Some(account) = &tenant.account {
                assert!(account.held() <= account.ceiling(), "tenant {at}");
                let counted = if account.reserved_entries() > 0 { tenant.engine.totals().entries } else { 0 };
                assert!(account.entries() as u64 == counted || counted == 0, "tenant {at}");
            }
        }
        let counted: usize = self.tenants.iter().map(|tenant| tenant.engine.counted()).sum();
        assert_eq!(counted, self.house.used());
        assert!(counted <= self.house.limit());
    }
}

const MIB: usize = 1 << 20;
const NONE: usize = usize::MAX;

struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % most
    }
}

#[test]
fn a_noisy_engine_costs_a_quiet_one_none_of_what_is_reserved_for_it() {
    for stripes in [1, 8] {
        let shared = Shared::new(4 * MIB, stripes, &[(MIB / 2, NONE), (0, NONE)]);
        for number in 0..3500 {
            assert!(shared.put(1, number, 100));
        }
        let held = shared.held(1);
        assert!((400_000..MIB / 2).contains(&held), "within its reservation: {held}");
        for noisy in [0, 2] {
            for number in 0..60_000 {
                assert!(shared.put(noisy, number, 64 + (number % 900) as usize));
            }
            assert_eq!(shared.held(1), held, "to the byte");
        }
        assert!((0..3500).all(|number| shared.has(1, number)));
        assert_eq!(shared.tenants[1].engine.totals().evicted, 0);
    }
}

#[test]
fn reserved_bytes_that_were_lent_come_back_at_once() {
    for stripes in [1, 8] {
        let shared = Shared::new(4 * MIB, stripes, &[(MIB, NONE)]);
        for number in 0..20_000 {
            assert!(shared.put(0, number, 500));
        }
        assert!(shared.held(0) > 4 * MIB - 40_000, "all of it is lent");
        let overhead = 200;
        for number in 0..(MIB - 40_000) as u64 / (1000 + overhead) {
            assert!(shared.put(1, number, 1000));
            assert!(shared.has(1, number));
        }
        assert_eq!(shared.tenants[1].engine.totals().evicted, 0, "others gave all of it");
    }
}

#[test]
fn who_is_furthest_beyond_its_reservation_gives() {
    let shared = Shared::new(4 * MIB, 4, &[(0, NONE), (MIB, NONE)]);
    for number in 0..5_000 {
        assert!(shared.put(1, number, 500));
    }
    let before = shared.held(1);
    for number in 0..20_000 {
        assert!(shared.put(0, number, 500));
    }
    // Neither has a reservation: they end with the same.
    let (one, other) = (shared.held(0), shared.held(1));
    assert!(one.abs_diff(other) < MIB / 4 && other < before, "{one} {other}");
    for number in 0..20_000 {
        assert!(shared.put(2, number, 500));
    }
    let [main, first, second] = [0, 1, 2].map(|tenant| shared.held(tenant));
    assert!(second > MIB + 10 * MIB / 8, "it has most of what is not reserved, too: {main} {first} {second}");
    assert!(main.abs_diff(first) < MIB / 8);
}

#[test]
fn a_ceiling_is_kept_by_ones_own_evictions() {
    let shared = Shared::new(4 * MIB, 4, &[(0, MIB)]);
    for number in 0..4000 {
        assert!(shared.put(0, number, 500));
    }
    let main = shared.held(0);
    for number in 0..10_000 {
        assert!(shared.put(1, number, 64 + (number % 1500) as usize));
    }
    assert!(shared.held(1) > MIB * 9 / 10 && shared.held(0) == main);
    assert!(shared.put(1, 0, MIB / 2), "half of what it may hold fits");
    assert!(!shared.put(1, 0, MIB), "not all of it");
    let account = shared.tenants[1].account.clone().unwrap();
    account.set_ceiling(MIB / 4);
    assert!(shared.tenants[1].engine.keep_to_account(&Time(1)));
    shared.assert_exact();
    assert!(shared.put(1, 5, MIB / 8));
}

#[test]
fn a_bound_on_entries_is_kept_and_counted_whatever_happens() {
    let shared = Shared::new(4 * MIB, 8, &[(0, NONE)]);
    let (engine, account) = (&shared.tenants[1].engine, shared.tenants[1].account.clone().unwrap());
    for number in 0..1000 {
        assert!(shared.put(1, number, 100));
    }
    account.set_most_entries(100);
    assert!(engine.keep_to_account(&Time(1)));
    let mut dice = Dice(1);
    for _ in 0..30_000 {
        let number = dice.below(500);
        match dice.below(40) {
            0 => assert_eq!(engine.flush(|| Ok::<_, &str>(())), Ok(())),
            1 => account.set_most_entries(1 + dice.below(200) as usize),
            _ => assert!(shared.put(1, number, 64 + dice.below(900) as usize)),
        }
        assert!(engine.keep_to_account(&Time(1)));
        assert_eq!(engine.totals().entries, account.entries() as u64);
        assert!(account.entries() <= account.most_entries());
    }
    account.set_most_entries(1);
    assert!(engine.keep_to_account(&Time(1)));
    for number in 0..200 {
        assert!(
            shared.put(1, number, 100) && shared.has(1, number),
            "the one place is made in whatever stripe"
        );
        assert_eq!(engine.totals().entries, 1);
    }
}

#[test]
fn a_noisy_engine_costs_a_quiet_one_none_of_its_reserved_entries_whatever_they_weigh() {
    for stripes in [1, 8] {
        let shared = Shared::new(4 * MIB, stripes, &[(0, NONE), (0, NONE)]);
        shared.reserve_entries(1, 300);
        // All that is there has been lent to the noisy one, and comes back entry by entry.
        for number in 0..6000 {
            assert!(shared.put(0, number, 1000));
        }
        for number in 0..300 {
            let weight = 64 + (number * 37 % 9000) as usize;
            assert!(shared.put(1, number, weight) && shared.has(1, number));
        }
        assert_eq!(shared.tenants[1].engine.totals().evicted, 0, "others gave all of it");
        let held = shared.held(1);
        assert!(held > MIB, "far more than it has in bytes: {held}");
        for noisy in [0, 2] {
            for number in 0..20_000 {
                assert!(shared.put(noisy, number, 64 + (number % 900) as usize));
            }
        }
        assert!((0..300).all(|number| shared.has(1, number)));
        assert_eq!((shared.tenants[1].engine.totals().evicted, shared.held(1)), (0, held), "to the entry");
        // Entries beyond go for others again, and only they.
        for number in 300..3000 {
            shared.put(1, number, 500);
        }
        for number in 0..40_000 {
            assert!(shared.put(2, number, 500));
        }
        // They end with the same, since neither has bytes reserved.
        let totals = shared.tenants[1].engine.totals();
        assert!((300..2900).contains(&totals.entries) && totals.evicted > 100, "{totals:?}");
    }
}

#[test]
fn bytes_that_are_reserved_go_before_entries_that_are() {
    for stripes in [1, 8] {
        let shared = Shared::new(4 * MIB, stripes, &[(0, NONE), (2 * MIB, NONE)]);
        shared.reserve_entries(1, 100_000);
        // Everything but what the others cannot do without.
        for number in 0..8_000 {
            assert!(shared.put(1, number, 1000));
        }
        assert!(shared.held(1) > 4 * MIB - 300_000, "whatever is free: {}", shared.held(1));
        let before = shared.tenants[2].engine.totals().evicted;
        for number in 0..1_500 {
            assert!(shared.put(2, number, 1000) && shared.has(2, number), "{number}");
        }
        assert_eq!(shared.tenants[2].engine.totals().evicted, before, "it was promised these bytes");
        assert!(shared.held(2) < 2 * MIB && shared.held(1) < 11 * MIB / 4);
        // Beyond its bytes it pays with its own.
        for number in 0..10_000 {
            assert!(shared.put(2, number, 1000));
        }
        assert!(shared.held(2) > 2 * MIB - 64_000 && shared.held(1) > 2 * MIB - 128_000);
        // The house as a whole goes before both.
        shared.house.set_limit(5 * MIB / 2);
        assert!(shared.house.shrink(Time(1)));
        shared.assert_exact();
        assert!(shared.held(1) < MIB && shared.held(2) + 100_000 > 3 * MIB / 2);
    }
}

#[test]
fn the_account_is_exact_after_whatever_was_done_and_reservations_hold() {
    for stripes in [1, 4] {
        let limit = 256 << 10;
        let mut shared =
            Shared::new(limit, stripes, &[(40 << 10, 100 << 10), (60 << 10, NONE), (0, 50 << 10), (0, NONE)]);
        shared.reserve_entries(2, 1);
        shared.reserve_entries(4, 20);
        let mut dice = Dice(7);
        let mut evicted = vec![0; shared.tenants.len()];
        for round in 0..60_000 {
            let tenant = dice.below(shared.tenants.len() as u64) as usize;
            let held: Vec<usize> = (0..shared.tenants.len()).map(|tenant| shared.held(tenant)).collect();
            let beside: Vec<usize> =
                (0..shared.tenants.len()).map(|tenant| shared.beside_entries(tenant)).collect();
            let entries: Vec<u64> =
                shared.tenants.iter().map(|tenant| tenant.engine.totals().entries).collect();
            match dice.below(100) {
                0 => assert_eq!(shared.tenants[tenant].engine.flush(|| Ok::<_, &str>(())), Ok(())),
                1 => {
                    let limit = if shared.house.limit() == limit { limit * 3 / 4 } else { limit };
                    shared.house.set_limit(limit);
                    assert!(shared.house.shrink(Time(1)), "round {round}");
                }
                2 if tenant > 0 => {
                    let terms = shared.tenants[tenant].account.clone().unwrap();
                    let ceiling = [50 << 10, 100 << 10, NONE][dice.below(3) as usize];
                    terms.set_ceiling(ceiling.max(terms.reserved()));
                    assert!(shared.tenants[tenant].engine.keep_to_account(&Time(1)));
                }
                3 if tenant > 0 => shared.reserve_entries(tenant, [0, 1, 20, 300][dice.below(4) as usize]),
                _ => {
                    let most = [100, 1000, 9000][dice.below(3) as usize];
                    let weight = 64 + dice.below(most) as usize;
                    shared.put(tenant, dice.below(400), weight);
                    for other in (1..shared.tenants.len()).filter(|other| *other != tenant) {
                        let reserved = shared.tenants[other].account.as_ref().unwrap().reserved();
                        let least = held[other].min(reserved);
                        let writer = shared.tenants[tenant].account.as_ref();
                        let owed = writer.is_some_and(|it| held[tenant] < it.reserved());
                        // What goes may leave tables and pockets with bytes that nobody uses: those go too.
                        let unused = beside[other].saturating_sub(shared.beside_entries(other));
                        assert!(
                            shared.held(other) + unused >= least,
                            "round {round}: {other} lost what is reserved"
                        );
                        // Who has no more than what is reserved loses no entry, whatever is done with those bytes.
                        let entries_now = shared.tenants[other].engine.totals().entries;
                        assert!(
                            held[other] > reserved || entries_now >= entries[other],
                            "round {round}: {other} held {} of {reserved} and lost an entry",
                            held[other]
                        );
                        let kept = shared.tenants[other].account.as_ref().unwrap().reserved_entries() as u64;
                        assert!(
                            owed || shared.tenants[other].engine.totals().entries >= entries[other].min(kept),
                            "round {round}: {other} lost reserved entries"
                        );
                    }
                }
            }
            shared.assert_exact();
            evicted = shared.tenants.iter().map(|tenant| tenant.engine.totals().evicted).collect();
        }
        assert!(evicted.iter().all(|evicted| *evicted > 100), "{evicted:?}");
        while shared.tenants.len() > 1 {
            let gone = shared.tenants.remove(1);
            let account = gone.account.unwrap();
            shared.house.part_from(&account);
            drop(gone.engine);
            assert_eq!(account.held(), 0);
            shared.assert_exact();
        }
    }
}

#[test]
fn values_up_to_half_of_what_an_engine_may_hold_fit_whatever_the_others_hold() {
    for stripes in [1, 8] {
        let shared = Shared::new(4 * MIB, stripes, &[(MIB, NONE), (0, 2 * MIB)]);
        for tenant in [0, 1, 2, 1, 0] {
            for number in 0..20_000 {
                assert!(shared.put(tenant, number, 300));
            }
            for (at, half) in [(0, 3 * MIB / 2), (1, 2 * MIB), (2, MIB)] {
                // Its own index and its pockets are within the other half.
                assert!(shared.put(at, u64::MAX, half), "{stripes} stripes, {at} after {tenant}");
                assert!(shared.has(at, u64::MAX));
            }
        }
    }
}

#[test]
fn a_lower_limit_takes_from_those_beyond_their_reservations() {
    let shared = Shared::new(4 * MIB, 4, &[(MIB, NONE), (0, NONE)]);
    for number in 0..800 {
        assert!(shared.put(1, number, 1000));
    }
    let held = shared.held(1);
    for number in 0..8000 {
        assert!(shared.put(2, number, 1000) && shared.put(0, number, 1000));
    }
    shared.house.set_limit(2 * MIB);
    assert!(shared.house.shrink(Time(1)));
    shared.assert_exact();
    assert_eq!(shared.held(1), held);
    assert!(shared.held(0).abs_diff(shared.held(2)) < MIB / 8);
    shared.house.set_limit(4 * MIB);
    for number in 0..8000 {
        assert!(shared.put(0, number, 1000));
    }
    assert!(shared.house.used() > 4 * MIB - 40_000, "what came back is used");
}
