//! A look ahead at what was received and is not yet served: only for hints, nothing is decided by it.

use super::{
    header::{HEADER_LEN, Header, REQUEST_MAGIC},
    opcode::Opcode,
};

/// Keys that are looked at together. Enough for their ways to memory to overlap, and few enough that what was fetched for
/// the first is still near when the last is served.
pub(crate) const AHEAD: usize = 32;

/// The keys of requests that lie whole at the front of some input.
#[derive(Debug)]
pub(crate) struct Ahead<'a> {
    keys: [&'a [u8]; AHEAD],
    len: usize,
    /// Requests that were looked at, those without a key too.
    pub(crate) frames: usize,
}

/// Whether another request may follow the first in the input, so that looking is worth it.
pub(crate) fn is_pipeline(input: &[u8]) -> bool {
    Header::read(input).is_some_and(|first| first.frame_len().saturating_add(HEADER_LEN) <= input.len())
}

impl<'a> Ahead<'a> {
    /// Looks until there are enough keys, or something that is not a whole request.
    pub(crate) fn look(mut input: &'a [u8]) -> Self {
        let mut ahead = Self { keys: [&[]; AHEAD], len: 0, frames: 0 };
        while let Some(place) = ahead.keys.get_mut(ahead.len)
            && let Some(header) = Header::read(input)
            && input.first() == Some(&REQUEST_MAGIC)
            && let Some((frame, behind)) = input.split_at_checked(header.frame_len())
        {
            let opcode = Opcode::from_byte(header.opcode);
            let key = frame.get(HEADER_LEN + header.extras_len..HEADER_LEN + header.front_len());
            if let (Some(key), Some(Opcode { verb, .. })) = (key, opcode)
                && verb.looks_up()
            {
                *place = key;
                ahead.len += 1;
            }
            ahead.frames += 1;
            input = behind;
        }
        ahead
    }

    pub(crate) fn keys(&self) -> &[&'a [u8]] {
        self.keys.get(..self.len).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(opcode: u8, extras: u8, key: &[u8], value: &[u8]) -> Vec<u8> {
        let body = usize::from(extras) + key.len() + value.len();
        let mut bytes = vec![0; HEADER_LEN + usize::from(extras)];
        bytes[..5].copy_from_slice(&[REQUEST_MAGIC, opcode, 0, u8::try_from(key.len()).unwrap(), extras]);
        bytes[11] = u8::try_from(body).unwrap();
        [&bytes, key, value].concat()
    }

    #[test]
    fn keys_of_items_are_found_in_order_up_to_the_first_request_that_is_not_whole() {
        let mut input = [
            request(0x00, 0, b"a", b""),
            request(0x01, 8, b"b", b"value"),
            request(0x0a, 0, b"", b""),
            request(0x21, 0, b"PLAIN", b"secret"),
            request(0x0d, 0, b"c", b""),
            request(0x00, 0, b"d", b""),
        ]
        .concat();
        input.pop();
        let ahead = Ahead::look(&input);
        assert_eq!(ahead.keys(), [b"a", b"b", b"c"]);
        assert_eq!(ahead.frames, 5);
    }

    #[test]
    fn a_pipeline_has_more_than_one() {
        let get = request(0x00, 0, b"k", b"");
        assert!(is_pipeline(&get.repeat(2)));
        assert!(!is_pipeline(&get) && !is_pipeline(&get[..20]) && !is_pipeline(&[]));
        assert!(!is_pipeline(&[&get[..], &get[..20]].concat()));
    }

    #[test]
    fn it_stops_where_there_are_enough_and_where_the_input_makes_no_sense() {
        let get = request(0x00, 0, b"k", b"");
        assert_eq!(Ahead::look(&get.repeat(AHEAD + 1)).frames, AHEAD);
        assert_eq!(Ahead::look(&[&get[..], b"GET / HTTP/1.1 and more, and more"].concat()).frames, 1);
        // More extras and key than there is body.
        let mut torn = get;
        torn[4] = 9;
        assert!(Ahead::look(&torn).keys().is_empty());
    }
}
