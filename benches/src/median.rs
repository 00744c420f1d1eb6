//! The middle of several runs: one run that was disturbed does not move it.

/// The middle value; 0 of none.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wild_run_does_not_move_it() {
        assert!((median(vec![2.0, 1e9, 1.0, 3.0, 2.5]) - 2.5).abs() < f64::EPSILON);
    }
}
