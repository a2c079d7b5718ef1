//! Reading and verifying a JWS.

use std::{str::from_utf8, sync::LazyLock};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared::jwt::{KeySet, Unverified};

use super::Target;
use crate::{
    choices::Choices,
    keys::{self, SigningKey, complement},
    mutate,
    pairs::Pairs,
};

pub(super) const TARGET: Target = Target { name: "jws", run, seeds };

static RING: LazyLock<KeySet> = LazyLock::new(keys::ring);

/// The claims of the tokens that were signed before anything began.
const CLAIMS: [&str; 3] = [
    r#"{"iss":"https://issuer.example"}"#,
    r#"{"iss":"https://issuer.example","sub":"api_5ZugdRXasLfWBypHi93Fk","iat":1566656122,"assume_roles":["123:owner"]}"#,
    r#"{"iss":"https://other.example","x":{"deep":[1,[2,[3]]]},"name":"\u00e4\"\\"}"#,
];

/// What stands for a key's name in a header that comes as it is.
const KID: &str = "@kid@";

/// All tokens that were signed: of each key with each claims.
static SIGNED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let of = |key: &'static SigningKey| {
        CLAIMS.map(|claims| key.token(key.header().to_string().as_bytes(), claims.as_bytes()))
    };
    keys::both().iter().flat_map(of).collect()
});

/// The first byte says what the others are: a text as it came; how to change a token that was signed; or a header and claims to
/// sign.
fn run(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    match choices.byte() % 4 {
        0 => never_signed(&String::from_utf8_lossy(choices.rest())),
        1 => newly_signed(choices),
        _ => {
            let token = choices.pick(&SIGNED);
            never_signed(&mutate::token(token, &SIGNED, &mut choices));
        }
    }
}

/// Whatever verifies is one of the tokens that were signed, byte for byte; with ES256 there are two forms of each.
fn never_signed(text: &str) {
    if verified(text).is_none() {
        return;
    }
    let (signed, signature) = text.rsplit_once('.').unwrap();
    let other = complement(&URL_SAFE_NO_PAD.decode(signature).unwrap());
    let other = other.map(|signature| format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)));
    let known = |text: &str| SIGNED.iter().any(|token| token == text);
    assert!(known(text) || other.is_some_and(|other| is_es256(text) && known(&other)), "{text} was never signed");
}

/// What is signed verifies only where its header names the key that has signed it, once, and nothing critical.
fn newly_signed(mut choices: Choices<'_>) {
    let signs = choices.pick(keys::both());
    let named = choices.pick(keys::both());
    let mut header = named.header().to_string().into_bytes();
    let mut claims = choices.pick(&CLAIMS).as_bytes().to_vec();
    match choices.byte() % 3 {
        0 => header = mutate::bytes(&header, &[], &mut choices),
        1 => claims = mutate::bytes(&claims, &[], &mut choices),
        _ => header = with_kid(choices.rest(), named.public().kid()),
    }
    let Some(payload) = verified(&signs.token(&header, &claims)) else { return };
    assert!(from_utf8(&header).is_ok(), "no UTF-8 (RFC 7515, section 5.2)");
    // What is not looked at may hold a number beyond every bound.
    let Some(header) = Pairs::read(&header) else { return };
    assert_eq!(header.all("kid"), [signs.public().kid()], "another key's name");
    assert_eq!(header.all("alg"), [signs.public().alg().as_str()], "another algorithm");
    assert!(header.all("crit").is_empty(), "something critical");
    assert!(header.all("typ").iter().all(|typ| typ.is_string()), "a `typ` that is no text");
    assert_eq!(serde_json::from_slice::<Value>(&claims).unwrap(), payload, "other claims than were signed");
    assert!(Pairs::read(&claims).unwrap().all("iss").len() == 1, "no issuer, or two");
}

/// The header with the key's name in its place.
fn with_kid(header: &[u8], kid: &str) -> Vec<u8> {
    let place = header.windows(KID.len()).position(|part| part == KID.as_bytes());
    place.map_or(header.to_vec(), |at| [&header[..at], kid.as_bytes(), &header[at + KID.len()..]].concat())
}

/// The claims, where the token verifies. Its three parts are then what encoding gives that decoding took.
fn verified(text: &str) -> Option<Value> {
    let unverified = Unverified::parse(text).ok()?;
    let claims: Value = unverified.verify(&RING).ok()?;
    let again = text.split('.').map(|part| URL_SAFE_NO_PAD.encode(URL_SAFE_NO_PAD.decode(part).unwrap()));
    assert_eq!(again.collect::<Vec<_>>().join("."), text, "it is not the one encoding of its bytes");
    assert_eq!(text.split('.').count(), 3);
    assert_eq!(claims["iss"], unverified.issuer());
    Some(claims)
}

fn is_es256(token: &str) -> bool {
    let header = token.split('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    header.as_deref().map(from_utf8).is_some_and(|header| header.unwrap_or_default().contains("ES256"))
}

/// Every kind of change once for each token, and headers that are to be refused whatever signs them.
fn seeds() -> Vec<Vec<u8>> {
    let changes = (0..6).flat_map(|token| (0..10).map(move |kind| [2, token, 0, kind, 0, 7, 0, 3, 1].to_vec()));
    let kid = |alg: &str| json!({"alg": alg, "typ": "at+jwt", "kid": KID});
    let mut critical = kid("RS256");
    critical["crit"] = json!(["b64"]);
    let headers = [json!({"alg": "none"}), kid("HS256"), kid("ES256"), kid("RS256"), json!({"alg": "RS256"}), critical];
    let signed = headers.map(|header| [&[1, 0, 0, 0, 0, 0, 0, 2], header.to_string().as_bytes()].concat());
    // A header under its own key's name, with bytes in it that are no UTF-8.
    let broken =
        [b"\x01\0\0\0\0\0\0\x02", kid("RS256").to_string().trim_end_matches('}').as_bytes(), b",\"x\":\"\xff\"}"]
            .concat();
    changes.chain([broken]).chain(signed).chain([b"\0a.b.c".to_vec(), b"\0e30.e30.".to_vec()]).collect()
}
