//! What a query answers, as a user. Which roles are defined is not known here: who has one that is not does not come in.

use super::pool::Trouble;
use keyway::{Roles, SourcedUser, StoredForm};

/// One row of a query: what is stored of the password, and perhaps the roles, with commas.
pub(super) struct Row {
    pub(super) verifier: String,
    /// `None`: the query asks for none, or the user has none.
    pub(super) role: Option<String>,
}

/// The user whom these rows describe, one for each password that counts, the newest first; none is nobody.
pub(super) fn user(rows: Vec<Row>, usual: Option<&Roles>) -> Result<Option<SourcedUser>, Trouble> {
    let mut forms: Vec<StoredForm> = Vec::new();
    let mut roles: Option<Roles> = None;
    for row in rows {
        let form = row.verifier.trim().parse().map_err(|error| {
            Trouble::Unusable(format!("the first column of the query is to be a verifier: {error}"))
        })?;
        forms.push(form);
        let own = roles_of(row.role.as_deref(), usual)?;
        if roles.is_some_and(|others| others != own) {
            return Err(Trouble::Unusable("the query finds two roles for one name, in two rows".to_owned()));
        }
        roles = Some(own);
    }
    Ok(roles.map(|roles| SourcedUser::stored(roles, forms)))
}

fn roles_of(said: Option<&str>, usual: Option<&Roles>) -> Result<Roles, Trouble> {
    let unusable = |why: &str| Trouble::Unusable(why.to_owned());
    match said {
        Some(text) => named(text).map_err(|error| {
            unusable(&format!(
                "the second column of the query is to be a role, or several with commas: {error}"
            ))
        }),
        None => usual.cloned().ok_or_else(|| {
            unusable("the query gives no role, and `role` does not say which users have then")
        }),
    }
}

/// What is no role may be a secret, from a query with its columns the other way round: it is not repeated.
fn named(text: &str) -> Result<Roles, &'static str> {
    let names = text.split(',').map(str::trim);
    let looks_stored = |name: &str| name.contains(['$', '#', '{', ':', '=']);
    if names.clone().any(|name| looks_stored(name) || Roles::check_name(name).is_err()) {
        return Err("a name has 1 to 64 bytes without blanks, commas and any of $#{:=");
    }
    Ok(names.collect())
}

/// The roles of users for whom a query gives none, as the settings say it.
pub(super) fn usual_roles(said: Option<&str>) -> Result<Option<Roles>, String> {
    said.map(|text| named(text).map_err(|error| format!("`role`: {error}"))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyway::{Role, SourcedPassword};

    const VERIFIER: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==\
        $WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    fn row(verifier: &str, role: Option<&str>) -> Row {
        Row { verifier: verifier.into(), role: role.map(str::to_owned) }
    }

    #[test]
    fn a_row_is_a_user_and_none_is_nobody() {
        let admin = Roles::from(Role::Admin);
        assert!(user(vec![], Some(&admin)).unwrap().is_none());
        let found = user(vec![row(VERIFIER, Some("read-only"))], Some(&admin)).unwrap().unwrap();
        assert_eq!(found.roles, Role::ReadOnly.into());
        let found = user(vec![row(VERIFIER, None)], Some(&admin)).unwrap().unwrap();
        assert_eq!(found.roles, admin);
        let found = user(vec![row(VERIFIER, Some("reporter, read-only"))], None).unwrap().unwrap();
        assert_eq!(found.roles, Roles::from(["read-only", "reporter"]));
        let two = vec![row(VERIFIER, Some("admin")), row(VERIFIER, Some("admin"))];
        let SourcedPassword::Stored(credentials) = user(two, None).unwrap().unwrap().password else {
            panic!()
        };
        assert!(
            credentials.len() == 2 && credentials[0].created > credentials[1].created,
            "the newest first"
        );
    }

    #[test]
    fn what_cannot_be_used_is_told_without_a_part_of_it() {
        for (rows, says) in [
            (vec![row(VERIFIER, Some("admin")), row(VERIFIER, Some("read-only"))], "two roles"),
            (vec![row("s3cret", Some("admin"))], "verifier"),
            (vec![row(VERIFIER, Some("s3cret word"))], "several with commas"),
            (vec![row(VERIFIER, Some("$2y$05$s3cret"))], "several with commas"),
            (vec![row(VERIFIER, None)], "gives no role"),
        ] {
            let Err(Trouble::Unusable(why)) = user(rows, None) else { panic!("{says}") };
            assert!(why.contains(says) && !why.contains("s3cret"), "{why}");
        }
    }
}
