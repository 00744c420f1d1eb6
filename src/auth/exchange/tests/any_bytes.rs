//! Whatever is sent, nobody panics and nobody gets in who does not know the password.

use super::*;
use crate::auth::scram_hash::HashOutput;
use proptest::prelude::*;

fn message() -> impl Strategy<Value = Vec<u8>> {
    let near = "(n,,|y,,|n,a=ada,|p=x,,|c=biws,|\0ada\0|ada\0|ada ){0,2}(n=ada|r=[!-~]{0,40}|m=x|,|=|\0|pencil|p=[A-Za-z0-9+/]{43}=|p=[A-Za-z0-9+/]{86}==|[0-9a-f]{32}){0,5}";
    prop_oneof![proptest::collection::vec(any::<u8>(), 0..300), near.prop_map(String::into_bytes)]
}

proptest! {
    #[test]
    fn no_bytes_panic_or_get_in(
        messages in proptest::collection::vec(message(), 1..5),
        mechanism in proptest::sample::select(&Mechanism::ALL),
    ) {
        let users = Users::with_mock_key([0; HASH_LEN]);
        let verifier = |hash: ScramHash| {
            let key = |byte| HashOutput::read(hash, &vec![byte; hash.output_len()]).unwrap();
            Verifier::from_keys(hash, Rounds::MIN, &[1; 16], key(2), key(3))
        };
        let mut credential = Credential::new("1", verifier(ScramHash::Sha256));
        credential.forms.push(verifier(ScramHash::Sha512).into());
        credential.forms.push(CramMd5Secret::from_key(&[4; 64]).into());
        let credentials = vec![credential];
        users.add_record(UserRecord::with_credentials("ada", Role::Admin, credentials)).unwrap();
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
