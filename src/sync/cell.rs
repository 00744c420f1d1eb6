//! The face of loom's cells, which watch who looks and who changes, over the standard one, which watches nothing.

#[derive(Debug)]
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

/// As long as it lives, somebody may look.
#[derive(Debug)]
pub(crate) struct ConstPtr<T>(*const T);

/// As long as it lives, somebody may change.
#[derive(Debug)]
pub(crate) struct MutPtr<T>(*mut T);

impl<T> UnsafeCell<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    #[inline]
    pub(crate) fn get(&self) -> ConstPtr<T> {
        ConstPtr(self.0.get())
    }

    #[inline]
    pub(crate) fn get_mut(&self) -> MutPtr<T> {
        MutPtr(self.0.get())
    }
}

impl<T> ConstPtr<T> {
    #[inline]
    pub(crate) fn with<R>(&self, look: impl FnOnce(*const T) -> R) -> R {
        look(self.0)
    }
}

impl<T> MutPtr<T> {
    #[inline]
    pub(crate) fn with<R>(&self, change: impl FnOnce(*mut T) -> R) -> R {
        change(self.0)
    }
}
