//! What a query answers, as a user.

use super::pool::Trouble;
use keyway::{Role, SourcedPassword, SourcedUser, Verifier};

/// One row of a query: what is stored of the password, and perhaps the role.
pub(super) struct Row {
    pub(super) verifier: String,
    /// `None`: the query asks for none, or the user has none.
    pub(super) role: Option<String>,
}

/// The user whom these rows describe; none is nobody.
pub(super) fn user(rows: Vec<Row>, usual_role: Option<Role>) -> Result<Option<SourcedUser>, Trouble> {
    let mut rows = rows.into_iter();
    let Some(row) = rows.next() else { return Ok(None) };
    if rows.next().is_some() {
        return Err(Trouble::Unusable("the query finds more than one row for one name".to_owned()));
    }
    let verifier: Verifier = row.verifier.trim().parse().map_err(|error| {
        Trouble::Unusable(format!("the first column of the query is to be a verifier: {error}"))
    })?;
    let role = match row.role {
        Some(name) => name.trim().parse().map_err(|error| {
            Trouble::Unusable(format!("the second column of the query is to be a role: {error}"))
        })?,
        None => usual_role.ok_or_else(|| {
            Trouble::Unusable(
                "the query gives no role, and `role` does not say which users have then".to_owned(),
            )
        })?,
    };
    Ok(Some(SourcedUser::new(role, SourcedPassword::Stored(verifier))))
}

/// The role of users for whom a query gives none, as the settings say it.
pub(super) fn usual_role(said: Option<&str>) -> Result<Option<Role>, String> {
    said.map(|name| name.parse().map_err(|error| format!("`role`: {error}"))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==\
        $WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    fn row(verifier: &str, role: Option<&str>) -> Row {
        Row { verifier: verifier.into(), role: role.map(str::to_owned) }
    }

    #[test]
    fn a_row_is_a_user_and_none_is_nobody() {
        assert!(user(vec![], Some(Role::Admin)).unwrap().is_none());
        let found = user(vec![row(VERIFIER, Some("read-only"))], Some(Role::Admin)).unwrap().unwrap();
        assert_eq!(found.role, Role::ReadOnly);
        let found = user(vec![row(VERIFIER, None)], Some(Role::Admin)).unwrap().unwrap();
        assert_eq!(found.role, Role::Admin);
    }

    #[test]
    fn what_cannot_be_used_is_told_without_a_part_of_it() {
        for (rows, says) in [
            (vec![row(VERIFIER, Some("admin")), row(VERIFIER, Some("admin"))], "more than one row"),
            (vec![row("s3cret", Some("admin"))], "verifier"),
            (vec![row(VERIFIER, Some("root"))], "read-only, read-write or admin"),
            (vec![row(VERIFIER, None)], "gives no role"),
        ] {
            let Err(Trouble::Unusable(why)) = user(rows, None) else { panic!("{says}") };
            assert!(why.contains(says) && !why.contains("s3cret"), "{why}");
        }
    }
}
