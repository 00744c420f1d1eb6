#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicPtr, Ordering},
};

fn unwritten(len: usize) -> Unwritten<u32> {
    Unwritten::new(Shape::of(len).unwrap().dated(), 7, 0).unwrap()
}

/// Writes these into the front of its room.
fn read(bytes: &[u8]) -> impl FnOnce(&mut [MaybeUninit<u8>]) -> Result<&mut [u8], ()> {
    move |room| Ok(room[..bytes.len()].write_copy_of_slice(bytes))
}

#[test]
fn what_is_written_is_there_in_its_order_and_the_rest_is_zeros() {
    let mut it = unwritten(10);
    it.append(b"ab");
    assert_eq!(it.read(4, read(b"cde")), Ok(3));
    assert_eq!(it.so_far(), b"abcde");
    assert_eq!(it.read(4, |_| Err("reset")), Err("reset"));
    assert_eq!(it.read(4, |_| Ok::<_, ()>(&mut [])), Ok(0));
    it.zero_up_to(6);
    it.zero_up_to(3);
    it.so_far()[0] = b'A';
    assert_eq!((it.written(), &*it.so_far()), (6, &b"Abcde\0"[..]));
    assert_eq!(it.done().bytes(), b"Abcde\0\0\0\0\0");
}

#[test]
fn nothing_is_written_behind_the_end() {
    let mut it = unwritten(4);
    it.append(b"abcdef");
    assert_eq!(it.written(), 4);
    assert_eq!(it.read(9, |room| if room.is_empty() { Ok(&mut []) } else { Err(room.len()) }), Ok(0));
    it.append(b"g");
    it.zero_up_to(100);
    assert_eq!(it.done().bytes(), b"abcd");
}

#[test]
fn the_room_is_what_is_asked_for_at_most() {
    let mut it = unwritten(100);
    assert_eq!(it.read(30, |room| Err(room.len())), Err(30));
    it.append(&[1; 90]);
    assert_eq!(it.read(30, |room| Err(room.len())), Err(10));
}

#[test]
fn other_memory_than_the_room_is_not_taken_for_it() {
    let mut it = unwritten(8);
    // Kept, so that nobody takes it for lost.
    static ELSEWHERE: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());
    type Read = fn(&mut [MaybeUninit<u8>]) -> Result<&mut [u8], ()>;
    let mut tried = |read: Read| catch_unwind(AssertUnwindSafe(|| it.read(8, read))).is_ok();
    assert!(!tried(|_| {
        let elsewhere: &'static mut [u8] = Vec::leak(vec![1; 4]);
        ELSEWHERE.store(elsewhere.as_mut_ptr(), Ordering::SeqCst);
        Ok(elsewhere)
    }));
    // Neither a later part of the room.
    assert!(!tried(|room| Ok(room[1..].write_copy_of_slice(&[2; 7]))));
    assert!(!ELSEWHERE.load(Ordering::SeqCst).is_null());
    assert!(tried(|_| Ok(&mut [])) && tried(|_| Err(())));
    assert_eq!(it.done().bytes(), [0; 8]);
}
