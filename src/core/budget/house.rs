//! The bytes that several engines share, and whose turn it is to give some.

use super::{Account, Asked};
use crate::{
    core::time::Time,
    sync::{Arc, AtomicBool, AtomicIsize, AtomicUsize, CachePadded, Ordering, RwLock, StdArc, Weak},
};
use std::fmt::Debug;

/// A bound on the bytes that all engines of a house ask of the allocator together.
///
/// Engines that share it are its members. Where nothing is free, the one gives that holds the most beyond its reservation, for
/// each byte that is reserved for it; one within its reservation gives nothing.
#[derive(Debug)]
pub(crate) struct House {
    /// For whoever asks. What may be taken is what is free.
    limit: AtomicUsize,
    /// Below zero from when the limit is lowered until enough has been given back. Apart: each write looks at what is around it,
    /// and this is written now and then.
    free: CachePadded<AtomicIsize>,
    /// Taken for reading only when room must be made elsewhere, and never together with a stripe's lock.
    members: RwLock<Vec<Member>>,
    is_shared: AtomicBool,
    /// When somebody looked last, it was the turn of the member without an account.
    main_gives_first: AtomicBool,
}

/// One of several engines in a house, as the others see it.
pub(crate) trait Giver: Debug + Send + Sync {
    /// Evicts up to so many bytes, and a little more at most, for somebody else, as far as the bound allows: a few entries of
    /// each of its stripes, once round. How many it was. The house still knows them to be held; they are the caller's.
    fn give(&self, bytes: usize, bound: Bound, now: Time) -> usize;

    /// Gives back what it has no use for itself.
    fn tidy_up(&self);
}

/// How far an engine goes when it evicts for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    /// What is reserved for it stays to the byte and to the entry.
    Reserved,
    /// What is reserved for it stays to the byte, and no entry beside that. For whoever was promised the bytes: a number of entries of
    /// whatever weight cannot be promised within them.
    ReservedBytes,
    /// While it holds more than is reserved for it, it gives its next entry, however large that is. For whoever
    /// was promised the bytes that are lent to it.
    Overhang,
}

#[derive(Debug)]
struct Member {
    /// None for the one that holds what the others do not.
    account: Option<Arc<Account>>,
    /// What it takes while it is empty.
    own_charge: usize,
    giver: Weak<dyn Giver>,
}

/// Who gives.
#[derive(Debug)]
pub(super) enum Turn {
    Own,
    Of(StdArc<dyn Giver>),
    Nobody,
}

/// Who wants bytes that are not free.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker<'a> {
    pub(super) account: Option<&'a Arc<Account>>,
    pub(super) missing: usize,
    pub(super) asked: Asked,
}

/// Where the question is who is furthest beyond, one part in so many of the house counts as reserved for each.
const GROUND: usize = 16;
/// Who asks for itself gives for itself if nobody is further beyond, by more than one part in so many.
const SLACK: u64 = 32;
const SCALE: u64 = 1 << 16;

// Relaxed throughout: the bound rests on the additions and subtractions to `free` being atomic, a change of the limit
// among them; no other memory is read on the strength of its value, nor of what hints at turns.
#[expect(
    clippy::cast_possible_wrap,
    reason = "limits are capped at `isize::MAX`, and nobody holds more than a limit"
)]
impl House {
    pub(crate) fn new(limit: usize) -> Self {
        let limit = limit.min(isize::MAX as usize);
        Self {
            limit: AtomicUsize::new(limit),
            free: CachePadded::new(AtomicIsize::new(limit as isize)),
            members: RwLock::new(Vec::new()),
            is_shared: AtomicBool::new(false),
            main_gives_first: AtomicBool::new(false),
        }
    }

    #[inline]
    pub(crate) fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    pub(crate) fn used(&self) -> usize {
        self.limit().saturating_add_signed(self.free.load(Ordering::Relaxed).saturating_neg())
    }

    /// Whether so many bytes are free, now.
    #[inline]
    pub(super) fn has(&self, bytes: usize) -> bool {
        isize::try_from(bytes).is_ok_and(|bytes| bytes <= self.free.load(Ordering::Relaxed))
    }

    /// Takes so many bytes, or none.
    pub(super) fn take(&self, bytes: usize) -> bool {
        let taken = |free: isize| isize::try_from(bytes).ok().and_then(|bytes| left(free, bytes));
        self.free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).is_ok()
    }

    /// Takes so many bytes, and the loan on top if there is plenty; how many on top.
    pub(super) fn take_generously(&self, bytes: usize, loan: usize) -> Option<usize> {
        let least = isize::try_from(bytes).ok()?;
        let most = isize::try_from(bytes.checked_add(loan)?).ok()?;
        let mut over = 0;
        let taken = |free: isize| {
            let with_loan = left(free, most);
            over = if with_loan.is_some() { loan } else { 0 };
            with_loan.or_else(|| left(free, least))
        };
        self.free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).ok().map(|_| over)
    }

    /// From now on nobody takes more than this allows. What is held beyond it is to be given back: `overdraft`.
    /// One caller at a time.
    pub(crate) fn set_limit(&self, limit: usize) {
        let limit = limit.min(isize::MAX as usize);
        let before = self.limit.swap(limit, Ordering::Relaxed);
        self.free.fetch_add(limit as isize - before as isize, Ordering::Relaxed);
    }

    /// How much is held beyond the limit.
    pub(crate) fn overdraft(&self) -> usize {
        self.free.load(Ordering::Relaxed).min(0).unsigned_abs()
    }

    pub(super) fn give(&self, bytes: usize) {
        self.free.fetch_add(bytes as isize, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn is_shared(&self) -> bool {
        self.is_shared.load(Ordering::Relaxed)
    }

    pub(super) fn main_gives_first(&self) -> bool {
        self.main_gives_first.load(Ordering::Relaxed)
    }

    pub(super) fn note_mains_turn(&self, is_its_own: bool) {
        // Only what is another: whoever reads it has the line.
        if self.main_gives_first() != is_its_own {
            self.main_gives_first.store(is_its_own, Ordering::Relaxed);
        }
    }

    /// What the members without an account hold.
    pub(super) fn used_beside_accounts(&self) -> usize {
        if !self.is_shared() {
            return self.used();
        }
        let members = self.members.read();
        self.used().saturating_sub(held_by_accounts(&members))
    }
}

impl House {
    /// From now on this engine gives to others; one of all members may be without an account.
    pub(crate) fn join(&self, account: Option<Arc<Account>>, own_charge: usize, giver: Weak<dyn Giver>) {
        let mut members = self.members.write();
        members.retain(Member::matters);
        members.push(Member { account, own_charge, giver });
        self.is_shared.store(members.len() > 1, Ordering::Relaxed);
    }

    /// It is asked no more. What it holds stays charged until it is dropped.
    pub(crate) fn part_from(&self, account: &Arc<Account>) {
        let mut members = self.members.write();
        for member in members.iter_mut().filter(|member| member.is(Some(account))) {
            // Not dropped from the list while it holds bytes: what the member without an account holds is what is left.
            member.giver = Weak::<Nobody>::new();
        }
        members.retain(Member::matters);
    }

    /// The sum of what is reserved, and of what those without a reservation take while they are empty.
    pub(crate) fn reserved(&self) -> usize {
        let members = self.members.read();
        members.iter().map(Member::reserved).sum()
    }

    /// Whose turn it is to give, those aside that were found to have nothing to give. Without an asker: for the house.
    pub(super) fn turn(&self, asker: Option<Asker<'_>>, bound: Bound, dry: &[*const ()]) -> Turn {
        let members = self.members.read();
        let left_over = self.used().saturating_sub(held_by_accounts(&members));
        let (mut most, mut own_beyond) = (None, None);
        for member in members.iter().filter(|member| member.giver_is_alive()) {
            let held = member.account.as_ref().map_or(left_over, |account| account.held());
            let reserved =
                member.account.as_ref().map_or(member.own_charge, |account| account.kept(held, bound));
            let own = asker.filter(|asker| member.is(asker.account));
            if held <= reserved || dry.contains(&member.address()) {
                continue;
            }
            let missing = own.map_or(0, |asker| asker.missing);
            let beyond = beyond(held.saturating_add(missing), reserved, self.limit());
            if let Some(asker) = own {
                own_beyond = Some(beyond).filter(|_| asker.asked == Asked::ByTurn);
            } else if most.is_none_or(|(most, _)| beyond > most) {
                most = Some((beyond, member));
            }
        }
        match (most, own_beyond) {
            (None, None) => Turn::Nobody,
            (None, Some(_)) => Turn::Own,
            (Some((most, _)), Some(own)) if own >= most - most / SLACK => Turn::Own,
            (Some((_, member)), _) => member.giver.upgrade().map_or(Turn::Nobody, Turn::Of),
        }
    }

    /// Has members give until no more is held than the limit allows: whoever is furthest beyond its reservation, then what is
    /// reserved as entries and not as bytes, and at last what reaches beyond one. False if that is not enough.
    pub(crate) fn shrink(&self, now: Time) -> bool {
        for bound in [Bound::Reserved, Bound::ReservedBytes, Bound::Overhang] {
            let mut dry = Vec::new();
            while self.overdraft() > 0 {
                let Turn::Of(giver) = self.turn(None, bound, &dry) else { break };
                giver.tidy_up();
                match giver.give(self.overdraft(), bound, now) {
                    0 => dry.push(address_of(&giver)),
                    given => self.give(given),
                }
            }
        }
        self.overdraft() == 0
    }
}

impl Member {
    fn is(&self, own: Option<&Arc<Account>>) -> bool {
        match (&self.account, own) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    fn address(&self) -> *const () {
        self.giver.as_ptr().cast()
    }

    /// Whether it gives, or holds what others cannot have.
    fn matters(&self) -> bool {
        self.giver_is_alive() || self.account.as_ref().is_some_and(|account| account.held() > 0)
    }

    /// What others cannot have.
    fn reserved(&self) -> usize {
        match &self.account {
            None => self.own_charge,
            Some(account) if self.giver_is_alive() => account.reserved(),
            Some(account) => account.held(),
        }
    }

    fn giver_is_alive(&self) -> bool {
        self.giver.strong_count() > 0
    }
}

pub(super) fn address_of(giver: &StdArc<dyn Giver>) -> *const () {
    StdArc::as_ptr(giver).cast()
}

/// Whoever has gone.
#[derive(Debug)]
struct Nobody;

impl Giver for Nobody {
    fn give(&self, _: usize, _: Bound, _: Time) -> usize {
        0
    }

    fn tidy_up(&self) {}
}

fn held_by_accounts(members: &[Member]) -> usize {
    members.iter().filter_map(|member| member.account.as_ref()).map(|account| account.held()).sum()
}

/// How far beyond its reservation an engine is that holds so much.
fn beyond(held: usize, reserved: usize, limit: usize) -> u64 {
    let weight = reserved.saturating_add(limit / GROUND).max(1);
    (held.saturating_sub(reserved) as u64).saturating_mul(SCALE) / weight as u64
}

/// What is left of so many free bytes after some were taken, if there were enough.
#[inline]
fn left(free: isize, bytes: isize) -> Option<isize> {
    (bytes <= free).then(|| free - bytes)
}
