//! The queue against a vector, what it gives back, and what a sweep is told.
#![allow(clippy::expect_used, reason = "a test may panic")]

use super::*;
use crate::core::time::Time;

#[test]
fn a_queue_does_what_a_vector_would() {
    let (mut queue, mut model) = (Queue::new(), Vec::new());
    // Near the end of the numbers, so that they go round.
    (queue.next, queue.oldest) = (POSITIONS - 2 * BLOCK, POSITIONS - 2 * BLOCK);
    let mut random = 7u64;
    for round in 0..60_000u32 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let choice = (random >> 33) as usize;
        let room = if round < 30_000 { 1000 } else { 10 };
        if choice % 8 < 4 && model.len() < room {
            let (before, growth) = (queue.allocated(), queue.reservation());
            queue.reserve();
            let hash = ShortHash::from_bits(round);
            let position = queue.push(hash, Deadline::at(Time(round)), Stamp(0));
            assert_eq!(queue.allocated(), before + growth, "growth was announced");
            model.push((position, hash));
        } else if !model.is_empty() {
            let at = if choice % 8 == 7 { choice / 8 % model.len() } else { 0 };
            let before = queue.allocated();
            let freed = queue.remove(model.remove(at).0).freed;
            assert_eq!(queue.allocated(), before - freed);
        }
        assert_eq!(queue.oldest().map(|(at, hash, _)| (at, hash)), model.first().copied());
        assert_eq!(queue.len() as usize, model.len());
        if let [first, second, ..] = &model[..] {
            assert_eq!(queue.after(first.0).map(|(at, hash, _)| (at, hash)), Some(*second));
            assert_eq!(queue.hash(second.0), second.1);
        }
    }
    assert!(queue.allocated() < 4096, "blocks that are not needed went");
}

fn push(queue: &mut Queue, number: u32, deadline: u32) -> Position {
    queue.reserve();
    queue.push(ShortHash::from_bits(number), Deadline::at(Time(deadline)), Stamp(0))
}

#[test]
fn blocks_give_their_memory_back_wherever_they_are() {
    let mut queue = Queue::new();
    let places: Vec<_> = (0..100 * BLOCK).map(|number| push(&mut queue, number, 1)).collect();
    let full = queue.allocated();
    let (first, rest) = places.split_first().expect("there are some");
    let before = queue.allocated();
    let freed: usize = rest.iter().rev().map(|place| queue.remove(*place).freed).sum();
    assert_eq!(queue.allocated(), before - freed);
    assert!(queue.allocated() < full / 10, "{} of {full}", queue.allocated());
    assert!(queue.holes() < 4 * BLOCK as usize, "{}", queue.holes());
    assert_eq!(queue.after(*first), None);
    // Past all that has gone, in one step.
    let last = push(&mut queue, 7, 1);
    assert_eq!(queue.after(*first).map(|(place, ..)| place), Some(last));
    let before = queue.allocated();
    let freed = queue.remove(*first).freed;
    assert_eq!(queue.allocated(), before - freed);
    assert_eq!(queue.oldest().map(|(place, ..)| place), Some(last));
}

fn put(queue: &mut Queue, stamp: u16) -> Position {
    queue.reserve();
    queue.push(ShortHash::from_bits(0), Deadline::NONE, Stamp(stamp))
}

fn stamps(queue: &Queue) -> Vec<u16> {
    let next = |held: &Held| queue.after(held.0);
    std::iter::successors(queue.oldest(), next).map(|(.., stamp)| stamp.0).collect()
}

#[test]
fn what_came_evenly_has_the_very_stamp_that_it_came_with() {
    for pace in [0, 1, 7, 300] {
        let mut queue = Queue::new();
        // Across the wrap of the clock, into a third block.
        let came: Vec<_> = (0..150u16).map(|number| 65_500u16.wrapping_add(number * pace)).collect();
        for (count, stamp) in came.iter().enumerate() {
            put(&mut queue, *stamp);
            assert_eq!(stamps(&queue), came[..=count], "one in {pace}");
        }
    }
}

#[test]
fn what_came_unevenly_is_between_those_whose_stamps_are_kept() {
    let mut queue = Queue::new();
    let came: Vec<_> = (0..=90u16).map(|number| number * number).collect();
    let places: Vec<_> = came.iter().map(|stamp| put(&mut queue, *stamp)).collect();
    let told = stamps(&queue);
    for (at, (told, came)) in told.iter().zip(&came).enumerate() {
        assert_eq!(
            told == came,
            [0, 16, 32, 48, 63, 64, 80, 90].contains(&at),
            "{at}: {told}, came at {came}"
        );
    }
    assert_eq!(told[8], 128, "halfway from 0 to 256");
    assert!(told.is_sorted());
    // What was given up is known nonetheless: those beside it lose nothing.
    let _ = queue.remove(places[16]);
    let _ = queue.remove(places[90]);
    assert_eq!(stamps(&queue), [&told[..16], &told[17..90]].concat());
    // What moves brings its own along: those on the way to it are between.
    put(&mut queue, 400);
    let moved = stamps(&queue);
    assert_eq!(moved.last(), Some(&400));
    assert!(moved[79..].iter().rev().is_sorted(), "from 6400 down to 400: {:?}", &moved[79..]);
}

#[test]
fn memory_that_comes_again_says_nothing_of_what_was_there() {
    let mut queue = Queue::new();
    for number in 0..640 {
        let place = put(&mut queue, number ^ 0x5555);
        assert_eq!(stamps(&queue), [number ^ 0x5555]);
        let _ = queue.remove(place);
    }
}

/// Goes through all of the queue, with so much effort a step, and gives up what is due; which places, and in how many steps.
fn sweep(queue: &mut Queue, effort: Effort, now: u32) -> (Vec<u32>, usize) {
    let (mut told, mut steps, mut from) = (Vec::new(), 0, None);
    loop {
        let (mut left, mut due) = (effort, Vec::new());
        from = queue.tell_due(from, &mut left, 64, Time(now), |place, hash| due.push((place, hash)));
        assert!(due.len() <= effort.entries as usize, "a step is bounded");
        for (place, hash) in due {
            assert_eq!(queue.held_at(place), Some(hash));
            let _ = queue.remove(place);
            told.push(place.to_bits());
        }
        steps += 1;
        if from.is_none() {
            return (told, steps);
        }
    }
}

#[test]
fn a_sweep_is_told_each_place_that_is_due_once_and_hardly_looks_where_none_is() {
    let few = Effort { blocks: 64, entries: 10 };
    let mut queue = Queue::new();
    let places: Vec<_> = (0..1000).map(|number| push(&mut queue, number, 5 + number % 3)).collect();
    let of = |which: &dyn Fn(u32) -> bool| (0..1000).rev().filter(|it| which(*it)).collect::<Vec<_>>();
    assert_eq!(sweep(&mut queue, few, 4), (vec![], 1));
    assert_eq!(sweep(&mut queue, few, 6).0, of(&|number| number % 3 < 2));
    assert_eq!(sweep(&mut queue, few, 6), (vec![], 1));
    queue.redate(places[500], Deadline::at(Time(5)));
    queue.redate(places[2], Deadline::at(Time(9)));
    assert_eq!(sweep(&mut queue, few, 6).0, [500]);
    assert_eq!(sweep(&mut queue, few, 8).0, of(&|number| number % 3 == 2 && number != 2 && number != 500));
    assert_eq!(queue.len(), 1);
}
