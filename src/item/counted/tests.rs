#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

struct Noted(Arc<AtomicUsize>);

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn the_header_is_dropped_with_the_last_handle_and_once() {
    let drops = Arc::new(AtomicUsize::new(0));
    let shape = Shape::of(5).unwrap();
    for (number, shape) in [shape, shape.dated()].into_iter().enumerate() {
        let first = Counted::of_parts(shape, Noted(drops.clone()), 7, [b"he", b"llo"]).unwrap();
        let others: Vec<_> = (0..10).map(|_| first.clone()).collect();
        drop(first);
        assert_eq!(drops.load(SeqCst), number);
        assert!(others.iter().all(|other| other.bytes() == b"hello"));
        drop(others);
        assert_eq!(drops.load(SeqCst), number + 1);
    }
}

#[test]
fn only_the_one_handle_may_change_it() {
    for shape in [Shape::of(3).unwrap(), Shape::of(3).unwrap().dated()] {
        let mut first = Counted::of_parts(shape, 1_u8, 7, [&[0; 3]]).unwrap();
        assert_eq!((first.bytes(), *first.header()), (&[0; 3][..], 1));
        assert_eq!(first.deadline().map(|bits| bits.load(Ordering::Relaxed)), shape.is_dated().then_some(7));
        let second = first.clone();
        assert!(first.only().is_none());
        drop(second);
        let whole = first.only().unwrap();
        *whole.header = 2;
        whole.bytes.copy_from_slice(b"new");
        assert_eq!(whole.deadline.is_some(), shape.is_dated());
        if let Some(bits) = whole.deadline {
            bits.store(9, Ordering::Relaxed);
        }
        let second = first.clone();
        assert_eq!((second.bytes(), *second.header()), (&b"new"[..], 2));
        assert_eq!(second.deadline().map(|bits| bits.load(Ordering::Relaxed)), shape.is_dated().then_some(9));
    }
}

#[test]
fn bytes_begin_where_the_front_and_the_deadline_end() {
    let shape = Shape::of(100).unwrap();
    for (shape, len) in [(shape, 8 + 4 + 100), (shape.dated(), 8 + 4 + 4 + 100)] {
        assert_eq!(Counted::<u32>::size(shape), len);
        let counted = Counted::of_parts(shape, 0_u32, 0, [&[0; 100]]).unwrap();
        assert_eq!(counted.bytes().as_ptr().addr() + 100, counted.address().addr() + len);
    }
    // A header may ask for more than the rest does.
    let counted = Counted::of_parts(shape.dated(), 1_u64, 2, [&[3; 100]]).unwrap();
    assert_eq!((*counted.header(), counted.bytes()), (1, &[3; 100][..]));
    assert!(counted.address().cast::<u64>().is_aligned());
}

#[test]
fn handles_come_and_go_on_many_threads() {
    let drops = Arc::new(AtomicUsize::new(0));
    let counted = Counted::of_parts(Shape::of(8).unwrap(), Noted(drops.clone()), 0, [&[6; 8]]).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            let mine = counted.clone();
            scope.spawn(move || {
                for _ in 0..1000 {
                    assert_eq!(mine.clone().bytes(), [6; 8]);
                }
            });
        }
        drop(counted);
    });
    assert_eq!(drops.load(SeqCst), 1);
}
