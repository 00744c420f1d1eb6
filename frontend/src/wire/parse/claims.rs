//! What holds for any bytes, checked by the fuzz target `frame` and by the replay of its corpus.

use super::*;

/// The longest value in what is checked, in bytes.
const VALUE_MAX: usize = 1000;

/// How long a frame may have to be before it is taken, while nobody is logged in.
const NEEDED_LOCKED: usize = HEADER_LEN + LOGIN_BODY_MAX;

/// The same after login, where a set of the longest key and value is less than a login may be.
const NEEDED_OPEN: usize = NEEDED_LOCKED;

/// Checks that bytes are taken apart the same way in any pieces, and that no frame asks for more than it may. The first
/// byte says where cuts are made, the others are the input.
///
/// # Panics
/// If that does not hold.
pub(crate) fn check(bytes: &[u8]) {
    let Some((&cuts, input)) = bytes.split_first() else { return };
    for gate in [Gate::Closed, Gate::Open] {
        let limits = Limits { gate, value_max: VALUE_MAX };
        let whole = frames(input, &limits, usize::MAX);
        assert_eq!(
            whole,
            frames(input, &limits, usize::from(cuts) + 1),
            "in pieces of {}",
            u16::from(cuts) + 1
        );
        assert_eq!(whole, frames(input, &limits, 1), "byte by byte");
    }
}

/// Each frame with its place, as a connection goes through them: what is not whole is kept, what is skipped is not.
fn frames(input: &[u8], limits: &Limits, piece: usize) -> Vec<(usize, String)> {
    let (mut found, mut kept, mut place, mut skip) = (Vec::new(), Vec::new(), 0, 0_usize);
    // What a frame whose header is there was said to need. A connection counts on it while it reads a large one.
    let mut said = None;
    for piece in input.chunks(piece) {
        kept.extend_from_slice(piece);
        loop {
            let skipped = skip.min(kept.len());
            kept.drain(..skipped);
            skip -= skipped;
            if skip > 0 {
                break;
            }
            let parsed = parse(&kept, limits);
            if let Some(said) = said.take().filter(|said| kept.len() < *said) {
                assert!(
                    matches!(parsed, Parsed::Incomplete { needed } if needed == said),
                    "{parsed:?} before {said}"
                );
            }
            let len = match parsed {
                Parsed::Incomplete { needed } => {
                    assert!(needed > kept.len(), "it waits for what is there");
                    let most = if limits.gate == Gate::Open { NEEDED_OPEN } else { NEEDED_LOCKED };
                    assert!(needed <= most, "{needed} bytes are waited for");
                    said = (kept.len() >= HEADER_LEN).then_some(needed);
                    break;
                }
                Parsed::Bad(bad) => {
                    found.push((place, format!("{bad:?}")));
                    match bad.then {
                        Then::Close => return found,
                        Then::Skip(len) => len,
                    }
                }
                Parsed::Request { asked, frame, len } => {
                    let allowed = limits.gate == Gate::Open || frame.opcode.verb.runs_before_login();
                    assert!(allowed, "{frame:?} before login");
                    found.push((place, format!("{asked:?} {frame:?} {len}")));
                    len
                }
            };
            assert!((HEADER_LEN..=HEADER_LEN + BODY_MAX).contains(&len), "a frame of {len} bytes");
            place += len;
            skip = len;
        }
    }
    found
}
