//! `stats audit`: how often each kind of event happened since the process began, and what became of the entries. For admins,
//! since it tells of others.

use super::Sheet;
use crate::Door;
use keyway::audit::Kind;

pub(super) fn fill(sheet: &mut Sheet<'_, '_>, door: &Door) {
    let counts = door.cache().audit().counts();
    for kind in Kind::ALL {
        // These two are entries about other events, and counted as those below.
        if !matches!(kind, Kind::Folded | Kind::Dropped) {
            sheet.line(kind.name(), counts.of(kind));
        }
    }
    sheet.line("folded", counts.folded);
    sheet.line("written", counts.written);
    sheet.line("dropped", counts.dropped);
}
