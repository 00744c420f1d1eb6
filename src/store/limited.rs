//! How much may be done here: a store's limits, and what is used of them, whoever's sessions work in it.

use super::Store;
use crate::{
    metering::{Limits, Meter, Metered},
    sync::StdArc,
};

impl Store {
    /// Lets these limits count from the next verb on. Whoever has more connections than it may keeps them.
    pub(crate) fn limit(&self, limits: &Limits) {
        // Before verbs are told to ask.
        self.meter.limit(limits);
        if limits.is_none() {
            self.lookout().lift_limits();
        } else {
            self.lookout().limit();
        }
    }
}

impl Metered for StdArc<Store> {
    fn meter(&self) -> &Meter {
        &self.meter
    }

    #[inline]
    fn is_limited(&self) -> bool {
        self.lookout().is_limited()
    }
}
