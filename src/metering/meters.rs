//! What a verb is taken off: the user's limits and those of the namespace, of both or of neither.

use super::meter::{Load, Meter, Taking};
use crate::{Limit, LimitScope, Refusal};

/// Where a verb of a session is counted; `None` where nothing is limited.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meters<'a> {
    pub(crate) user: Option<&'a Meter>,
    pub(crate) namespace: Option<&'a Meter>,
}

impl Meters<'_> {
    /// Takes so many verbs and what is known of their bytes, or says whose limit is in the way: then neither is taken from. What
    /// is larger than values may be is for [`largest_value`](Self::largest_value) to say.
    ///
    /// Between two words there is a moment in which the one has been taken from and the other has not yet refused. Whoever else
    /// asks in it may be refused by the user's limit for a verb that is given back: a user is of one namespace, so the
    /// other limit would have refused that one as well.
    pub(crate) fn take(self, verbs: u64, load: Load) -> Result<(), Refusal> {
        let taken = self.try_take(verbs, load);
        if let Err(Refusal::Limited { what, scope }) = taken {
            let meter = match scope {
                LimitScope::User => self.user,
                LimitScope::Namespace => self.namespace,
            };
            meter.iter().for_each(|meter| meter.count_refused(what));
        }
        taken
    }

    fn try_take(self, verbs: u64, load: Load) -> Result<(), Refusal> {
        let limited = |scope| move |what: Limit| Refusal::Limited { what, scope };
        let of_user = self.user.map(|meter| meter.begin(verbs, load)).transpose();
        let of_user = of_user.map_err(limited(LimitScope::User))?;
        let of_namespace = self.namespace.map(|meter| meter.begin(verbs, load)).transpose();
        let of_namespace = of_namespace.map_err(limited(LimitScope::Namespace))?;
        // Both have room for bytes. So what is left to refuse are verbs, which can be given back to the last unit.
        of_user.map_or(Ok(()), Taking::verbs).map_err(limited(LimitScope::User))?;
        if let Err(what) = of_namespace.map_or(Ok(()), Taking::verbs) {
            if let Some(of_user) = of_user {
                of_user.give_verbs_back();
            }
            return Err(limited(LimitScope::Namespace)(what));
        }
        [of_user, of_namespace].into_iter().flatten().for_each(Taking::bytes);
        Ok(())
    }

    /// Whether nothing is limited.
    pub(crate) fn is_empty(self) -> bool {
        self.each().next().is_none()
    }

    /// Counts bytes of values that were given out.
    pub(crate) fn give_out(self, bytes: usize) {
        self.each().for_each(|meter| meter.give_out(bytes));
    }

    /// The largest value that both let in, in bytes.
    pub(crate) fn largest_value(self) -> Option<usize> {
        self.each().filter_map(Meter::largest_value).min()
    }
}

impl<'a> Meters<'a> {
    fn each(self) -> impl Iterator<Item = &'a Meter> {
        [self.user, self.namespace].into_iter().flatten()
    }
}

#[cfg(not(loom))]
#[cfg(test)]
mod tests {
    use super::{super::Limits, *};
    use crate::clock::Clock;
    use std::time::Duration;

    fn limited(operations: Option<u64>, bytes: Option<u64>, value: Option<u64>) -> Limits {
        Limits { connections: None, operations_per_second: operations, bytes_per_second: bytes, value }
    }

    fn two(of_user: &Limits, of_namespace: &Limits) -> (Clock, [Meter; 2]) {
        let clock = Clock::manual();
        let meters = [of_user, of_namespace].map(|limits| {
            let meter = Meter::new(clock.clone());
            meter.limit(limits);
            meter
        });
        (clock, meters)
    }

    fn both([user, namespace]: &[Meter; 2]) -> Meters<'_> {
        Meters { user: Some(user), namespace: Some(namespace) }
    }

    fn refused(what: Limit, scope: LimitScope) -> Result<(), Refusal> {
        Err(Refusal::Limited { what, scope })
    }

    #[test]
    fn what_the_namespace_refuses_takes_nothing_from_the_user() {
        let (clock, meters) = two(&limited(Some(5), None, None), &limited(Some(3), None, None));
        let both = both(&meters);
        assert_eq!(both.take(4, Load::Neither), refused(Limit::Operations, LimitScope::Namespace));
        for _ in 0..3 {
            assert_eq!(both.take(1, Load::Neither), Ok(()));
        }
        for _ in 0..100 {
            assert_eq!(both.take(1, Load::Neither), refused(Limit::Operations, LimitScope::Namespace));
        }
        assert_eq!((meters[0].refused().total(), meters[1].refused().operations), (0, 101));
        let alone = Meters { namespace: None, ..both };
        assert_eq!(alone.take(2, Load::Neither), Ok(()), "two of five are left");
        assert_eq!(alone.take(1, Load::Neither), refused(Limit::Operations, LimitScope::User));
        clock.advance(Duration::from_secs(1));
        assert_eq!(both.take(3, Load::Neither), Ok(()));
    }

    #[test]
    fn what_the_user_refuses_takes_nothing_from_the_namespace() {
        let (_, meters) = two(&limited(Some(2), None, None), &limited(Some(4), None, None));
        let both = both(&meters);
        assert_eq!(both.take(2, Load::Neither), Ok(()));
        for _ in 0..100 {
            assert_eq!(both.take(1, Load::Neither), refused(Limit::Operations, LimitScope::User));
        }
        assert_eq!(Meters { user: None, ..both }.take(2, Load::Neither), Ok(()));
    }

    #[test]
    fn bytes_that_either_has_no_room_for_take_no_verb_of_either() {
        for full in [0, 1] {
            let of_other = limited(Some(2), Some(1_000_000), None);
            let of_full = limited(Some(2), Some(10), None);
            let (user, namespace) = if full == 0 { (of_full, of_other) } else { (of_other, of_full) };
            let (_, meters) = two(&user, &namespace);
            meters[full].give_out(100);
            let scope = [LimitScope::User, LimitScope::Namespace][full];
            for _ in 0..5 {
                assert_eq!(both(&meters).take(1, Load::Out), refused(Limit::BytesOut, scope));
            }
            assert_eq!(both(&meters).take(1, Load::In(100)), Ok(()));
            assert_eq!(both(&meters).take(1, Load::In(1)), refused(Limit::BytesIn, scope));
            let counted = meters[full].refused();
            assert_eq!((counted.bytes_out, counted.bytes_in, counted.total()), (5, 1, 6));
            assert_eq!(meters[1 - full].refused().total(), 0);
            assert_eq!(both(&meters).take(1, Load::Neither), Ok(()), "one of two is left to each");
        }
    }

    #[test]
    fn the_smaller_of_two_values_is_the_largest() {
        let none = limited(None, None, None);
        for (user, namespace, largest) in [
            (none, none, None),
            (limited(None, None, Some(7)), none, Some(7)),
            (none, limited(None, None, Some(9)), Some(9)),
            (limited(None, None, Some(7)), limited(None, None, Some(9)), Some(7)),
            (limited(None, None, Some(9)), limited(None, None, Some(7)), Some(7)),
        ] {
            let (_, meters) = two(&user, &namespace);
            assert_eq!(both(&meters).largest_value(), largest);
        }
    }
}
