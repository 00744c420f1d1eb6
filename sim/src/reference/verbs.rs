//! The verbs after login, over the naive store.

use super::{
    Reference,
    due::Due,
    frames::{Request, loud},
    store::{End, Entry, Match, Store, VALUE_MAX, number},
};
use keyway::Role;

/// An expiry of a counter that says "do not make one".
const NO_INITIAL: u32 = u32::MAX;

impl Reference {
    /// What a verb must lead to; `None` where an answer that is not here yet tells. The store is changed as far as it is
    /// known, which is before the answer came: nothing between depends on it.
    pub(super) fn verb(&self, request: &Request, store: &mut Store) -> Option<Due> {
        let opcode = loud(request.head.opcode);
        let head = request.head;
        let reads = matches!(opcode, 0x00 | 0x0c | 0x0a | 0x0b | 0x10);
        if !reads && self.role < Role::ReadWrite {
            return Some(Due::refusal(head, 0x24));
        }
        Some(match opcode {
            0x00 | 0x0c => found(request, store),
            0x01 if request.oversized => {
                store.remove(&request.key);
                Due::refusal(head, 0x03)
            }
            0x01..=0x03 => return self.put(request, store),
            0x04 => return self.delete(request, store),
            0x05 | 0x06 => return self.count(request, store),
            0x08 => flush(request, store),
            0x0a => Due::done(head),
            0x0b => Due::version(head),
            0x0e | 0x0f => return self.join(request, store),
            0x10 => self.statistics(request),
            0x1c | 0x1d | 0x23 => touch(request, store),
            other => unreachable!("opcode {other:#x} is known and has no meaning"),
        })
    }

    /// Whether the item has the version that the request gives, which its answer may have to tell.
    fn has_version(&self, request: &Request, store: &mut Store) -> Option<bool> {
        match store.compare(&request.key, request.cas) {
            Match::Yes => Some(true),
            Match::No => Some(false),
            Match::Unsure => Some(!self.is_refused(request, 0x02)?),
        }
    }

    fn put(&self, request: &Request, store: &mut Store) -> Option<Due> {
        let opcode = loud(request.head.opcode);
        let present = store.find(&request.key).is_some();
        if !present && (request.cas != 0 || opcode == 0x03) {
            return Some(Due::refusal(request.head, 0x01));
        }
        if present && (!self.has_version(request, store)? || (opcode == 0x02)) {
            return Some(Due::refusal(request.head, 0x02));
        }
        let end = store.end(word(request, 4));
        if end == End::Unsure {
            return Some(Due::Unsure);
        }
        let entry = Entry { value: request.value.clone(), flags: word(request, 0), end, version: None };
        store.put(&request.key, entry);
        Some(stored(request))
    }

    fn join(&self, request: &Request, store: &mut Store) -> Option<Due> {
        let Some(mut entry) = store.find(&request.key).cloned() else {
            return Some(Due::refusal(request.head, 0x05));
        };
        if !self.has_version(request, store)? {
            return Some(Due::refusal(request.head, 0x02));
        }
        entry.value = if loud(request.head.opcode) == 0x0e {
            [&*entry.value, &request.value].concat()
        } else {
            [&*request.value, &entry.value].concat()
        };
        if entry.value.len() > VALUE_MAX {
            return Some(Due::refusal(request.head, 0x05));
        }
        store.put(&request.key, entry);
        Some(stored(request))
    }

    fn count(&self, request: &Request, store: &mut Store) -> Option<Due> {
        let amount = long(request, 0);
        let (value, entry) = match store.find(&request.key).cloned() {
            None if word(request, 16) == NO_INITIAL => return Some(Due::refusal(request.head, 0x01)),
            None => {
                let end = store.end(word(request, 16));
                (long(request, 8), Entry { value: Vec::new(), flags: 0, end, version: None })
            }
            Some(entry) => {
                if !self.has_version(request, store)? {
                    return Some(Due::refusal(request.head, 0x02));
                }
                let Some(value) = number(&entry.value) else {
                    return Some(Due::refusal(request.head, 0x06));
                };
                let up = loud(request.head.opcode) == 0x05;
                (if up { value.wrapping_add(amount) } else { value.saturating_sub(amount) }, entry)
            }
        };
        if entry.end == End::Unsure {
            return Some(Due::Unsure);
        }
        store.put(&request.key, Entry { value: value.to_string().into_bytes(), ..entry });
        if is_quiet(request) {
            return Some(Due::Silence);
        }
        Some(Due::text(request.head, &value.to_be_bytes()).with_version_of(&request.key))
    }

    fn delete(&self, request: &Request, store: &mut Store) -> Option<Due> {
        if store.find(&request.key).is_none() {
            return Some(Due::refusal(request.head, 0x01));
        }
        if !self.has_version(request, store)? {
            return Some(Due::refusal(request.head, 0x02));
        }
        store.remove(&request.key);
        Some(if is_quiet(request) { Due::Silence } else { Due::done(request.head) })
    }

    fn statistics(&self, request: &Request) -> Due {
        match &*request.key {
            b"reset" if self.role < Role::Admin => Due::refusal(request.head, 0x24),
            b"" | b"settings" | b"items" | b"slabs" | b"sizes" | b"conns" | b"reset" | b"detail on"
            | b"detail off" | b"detail dump" => Due::Statistics(request.head),
            _ => Due::refusal(request.head, 0x01),
        }
    }
}

fn is_quiet(request: &Request) -> bool {
    loud(request.head.opcode) != request.head.opcode
}

fn word(request: &Request, at: usize) -> u32 {
    request.extras[at..at + 4].iter().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

fn long(request: &Request, at: usize) -> u64 {
    u64::from(word(request, at)) << 32 | u64::from(word(request, at + 4))
}

fn stored(request: &Request) -> Due {
    if is_quiet(request) { Due::Silence } else { Due::done(request.head).with_version_of(&request.key) }
}

fn echoes_key(request: &Request) -> bool {
    matches!(loud(request.head.opcode), 0x0c | 0x23)
}

fn found(request: &Request, store: &mut Store) -> Due {
    match store.find(&request.key) {
        Some(entry) => {
            let due = Due::text(request.head, &entry.value).with_extras(entry.flags.to_be_bytes());
            let due = due.with_version_of(&request.key);
            if echoes_key(request) { due.with_key(&request.key) } else { due }
        }
        None if is_quiet(request) => Due::Silence,
        None if echoes_key(request) => Due::missed_key(request.head, &request.key),
        None => Due::refusal(request.head, 0x01),
    }
}

fn touch(request: &Request, store: &mut Store) -> Due {
    let end = store.end(word(request, 0));
    let Some(entry) = store.find(&request.key) else {
        return if loud(request.head.opcode) == 0x1c {
            Due::refusal(request.head, 0x01)
        } else {
            found(request, store)
        };
    };
    if end == End::Unsure {
        return Due::Unsure;
    }
    entry.end = end;
    let flags = entry.flags.to_be_bytes();
    if loud(request.head.opcode) == 0x1c {
        return Due::done(request.head).with_extras(flags).with_version_of(&request.key);
    }
    let due = Due::text(request.head, &entry.value).with_extras(flags).with_version_of(&request.key);
    if echoes_key(request) { due.with_key(&request.key) } else { due }
}

fn flush(request: &Request, store: &mut Store) -> Due {
    match if request.extras.is_empty() { 0 } else { word(request, 0) } {
        0 => store.flush(),
        delay => match store.end(delay) {
            End::Unsure => return Due::Unsure,
            end => store.flush_at(end),
        },
    }
    if is_quiet(request) { Due::Silence } else { Due::done(request.head) }
}
