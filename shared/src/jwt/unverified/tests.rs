use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::jwt::{Alg, SigningInput, VerifyingKey, samples};

fn key_set() -> KeySet {
    KeySet::new(samples::both().map(samples::SigningKey::public))
}

fn verify(token: &str) -> Result<Value, VerifyError> {
    Unverified::parse(token)?.verify(&key_set())
}

fn header(key: &VerifyingKey) -> Value {
    json!({"alg": key.alg().as_str(), "typ": "at+jwt", "kid": key.kid()})
}

const CLAIMS: &str = r#"{"iss":"https://issuer.example"}"#;

#[test]
fn signed_token_round_trips_with_each_key_type() {
    for key in samples::both() {
        let public = key.public();
        let claims = json!({"iss": "https://issuer.example", "n": 1});
        let input = SigningInput::new(public.alg(), public.kid(), &claims).unwrap();
        assert_eq!(format!("{input:?}"), "SigningInput(hidden)");
        let length = input.sealed_length(public.signature_length());
        let token = input.sign_with(|text| key.sign(text));
        assert_eq!(token.len(), length);
        let unverified = Unverified::parse(&token).unwrap();
        assert_eq!(unverified.issuer(), "https://issuer.example");
        assert_eq!(unverified.typ().as_deref(), Some("at+jwt"));
        assert_eq!(unverified.verify::<Value>(&key_set()), Ok(claims));
    }
}

#[test]
fn token_with_other_alg_than_its_key_is_rejected() {
    for key in samples::both() {
        let public = key.public();
        for alg in ["none", "None", "", "HS256", "RS512", "PS256", "ES384", "EdDSA", "rs256", "ES256", "RS256"] {
            let mut header = header(&public);
            header["alg"] = json!(alg);
            let expected = if alg == public.alg().as_str() { None } else { Some(VerifyError::WrongAlgorithm) };
            assert_eq!(verify(&key.token(&header.to_string(), CLAIMS)).err(), expected, "{alg}");
        }
    }
}

#[test]
fn key_embedded_in_header_is_ignored() {
    let [rsa, ec] = samples::both();
    let mut header = header(&rsa.public());
    header["jwk"] = json!(ec.public().jwk());
    header["jku"] = json!("https://attacker.example/jwks.json");
    assert_eq!(verify(&ec.token(&header.to_string(), CLAIMS)), Err(VerifyError::WrongSignature));
    for kid in ["", "../../etc/passwd", "arn:aws:kms:us-east-1:1:key/1", "' or 1=1", &"k".repeat(5_000)] {
        header["kid"] = json!(kid);
        assert_eq!(verify(&rsa.token(&header.to_string(), CLAIMS)), Err(VerifyError::UnknownKey), "{kid}");
    }
}

#[test]
fn token_other_than_compact_serialization_is_malformed() {
    let [rsa, _] = samples::both();
    let good = rsa.token(&header(&rsa.public()).to_string(), CLAIMS);
    let (header, rest) = good.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    for bad in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        format!("{header}.{claims}"),
        format!("{header}..{signature}"),
        format!(".{claims}.{signature}"),
        format!("{good}.{signature}"),
        format!("{header}=.{claims}.{signature}"),
        format!("{header} .{claims}.{signature}"),
        format!("{good}{}", "A".repeat(MAX_TOKEN_BYTES)),
        json!({"protected": header, "payload": claims, "signature": signature}).to_string(),
    ] {
        assert_eq!(verify(&bad), Err(VerifyError::Malformed), "{bad}");
    }
    for bad in [format!("{header}.{claims}."), format!("{good}="), format!("{good}A"), format!("{good}\n")] {
        assert_eq!(verify(&bad), Err(VerifyError::WrongSignature), "{bad}");
    }
}

#[test]
fn token_with_mistyped_or_duplicate_member_is_rejected() {
    let [rsa, _] = samples::both();
    let public = rsa.public();
    let good = header(&public).to_string();
    let array = json!(["RS256", "at+jwt", samples::both()[0].public().kid()]).to_string();
    for (header, claims, error) in [
        (good.replace('}', ",\"crit\":[\"exp\"]}"), CLAIMS, VerifyError::Critical),
        (good.replace('}', ",\"crit\":null}"), CLAIMS, VerifyError::Critical),
        (good.replace('}', ",\"alg\":\"RS256\"}"), CLAIMS, VerifyError::Malformed),
        (good.replace("\"at+jwt\"", "null"), CLAIMS, VerifyError::Malformed),
        (good.replace("\"at+jwt\"", "7"), CLAIMS, VerifyError::Malformed),
        ("[]".to_owned(), CLAIMS, VerifyError::Malformed),
        (good.clone(), "{}", VerifyError::Malformed),
        (good.clone(), "[]", VerifyError::Malformed),
        (good.clone(), r#"["https://issuer.example"]"#, VerifyError::Malformed),
        (array, CLAIMS, VerifyError::Malformed),
        (good.clone(), r#"{"iss":["https://issuer.example"]}"#, VerifyError::Malformed),
        (good.clone(), r#"{"iss":"a","iss":"b"}"#, VerifyError::Malformed),
        (good.clone(), r#"{"iss":"a"} x"#, VerifyError::Malformed),
    ] {
        assert_eq!(verify(&rsa.token(&header, claims)), Err(error), "{header} {claims}");
    }
}

#[test]
fn token_with_invalid_utf8_in_any_member_is_malformed() {
    // RFC 7515, section 5.2, step 3, and RFC 7519, section 7.2, step 10: also in members that are not read.
    let [rsa, _] = samples::both();
    let good = header(&rsa.public()).to_string();
    let with_invalid_byte = |text: &str| [text.trim_end_matches('}').as_bytes(), b",\"x\":\"\xff\"}"].concat();
    for (header, claims) in
        [(with_invalid_byte(&good), CLAIMS.into()), (good.clone().into(), with_invalid_byte(CLAIMS))]
    {
        let token = rsa.token_of_bytes(&header, &claims);
        let read: Result<IssuerClaim, _> = Unverified::parse(&token).and_then(|token| token.verify(&key_set()));
        assert_eq!(read.map(|claims| claims.iss), Err(VerifyError::Malformed));
    }
    assert!(verify(&rsa.token(&good, CLAIMS)).is_ok());
}

#[test]
fn deeply_nested_claims_are_rejected_without_overflow() {
    let [rsa, _] = samples::both();
    let deep = format!(r#"{{"iss":"a","x":{}{}}}"#, "[".repeat(3_500), "]".repeat(3_500));
    assert_eq!(verify(&rsa.token(&header(&rsa.public()).to_string(), &deep)), Err(VerifyError::Claims));
}

/// The order of P-256 (NIST SP 800-186, section 3.2.1.3).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
    0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

#[test]
fn signature_with_low_and_high_s_is_accepted() {
    // RFC 7518, section 3.4, does not require the low `s`. A second form of a token is the same token: the ledger is
    // keyed by its id.
    let [_, ec] = samples::both();
    assert_eq!(ec.public().alg(), Alg::Es256);
    let token = ec.token(&header(&ec.public()).to_string(), CLAIMS);
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let mut signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut borrow = 0;
    for (digit, order) in signature[32..].iter_mut().zip(ORDER).rev() {
        let difference = i16::from(order) - i16::from(*digit) - borrow;
        borrow = i16::from(difference < 0);
        *digit = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    assert!(verify(&token).is_ok());
    assert!(verify(&format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))).is_ok());
}

#[test]
fn token_longer_than_the_header_limit_is_rejected() {
    let [_, key] = samples::both();
    let token_with = |padding: usize| {
        let claims = json!({"iss": "https://issuer.example", "p": "x".repeat(padding)}).to_string();
        key.token(&header(&key.public()).to_string(), &claims)
    };
    // Three more characters in a claim add four to the token.
    let longest = (0..3)
        .find_map(|n| Some(token_with(7_400 + n)).filter(|token| token.len() % 4 == MAX_TOKEN_BYTES % 4))
        .unwrap();
    let padding = (MAX_TOKEN_BYTES - longest.len()) / 4 * 3 + 7_400;
    let fits = (padding..padding + 3).map(token_with).find(|token| token.len() == MAX_TOKEN_BYTES).unwrap();
    assert!(verify(&fits).is_ok());
    assert_eq!(verify(&format!("{fits}A")), Err(VerifyError::Malformed));
    assert_eq!(format!("{:?}", Unverified::parse(&fits).unwrap()), "Unverified(hidden)");
}

#[test]
fn signature_of_any_other_length_is_rejected() {
    for key in samples::both() {
        let token = key.token(&header(&key.public()).to_string(), CLAIMS);
        let (signed, _) = token.rsplit_once('.').unwrap();
        for length in [0, 1, 63, 64, 65, 255, 256, 257] {
            let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(vec![0; length]));
            assert_eq!(verify(&forged), Err(VerifyError::WrongSignature), "{length}");
        }
    }
}

proptest! {
    #[test]
    fn token_with_changed_character_is_rejected(position in any::<prop::sample::Index>(), other in "[A-Za-z0-9_.-]") {
        for key in samples::both() {
            let token = key.token(&header(&key.public()).to_string(), CLAIMS);
            let at = position.index(token.len());
            prop_assume!(token[at..=at] != other);
            let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
            prop_assert!(verify(&changed).is_err());
        }
    }

    #[test]
    fn verification_of_any_text_does_not_panic(text in "\\PC{0,200}") {
        let _ = verify(&text);
    }
}
