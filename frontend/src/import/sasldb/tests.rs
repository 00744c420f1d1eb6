#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

const PAGE: usize = 512;

/// A hash file as Berkeley DB would write it: a first page, one page of records, and pages for what is too long for that.
struct Made {
    big_endian: bool,
    bytes: Vec<u8>,
}

impl Made {
    fn new(big_endian: bool, version: u32) -> Self {
        let mut made = Self { big_endian, bytes: vec![0; PAGE] };
        made.word(12, 0x0006_1561);
        made.word(16, version);
        made.word(20, u32::try_from(PAGE).unwrap());
        made.bytes[25] = 8;
        made
    }

    fn put(&mut self, at: usize, mut bytes: Vec<u8>) {
        if self.big_endian {
            bytes.reverse();
        }
        self.bytes[at..at + bytes.len()].copy_from_slice(&bytes);
    }

    fn word(&mut self, at: usize, word: u32) {
        self.put(at, word.to_le_bytes().to_vec());
    }

    fn half(&mut self, at: usize, half: usize) {
        self.put(at, u16::try_from(half).unwrap().to_le_bytes().to_vec());
    }

    fn page(&mut self, kind: u8) -> usize {
        let at = self.bytes.len();
        self.bytes.resize(at + PAGE, 0);
        self.bytes[at + 25] = kind;
        at
    }

    fn records(mut self, records: &[(&[u8], &[u8])]) -> Vec<u8> {
        let page = self.page(13);
        let mut end = PAGE;
        for (number, bytes) in records.iter().flat_map(|(key, value)| [key, value]).enumerate() {
            let item = if bytes.len() < 100 { [&[1], *bytes].concat() } else { self.elsewhere(bytes) };
            end -= item.len();
            self.bytes[page + end..page + end + item.len()].copy_from_slice(&item);
            self.half(page + 26 + 2 * number, end);
        }
        self.half(page + 20, 2 * records.len());
        self.bytes
    }

    fn elsewhere(&mut self, bytes: &[u8]) -> Vec<u8> {
        let first = self.bytes.len() / PAGE;
        let parts: Vec<_> = bytes.chunks(PAGE - 26).collect();
        for (number, part) in parts.iter().enumerate() {
            let page = self.page(7);
            let next = if number + 1 < parts.len() { first + number + 1 } else { 0 };
            self.word(page + 16, u32::try_from(next).unwrap());
            self.half(page + 22, part.len());
            self.bytes[page + 26..page + 26 + part.len()].copy_from_slice(part);
        }
        let number = |number: usize| {
            let bytes = u32::try_from(number).unwrap();
            if self.big_endian { bytes.to_be_bytes() } else { bytes.to_le_bytes() }
        };
        [&[3, 0, 0, 0][..], &number(first), &number(bytes.len())].concat()
    }
}

const ADA: (&[u8], &[u8]) = (b"ada\0vm\0userPassword", b"s3cret");

fn users(bytes: &[u8]) -> Vec<(String, Option<String>, String)> {
    let password = |secret: Secret| match secret {
        Secret::Password(password) => (*password).clone(),
        _ => unreachable!("there are passwords only"),
    };
    read(bytes).unwrap().entries.into_iter().map(|it| (it.name, it.realm, password(it.secret))).collect()
}

#[test]
fn records_of_either_byte_order_and_any_length_are_read() {
    let long = vec![b'x'; 1200];
    let records = [ADA, (b"grace\0vm\0userPassword", &long), (b"alan\0\0userPassword", b"pw")];
    for big_endian in [false, true] {
        for version in 8..=10 {
            let read = users(&Made::new(big_endian, version).records(&records));
            let expected = [
                ("ada".to_owned(), Some("vm".to_owned()), "s3cret".to_owned()),
                ("grace".to_owned(), Some("vm".to_owned()), "x".repeat(1200)),
                ("alan".to_owned(), None, "pw".to_owned()),
            ];
            assert_eq!(read, expected, "version {version}");
        }
    }
}

#[test]
fn other_properties_and_halves_are_passed_over_and_named_without_their_values() {
    let records: [(&[u8], &[u8]); 4] = [
        (b"ada\0vm\0cmusaslsecretOTP", b"hidden"),
        (b"ada", b"hidden"),
        (b"\0vm\0userPassword", b"hidden"),
        ADA,
    ];
    let found = read(&Made::new(false, 9).records(&records)).unwrap();
    assert_eq!((found.entries.len(), found.passed_over.len()), (1, 3));
    assert!(found.passed_over.iter().all(|line| !line.contains("hidden")), "{:?}", found.passed_over);
}

#[test]
fn a_dump_is_read_in_both_of_its_forms() {
    let print = "VERSION=3\nformat=print\ntype=hash\nHEADER=END\n ada\\00vm\\00userPassword\n s3\\\\c\\c3\\a9\nDATA=END\n";
    let bytes = "VERSION=3\nformat=bytevalue\ntype=hash\nHEADER=END\n 61646100766d00757365725061737377 6f7264\n 7333\nDATA=END\n"
        .replace("7377 6f", "73776f");
    assert_eq!(users(print.as_bytes())[0].2, "s3\\cé");
    assert_eq!(users(bytes.as_bytes())[0].2, "s3");
    for end in [print.len() - 10, print.len() - 30] {
        assert!(read(&print.as_bytes()[..end]).is_err(), "cut off at {end}");
    }
    assert!(read(print.replace("\\00", "\\0g").as_bytes()).is_err());
}

#[test]
fn what_is_no_such_file_is_an_error_that_says_so() {
    assert_eq!(read(b"").err(), Some(ImportError::NotSasldb));
    assert_eq!(read(&[7; 4096]).err(), Some(ImportError::NotSasldb));
    for (at, byte) in [(16, 7), (24, 1), (26, 1), (20, 1)] {
        let mut bytes = Made::new(false, 9).records(&[ADA]);
        bytes[at] = byte;
        assert!(matches!(read(&bytes), Err(ImportError::UnreadableDatabase { .. })), "byte {at}");
    }
}

/// Each byte of a whole file in turn takes each of some values, and the file is cut off at each length: it is read or refused.
#[test]
fn no_damage_makes_a_reader_fail() {
    let long = vec![b'x'; 1200];
    let whole = Made::new(false, 9).records(&[ADA, (b"grace\0vm\0userPassword", &long)]);
    for at in 0..whole.len() {
        drop(read(&whole[..at]));
        for byte in [0, 1, 3, 0x7f, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] = byte;
            drop(read(&damaged));
        }
    }
}
