//! The thread that asks for snapshots, so that a slow server does not hold up the keys.

use super::source::Source;
use keyway_frontend::status::Status;
use std::{
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
    time::{Duration, Instant},
};

/// What came of asking.
pub(super) type News = Result<Box<Status>, String>;

/// Asks each interval, until nobody listens any more.
pub(super) fn start(source: Source, interval: Duration) -> std::io::Result<Receiver<News>> {
    let (tell, news) = sync_channel(1);
    thread::Builder::new().name("top-feed".to_owned()).spawn(move || ask(&source, interval, &tell))?;
    Ok(news)
}

fn ask(source: &Source, interval: Duration, tell: &SyncSender<News>) {
    loop {
        let began = Instant::now();
        if tell.send(source.status().map(Box::new)).is_err() {
            return;
        }
        thread::sleep(interval.saturating_sub(began.elapsed()));
    }
}
