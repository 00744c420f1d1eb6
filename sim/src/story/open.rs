//! A connection after login beside the reference: any verbs, in any pieces, with time passing between.

use super::{
    line::{Line, Outcomes},
    versions::Versions,
    words::Draft,
};
use crate::reference::{Reference, VALUE_MAX, entrance, record};
use arbitrary::{Arbitrary, Result, Unstructured};
use keyway::{Cache, Clock, Config, Role, Users};
use std::time::Duration;

/// More steps than this make a slow input and no new story.
const STEPS_MAX: usize = 400;

/// One step.
#[derive(Debug)]
enum Step {
    /// One more request in the batch.
    Ask(Draft),
    /// Any bytes.
    Noise(Vec<u8>),
    /// The batch goes out, in pieces of this size; 0 is whole.
    Send(usize),
    /// The batch goes out, and then so many seconds pass.
    Pass(u8),
}

impl Arbitrary<'_> for Step {
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        Ok(match input.arbitrary::<u8>()? {
            0..=3 => {
                let len = usize::from(input.arbitrary::<u8>()?).min(input.len());
                Self::Noise(input.bytes(len)?.into())
            }
            4..=40 => Self::Send(0),
            41..=60 => Self::Send(input.arbitrary::<u8>()?.into()),
            61..=80 => Self::Pass(input.int_in_range(0..=20)?),
            _ => Self::Ask(input.arbitrary()?),
        })
    }
}

/// Tells the story that these bytes make; what was answered.
///
/// # Panics
/// If the connection does not do what the reference says.
pub fn tell(bytes: &[u8]) -> Outcomes {
    let mut input = Unstructured::new(bytes);
    let Ok(made) = input.arbitrary::<u8>() else { return Outcomes::new() };
    let mut story =
        Story::new(Role::ALL[usize::from(made % 3)], if made & 64 == 0 { usize::MAX } else { 700 });
    for _ in 0..STEPS_MAX {
        if input.is_empty() || story.line.is_over() {
            break;
        }
        let Ok(step) = input.arbitrary() else { break };
        story.tell(step);
    }
    story.send(0);
    story.line.into_outcomes()
}

struct Story {
    cache: Cache,
    clock: Clock,
    line: Line,
    batch: Vec<u8>,
    versions: Versions,
}

impl Story {
    fn new(role: Role, window: usize) -> Self {
        let clock = Clock::manual();
        let mut config = Config::new(4 << 20);
        config.max_value = VALUE_MAX;
        config.stripes = 2;
        config.clock = clock.clone();
        config.fixed_hash_key = Some([1, 2, 3, 4]);
        let users = Users::with_mock_key([7; 32]);
        users.add_trusted("guest", role).unwrap();
        users.add_record(record(role)).unwrap();
        let cache = Cache::new(config, users).unwrap();
        let mut entrance = entrance();
        entrance.anonymous = Some(cache.session_for("guest").unwrap());
        let line = Line::to(&cache, entrance, Reference::open(role), window);
        Self { cache, clock, line, batch: Vec::new(), versions: Versions::default() }
    }

    fn tell(&mut self, step: Step) {
        match step {
            Step::Ask(mut draft) => {
                let (opaque, version) = self.versions.ask(&draft.key, &draft.given);
                draft.ask = draft.ask.opaque(opaque).cas(version);
                self.batch.extend(draft.bytes());
            }
            Step::Noise(bytes) => self.batch.extend(bytes),
            Step::Send(piece) => self.send(piece),
            Step::Pass(seconds) => {
                self.send(0);
                self.clock.advance(Duration::from_secs(seconds.into()));
                self.line.pass(seconds.into());
                self.cache.maintain();
            }
        }
    }

    fn send(&mut self, piece: usize) {
        let batch = std::mem::take(&mut self.batch);
        let piece = if piece == 0 { batch.len() } else { piece };
        if batch.is_empty() || self.line.is_over() {
            return;
        }
        for reply in self.line.say(&batch, piece) {
            self.versions.hear(reply);
        }
        assert_eq!(self.cache.stats().evictions, 0, "the reference has room for everything");
    }
}
