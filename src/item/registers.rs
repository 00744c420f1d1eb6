//! Short runs of bytes, as keys are: of 16 to 32 bytes there are two registers full, which may overlap. That spares them a call that
//! costs more than the work.

const REGISTER: usize = size_of::<u128>();

#[inline]
fn is_for_two(len: usize) -> bool {
    (REGISTER..=2 * REGISTER).contains(&len)
}

/// Whether both are the same, which have the same length.
#[inline]
pub(super) fn are_same(one: &[u8], other: &[u8]) -> bool {
    if is_for_two(one.len()) {
        // Both before one branch.
        (one.first_chunk::<REGISTER>() == other.first_chunk())
            & (one.last_chunk::<REGISTER>() == other.last_chunk())
    } else {
        one == other
    }
}

/// Copies a run to a place of the same length.
///
/// # Panics
/// If it has another length.
#[inline]
pub(super) fn copy(from: &[u8], to: &mut [u8]) {
    match (from.first_chunk::<REGISTER>(), from.last_chunk::<REGISTER>()) {
        (Some(first), Some(last)) if is_for_two(from.len()) => {
            to[..REGISTER].copy_from_slice(first);
            to[from.len() - REGISTER..].copy_from_slice(last);
        }
        _ => to.copy_from_slice(from),
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn runs_of_any_length_are_copied_and_told_apart_by_each_byte() {
        for len in 0..70 {
            let run: Vec<u8> = (1..=len).collect();
            let mut other = vec![0; run.len()];
            copy(&run, &mut other);
            assert!(run == other && are_same(&run, &other), "{len}");
            for at in 0..run.len() {
                other[at] ^= 0x80;
                assert!(!are_same(&run, &other), "{len}, {at}");
                other[at] ^= 0x80;
            }
        }
    }
}
