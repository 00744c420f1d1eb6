//! What a query answers, as a user. Which roles are defined is not known here: who has one that is not does not come in.

use super::{
    allotment::{Allotment, RawLimits},
    columns::{Cell, Columns},
    pool::Trouble,
};
use keyway::{Roles, SourcedUser, StoredForm};

/// One row of a query: what is stored of the password, and perhaps the roles, with commas, and more.
pub(super) struct Row {
    pub(super) verifier: String,
    /// `None`: the query asks for none, or the user has none.
    pub(super) role: Option<String>,
    /// Of the columns behind the role.
    pub(super) further: Vec<Cell>,
}

/// What users have for whom the query says nothing else.
#[derive(Debug)]
pub(super) struct Usual {
    roles: Option<Roles>,
    allotment: Allotment,
}

impl Usual {
    /// As the settings say it.
    pub(super) fn new(
        role: Option<&str>,
        namespace: Option<&str>,
        limits: Option<&RawLimits>,
    ) -> Result<Self, String> {
        let roles = role.map(|text| named(text).map_err(|error| format!("`role`: {error}"))).transpose()?;
        Ok(Self { roles, allotment: Allotment::new(namespace, limits)? })
    }
}

/// The user whom these rows describe, one for each password that counts, the newest first; none is nobody.
pub(super) fn user(rows: Vec<Row>, columns: &Columns, usual: &Usual) -> Result<Option<SourcedUser>, Trouble> {
    let mut forms: Vec<StoredForm> = Vec::new();
    let mut said: Option<(Roles, Allotment)> = None;
    for row in rows {
        let form = row.verifier.trim().parse().map_err(|error| {
            Trouble::Unusable(format!("the first column of the query is to be a verifier: {error}"))
        })?;
        forms.push(form);
        let roles = roles_of(row.role.as_deref(), usual.roles.as_ref())?;
        let allotment = columns.read(&row.further, &usual.allotment)?;
        let two = |what: &str| {
            Trouble::Unusable(format!(
                "the query finds two {what} for one name, in two rows; give each the same"
            ))
        };
        match &said {
            Some((others, _)) if *others != roles => return Err(two("roles")),
            Some((_, other)) if *other != allotment => return Err(two("namespaces or limits")),
            _ => said = Some((roles, allotment)),
        }
    }
    Ok(said.map(|(roles, allotment)| allotment.give(SourcedUser::stored(roles, forms))))
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

#[cfg(test)]
mod tests {
    use super::*;
    use keyway::{Role, SourcedPassword};

    const VERIFIER: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==\
        $WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    fn row(verifier: &str, role: Option<&str>) -> Row {
        Row { verifier: verifier.into(), role: role.map(str::to_owned), further: Vec::new() }
    }

    /// By a query of a verifier and a role.
    fn user(rows: Vec<Row>, role: Option<&str>) -> Result<Option<SourcedUser>, Trouble> {
        super::user(rows, &Columns::new(["v", "r"]).unwrap(), &Usual::new(role, None, None).unwrap())
    }

    #[test]
    fn a_row_is_a_user_and_none_is_nobody() {
        let admin = Some("admin");
        assert!(user(vec![], admin).unwrap().is_none());
        let found = user(vec![row(VERIFIER, Some("read-only"))], admin).unwrap().unwrap();
        assert_eq!(found.roles, Role::ReadOnly.into());
        let found = user(vec![row(VERIFIER, None)], admin).unwrap().unwrap();
        assert_eq!(found.roles, Role::Admin.into());
        assert!(found.namespace.is_none() && found.limits.is_none());
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
    fn a_namespace_and_limits_come_with_a_row_or_from_the_settings_and_are_the_same_in_all_rows() {
        let columns = Columns::new(["v", "r", "namespace", "connections"]).unwrap();
        let usual = Usual::new(Some("read-only"), Some("shop"), None).unwrap();
        let row = |namespace: Cell, connections: i64| Row {
            further: vec![namespace, Cell::Number(connections)],
            ..row(VERIFIER, None)
        };
        let of = |rows| super::user(rows, &columns, &usual);
        let found = of(vec![row(Cell::Null, 3)]).unwrap().unwrap();
        assert_eq!((found.namespace.as_deref(), found.limits.connections), (Some("shop"), Some(3)));
        let news = || Cell::Text("news".into());
        let found = of(vec![row(news(), 3), row(news(), 3)]).unwrap().unwrap();
        assert_eq!(found.namespace.as_deref(), Some("news"));
        for rows in [vec![row(news(), 3), row(Cell::Null, 3)], vec![row(news(), 3), row(news(), 4)]] {
            let told = of(rows);
            assert!(
                matches!(&told, Err(Trouble::Unusable(why)) if why.contains("two namespaces")),
                "{told:?}"
            );
        }
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
