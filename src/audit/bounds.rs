//! What keeps peers from flooding the audit: of the events that they can cause as often as they like, so many are told one by one
//! and the others are counted, by peer and user as far as there is room, and told as one.

use super::{Kind, Origin, Peer};
use crate::sync::{AtomicU64, MODELLED, Mutex, Ordering};
use core::net::IpAddr;
use std::{
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

/// Events of one kind that one peer (and user) causes which are told one by one: so many at once, and so many more each second.
/// A person's slips and a misconfigured worker's start are told in full; a guesser is recognised by less.
const OF_ONE: Rate = if MODELLED {
    // What a model decides does not hang on the time.
    Rate { at_once: 1.0, a_second: 0.0 }
} else {
    Rate { at_once: 32.0, a_second: 1.0 }
};

/// The same for what is sampled: somebody has asked to be told of it.
const SAMPLES_OF_ONE: Rate = Rate { at_once: 256.0, a_second: 32.0 };
const SAMPLES_OF_ALL: Rate = Rate { at_once: 2048.0, a_second: 128.0 };

/// The same for all peers together. Entries of some 250 bytes that come at this rate for ever fill 350 MB a day, for each
/// kind.
const OF_ALL: Rate = Rate { at_once: 1024.0, a_second: 16.0 };

/// How long something is counted before it is told that it was.
const TOLD_EVERY: Duration = Duration::from_secs(5);

/// Peers that are told apart. More than that share places, and are then counted as several.
const PLACES: usize = if MODELLED { 1 } else { 128 };

const KINDS: usize = Kind::ALL.len();

/// Of one peer, and of all.
fn rates(kind: Kind) -> (&'static Rate, &'static Rate) {
    match kind {
        Kind::Sampled => (&SAMPLES_OF_ONE, &SAMPLES_OF_ALL),
        _ => (&OF_ONE, &OF_ALL),
    }
}

struct Rate {
    at_once: f64,
    a_second: f64,
}

/// What is left of a rate.
struct Bucket {
    left: f64,
    filled: Instant,
}

impl Bucket {
    fn full(rate: &Rate, now: Instant) -> Self {
        Self { left: rate.at_once, filled: now }
    }

    fn take(&mut self, rate: &Rate, now: Instant) -> bool {
        let since = now.saturating_duration_since(self.filled).as_secs_f64();
        self.left = rate.at_once.min(since.mul_add(rate.a_second, self.left));
        self.filled = self.filled.max(now);
        if self.left < 1.0 {
            return false;
        }
        self.left -= 1.0;
        true
    }
}

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ruling {
    /// It is told.
    Tell,
    /// It is counted only.
    Fold,
}

/// Events that were counted and are to be told as one.
#[derive(Debug)]
pub(super) struct Folded {
    pub(super) kind: Kind,
    pub(super) count: u64,
    /// Where the last one was from, if all were from there.
    pub(super) origin: Origin,
}

/// What becomes of an event, and what is to be told before it.
pub(super) struct Ruled {
    pub(super) ruling: Ruling,
    pub(super) folded: Option<Folded>,
}

/// One peer's share, of one kind.
struct Place {
    source: u64,
    kind: Kind,
    bucket: Bucket,
    folded: u64,
    /// Of the last one that was folded.
    origin: Origin,
    told: Instant,
}

/// Of one kind, what all peers share.
struct Whole {
    bucket: Bucket,
    /// Of peers who had to give their place to others.
    folded: u64,
    told: Instant,
}

pub(super) struct Bounds {
    places: Box<[Mutex<Option<Place>>]>,
    wholes: Mutex<[Whole; KINDS]>,
    /// Events that were folded and not told yet.
    untold: AtomicU64,
    hasher: RandomState,
}

impl Bounds {
    pub(super) fn new(now: Instant) -> Self {
        let whole = |kind| Whole { bucket: Bucket::full(rates(kind).1, now), folded: 0, told: now };
        Self {
            places: (0..PLACES).map(|_| Mutex::new(None)).collect(),
            wholes: Mutex::new(Kind::ALL.map(whole)),
            untold: AtomicU64::new(0),
            hasher: RandomState::new(),
        }
    }

    /// Rules on an event of this kind that comes from there.
    pub(super) fn rule(&self, kind: Kind, origin: &Origin, whom: &str, now: Instant) -> Ruled {
        let (of_one, of_all) = rates(kind);
        let source = self.source(origin, whom);
        let mut place = self.places[self.place(kind, source)].lock();
        if let Some(other) = place.take_if(|held| held.source != source || held.kind != kind) {
            self.wholes.lock()[other.kind as usize].folded += other.folded;
        }
        let place = place.get_or_insert_with(|| Place {
            source,
            kind,
            bucket: Bucket::full(of_one, now),
            folded: 0,
            origin: Origin::here(),
            told: now,
        });
        let whole = || self.wholes.lock()[kind as usize].bucket.take(of_all, now);
        if place.bucket.take(of_one, now) && whole() {
            return Ruled { ruling: Ruling::Tell, folded: None };
        }
        place.folded += 1;
        place.origin = origin.clone();
        self.untold.fetch_add(1, Ordering::Relaxed);
        Ruled { ruling: Ruling::Fold, folded: self.told_of(place, now, TOLD_EVERY) }
    }

    fn source(&self, origin: &Origin, whom: &str) -> u64 {
        self.hasher.hash_one((network(origin), whom))
    }

    /// Where what such a source causes of this kind is counted.
    fn place(&self, kind: Kind, source: u64) -> usize {
        let at = source.wrapping_add(kind as u64) % self.places.len() as u64;
        usize::try_from(at).unwrap_or_default()
    }

    /// Whether anything was folded that is not told yet.
    pub(super) fn has_folded(&self) -> bool {
        // Relaxed, here and where it is changed: a counter only. What is folded is behind the places' locks.
        self.untold.load(Ordering::Relaxed) > 0
    }

    /// What was counted for long enough.
    pub(super) fn take_due(&self, now: Instant) -> Vec<Folded> {
        self.take(now, TOLD_EVERY)
    }

    /// What was counted.
    pub(super) fn take_all(&self, now: Instant) -> Vec<Folded> {
        self.take(now, Duration::ZERO)
    }

    fn take(&self, now: Instant, every: Duration) -> Vec<Folded> {
        let mut taken = Vec::new();
        for place in &self.places {
            if let Some(place) = &mut *place.lock() {
                taken.extend(self.told_of(place, now, every));
            }
        }
        for (kind, whole) in Kind::ALL.into_iter().zip(&mut *self.wholes.lock()) {
            if whole.folded > 0 && now.saturating_duration_since(whole.told) >= every {
                whole.told = now;
                let count = std::mem::take(&mut whole.folded);
                self.untold.fetch_sub(count, Ordering::Relaxed);
                taken.push(Folded { kind, count, origin: Origin::here() });
            }
        }
        taken
    }

    fn told_of(&self, place: &mut Place, now: Instant, every: Duration) -> Option<Folded> {
        if place.folded == 0 || now.saturating_duration_since(place.told) < every {
            return None;
        }
        place.told = now;
        let count = std::mem::take(&mut place.folded);
        self.untold.fetch_sub(count, Ordering::Relaxed);
        Some(Folded { kind: place.kind, count, origin: std::mem::take(&mut place.origin) })
    }
}

/// Who counts as one: an address of IPv4, the first 64 bits of one of IPv6, which one host has to itself, or a system user of
/// this machine.
fn network(origin: &Origin) -> Option<u64> {
    /// No address of IPv4 reaches so far, and none of IPv6 that is routed begins so.
    const USERS: u64 = 0xff << 56;
    let address = match origin.peer()? {
        Peer::Address(address) => address.ip().to_canonical(),
        Peer::Process { uid, .. } => return Some(USERS | u64::from(uid)),
    };
    Some(match address {
        IpAddr::V4(address) => u64::from(address.to_bits()),
        IpAddr::V6(address) => u64::try_from(address.to_bits() >> 64).ok()?,
    })
}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use super::*;

    fn of(peer: &str) -> Origin {
        Origin::connection(1, Some(Peer::Address(format!("{peer}:7").parse().unwrap())))
    }

    fn tells(bounds: &Bounds, origin: &Origin, times: usize, now: Instant) -> usize {
        let rules = |_: &usize| bounds.rule(Kind::LoginFailed, origin, "", now).ruling == Ruling::Tell;
        (0..times).filter(rules).count()
    }

    /// A peer who does not share the place of this one, as one in 128 does.
    fn with_another_place(bounds: &Bounds, origin: &Origin) -> Origin {
        let place = bounds.place(Kind::LoginFailed, bounds.source(origin, ""));
        (0..u8::MAX)
            .map(|number| of(&format!("198.51.100.{number}")))
            .find(|other| bounds.place(Kind::LoginFailed, bounds.source(other, "")) != place)
            .unwrap()
    }

    #[test]
    fn a_flood_of_one_peer_is_told_at_its_rate_and_does_not_hide_another_ones() {
        let now = Instant::now();
        let bounds = Bounds::new(now);
        let flooder = of("192.0.2.1");
        let other = with_another_place(&bounds, &flooder);
        assert_eq!(tells(&bounds, &flooder, 10_000, now), 32);
        assert_eq!(tells(&bounds, &other, 5, now), 5);
        assert_eq!(tells(&bounds, &flooder, 100, now + Duration::from_secs(3)), 3);
        let folded = bounds.take_all(now + Duration::from_secs(3));
        let counts: Vec<_> = folded.iter().map(|it| (it.count, it.origin.peer().is_some())).collect();
        assert_eq!(counts, [(10_000 - 32 + 97, true)]);
        assert!(!bounds.has_folded());
    }

    #[test]
    fn what_is_folded_is_told_every_few_seconds_also_while_the_flood_goes_on() {
        let start = Instant::now();
        let bounds = Bounds::new(start);
        let flooder = of("[2001:db8::1]");
        let (mut told, mut folded) = (0, Vec::new());
        for step in 0..60_000 {
            let now = start + Duration::from_millis(step);
            let ruled = bounds.rule(Kind::Refused, &flooder, "ada", now);
            told += u64::from(ruled.ruling == Ruling::Tell);
            folded.extend(ruled.folded.map(|it| it.count));
        }
        assert!((90..=93).contains(&told), "{told}");
        assert_eq!(folded.len(), 11, "{folded:?}");
        let rest: u64 = bounds.take_all(start + Duration::from_secs(60)).iter().map(|it| it.count).sum();
        assert_eq!(told + folded.iter().sum::<u64>() + rest, 60_000, "each is told or counted");
    }

    #[test]
    fn many_peers_together_are_bounded_too_and_all_are_counted() {
        let now = Instant::now();
        let bounds = Bounds::new(now);
        let mut told = 0;
        for number in 0..200_000_u32 {
            let origin = of(&std::net::Ipv4Addr::from_bits(number).to_string());
            told += tells(&bounds, &origin, 1, now);
        }
        assert_eq!(told, 1024);
        let folded: u64 = bounds.take_all(now).iter().map(|it| it.count).sum();
        assert_eq!(folded, 200_000 - 1024);
        // Each place and the whole.
        assert!(bounds.take_all(now).is_empty());
    }

    #[test]
    fn a_host_of_ipv6_is_one_peer_whatever_its_last_64_bits() {
        let now = Instant::now();
        let bounds = Bounds::new(now);
        let told: usize =
            (0..100).map(|n| tells(&bounds, &of(&format!("[2001:db8:1:2::{n:x}]")), 1, now)).sum();
        assert_eq!(told, 32);
        assert_eq!(tells(&bounds, &of("[2001:db8:1:3::1]"), 1, now), 1);
    }
}
