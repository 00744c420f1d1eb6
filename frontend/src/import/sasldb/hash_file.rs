//! A hash file of Berkeley DB, versions 8 to 10, as far as it takes to list what is in it: all pages in turn, without their
//! buckets. What a page says of itself is checked before it is used.

use super::Record;
use crate::import::ImportError;
use zeroize::Zeroizing;

const MAGIC: u32 = 0x0006_1561;
const VERSIONS: std::ops::RangeInclusive<u32> = 8..=10;
const PAGE_SIZES: std::ops::RangeInclusive<usize> = 512..=65_536;

// Of the first page, in bytes from its beginning.
const MAGIC_AT: usize = 12;
const VERSION_AT: usize = 16;
const PAGE_SIZE_AT: usize = 20;
const CIPHER_AT: usize = 24;
const FLAGS_AT: usize = 26;
const FLAG_CHECKSUM: u8 = 1;

// Of each page.
const NEXT_AT: usize = 16;
const COUNT_AT: usize = 20;
const USED_AT: usize = 22;
const KIND_AT: usize = 25;
const HEADER: usize = 26;
const KIND_HASH_UNSORTED: u8 = 2;
const KIND_OVERFLOW: u8 = 7;
const KIND_HASH: u8 = 13;

// Of an item.
const ITEM_HERE: u8 = 1;
const ITEM_ELSEWHERE: u8 = 3;
const ELSEWHERE_PAGE_AT: usize = 4;
const ELSEWHERE_LEN_AT: usize = 8;

/// Longer than any name or password: what claims to be longer is damaged.
const LONGEST: usize = 64 << 10;

const DAMAGED: ImportError = ImportError::UnreadableDatabase { what: "the database is damaged" };

/// Which end of a number comes first.
#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

struct HashFile<'a> {
    bytes: &'a [u8],
    page_size: usize,
    order: Order,
}

pub(super) fn records(bytes: &[u8]) -> Result<Vec<Record>, ImportError> {
    let file = HashFile::open(bytes)?;
    let mut records = Vec::new();
    for page in file.bytes.chunks_exact(file.page_size).skip(1) {
        if matches!(page.get(KIND_AT), Some(&(KIND_HASH | KIND_HASH_UNSORTED))) {
            file.read_page(page, &mut records)?;
        }
    }
    Ok(records)
}

impl<'a> HashFile<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, ImportError> {
        let magic: [u8; 4] = part(bytes, MAGIC_AT).ok_or(ImportError::NotSasldb)?;
        let order = match (u32::from_le_bytes(magic), u32::from_be_bytes(magic)) {
            (MAGIC, _) => Order::Little,
            (_, MAGIC) => Order::Big,
            _ => return Err(ImportError::NotSasldb),
        };
        let unreadable = |what| Err(ImportError::UnreadableDatabase { what });
        if !order.word(bytes, VERSION_AT).is_some_and(|version| VERSIONS.contains(&version)) {
            return unreadable("the database has a version other than 8 to 10");
        }
        if bytes.get(CIPHER_AT) != Some(&0) {
            return unreadable("the database is encrypted");
        }
        if bytes.get(FLAGS_AT).is_none_or(|flags| flags & FLAG_CHECKSUM != 0) {
            return unreadable("the database's pages have checksums");
        }
        let page_size = order.word(bytes, PAGE_SIZE_AT).and_then(|size| usize::try_from(size).ok());
        match page_size.filter(|size| PAGE_SIZES.contains(size) && size.is_power_of_two()) {
            Some(page_size) => Ok(Self { bytes, page_size, order }),
            None => Err(DAMAGED),
        }
    }

    fn page(&self, number: u32) -> Option<&'a [u8]> {
        let at = usize::try_from(number).ok()?.checked_mul(self.page_size)?;
        self.bytes.get(at..at.checked_add(self.page_size)?)
    }

    /// Keys and values in turn; each item ends where the one before it begins.
    fn read_page(&self, page: &[u8], records: &mut Vec<Record>) -> Result<(), ImportError> {
        let count = usize::from(self.order.half(page, COUNT_AT).ok_or(DAMAGED)?);
        let mut end = page.len();
        let mut key = None;
        for number in 0..count {
            let begin = usize::from(self.order.half(page, HEADER + 2 * number).ok_or(DAMAGED)?);
            let item = page.get(begin..end).filter(|_| begin >= HEADER + 2 * count).ok_or(DAMAGED)?;
            let bytes = self.item(item)?;
            end = begin;
            match key.take() {
                None => key = Some(bytes),
                Some(key) => records.push(Record { key, value: Zeroizing::new(bytes) }),
            }
        }
        if key.is_some() { Err(DAMAGED) } else { Ok(()) }
    }

    fn item(&self, item: &[u8]) -> Result<Vec<u8>, ImportError> {
        match item.split_first() {
            Some((&ITEM_HERE, bytes)) => Ok(bytes.to_vec()),
            Some((&ITEM_ELSEWHERE, _)) => self.elsewhere(item).ok_or(DAMAGED),
            _ => Err(ImportError::UnreadableDatabase { what: "the database has several records of one key" }),
        }
    }

    /// What is too long for a page with others: a chain of pages.
    fn elsewhere(&self, item: &[u8]) -> Option<Vec<u8>> {
        let len =
            usize::try_from(self.order.word(item, ELSEWHERE_LEN_AT)?).ok().filter(|len| *len <= LONGEST)?;
        let mut next = self.order.word(item, ELSEWHERE_PAGE_AT)?;
        let mut bytes = Vec::with_capacity(len);
        while bytes.len() < len {
            let page = self.page(next).filter(|page| page.get(KIND_AT) == Some(&KIND_OVERFLOW))?;
            let used = usize::from(self.order.half(page, USED_AT)?);
            let more = page.get(HEADER..HEADER + used).filter(|more| !more.is_empty())?;
            if bytes.len() + more.len() > len {
                return None;
            }
            bytes.extend_from_slice(more);
            next = self.order.word(page, NEXT_AT)?;
        }
        Some(bytes)
    }
}

impl Order {
    fn word(self, bytes: &[u8], at: usize) -> Option<u32> {
        let word = part(bytes, at)?;
        Some(match self {
            Self::Little => u32::from_le_bytes(word),
            Self::Big => u32::from_be_bytes(word),
        })
    }

    fn half(self, bytes: &[u8], at: usize) -> Option<u16> {
        let half = part(bytes, at)?;
        Some(match self {
            Self::Little => u16::from_le_bytes(half),
            Self::Big => u16::from_be_bytes(half),
        })
    }
}

fn part<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}
