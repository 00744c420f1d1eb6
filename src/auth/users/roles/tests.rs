//! Which roles there are, and what comes of a change of them.

use crate::{
    Refusal, Role, Roles, Rule, Rules, SourceError, SourceTerms, SourcedUser, UserError, UserRecord,
    UserSource, Users, Verb, Verifier,
    auth::{Claim, Rounds, failure::LoginFailure, grant::Grant},
};

fn rules(verb: Verb) -> Rules {
    Rules::from([Rule::allow(verb)])
}

fn may(grant: &Grant, verb: Verb) -> bool {
    grant.admit(verb, Some(b"k")).is_ok()
}

fn verifier() -> Verifier {
    Verifier::derive("pencil", Rounds::MIN).unwrap()
}

#[test]
fn what_is_built_in_or_no_name_is_not_defined_and_what_is_not_there_is_not_given() {
    let users = Users::new();
    for role in Role::ALL.map(Role::name) {
        let built_in = UserError::BuiltInRole(role.to_owned());
        assert_eq!(users.define_role(role, Rules::default()), Err(built_in.clone()));
        assert_eq!(users.remove_role(role), Err(built_in));
    }
    assert_eq!(users.define_role("a b", Rules::default()), Err(UserError::BadRoleName("a b".to_owned())));
    let unknown = || UserError::UnknownRole("x".to_owned());
    assert_eq!(users.remove_role("x"), Err(unknown()));
    assert_eq!(users.add_trusted("ada", ["x"]), Err(unknown()));
    users.add_trusted("ada", Role::ReadOnly).unwrap();
    assert_eq!(users.set_roles("ada", ["read-write", "x"]), Err(unknown()));
    assert_eq!(users.list()[0].roles, Role::ReadOnly.into());
    assert_eq!(users.set_roles("eve", Role::ReadOnly), Err(UserError::Unknown));
    assert!(users.roles().is_empty());
}

#[test]
fn a_role_that_goes_leaves_its_name_and_counts_again_when_it_is_back() {
    let users = Users::new();
    users.define_role("x", rules(Verb::Write)).unwrap();
    users.add_record(UserRecord::new("ada", ["x", "read-only"], verifier())).unwrap();
    let held = [users.grant_trusted("ada").unwrap(), Claim::new(&users, "ada", "pencil").verify().unwrap()];
    let can = |verb| held.each_ref().map(|grant| may(grant, verb));
    assert_eq!((can(Verb::Write), can(Verb::Read)), ([true; 2], [true; 2]));
    users.remove_role("x").unwrap();
    assert_eq!((can(Verb::Write), can(Verb::Read)), ([false; 2], [true; 2]));
    assert_eq!(users.list()[0].roles, Roles::from(["read-only", "x"]));
    users.rotate("ada", "brush", std::time::Duration::MAX).unwrap();
    users.define_role("x", rules(Verb::Delete)).unwrap();
    assert_eq!((can(Verb::Write), can(Verb::Delete)), ([false; 2], [true; 2]));
    assert_eq!(held[0].admit(Verb::Touch, None), Err(Refusal::Forbidden));
}

#[test]
fn a_list_of_roles_and_users_counts_as_one_or_not_at_all() {
    let users = Users::new();
    let stored = verifier();
    let ada = |roles: &[&str]| {
        vec![UserRecord::new("ada", roles.iter().copied().collect::<Roles>(), stored.clone())]
    };
    let role = |name: &str, verb| (name.to_owned(), rules(verb));
    users.define_role("own", rules(Verb::Touch)).unwrap();
    users.add_trusted("job", ["own"]).unwrap();
    users.replace_with_roles([role("x", Verb::Write)], ada(&["x", "own"])).unwrap();
    let (held, job) = (users.grant_trusted("ada").unwrap(), users.grant_trusted("job").unwrap());
    assert!(may(&held, Verb::Write) && may(&held, Verb::Touch) && may(&job, Verb::Touch));
    let wrong = [
        (vec![role("x", Verb::Read), role("x", Verb::Read)], UserError::RoleNamedTwice("x".to_owned())),
        (vec![role("own", Verb::Read)], UserError::RoleOfCode("own".to_owned())),
        (vec![role("admin", Verb::Read)], UserError::BuiltInRole("admin".to_owned())),
        (
            vec![role("y", Verb::Read)],
            UserError::OfUser("ada".to_owned(), Box::new(UserError::UnknownRole("x".to_owned()))),
        ),
    ];
    for (roles, error) in wrong {
        assert_eq!(users.replace_with_roles(roles, ada(&["x"])), Err(error));
        assert!(may(&held, Verb::Write) && may(&held, Verb::Touch), "nothing was changed");
        assert_eq!(users.roles().len(), 2);
    }
    users.replace_with_roles([role("x", Verb::Read)], ada(&["x"])).unwrap();
    assert!(
        may(&held, Verb::Read)
            && !may(&held, Verb::Write)
            && !may(&held, Verb::Touch)
            && may(&job, Verb::Touch)
    );
    // Without a list of roles they stay.
    users.replace(ada(&["x"])).unwrap();
    assert_eq!(users.roles().len(), 2);
}

/// Says of everybody that they have the role `x`.
#[derive(Debug)]
struct OneRole(Verifier);

impl UserSource for OneRole {
    fn find(&self, _: &str) -> Result<Option<SourcedUser>, SourceError> {
        Ok(Some(SourcedUser::stored(["x"], [self.0.clone().into()])))
    }
}

#[test]
fn a_user_of_a_source_has_roles_that_are_defined_here_and_does_not_come_in_with_others() {
    let users = Users::new();
    users.draw_from(OneRole(verifier()), SourceTerms::default());
    let login = || Claim::new(&users, "ada", "pencil").verify();
    assert_eq!(login().unwrap_err().failure(), LoginFailure::SourceUnavailable);
    users.define_role("x", rules(Verb::Read)).unwrap();
    let held = login().unwrap();
    assert!(may(&held, Verb::Read) && !may(&held, Verb::Write));
    users.define_role("x", rules(Verb::Write)).unwrap();
    assert!(may(&held, Verb::Write) && !may(&held, Verb::Read));
    users.replace_with_roles([], Vec::new()).unwrap();
    assert!(may(&held, Verb::Write), "code defined it");
    users.remove_role("x").unwrap();
    assert!(!may(&held, Verb::Write));
}

#[test]
fn a_role_that_is_listed_by_hand_goes_with_the_next_list_and_one_of_code_stays_of_code() {
    let users = Users::new();
    users.define_listed_role("by hand", Role::ReadOnly.into()).unwrap_err();
    users.define_listed_role("by-hand", Role::ReadOnly.into()).unwrap();
    users.define_role("own", Role::ReadOnly.into()).unwrap();
    users.define_listed_role("own", Role::ReadWrite.into()).unwrap();
    let names = |users: &Users| users.roles().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(&users), ["by-hand", "own"]);
    users.replace_with_roles([("by-hand".to_owned(), Role::Admin.into())], Vec::new()).unwrap();
    assert_eq!(
        users.roles(),
        [("by-hand".to_owned(), Role::Admin.into()), ("own".to_owned(), Role::ReadWrite.into())]
    );
    users.replace_with_roles([], Vec::new()).unwrap();
    assert_eq!(names(&users), ["own"]);
}
