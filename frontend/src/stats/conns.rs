//! `stats conns`: who is in, for admins. Connections that have not logged in are not listed.

use super::Sheet;
use crate::Door;
use keyway::audit::Peer;

/// Sessions that are listed at most: an answer is made as a whole. `keyway admin sessions` lists all.
const MOST: usize = 1000;

pub(super) fn fill(sheet: &mut Sheet<'_, '_>, door: &Door) {
    for session in door.cache().users().sessions(None, MOST) {
        // The process' own sessions have no connection.
        let Some(number) = session.origin.number() else { continue };
        match session.origin.peer() {
            Some(Peer::Address(address)) => {
                sheet.line(&format!("{number}:addr"), format_args!("tcp:{address}"))
            }
            Some(peer) => sheet.line(&format!("{number}:addr"), format_args!("unix:{peer}")),
            None => {}
        }
        sheet.line(&format!("{number}:user"), &session.user);
        sheet.line(&format!("{number}:opened_by"), &session.by);
        sheet.line(&format!("{number}:requests"), session.traffic.requests);
    }
}
