//! A cache, and beside it what a naive model knows of its users, sessions and tokens.

use super::{
    each_verb::each_verb,
    naive::{Holder, Less, Thing},
    op::{Op, Scope},
};
use keyway::{
    Cache, Clock, Config, MintedToken, Namespace, Refusal, Role, Roles, Rule, Session, TokenError, TokenId,
    TokenScope, Users,
};
use proptest::sample::Index;
use std::{
    collections::{BTreeSet, HashSet},
    time::{Duration, SystemTime},
};

pub(crate) const USERS: usize = 2;
/// Roles that are defined and go; those that are always there come behind them.
pub(crate) const OWN: [&str; 3] = ["one", "two", "three"];
pub(crate) const NAMESPACES: [&str; 2] = ["shop", "blog"];

/// One user, as the model knows it.
struct User {
    roles: Vec<usize>,
    epoch: u32,
    namespace: Option<usize>,
}

impl User {
    /// May everything at first.
    fn new() -> Self {
        Self { roles: vec![OWN.len() + 2], epoch: 0, namespace: None }
    }
}

/// A session, and the same in the model.
pub(crate) struct Seat {
    pub(crate) session: Session,
    pub(crate) holder: Holder,
    pub(crate) namespace: Option<usize>,
    number: usize,
}

struct Token {
    minted: MintedToken,
    holder: Holder,
    uses_left: Option<u32>,
    /// By the seconds of `Pair::now`.
    expires: u64,
}

pub(crate) struct Pair {
    cache: Cache,
    clock: Clock,
    now: u64,
    /// Look whether there is an item: in the main key space, and in each namespace that is there.
    observers: [Option<Session>; NAMESPACES.len() + 1],
    defined: [Option<Vec<Rule>>; OWN.len()],
    users: [User; USERS],
    pub(crate) sessions: Vec<Seat>,
    opened: usize,
    tokens: Vec<Token>,
    ended: HashSet<Thing>,
}

fn name_of_role(number: usize) -> &'static str {
    OWN.get(number).copied().unwrap_or_else(|| Role::ALL[number - OWN.len()].name())
}

fn name_of_user(number: usize) -> String {
    format!("user{number}")
}

fn name_of_observer(place: usize) -> String {
    format!("observer{place}")
}

impl Pair {
    pub(crate) fn new() -> Self {
        let clock = Clock::manual();
        let mut config = Config::new(4 << 20);
        (config.stripes, config.clock) = (1, clock.clone());
        let users = Users::with_mock_key_and_clock([7; 32], clock.clone());
        let cache = Cache::new(config, users).unwrap();
        // A role of their own: those of the users are revoked.
        cache.users().define_role("observer", Role::ReadWrite.into()).unwrap();
        for place in 0..=NAMESPACES.len() {
            cache.users().add_trusted(&name_of_observer(place), ["observer"]).unwrap();
        }
        for (number, name) in NAMESPACES.iter().enumerate() {
            cache.namespaces().add(Namespace::new(*name)).unwrap();
            cache.users().set_namespace(&name_of_observer(number + 1), Some(name)).unwrap();
        }
        for user in 0..USERS {
            cache.users().add_trusted(&name_of_user(user), Role::Admin).unwrap();
        }
        let mut pair = Self {
            cache,
            clock,
            now: 0,
            observers: Default::default(),
            defined: Default::default(),
            users: [(); USERS].map(|()| User::new()),
            sessions: Vec::new(),
            opened: 0,
            tokens: Vec::new(),
            ended: HashSet::new(),
        };
        pair.observe();
        (0..USERS).for_each(|user| pair.open(user));
        pair
    }

    fn observe(&mut self) {
        for (place, observer) in self.observers.iter_mut().enumerate() {
            *observer = self.cache.session_for(&name_of_observer(place)).ok();
        }
    }

    /// Where a namespace has gone, nobody is to have acted anywhere else.
    pub(crate) fn observer(&self, namespace: Option<usize>) -> &Session {
        let there = namespace.and_then(|number| self.observers[number + 1].as_ref());
        there.or(self.observers[0].as_ref()).unwrap()
    }

    fn is_there(&self, namespace: Option<usize>) -> bool {
        namespace.is_none_or(|number| self.observers[number + 1].is_some())
    }

    pub(crate) fn stands(&self, holder: &Holder) -> bool {
        holder.stands(self.users[holder.user].epoch, &self.ended)
    }

    pub(crate) fn rules_of(&self, user: usize) -> Vec<Rule> {
        let of = |number: &usize| match self.defined.get(*number) {
            Some(defined) => defined.clone().unwrap_or_default(),
            None => vec![Rule::allow(Role::ALL[number - OWN.len()].verbs())],
        };
        self.users[user].roles.iter().flat_map(of).collect()
    }

    fn sit(&mut self, session: Session, holder: Holder) {
        let namespace = self.users[holder.user].namespace;
        self.sessions.push(Seat { session, holder, namespace, number: self.opened });
        self.opened += 1;
    }

    fn next_session(&self) -> Thing {
        Thing::Session(self.opened)
    }

    fn open(&mut self, user: usize) {
        let opened = self.cache.session_for(&name_of_user(user));
        assert_eq!(opened.is_ok(), self.is_there(self.users[user].namespace));
        if let Ok(session) = opened {
            let holder = Holder { user, epoch: self.users[user].epoch, ..Holder::default() };
            self.sit(session, holder.opened(self.next_session()));
        }
    }

    fn narrow(&mut self, from: usize, rules: Vec<Rule>) {
        let Seat { session, holder, .. } = &self.sessions[from];
        let narrowed = session.narrow(rules.iter().cloned().collect());
        assert_eq!(narrowed.as_ref().map(drop).map_err(|refusal| *refusal), self.may_make_another(holder));
        if let Ok(session) = narrowed {
            let holder = holder.narrowed(self.next_session(), Less { rules, prefix: None });
            self.sit(session, holder);
        }
    }

    /// Sixteen at most are made of each other.
    fn may_make_another(&self, holder: &Holder) -> Result<(), Refusal> {
        match holder.less.len() {
            _ if !self.stands(holder) => Err(Refusal::Revoked),
            16.. => Err(Refusal::Forbidden),
            _ => Ok(()),
        }
    }

    fn mint(&mut self, from: usize, scope: Scope) {
        let Seat { session, holder, .. } = &self.sessions[from];
        let minted = session.mint(scope.asked());
        match (minted, self.may_make_another(holder)) {
            (Ok(minted), Ok(())) => self.keep(minted, &holder.clone(), scope),
            (Err(TokenError::Refused(refusal)), Err(expected)) => assert_eq!(refusal, expected),
            (minted, expected) => panic!("{minted:?}, and not {expected:?}"),
        }
    }

    fn keep(&mut self, minted: MintedToken, maker: &Holder, scope: Scope) {
        self.take_back_what_is_over();
        let Scope { rules, prefix, uses, seconds } = scope;
        let holder = maker.narrowed(Thing::Token(self.tokens.len()), Less { rules, prefix });
        self.tokens.push(Token { minted, holder, uses_left: uses, expires: self.now + seconds });
    }

    fn log_in(&mut self, number: usize) {
        let token = &self.tokens[number];
        let user = token.holder.user;
        let session = self.cache.login(&name_of_user(user), token.minted.reveal());
        let counts = token.expires > self.now && self.stands(&token.holder) && token.uses_left != Some(0);
        assert_eq!(session.is_ok(), counts && self.is_there(self.users[user].namespace), "{session:?}");
        if let Ok(session) = session {
            let holder = token.holder.opened(self.next_session());
            self.tokens[number].uses_left = self.tokens[number].uses_left.map(|left| left - 1);
            self.sit(session, holder);
        }
    }

    /// The upkeep takes tokens back whose time is over, and so does whoever mints: until then sessions go on that came by them.
    fn take_back_what_is_over(&mut self) {
        let over = self.tokens.iter().enumerate().filter(|(_, token)| token.expires <= self.now);
        self.ended.extend(over.map(|(number, _)| Thing::Token(number)));
    }

    fn turn(&mut self, namespace: usize) {
        if self.is_there(Some(namespace)) {
            self.cache.namespaces().remove(NAMESPACES[namespace]).unwrap();
            self.users
                .iter_mut()
                .filter(|user| user.namespace == Some(namespace))
                .for_each(|it| it.epoch += 1);
        } else {
            self.cache.namespaces().add(Namespace::new(NAMESPACES[namespace])).unwrap();
        }
        self.observe();
    }

    fn set_roles(&mut self, user: usize, roles: Vec<usize>) {
        let known = roles.iter().all(|role| self.defined.get(*role).is_none_or(Option::is_some));
        let names: Roles = roles.iter().map(|role| name_of_role(*role)).collect();
        assert_eq!(self.cache.users().set_roles(&name_of_user(user), names).is_ok(), known);
        if known {
            self.users[user].roles = roles;
        }
    }

    fn revoke_role(&mut self, role: usize) {
        let revoked = self.cache.users().revoke_role(name_of_role(role));
        let having = self.users.iter_mut().filter(|user| user.roles.contains(&role));
        let count = having.map(|user| user.epoch += 1).count();
        let known = self.defined.get(role).is_none_or(Option::is_some);
        assert_eq!(revoked.ok(), (known || count > 0).then_some(count));
    }

    fn session(&self, index: Index) -> Option<usize> {
        (!self.sessions.is_empty()).then(|| index.index(self.sessions.len()))
    }

    fn token(&self, index: Index) -> Option<usize> {
        (!self.tokens.is_empty()).then(|| index.index(self.tokens.len()))
    }

    pub(crate) fn run(&mut self, op: Op) {
        let users = self.cache.users();
        match op {
            Op::Define(role, rules) => {
                users.define_role(OWN[role], rules.iter().cloned().collect()).unwrap();
                self.defined[role] = Some(rules);
            }
            Op::Undefine(role) => {
                assert_eq!(users.remove_role(OWN[role]).is_ok(), self.defined[role].take().is_some());
            }
            Op::SetRoles(user, roles) => self.set_roles(user, roles),
            Op::Succeed(user) => {
                users.remove(&name_of_user(user)).unwrap();
                users.add_trusted(&name_of_user(user), Role::Admin).unwrap();
                self.users[user] = User { epoch: self.users[user].epoch + 1, ..User::new() };
            }
            Op::SetNamespace(user, namespace) => {
                let name = namespace.map(|number| NAMESPACES[number]);
                users.set_namespace(&name_of_user(user), name).unwrap();
                let user = &mut self.users[user];
                user.epoch += u32::from(user.namespace != namespace);
                user.namespace = namespace;
            }
            Op::Turn(namespace) => self.turn(namespace),
            Op::Open(user) => self.open(user),
            Op::MintFor(user, scope) => {
                let minted = users.mint(&name_of_user(user), scope.asked()).unwrap();
                let maker = Holder { user, epoch: self.users[user].epoch, ..Holder::default() };
                self.keep(minted, &maker, scope);
            }
            Op::Wait(seconds) => {
                self.now += seconds;
                self.clock.advance(Duration::from_secs(seconds));
            }
            Op::Upkeep => {
                self.cache.maintain();
                self.take_back_what_is_over();
            }
            Op::Revoke(user) => {
                users.revoke(&name_of_user(user)).unwrap();
                self.users[user].epoch += 1;
            }
            Op::RevokeRole(role) => self.revoke_role(role),
            Op::RevokeAll => {
                users.revoke_before(SystemTime::now() + Duration::from_secs(24 * 3600));
                self.users.iter_mut().for_each(|user| user.epoch += 1);
                self.observe();
            }
            Op::LogIn(token) => self.token(token).into_iter().for_each(|token| self.log_in(token)),
            Op::RevokeToken(token) => {
                self.token(token).into_iter().for_each(|token| self.revoke_token(token));
            }
            Op::Narrow(session, rules) => {
                self.session(session).into_iter().for_each(|session| self.narrow(session, rules.clone()));
            }
            Op::Mint(session, scope) => {
                self.session(session).into_iter().for_each(|session| self.mint(session, scope.clone()));
            }
            Op::HangUp(session) => {
                self.session(session)
                    .into_iter()
                    .for_each(|session| drop(self.sessions.swap_remove(session)));
            }
            Op::RevokeSession(session) => {
                self.session(session).into_iter().for_each(|session| self.revoke_session(session));
            }
            Op::RevokeSessionAndHangUp(session) => {
                self.session(session).into_iter().for_each(|session| {
                    self.revoke_session(session);
                    drop(self.sessions.swap_remove(session));
                });
            }
            Op::Do(session, key) => {
                self.session(session).into_iter().for_each(|session| each_verb(self, session, &key));
            }
        }
    }

    fn revoke_session(&mut self, place: usize) {
        let seat = &self.sessions[place];
        // Of one that was ended by itself before, it says that there is no such session.
        let was_not = self.ended.insert(Thing::Session(seat.number));
        assert_eq!(self.cache.users().revoke_session(seat.session.id()), was_not);
    }

    fn revoke_token(&mut self, number: usize) {
        // Who is gone with its maker may be kept, or not.
        let stood = self.stands(&self.tokens[number].holder);
        let revoked = self.cache.users().revoke_token(self.tokens[number].minted.id());
        assert!(revoked.is_ok() || !stood || self.tokens[number].uses_left == Some(0), "{revoked:?}");
        self.ended.insert(Thing::Token(number));
    }

    /// The same of all sessions at once, and of tokens: those are listed that stand, but perhaps for what is used up.
    pub(crate) fn who_stands_is_who_ought_to(&self) {
        for seat in &self.sessions {
            assert_eq!(seat.session.standing().is_ok(), self.stands(&seat.holder), "{:?}", seat.holder);
        }
        let listed: BTreeSet<TokenId> = self.cache.users().tokens().iter().map(|token| token.id).collect();
        let stands = |token: &&Token| token.expires > self.now && self.stands(&token.holder);
        let standing = self.tokens.iter().filter(stands);
        let (used_up, good): (Vec<_>, Vec<_>) = standing.partition(|token| token.uses_left == Some(0));
        let ids = |tokens: &[&Token]| tokens.iter().map(|token| token.minted.id()).collect::<BTreeSet<_>>();
        let (used_up, good) = (ids(&used_up), ids(&good));
        assert!(listed.is_superset(&good), "{listed:?} {good:?}");
        assert!(listed.difference(&good).all(|id| used_up.contains(id)), "{listed:?} {good:?} {used_up:?}");
    }
}

impl Scope {
    fn asked(&self) -> TokenScope {
        let scope = TokenScope::by(self.rules.iter().cloned().collect::<keyway::Rules>());
        let scope = scope.lasting(Duration::from_secs(self.seconds));
        let scope = match &self.prefix {
            Some(prefix) => scope.under(prefix),
            None => scope,
        };
        match self.uses {
            Some(uses) => scope.for_uses(uses),
            None => scope,
        }
    }
}
