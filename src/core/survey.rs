//! Where in memory everything lies, a page of one stripe's index at a time.

use super::{Engine, Entry, Watch};
use std::hash::BuildHasher;

/// How far a survey has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SurveyFrom {
    stripe: usize,
    page: usize,
}

/// Something whose memory can be surveyed.
pub(crate) trait Survey {
    /// Tells `note` where the next page of the index and its entries begin in memory and how many bytes they take, and says where to
    /// go on: `None` at the end. Of the entries one is asked what it takes, for all of that page. What comes and goes meanwhile
    /// may be told of twice or not at all.
    fn survey(&self, from: SurveyFrom, note: &mut dyn FnMut(*const u8, usize)) -> Option<SurveyFrom>;
}

impl<E: Entry, S: BuildHasher, W: Watch<E>> Survey for Engine<E, S, W> {
    fn survey(&self, from: SurveyFrom, note: &mut dyn FnMut(*const u8, usize)) -> Option<SurveyFrom> {
        let stripe = self.stripes.get(from.stripe)?.lock.read_rarely();
        let Some((lines, bytes)) = stripe.page_in_memory(from.page) else {
            return Some(SurveyFrom { stripe: from.stripe + 1, page: 0 });
        };
        note(lines, bytes);
        let mut footprint = None;
        for entry in stripe.entries_of(from.page) {
            note(entry.address(), *footprint.get_or_insert_with(|| entry.footprint()));
        }
        Some(SurveyFrom { page: from.page + 1, ..from })
    }
}
