//! What signposts say of where lines are.

use super::{homes::remove, *};
use std::convert::Infallible;

/// How many signposts lead somewhere; each to where the lines are.
fn lead_there(engine: &TestEngine) -> usize {
    let per_stripe = |(number, guarded): (usize, &Guarded<Number>)| {
        let stripe = guarded.lock.write();
        let leads = |low_bits: &usize| {
            let said = engine.signposts.says(number, *low_bits);
            let right = stripe.lines_for(*low_bits).map(|(address, lines)| (address.addr(), lines));
            assert!(said.is_none() || said == right, "{low_bits}: {said:?}, not {right:?}");
            said.is_some()
        };
        (0..engine.signposts.of_each()).filter(leads).count()
    };
    engine.stripes.iter().enumerate().map(per_stripe).sum()
}

#[test]
fn all_lead_to_lines_whatever_the_index_does() {
    const ENTRIES: u64 = 20_000;
    let engine = engine(64 << 20, 4);
    assert_eq!(lead_there(&engine), 0, "there are no lines");
    let all = 4 * engine.signposts.of_each();
    for round in 0..3 {
        for number in 0..ENTRIES {
            put(&engine, &Number::new(number, 100)).expect("there is room");
            if number % 1000 == 999 {
                assert_eq!(lead_there(&engine), all, "grown");
            }
        }
        if round == 0 {
            let Ok(()) = engine.flush(|| Ok::<_, Infallible>(()));
            assert_eq!(lead_there(&engine), 0, "there are no lines any more");
            continue;
        }
        (0..ENTRIES).filter(|number| number % 10 != 0).for_each(|number| remove(&engine, number));
        lead_there(&engine);
        (0..1000).for_each(|_| engine.maintain(&Time(1)));
        put(&engine, &Number::new(ENTRIES, 100)).expect("there is room");
        lead_there(&engine);
    }
}

#[test]
fn with_more_pages_than_were_expected_none_leads_anywhere() {
    let engine = engine(2 << 20, 1);
    let mut led = Vec::new();
    for number in 0..100_000 {
        put(&engine, &Number::new(number, 0)).expect("others go");
        if number % 1000 == 999 {
            led.push(lead_there(&engine));
        }
    }
    let of_each = engine.signposts.of_each();
    assert!(led[0] == of_each && led.last() == Some(&0), "{led:?} of {of_each}");
}
