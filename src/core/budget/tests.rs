use super::*;

fn alone(limit: usize, tables: Tables) -> Budget {
    let budget = Budget::new(Arc::new(House::new(limit)), None, tables, 1);
    budget.loan.store(0, Ordering::Relaxed);
    budget
}

#[test]
fn the_limit_holds_and_what_a_purse_does_not_spend_comes_back() {
    let budget = alone(100, Tables::Charged);
    assert!(budget.take(60));
    assert!(!budget.take(41));
    assert!(!budget.take(usize::MAX));
    {
        let mut purse = Purse::of(&budget);
        purse.put(30);
        assert!(purse.pay(20));
        assert!(purse.pay(50), "10 held and 40 free");
        assert!(!purse.pay(1));
        assert_eq!(budget.used(), 100);
        purse.put(25);
    }
    assert_eq!(budget.used(), 75);
}

#[test]
fn a_lower_limit_lets_nobody_take_more_until_enough_came_back() {
    let budget = alone(100, Tables::Free);
    assert!(budget.take(90));
    budget.house.set_limit(50);
    assert!(budget.house.overdraft() == 40 && !budget.take(1));
    budget.give(45);
    assert!(budget.house.overdraft() == 0 && budget.take(5) && !budget.take(1));
    assert_eq!((budget.used(), budget.limit(), budget.price(10)), (50, 50, 0));
    budget.house.set_limit(usize::MAX);
    assert!(budget.take(1 << 40));
}

#[test]
fn an_account_keeps_to_its_ceiling_and_parts_with_nothing_that_is_reserved() {
    let house = Arc::new(House::new(1000));
    let account = Arc::new(Account::new(50, 100));
    let budget = Budget::new(house.clone(), Some(account.clone()), Tables::Charged, 1);
    assert!(!budget.take(101) && budget.take(100) && !budget.take(1));
    assert_eq!((account.held(), house.used()), (100, 100));
    assert!(!budget.part_with(51, Bound::Reserved) && budget.part_with(30, Bound::Reserved));
    assert_eq!(budget.part_with_up_to(100), 20);
    assert!(!budget.part_with(1, Bound::Overhang), "nothing is beyond");
    assert_eq!((account.held(), house.used()), (50, 100), "the house knows of what is on its way");
    assert!(budget.book(50) && house.take(1) && !budget.book(1), "the ceiling is in the way");
    assert_eq!(house.used(), 100);
    assert!(budget.part_with(90, Bound::Overhang), "once it is beyond, by an entry of whatever size");
    house.give(90);
    drop(budget);
    assert_eq!((account.held(), house.used()), (0, 0));
}
