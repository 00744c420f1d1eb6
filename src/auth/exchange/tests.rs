//! Claims about exchanges, made by clients that share no code with the server.

use super::*;
use crate::auth::{LoginFailure, Role, Rounds, Verifier, keyed_hash::HASH_LEN, scram::begin_with_nonce};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

const PASSWORD: &str = "pencil";

/// Knows ada by a password and job as trusted.
fn users() -> Users {
    let users = Users::with_mock_key([4; HASH_LEN]);
    let verifier = Verifier::derive(PASSWORD, Rounds::MIN).unwrap();
    users.add_verifier("ada", verifier, Role::ReadWrite).unwrap();
    users.add_trusted("job", Role::ReadWrite).unwrap();
    users
}

/// A proof is judged at once; all else is as it was.
fn judged(step: Step) -> Step {
    match step {
        Step::Judge(proof) => proof
            .judge()
            .map_or_else(Step::Refused, |(signature, exchange)| Step::Challenge(signature, exchange)),
        other => other,
    }
}

fn challenge(step: Step) -> (String, Exchange) {
    match judged(step) {
        Step::Challenge(bytes, exchange) => (String::from_utf8(bytes).unwrap(), exchange),
        other => panic!("no challenge but {other:?}"),
    }
}

fn refused(step: Step) -> LoginError {
    match judged(step) {
        Step::Refused(error) => error,
        other => panic!("no refusal but {other:?}"),
    }
}

fn plain(message: &[u8]) -> Step {
    Exchange::begin(Mechanism::Plain, &users()).step(message)
}

fn verified(step: Step) -> Result<String, LoginFailure> {
    match step {
        Step::Verify(claim) => {
            claim.verify().map(|grant| grant.account().name().to_owned()).map_err(|error| error.failure())
        }
        other => panic!("nothing to verify but {other:?}"),
    }
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// The client's side of SCRAM, written from the RFC: PBKDF2 as its own loop, messages by hand.
struct Client {
    header: String,
    bare: String,
    password: &'static str,
}

impl Client {
    fn new(header: &str, name: &str) -> Self {
        Self { header: header.to_owned(), bare: format!("n={name},r=fyko+d2lbb"), password: PASSWORD }
    }

    fn first(&self) -> String {
        format!("{}{}", self.header, self.bare)
    }

    fn salted(&self, challenge: &str) -> Vec<u8> {
        let mut salt = STANDARD.decode(attribute(challenge, "s=")).unwrap();
        let rounds: u32 = attribute(challenge, "i=").parse().unwrap();
        salt.extend_from_slice(&1_u32.to_be_bytes());
        let mut last = hmac(self.password.as_bytes(), &salt);
        let mut sum = last.clone();
        for _ in 1..rounds {
            last = hmac(self.password.as_bytes(), &last);
            sum.iter_mut().zip(&last).for_each(|(sum, last)| *sum ^= last);
        }
        sum
    }

    /// The last message but for the proof.
    fn without_proof(&self, challenge: &str) -> String {
        format!("c={},r={}", STANDARD.encode(&self.header), attribute(challenge, "r="))
    }

    fn proof(&self, challenge: &str, without_proof: &str) -> Vec<u8> {
        let client_key = hmac(&self.salted(challenge), b"Client Key");
        let stored_key = Sha256::digest(&client_key);
        let said = format!("{},{challenge},{without_proof}", self.bare);
        let signature = hmac(&stored_key, said.as_bytes());
        client_key.iter().zip(signature).map(|(key, signature)| key ^ signature).collect()
    }

    fn last(&self, challenge: &str) -> String {
        let without_proof = self.without_proof(challenge);
        format!("{without_proof},p={}", STANDARD.encode(self.proof(challenge, &without_proof)))
    }

    fn expected_signature(&self, challenge: &str) -> String {
        let server_key = hmac(&self.salted(challenge), b"Server Key");
        let said = format!("{},{challenge},{}", self.bare, self.without_proof(challenge));
        format!("v={}", STANDARD.encode(hmac(&server_key, said.as_bytes())))
    }

    /// Up to the challenge.
    fn begin(&self, users: &Users) -> (String, Exchange) {
        challenge(Exchange::begin(Mechanism::ScramSha256, users).step(self.first().as_bytes()))
    }

    /// All the way, or until it is refused.
    fn login(&self, users: &Users) -> Result<Grant, LoginError> {
        let (salt, exchange) = self.begin(users);
        match judged(exchange.step(self.last(&salt).as_bytes())) {
            Step::Challenge(signature, exchange) => {
                assert_eq!(signature, self.expected_signature(&salt).into_bytes());
                match exchange.step(b"") {
                    Step::Proven(grant) => Ok(grant),
                    other => panic!("{other:?}"),
                }
            }
            Step::Refused(error) => Err(error),
            other => panic!("{other:?}"),
        }
    }
}

fn attribute<'a>(message: &'a str, prefix: &str) -> &'a str {
    message.split(',').find_map(|field| field.strip_prefix(prefix)).unwrap()
}

#[test]
fn plain_leaves_the_password_to_verify() {
    assert_eq!(verified(plain(b"\0ada\0pencil")).as_deref(), Ok("ada"));
    assert_eq!(verified(plain(b"ada\0ada\0pencil")).as_deref(), Ok("ada"));
    assert_eq!(verified(plain(b"\0ada\0wrong")), Err(LoginFailure::WrongPassword));
    assert_eq!(verified(plain(b"\0eve\0pencil")), Err(LoginFailure::UnknownUser));
    assert_eq!(verified(plain(b"\0job\0pencil")), Err(LoginFailure::NoPassword));
    assert_eq!(verified(plain(b"\0a\nda\0pencil")), Err(LoginFailure::Malformed));
}

#[test]
fn only_the_user_itself_may_be_acted_as() {
    assert_eq!(verified(plain(b"ada@vm\0ada@vm\0pencil")).as_deref(), Ok("ada"));
    assert_eq!(verified(plain(b"ada\0ada@vm\0pencil")).as_deref(), Ok("ada"));
    assert_eq!(verified(plain("a\u{ad}da\0ada\0pencil".as_bytes())).as_deref(), Ok("ada"));
    assert_eq!(verified(plain(b"job\0ada\0pencil")), Err(LoginFailure::NotAuthorized));
    assert_eq!(verified(plain(b"ada@vm\0ada\0pencil")), Err(LoginFailure::NotAuthorized));
    assert_eq!(verified(plain(b"job\0ada\0wrong")), Err(LoginFailure::WrongPassword), "the proof first");
    assert_eq!(verified(plain(b"\n\0ada\0pencil")), Err(LoginFailure::Malformed));
}

#[test]
fn the_shape_of_plain_is_refused_at_once() {
    for message in [&b"\0"[..], b"ada", b"\0ada\0", b"\0\0pencil", b"\0ada\0pencil\0", b"\0ada\0pen\xff"] {
        assert_eq!(refused(plain(message)).failure(), LoginFailure::Malformed, "{message:?}");
    }
}

#[test]
fn an_empty_first_message_is_prompted_once() {
    for (mechanism, first) in [
        (Mechanism::Plain, "\0ada\0pencil".to_owned()),
        (Mechanism::ScramSha256, Client::new("n,,", "ada").first()),
    ] {
        let prompt = || challenge(Exchange::begin(mechanism, &users()).step(b""));
        let (said, exchange) = prompt();
        assert_eq!(said, "");
        assert!(!matches!(exchange.step(first.as_bytes()), Step::Refused(_)), "{mechanism}");
        let (_, exchange) = prompt();
        assert_eq!(refused(exchange.step(b"")).failure(), LoginFailure::Malformed, "{mechanism}");
    }
}

#[test]
fn the_dialogue_of_rfc_7677_goes_as_published() {
    let users = Users::new();
    let verifier = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==\
        $WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
    users.add_verifier("user", verifier.parse().unwrap(), Role::ReadOnly).unwrap();
    let first = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    let (salt, awaiting) = begin_with_nonce(&users, first, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0").unwrap();
    let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    assert_eq!(salt, format!("r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096").as_bytes());
    let last = format!("c=biws,r={nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    let claimed = awaiting.read(last.as_bytes()).unwrap();
    assert_eq!(claimed.claimed_name(), "user");
    let (signature, awaiting) = claimed.judge().unwrap();
    assert_eq!(signature, b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    assert_eq!(awaiting.finish(b"").unwrap().account().name(), "user");
}

#[test]
fn a_client_that_knows_the_password_is_let_in_and_shown_the_signature() {
    let users = users();
    for (header, name) in [
        ("n,,", "ada"),
        ("y,,", "ada"),
        ("n,a=ada,", "ada"),
        ("n,a=ada@vm,", "ada@vm"),
        ("n,a=ada,", "ada@vm"),
        ("n,,", "a\u{ad}da"),
    ] {
        let granted = Client::new(header, name).login(&users).unwrap();
        assert_eq!(granted.account().name(), "ada", "{header}{name}");
    }
}

#[test]
fn a_name_with_a_comma_logs_in_by_its_escape() {
    let users = users();
    users.add_verifier("a,b=c", Verifier::derive(PASSWORD, Rounds::MIN).unwrap(), Role::ReadOnly).unwrap();
    let granted = Client::new("n,a=a=2Cb=3Dc,", "a=2Cb=3Dc").login(&users).unwrap();
    assert_eq!(granted.account().name(), "a,b=c");
}

#[test]
fn extensions_are_ignored_but_covered_by_the_proof() {
    let users = users();
    let mut client = Client::new("n,,", "ada");
    client.bare.push_str(",x=1");
    assert!(client.login(&users).is_ok());

    let (salt, exchange) = client.begin(&users);
    let without_proof = format!("{},y=2", client.without_proof(&salt));
    let proof = STANDARD.encode(client.proof(&salt, &without_proof));
    let _ = challenge(exchange.step(format!("{without_proof},p={proof}").as_bytes()));

    let (salt, exchange) = client.begin(&users);
    let proof = STANDARD.encode(client.proof(&salt, &client.without_proof(&salt)));
    let altered = format!("{},y=2,p={proof}", client.without_proof(&salt));
    assert_eq!(refused(exchange.step(altered.as_bytes())).failure(), LoginFailure::WrongPassword);
}

#[test]
fn row_53_the_salt_shown_says_nothing_of_who_exists() {
    let users = users();
    let shown = |name: &str| Client::new("n,,", name).begin(&users).0;
    for name in ["ada", "eve", "job"] {
        let (one, two, with_realm) = (shown(name), shown(name), shown(&format!("{name}@vm")));
        assert_ne!(attribute(&one, "r="), attribute(&two, "r="), "{name}: a nonce is fresh");
        assert_eq!(attribute(&one, "s="), attribute(&two, "s="), "{name}: a salt stays");
        assert_eq!(attribute(&one, "s="), attribute(&with_realm, "s="), "{name}");
        assert_eq!(attribute(&one, "i="), "4096", "{name}");
        let ours = attribute(&one, "r=").strip_prefix("fyko+d2lbb").unwrap();
        assert_eq!(STANDARD.decode(ours).unwrap().len(), 18, "{name}");
        assert_eq!(one.len(), shown("ada").len(), "{name}: one shape");
    }
}

#[test]
fn strangers_fail_where_a_wrong_password_fails() {
    let users = users();
    let mut mistaken = Client::new("n,,", "ada");
    mistaken.password = "pencils";
    let table = [
        (mistaken, LoginFailure::WrongPassword),
        (Client::new("n,,", "eve"), LoginFailure::UnknownUser),
        (Client::new("n,,", "job"), LoginFailure::NoPassword),
        (Client::new("n,a=job,", "ada"), LoginFailure::NotAuthorized),
        (Client::new("n,a=ada@vm,", "ada"), LoginFailure::NotAuthorized),
        (Client::new("n,a=job,", "eve"), LoginFailure::UnknownUser),
    ];
    for (client, failure) in table {
        let error = client.login(&users).unwrap_err();
        assert_eq!(error.failure(), failure);
        assert_eq!(error.to_string(), "login refused");
        assert_eq!(error.claimed_name(), Some(attribute(&client.bare, "n=")));
    }
}

#[test]
fn a_last_message_of_this_dialogue_is_a_guess_for_names_known_and_unknown_and_any_other_is_none() {
    let users = users();
    for name in ["ada", "eve", "job"] {
        let client = Client::new("n,,", name);
        let (salt, exchange) = client.begin(&users);
        let Step::Judge(proof) = exchange.step(client.last(&salt).as_bytes()) else { panic!("{name}") };
        assert_eq!(proof.claimed_name(), name);
        let (salt, exchange) = client.begin(&users);
        let malformed = client.last(&salt).replace("c=biws", "c=eSws");
        assert!(matches!(exchange.step(malformed.as_bytes()), Step::Refused(_)), "{name}");
    }
}

#[test]
fn row_46_47_55_a_last_message_of_another_dialogue_is_refused() {
    let users = users();
    let client = Client::new("n,,", "ada");
    let fails = |last: &dyn Fn(&str) -> String| {
        let (salt, exchange) = client.begin(&users);
        refused(exchange.step(last(&salt).as_bytes())).failure()
    };
    let (recorded, _) = client.begin(&users);
    assert_eq!(fails(&|_| client.last(&recorded)), LoginFailure::Malformed, "a replay");
    // Each of these proves the password over exactly what it says.
    let proven = |salt: &str, without_proof: String| {
        let proof = STANDARD.encode(client.proof(salt, &without_proof));
        format!("{without_proof},p={proof}")
    };
    let nonce = |salt: &str| attribute(salt, "r=").to_owned();
    assert_eq!(
        fails(&|salt| proven(salt, format!("c=eSws,r={}", nonce(salt)))),
        LoginFailure::Malformed,
        "y,,"
    );
    assert_eq!(
        fails(&|salt| proven(salt, format!("c=bixhPWFkYSw=,r={}", nonce(salt)))),
        LoginFailure::Malformed
    );
    assert_eq!(fails(&|salt| proven(salt, format!("c=biwsAA==,r={}", nonce(salt)))), LoginFailure::Malformed);
    assert_eq!(fails(&|salt| proven(salt, format!("c=biws,r={}x", nonce(salt)))), LoginFailure::Malformed);
    assert_eq!(
        fails(&|salt| proven(salt, "c=biws,r=fyko+d2lbb".to_owned() + &nonce(salt)[11..])),
        LoginFailure::Malformed
    );
    assert_eq!(fails(&|salt| proven(salt, "c=biws,r=fyko+d2lbb".to_owned())), LoginFailure::Malformed);
    assert_eq!(fails(&|salt| proven(salt, format!("r={}", nonce(salt)))), LoginFailure::Malformed);
    assert_eq!(fails(&|salt| proven(salt, "c=biws".to_owned())), LoginFailure::Malformed);
    assert_eq!(fails(&|salt| proven(salt, format!("c=biws,r={},m=1", nonce(salt)))), LoginFailure::Malformed);
    assert_eq!(fails(&|_| String::new()), LoginFailure::Malformed);
}

#[test]
fn a_proof_that_is_not_one_exactly_is_refused() {
    let users = users();
    let client = Client::new("n,,", "ada");
    let fails = |alter: fn(Vec<u8>) -> String| {
        let (salt, exchange) = client.begin(&users);
        let without_proof = client.without_proof(&salt);
        let altered = alter(client.proof(&salt, &without_proof));
        refused(exchange.step(format!("{without_proof},p={altered}").as_bytes())).failure()
    };
    assert_eq!(fails(|proof| STANDARD.encode(&proof[..31])), LoginFailure::Malformed);
    assert_eq!(fails(|proof| STANDARD.encode([&proof[..], &[0]].concat())), LoginFailure::Malformed);
    assert_eq!(
        fails(|proof| STANDARD.encode(proof).trim_end_matches('=').to_owned()),
        LoginFailure::Malformed
    );
    assert_eq!(fails(|_| String::new()), LoginFailure::Malformed);
    assert_eq!(fails(|_| STANDARD.encode([0; 32])), LoginFailure::WrongPassword);
    assert_eq!(
        fails(|mut proof| {
            proof[0] ^= 1;
            STANDARD.encode(proof)
        }),
        LoginFailure::WrongPassword
    );
}

#[test]
fn only_an_empty_receipt_is_a_login() {
    let users = users();
    let client = Client::new("n,,", "ada");
    let receipt = || {
        let (salt, exchange) = client.begin(&users);
        challenge(exchange.step(client.last(&salt).as_bytes())).1
    };
    assert!(matches!(receipt().step(b""), Step::Proven(_)));
    for message in [&b"\0"[..], b"v=", b"n,,n=ada,r=x"] {
        let error = refused(receipt().step(message));
        assert_eq!((error.failure(), error.claimed_name()), (LoginFailure::Malformed, Some("ada")));
    }
}

#[test]
fn a_password_that_changes_during_the_dialogue_voids_the_login() {
    let users = users();
    let client = Client::new("n,,", "ada");
    let (salt, exchange) = client.begin(&users);
    users.set_verifier("ada", Verifier::derive("other", Rounds::MIN).unwrap()).unwrap();
    let (_, exchange) = challenge(exchange.step(client.last(&salt).as_bytes()));
    let Step::Proven(grant) = exchange.step(b"") else { panic!("the proof was right when it was asked for") };
    assert_eq!(grant.admit(crate::auth::Need::Read), Err(crate::Refusal::Revoked));
}

#[test]
fn row_69_debug_of_an_exchange_shows_no_secret() {
    let users = users();
    let client = Client::new("n,,", "ada");
    let (salt, proof) = client.begin(&users);
    let shown = format!("{proof:?}");
    assert!(!shown.contains(attribute(&salt, "s=")) && !shown.contains("StoredKey"), "{shown}");
    let shown = format!("{:?}", plain(b"\0ada\0pencil"));
    assert!(shown.contains("ada") && !shown.contains(PASSWORD), "{shown}");
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    let near = "(n,,|y,,|n,a=ada,|p=x,,|c=biws,|\0ada\0|ada\0){0,2}(n=ada|r=[!-~]{0,40}|m=x|,|=|\0|pencil|p=[A-Za-z0-9+/]{43}=){0,5}";
    prop_oneof![proptest::collection::vec(any::<u8>(), 0..300), near.prop_map(String::into_bytes)]
}

proptest! {
    #[test]
    fn no_bytes_panic_or_get_in(
        messages in proptest::collection::vec(message(), 1..5),
        mechanism in prop_oneof![Just(Mechanism::Plain), Just(Mechanism::ScramSha256)],
    ) {
        let users = Users::with_mock_key([0; HASH_LEN]);
        let verifier = Verifier::from_keys(Rounds::MIN, &[1; 16], [2; HASH_LEN], [3; HASH_LEN]);
        users.add_verifier("ada", verifier, Role::Admin).unwrap();
        let mut exchange = Exchange::begin(mechanism, &users);
        for message in messages {
            match judged(exchange.step(&message)) {
                Step::Challenge(_, next) => exchange = next,
                Step::Verify(claim) => {
                    prop_assert!(claim.verify().is_err());
                    break;
                }
                Step::Proven(grant) => return Err(TestCaseError::fail(format!("{grant:?}"))),
                Step::Judge(_) => unreachable!("it was judged"),
                Step::Refused(_) => break,
            }
        }
    }
}
