//! One model per concurrency claim of Keyway; see `tests/`.

/// Checks a claim under every order of its threads' steps in which none is interrupted more often than this where it could go
/// on: what is many steps does not end within minutes without a bound. A cache with several namespaces takes more steps before
/// anything happens at once than loom allows by default.
#[cfg(loom)]
pub fn explore(interruptions: usize, claim: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    (model.preemption_bound, model.max_branches) = (Some(interruptions), 10_000);
    model.check(claim);
}
