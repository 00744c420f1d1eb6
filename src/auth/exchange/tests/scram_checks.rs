//! The checks that a server of SCRAM has to make (RFC 5802, RFC 7677), each by messages in which that one thing is wrong: the
//! same dialogue without it logs in. The numbers are those of the project's list. Each holds for both hash functions.
//!
//! Two of them need a connection: that a step needs a login under way by the same mechanism (11), and that a login has a
//! deadline (13). They are in the frontend's tests, `protocol_login.rs` and `server_login.rs`.

use super::{client::*, *};
use base64::{Engine, engine::general_purpose::STANDARD};

/// What comes of a dialogue in which the first message is what `first` makes of the right one, and the last what `last` does.
fn outcome(
    hash: ScramHash,
    first: impl Fn(&str) -> Vec<u8>,
    last: impl Fn(&Client, &str) -> Vec<u8>,
) -> Result<(), LoginFailure> {
    let users = users();
    let mut client = Client::new(hash, "n,,", "ada");
    let message = first(&client.first());
    // The proof covers what was said.
    if let Ok(text) = str::from_utf8(&message) {
        client.bare = text.splitn(3, ',').nth(2).unwrap_or_default().to_owned();
        client.header = text[..text.len() - client.bare.len()].to_owned();
    }
    let failed = |error: LoginError| Err(error.failure());
    let (salt, exchange) = match Exchange::begin(hash.into(), &users).step(&message) {
        Step::Challenge(salt, exchange) => (String::from_utf8(salt).unwrap(), exchange),
        Step::Refused(error) => return failed(error),
        other => panic!("{other:?}"),
    };
    match judged(exchange.step(&last(&client, &salt))) {
        Step::Challenge(_, exchange) => match exchange.step(b"") {
            Step::Proven(_) => Ok(()),
            other => panic!("{other:?}"),
        },
        Step::Refused(error) => failed(error),
        other => panic!("{other:?}"),
    }
}

fn right(client: &Client, salt: &str) -> Vec<u8> {
    client.last(salt).into_bytes()
}

/// With this first message and a right last one.
fn with_first(hash: ScramHash, first: impl Fn(&str) -> String) -> Result<(), LoginFailure> {
    outcome(hash, |right| first(right).into_bytes(), right)
}

/// With the right first message, and this one without its proof, which is then the right proof of it.
fn with_proven(hash: ScramHash, alter: impl Fn(&str) -> String) -> Result<(), LoginFailure> {
    let last =
        |client: &Client, salt: &str| client.proven(salt, &alter(&client.without_proof(salt))).into_bytes();
    outcome(hash, |right| right.into(), last)
}

/// With the right first message, and this last one.
fn with_last(hash: ScramHash, alter: impl Fn(&str) -> String) -> Result<(), LoginFailure> {
    outcome(hash, |right| right.into(), |client, salt| alter(&client.last(salt)).into_bytes())
}

const MALFORMED: Result<(), LoginFailure> = Err(LoginFailure::Malformed);
const WRONG: Result<(), LoginFailure> = Err(LoginFailure::WrongPassword);

#[test]
fn check_00_with_nothing_wrong_each_of_these_logs_in() {
    for hash in ScramHash::ALL {
        assert_eq!(with_first(hash, str::to_owned), Ok(()));
        assert_eq!(with_proven(hash, str::to_owned), Ok(()));
        assert_eq!(with_last(hash, str::to_owned), Ok(()));
    }
}

#[test]
fn check_01_text_sizes_and_the_order_of_attributes() {
    for hash in ScramHash::ALL {
        // A nonce may have any printable byte, so nothing else is wrong with these.
        for bad in ["\0", "\r", "\n"] {
            assert_eq!(with_first(hash, |first| format!("{first},x={bad}")), MALFORMED, "{bad:?}");
            assert_eq!(with_proven(hash, |last| format!("{last},x={bad}")), MALFORMED, "{bad:?}");
        }
        assert_eq!(outcome(hash, |first| [first.as_bytes(), b",x=\xff"].concat(), right), MALFORMED);
        let not_text = |client: &Client, salt: &str| {
            let last = client.last(salt);
            let (front, proof) = last.rsplit_once(",p=").unwrap();
            [front.as_bytes(), b",x=\xff,p=", proof.as_bytes()].concat()
        };
        assert_eq!(outcome(hash, |first| first.into(), not_text), MALFORMED);

        let fill = |text: &str, len: usize| format!("{text},x={}", "x".repeat(len - text.len() - 3));
        assert_eq!(with_first(hash, |first| fill(first, 1024)), Ok(()));
        assert_eq!(with_first(hash, |first| fill(first, 1025)), MALFORMED);
        // `,p=` and the proof come on top.
        let proof = 3 + STANDARD.encode(vec![0; hash.output_len()]).len();
        assert_eq!(with_proven(hash, |last| fill(last, 2048 - proof)), Ok(()));
        assert_eq!(with_proven(hash, |last| fill(last, 2049 - proof)), MALFORMED);

        assert_eq!(with_first(hash, |_| "n,,r=fyko+d2lbb,n=ada".to_owned()), MALFORMED);
        assert_eq!(with_first(hash, |_| "n=ada,r=fyko+d2lbb,n,,".to_owned()), MALFORMED);
        let swapped = |last: &str| {
            let (binding, nonce) = last.split_once(',').unwrap();
            format!("{nonce},{binding}")
        };
        assert_eq!(with_proven(hash, swapped), MALFORMED);
        assert_eq!(with_proven(hash, |last| format!("x=1,{last}")), MALFORMED);
    }
}

#[test]
fn check_02_an_extension_that_must_be_understood_is_refused_and_any_other_is_covered_by_the_proof() {
    for hash in ScramHash::ALL {
        assert_eq!(with_first(hash, |_| "n,,m=1,n=ada,r=fyko+d2lbb".to_owned()), MALFORMED);
        assert_eq!(with_first(hash, |first| format!("{first},m=1")), MALFORMED);
        assert_eq!(with_proven(hash, |last| format!("{last},m=1")), MALFORMED);
        assert_eq!(with_first(hash, |first| format!("{first},x=1,y=2")), Ok(()));
        assert_eq!(with_proven(hash, |last| format!("{last},x=1,y=2")), Ok(()));
        // Put in behind the proof's back.
        assert_eq!(with_last(hash, |last| last.replacen(",p=", ",x=1,p=", 1)), WRONG);
        // Left out of it, though it was said first.
        let forgotten = |client: &Client, salt: &str| {
            let bare = client.bare.replace(",x=1", "");
            let forgetful = Client { bare, header: client.header.clone(), ..*client };
            forgetful.last(salt).into_bytes()
        };
        assert_eq!(outcome(hash, |first| format!("{first},x=1").into_bytes(), forgotten), WRONG);
    }
}

#[test]
fn check_03_a_name_is_escaped_right_and_not_empty() {
    for hash in ScramHash::ALL {
        for name in ["", "a=da", "ada=", "ad=61", "=2cada", "ada=3d", "=00ada"] {
            assert_eq!(with_first(hash, |_| format!("n,,n={name},r=fyko+d2lbb")), MALFORMED, "{name}");
            assert_eq!(with_first(hash, |_| format!("n,a={name},n=ada,r=fyko+d2lbb")), MALFORMED, "{name}");
        }
    }
}

#[test]
fn check_04_a_nonce_is_printable_and_neither_empty_nor_long_and_the_servers_is_fresh() {
    for hash in ScramHash::ALL {
        let with = |nonce: &str| with_first(hash, |_| format!("n,,n=ada,r={nonce}"));
        for nonce in ["!", "~", &"x".repeat(256)] {
            assert_eq!(with(nonce), Ok(()), "{nonce}");
        }
        for nonce in ["", " ", "a b", "a\tb", "\u{e4}", "a\u{7f}b", &"x".repeat(257)] {
            assert_eq!(with(nonce), MALFORMED, "{nonce:?}");
        }
        let (users, client) = (users(), Client::new(hash, "n,,", "ada"));
        let nonces: std::collections::BTreeSet<_> =
            (0..50).map(|_| attribute(&client.begin(&users).0, "r=").to_owned()).collect();
        assert_eq!(nonces.len(), 50);
        for nonce in nonces {
            assert!(STANDARD.decode(nonce.strip_prefix("fyko+d2lbb").unwrap()).unwrap().len() >= 18);
        }
    }
}

/// No mechanism with -PLUS is offered, so `y` is true, and no downgrade. Where one is: `channel_binding.rs`.
#[test]
fn check_05_no_channel_is_bound_to_where_none_is_offered() {
    for hash in ScramHash::ALL {
        let with = |header: &str| with_first(hash, |_| format!("{header}n=ada,r=fyko+d2lbb"));
        assert_eq!(with("n,,"), Ok(()));
        assert_eq!(with("y,,"), Ok(()));
        for header in
            ["p=tls-unique,,", "p=tls-exporter,,", "p=tls-server-end-point,,", "p=x,,", "p=,,", "p,,"]
        {
            assert_eq!(with(header), MALFORMED, "{header}");
        }
        for header in ["N,,", "Y,,", "z,,", ",,", "nn,,", "n,x,", ",n,"] {
            assert_eq!(with(header), MALFORMED, "{header}");
        }
    }
}

/// Each of these is proven: only that it is not what was said first is wrong.
#[test]
fn row_47_check_06_the_header_is_repeated_to_the_byte() {
    for hash in ScramHash::ALL {
        let with = |header: &str| {
            with_proven(hash, |last| {
                format!("c={},{}", STANDARD.encode(header), last.split_once(',').unwrap().1)
            })
        };
        assert_eq!(with("n,,"), Ok(()));
        for header in
            ["", "n", "n,", "n,,,", "y,,", "N,,", "n,a=ada,", "n,,\0", "n,,n=ada", "p=tls-exporter,,"]
        {
            assert_eq!(with(header), MALFORMED, "{header}");
        }
        let nonce_only = |last: &str| last.split_once(',').unwrap().1.to_owned();
        assert_eq!(with_proven(hash, nonce_only), MALFORMED, "left out");
        for encoding in ["biws=", "biw", "biwt==", "bi ws", "bi\u{2d}s", ""] {
            let alter = |last: &str| last.replacen("biws", encoding, 1);
            assert_eq!(with_proven(hash, alter), MALFORMED, "{encoding:?}");
        }
    }
}

/// Likewise.
#[test]
fn row_46_55_check_07_the_nonce_is_the_one_of_this_dialogue() {
    for hash in ScramHash::ALL {
        let with = |alter: &dyn Fn(&str) -> String| {
            with_proven(hash, |last| {
                let (binding, nonce) = last.split_once(",r=").unwrap();
                format!("{binding}{}", alter(nonce))
            })
        };
        assert_eq!(with(&|nonce| format!(",r={nonce}")), Ok(()));
        assert_eq!(with(&|_| String::new()), MALFORMED, "left out");
        assert_eq!(with(&|_| ",r=".to_owned()), MALFORMED, "empty");
        assert_eq!(with(&|_| ",r=fyko+d2lbb".to_owned()), MALFORMED, "the client's part alone");
        assert_eq!(with(&|nonce| format!(",r={}", &nonce[10..])), MALFORMED, "the server's part alone");
        assert_eq!(with(&|nonce| format!(",r=x{}", &nonce[1..])), MALFORMED, "another first byte");
        assert_eq!(
            with(&|nonce| format!(",r={}!", &nonce[..nonce.len() - 1])),
            MALFORMED,
            "another last byte"
        );
        assert_eq!(with(&|nonce| format!(",r={nonce}x")), MALFORMED, "one byte more");
        assert_eq!(with(&|nonce| format!(",r={}", &nonce[..nonce.len() - 1])), MALFORMED, "one byte less");
        assert_eq!(with(&|nonce| format!(",r={nonce},r={nonce}")), MALFORMED, "twice");

        let (users, client) = (users(), Client::new(hash, "n,,", "ada"));
        let (recorded, _) = client.begin(&users);
        let (_, exchange) = client.begin(&users);
        let replayed = exchange.step(client.last(&recorded).as_bytes());
        assert_eq!(refused(replayed).failure(), LoginFailure::Malformed, "a replay");
    }
}

#[test]
fn check_08_a_proof_comes_last_in_canonical_base64_and_has_the_length_of_the_hash() {
    for hash in ScramHash::ALL {
        let with = |alter: &dyn Fn(&str) -> String| {
            with_last(hash, |last| {
                let (front, proof) = last.rsplit_once(",p=").unwrap();
                format!("{front}{}", alter(proof))
            })
        };
        assert_eq!(with(&|proof| format!(",p={proof}")), Ok(()));
        assert_eq!(with(&|_| String::new()), MALFORMED, "left out");
        assert_eq!(with(&|_| ",p=".to_owned()), MALFORMED, "empty");
        assert_eq!(with(&|proof| format!(",p={proof},x=1")), MALFORMED, "not last");
        assert_eq!(with(&|proof| format!(",p={proof},p={proof}")), MALFORMED, "twice");
        assert_eq!(with(&|proof| format!(",P={proof}")), MALFORMED);
        assert_eq!(with(&|proof| format!(",p={}", proof.trim_end_matches('='))), MALFORMED, "unpadded");
        assert_eq!(with(&|proof| format!(",p={proof}=")), MALFORMED);
        assert_eq!(with(&|proof| format!(",p={proof} ")), MALFORMED);
        let decoded = |proof: &str| STANDARD.decode(proof).unwrap();
        let shorter = |proof: &str| format!(",p={}", STANDARD.encode(&decoded(proof)[1..]));
        let longer = |proof: &str| format!(",p={}", STANDARD.encode([&decoded(proof)[..], &[0]].concat()));
        assert_eq!(with(&shorter), MALFORMED, "a byte less");
        assert_eq!(with(&longer), MALFORMED, "a byte more");
        // The last letter before the padding carries bits that do not count: another way to write the same bytes.
        let twin = |proof: &str| {
            let end = proof.trim_end_matches('=').len();
            let letter = proof.as_bytes()[end - 1];
            let other = (b'0'..=b'z').find(|other| {
                let text = format!("{}{}{}", &proof[..end - 1], char::from(*other), &proof[end..]);
                *other != letter && lenient(&text).is_some_and(|bytes| bytes == decoded(proof))
            });
            format!(",p={}{}{}", &proof[..end - 1], char::from(other.unwrap()), &proof[end..])
        };
        assert_eq!(with(&twin), MALFORMED, "another way to write it");
        let other_hash = if hash == ScramHash::Sha256 { [0; 64].to_vec() } else { [0; 32].to_vec() };
        assert_eq!(with(&|_| format!(",p={}", STANDARD.encode(&other_hash))), MALFORMED, "of the other hash");
    }
}

/// Base64 as those read it who do not look at the bits that do not count.
fn lenient(text: &str) -> Option<Vec<u8>> {
    use base64::{alphabet, engine::GeneralPurpose, engine::general_purpose::GeneralPurposeConfig};
    let config = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&alphabet::STANDARD, config).decode(text).ok()
}

/// That the comparison takes the same time wherever they differ, is in `scram_hash.rs` and, by its type, in the tests of verifiers.
#[test]
fn row_48_check_09_each_bit_of_a_proof_counts() {
    for hash in ScramHash::ALL {
        let (users, client) = (users(), Client::new(hash, "n,,", "ada"));
        for bit in (0..8 * hash.output_len()).step_by(7).chain([0, 8 * hash.output_len() - 1]) {
            let (salt, exchange) = client.begin(&users);
            let without_proof = client.without_proof(&salt);
            let mut proof = client.proof(&salt, &without_proof);
            proof[bit / 8] ^= 1 << (bit % 8);
            let last = format!("{without_proof},p={}", STANDARD.encode(proof));
            assert_eq!(refused(exchange.step(last.as_bytes())).failure(), LoginFailure::WrongPassword);
        }
    }
}

#[test]
fn check_10_whom_a_user_may_act_as_is_looked_at_after_the_proof() {
    for hash in ScramHash::ALL {
        let with = |header: &str, password: &'static str| {
            let client = Client { password, ..Client::new(hash, header, "ada") };
            client.login(&users()).map(|_| ()).map_err(|error| error.failure())
        };
        assert_eq!(with("n,a=ada,", PASSWORD), Ok(()));
        assert_eq!(with("n,a=bob,", PASSWORD), Err(LoginFailure::NotAuthorized));
        assert_eq!(with("n,a=nobody,", PASSWORD), Err(LoginFailure::NotAuthorized));
        // Whoever does not know the password learns nothing of it.
        assert_eq!(with("n,a=bob,", "pencils"), WRONG);
        assert_eq!(with("n,a=ada,", "pencils"), WRONG);
    }
}

/// By its types, an exchange that was refused is gone. What is left is that it does not go on after its end.
#[test]
fn check_11_nothing_but_an_empty_receipt_follows_the_proof() {
    for hash in ScramHash::ALL {
        let (users, client) = (users(), Client::new(hash, "n,,", "ada"));
        let receipt = || {
            let (salt, exchange) = client.begin(&users);
            let last = client.last(&salt);
            (challenge(exchange.step(last.as_bytes())).1, last)
        };
        assert!(matches!(receipt().0.step(b""), Step::Proven(_)));
        let (exchange, again) = receipt();
        let second = refused(exchange.step(again.as_bytes()));
        assert_eq!((second.failure(), second.claimed_name()), (LoginFailure::Malformed, Some("ada")));
        for message in [&b"\0"[..], b"v=", b"n,,n=ada,r=x"] {
            assert_eq!(refused(receipt().0.step(message)).failure(), LoginFailure::Malformed);
        }
    }
}

#[test]
fn check_12_to_the_client_all_failures_look_the_same() {
    for hash in ScramHash::ALL {
        let users = users();
        let refusal = |client: &Client, alter: &dyn Fn(String) -> String| {
            let (salt, exchange) = client.begin(&users);
            refused(exchange.step(alter(client.last(&salt)).as_bytes())).to_string()
        };
        let ada = Client::new(hash, "n,,", "ada");
        let mut refusals = vec![
            refusal(&Client { password: "pencils", ..Client::new(hash, "n,,", "ada") }, &|last| last),
            refusal(&Client::new(hash, "n,a=bob,", "ada"), &|last| last),
            refusal(&ada, &|last| last.replacen("c=biws", "c=eSws", 1)),
            refusal(&ada, &|_| String::new()),
        ];
        refusals.extend(["bob", "dan", "eve", "job"].map(|name| {
            refusal(&Client { password: "pencils", ..Client::new(hash, "n,,", name) }, &|last| last)
        }));
        assert!(refusals.iter().all(|said| said == "login refused"), "{refusals:?}");
    }
}
