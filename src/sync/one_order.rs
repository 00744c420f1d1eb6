//! The one order of all `SeqCst` operations, also in models.

/// Between a `SeqCst` store and a `SeqCst` load that must not overtake it: nothing, since that is what `SeqCst` says.
#[cfg(not(loom))]
#[inline(always)]
pub(crate) fn in_one_order() {}

/// loom takes `SeqCst` for no more than `AcqRel`, except in fences.
#[cfg(loom)]
pub(crate) fn in_one_order() {
    loom::sync::atomic::fence(loom::sync::atomic::Ordering::SeqCst);
}
