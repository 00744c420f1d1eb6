//! The thread that has keys sampled, for as long as they are looked at.

use super::source::{Sample, Source};
use std::{
    sync::mpsc::{Receiver, TryRecvError, sync_channel},
    thread,
    time::Duration,
};

/// One sample follows another: each is of what was used while it was drawn.
const LASTING: Duration = Duration::from_secs(2);

const MOST: u32 = 50;

/// Samples that follow each other. Dropping it ends them after the one that is being drawn.
#[derive(Debug)]
pub(super) struct Sampling(Receiver<Result<Sample, String>>);

impl Sampling {
    pub(super) fn start(source: Source) -> std::io::Result<Self> {
        let (tell, samples) = sync_channel(0);
        thread::Builder::new().name("top-keys".to_owned()).spawn(move || {
            loop {
                let sample = source.hot_keys(LASTING, MOST);
                let failed = sample.is_err();
                if tell.send(sample).is_err() {
                    return;
                }
                if failed {
                    thread::sleep(LASTING);
                }
            }
        })?;
        Ok(Self(samples))
    }

    /// The last one, if there is a new one.
    pub(super) fn take(&self) -> Option<Result<Sample, String>> {
        match self.0.try_recv() {
            Ok(sample) => Some(sample),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err("the sampling has ended".to_owned())),
        }
    }
}
