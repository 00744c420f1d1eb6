//! What a stored form is good for.

use keyway::{Mechanism, StoredForm};

/// Whether a login by this mechanism can be held against it.
pub(super) fn proves(form: &StoredForm, mechanism: Mechanism) -> bool {
    match form {
        StoredForm::Scram(_) => matches!(mechanism, Mechanism::ScramSha256 | Mechanism::Plain),
        _ => mechanism == Mechanism::Plain,
    }
}

/// What a client is shown of it before it has proven anything: scheme, rounds and salt. No secret.
pub(super) fn shown(form: &StoredForm) -> Option<String> {
    let StoredForm::Scram(verifier) = form else { return None };
    let text = zeroize::Zeroizing::new(verifier.to_string());
    text.rsplit_once('$').map(|(shown, _)| shown.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyway::{Rounds, Verifier};

    #[test]
    fn nothing_secret_is_shown_of_a_verifier() {
        let verifier = Verifier::derive("pencil", Rounds::MIN).unwrap();
        let beside = StoredForm::from(verifier.derive_beside("crayon").unwrap());
        let form = StoredForm::from(verifier);
        let text = shown(&form).unwrap();
        assert!(
            text.starts_with("SCRAM-SHA-256$4096:") && !text["SCRAM-SHA-256$".len()..].contains('$'),
            "{text}"
        );
        assert_eq!(shown(&beside), Some(text), "the same salt");
        assert!(proves(&form, Mechanism::Plain) && proves(&form, Mechanism::ScramSha256));
    }
}
