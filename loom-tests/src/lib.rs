//! One model per concurrency claim of Keyway; see `tests/`.
