//! What holds for any text of a users file, checked by the fuzz target `users_file` and by the replay of its seeds.

use super::{UsersFile, parse, render};
use keyway::Users;

/// Checks that a text is refused with a line and a reason, or is a file that gives one text, which is read again as the same
/// users, and which a cache takes.
///
/// # Panics
/// If that does not hold.
pub(crate) fn check(text: &str) {
    let file = match parse::parse(text) {
        Ok(file) => file,
        Err(error) => {
            let told = error.to_string();
            assert!(told.starts_with("users file") && !told.contains('\n'), "{told}");
            return;
        }
    };
    let rendered = render::render(&file);
    let again = parse::parse(&rendered).unwrap_or_else(|error| panic!("{error} in\n{rendered}"));
    assert_eq!(render::render(&again), rendered, "another text the second time");
    check_users(&file, &again);
}

fn check_users(file: &UsersFile, again: &UsersFile) {
    let users = Users::new();
    if let Err(error) = file.apply_to(&users) {
        panic!("a cache does not take it: {error}");
    }
    let roles: Vec<_> = users.list().into_iter().map(|user| (user.name, user.roles)).collect();
    let of = |file: &UsersFile| -> Vec<_> {
        file.users().map(|user| (user.name.clone(), user.roles.clone())).collect()
    };
    assert_eq!((&of(file), &of(again)), (&roles, &roles));
    assert!(file.roles().eq(again.roles()) && file.namespaces().eq(again.namespaces()));
    let rest = |file: &UsersFile| -> Vec<_> {
        file.users().map(|user| (user.namespace.clone(), user.limits)).collect()
    };
    assert_eq!(rest(file), rest(again));
    let defined = file.roles().map(|role| (role.name.clone(), role.sampled_rules()));
    assert_eq!(users.roles(), defined.collect::<Vec<_>>());
}
