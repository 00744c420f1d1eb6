//! A counted pointer that is replaced while others read it.

use super::Arc;
use std::ops::Deref;

/// A counted pointer that is replaced while others read it. A load is `Acquire` and a store `Release` at least, and readers
/// neither wait nor write to what others read. In a model it is a lock, which orders no less: so the models do not judge
/// the crate itself, only what is done with it.
#[derive(Debug)]
pub(crate) struct ArcSwap<T>(Inner<T>);

#[cfg(not(any(loom, shuttle)))]
type Inner<T> = arc_swap::ArcSwap<T>;
#[cfg(any(loom, shuttle))]
type Inner<T> = super::RwLock<Arc<T>>;

impl<T> ArcSwap<T> {
    pub(crate) fn new(value: Arc<T>) -> Self {
        Self(Inner::new(value))
    }

    #[cfg(not(any(loom, shuttle)))]
    pub(crate) fn load(&self) -> impl Deref<Target = Arc<T>> + use<T> {
        self.0.load()
    }

    #[cfg(any(loom, shuttle))]
    pub(crate) fn load(&self) -> impl Deref<Target = Arc<T>> + '_ {
        self.0.read()
    }

    pub(crate) fn store(&self, value: Arc<T>) {
        #[cfg(not(any(loom, shuttle)))]
        self.0.store(value);
        #[cfg(any(loom, shuttle))]
        {
            *self.0.write() = value;
        }
    }
}
