//! Settings are read and written.

use super::SECOND;
use crate::{
    Clock,
    engine::{Builder, Settings},
};

#[test]
fn a_builder_does_what_settings_say() {
    let (mut settings, clock) = (Settings::new(2), Clock::manual());
    settings.time_to_live = Some(SECOND);
    let builder = Builder::<u32, u32>::with_entries(100).time_to_idle(SECOND / 4).clock(clock.clone());
    let cache = builder.settings(&settings).build().expect("large enough");
    (0..3).for_each(|number| drop(cache.insert(number, number)));
    assert_eq!((cache.len(), cache.limit()), (2, 2));
    clock.advance(SECOND / 2);
    assert!(cache.contains(&2), "it may idle");
    clock.advance(SECOND);
    assert!(!cache.contains(&2));
}

#[cfg(feature = "serde")]
mod in_files {
    use super::*;
    use crate::engine::{Part, Saved};
    use std::time::Duration;

    #[test]
    fn what_a_file_says_is_what_is_meant_and_is_written_back() {
        let text = "limit = 1000\ntime_to_live = 3600\ntime_to_idle = 0.5\n";
        let settings: Settings = toml::from_str(text).expect("well formed");
        assert_eq!((settings.limit, settings.stripes), (1000, None));
        let times = [settings.time_to_live, settings.time_to_idle];
        assert_eq!(times, [Some(3600 * SECOND), Some(Duration::from_millis(500))]);
        assert_eq!(toml::to_string(&settings).expect("plain"), text);
        for wrong in ["", "limit = -1", "limit = 1\ntime_to_live = -1", "limit = 1\ntime_to_life = 1"] {
            assert!(toml::from_str::<Settings>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_was_saved_is_read_again() {
        let saved = Saved { key: 1, value: "one".to_owned(), left: Some(SECOND), part: Part::Main, uses: 2 };
        let written = toml::to_string(&saved).expect("plain");
        assert_eq!(toml::from_str::<Saved<u32, String>>(&written).expect("as it was written"), saved);
    }
}
