//! What a query answers, as a user.

use super::pool::Trouble;
use keyway::{Role, SourcedUser, StoredForm};

/// One row of a query: what is stored of the password, and perhaps the role.
pub(super) struct Row {
    pub(super) verifier: String,
    /// `None`: the query asks for none, or the user has none.
    pub(super) role: Option<String>,
}

/// The user whom these rows describe, one for each password that counts, the newest first; none is nobody.
pub(super) fn user(rows: Vec<Row>, usual_role: Option<Role>) -> Result<Option<SourcedUser>, Trouble> {
    let mut forms: Vec<StoredForm> = Vec::new();
    let mut role = None;
    for row in rows {
        let form = row.verifier.trim().parse().map_err(|error| {
            Trouble::Unusable(format!("the first column of the query is to be a verifier: {error}"))
        })?;
        forms.push(form);
        let own = role_of(row.role.as_deref(), usual_role)?;
        if role.is_some_and(|other| other != own) {
            return Err(Trouble::Unusable("the query finds two roles for one name".to_owned()));
        }
        role = Some(own);
    }
    Ok(role.map(|role| SourcedUser::stored(role, forms)))
}

fn role_of(said: Option<&str>, usual: Option<Role>) -> Result<Role, Trouble> {
    let unusable = |why: &str| Trouble::Unusable(why.to_owned());
    match said {
        Some(name) => name
            .trim()
            .parse()
            .map_err(|error| unusable(&format!("the second column of the query is to be a role: {error}"))),
        None => usual.ok_or_else(|| {
            unusable("the query gives no role, and `role` does not say which users have then")
        }),
    }
}

/// The role of users for whom a query gives none, as the settings say it.
pub(super) fn usual_role(said: Option<&str>) -> Result<Option<Role>, String> {
    said.map(|name| name.parse().map_err(|error| format!("`role`: {error}"))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyway::SourcedPassword;

    const VERIFIER: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==\
        $WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    fn row(verifier: &str, role: Option<&str>) -> Row {
        Row { verifier: verifier.into(), role: role.map(str::to_owned) }
    }

    #[test]
    fn a_row_is_a_user_and_none_is_nobody() {
        assert!(user(vec![], Some(Role::Admin)).unwrap().is_none());
        let found = user(vec![row(VERIFIER, Some("read-only"))], Some(Role::Admin)).unwrap().unwrap();
        assert_eq!(found.roles, Role::ReadOnly.into());
        let found = user(vec![row(VERIFIER, None)], Some(Role::Admin)).unwrap().unwrap();
        assert_eq!(found.roles, Role::Admin.into());
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
            (vec![row(VERIFIER, Some("root"))], "read-only, read-write or admin"),
            (vec![row(VERIFIER, None)], "gives no role"),
        ] {
            let Err(Trouble::Unusable(why)) = user(rows, None) else { panic!("{says}") };
            assert!(why.contains(says) && !why.contains("s3cret"), "{why}");
        }
    }
}
