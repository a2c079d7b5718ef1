//! Writes valid and mutated tokens with the result of Latchkey's verifier as JSON lines to the standard output, for a
//! comparison with other verifiers.
//!
//! The first line is the configuration of two verifiers: JWK set, issuer and audience. A token of Latchkey is accepted if
//! it is signed by one of these keys with the key's algorithm, has the type `at+jwt`, this issuer and audience and all
//! required claims, and is not expired. Whether the table contains the token is not part of the comparison. A user's token
//! is accepted if one of the keys that fit its header signed it, and its issuer, audience and times are valid.

#![expect(clippy::unwrap_used, reason = "a tool of the acceptance tests, which fails by a panic")]

mod user_tokens;

use std::{
    env,
    io::{self, Write},
    time::{SystemTime, UNIX_EPOCH},
};

use arbitrary::Unstructured;
use aws_lc_rs::digest::{SHA256, digest};
use fuzz::{
    keys::{self, SigningKey},
    mutate,
    targets::valid_claims,
};
use serde_json::{Value, json};
use shared::{
    jwt::{KeySet, Unverified},
    token::{Claims, Issuer},
};

use self::user_tokens::UserTokens;

/// Generates tokens of Latchkey.
struct TokenGenerator {
    /// A key that is not in the key set.
    unknown_key: SigningKey,
    claims: [Value; 3],
    valid_tokens: Vec<String>,
}

/// Arguments: the number of tokens, and a text that determines all of them except for keys and signatures.
fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let count: u64 = arguments[0].parse().unwrap();
    let seed = &arguments[1];
    let issuer = Issuer {
        issuer: "https://api.example/v1/access-tokens".to_owned(),
        audience: "https://api.example".to_owned(),
    };
    let key_set = keys::key_set();
    let generator = TokenGenerator::new();
    let user_tokens = UserTokens::new();
    let mut out = io::BufWriter::new(io::stdout().lock());
    let own = json!({"jwks": key_set.jwk_set(), "issuer": issuer.issuer, "audience": issuer.audience});
    writeln!(out, "{}", json!({"own": own, "user": user_tokens.configuration()}))?;
    for number in 0..count {
        let bytes = pseudorandom_bytes(seed, number);
        let mut u = Unstructured::new(&bytes);
        let is_user = number % 3 == 0;
        let (kind, token) = if is_user { user_tokens.generate(&mut u) } else { generator.generate(&mut u) }.unwrap();
        let refused = if is_user { user_tokens.verify(&token) } else { verify(&token, &key_set, &issuer) }.err();
        let verifier = if is_user { "user" } else { "own" };
        writeln!(out, "{}", json!({"verifier": verifier, "kind": kind, "token": token, "refused": refused}))?;
    }
    out.flush()
}

/// 128 bytes determined by `seed` and `number`.
fn pseudorandom_bytes(seed: &str, number: u64) -> Vec<u8> {
    let block = |n: u8| digest(&SHA256, format!("{seed} {number} {n}").as_bytes()).as_ref().to_vec();
    (0..4).flat_map(block).collect()
}

/// Verifies the token; the error is the reason of the rejection.
fn verify(token: &str, key_set: &KeySet, issuer: &Issuer) -> Result<(), String> {
    let unverified = Unverified::parse(token).map_err(|error| error.to_string())?;
    if unverified.issuer() != issuer.issuer {
        return Err("unknown issuer".to_owned());
    }
    if unverified.typ().as_deref() != Some("at+jwt") {
        return Err("header `typ` is not at+jwt".to_owned());
    }
    let claims: Claims = unverified.verify(key_set).map_err(|error| error.to_string())?;
    if !claims.are_under(issuer) {
        return Err("token audience is not accepted".to_owned());
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let is_expired = json!(claims).get("exp").and_then(Value::as_u64).is_some_and(|exp| exp <= now);
    if is_expired { Err("token is expired".to_owned()) } else { Ok(()) }
}

impl TokenGenerator {
    fn new() -> Self {
        let mut with_parent = valid_claims();
        with_parent["exp"] = json!(4_102_444_800_u64);
        with_parent["parent"] = json!("api_PPPPPPPPPPPPPPPPPPPPP");
        let mut read_only = valid_claims();
        read_only["read_only"] = json!(true);
        read_only["token_name"] = json!("\u{e4}\"\\\n");
        let claims = [valid_claims(), with_parent, read_only];
        let tokens_of = |key: &SigningKey| claims.clone().map(|claims| sign(key, &key.header(), &claims));
        let valid_tokens = keys::all().iter().flat_map(tokens_of).collect();
        Self { unknown_key: SigningKey::generate_rsa(), claims, valid_tokens }
    }

    /// A token, and how it differs from a valid one.
    fn generate(&self, u: &mut Unstructured<'_>) -> arbitrary::Result<(&'static str, String)> {
        let key = u.choose(keys::all())?;
        let claims = u.choose(&self.claims)?;
        let header = key.header().to_string().into_bytes();
        let payload = claims.to_string().into_bytes();
        Ok(match u.int_in_range(0..=10)? {
            0 => ("valid", u.choose(&self.valid_tokens)?.clone()),
            1 => ("signed by an unknown key", self.unknown_key.sign(&header, &payload)),
            2 => ("HMAC with the public key as secret", key.sign_with_public_key_as_secret(&payload)),
            3 => ("signed by either key", u.choose(keys::all())?.sign(&header, &payload)),
            4 => ("critical extension `b64`", with_critical_extension(key, claims)),
            5 | 10 => ("mutated header, signed", key.sign(&mutate::bytes(&header, &[], u)?, &payload)),
            6 | 7 => ("mutated claims, signed", key.sign(&header, &mutate::bytes(&payload, &[], u)?)),
            _ => ("mutated after signing", mutate::token(u.choose(&self.valid_tokens)?, &self.valid_tokens, u)?),
        })
    }
}

fn sign(key: &SigningKey, header: &Value, claims: &Value) -> String {
    key.sign(header.to_string().as_bytes(), claims.to_string().as_bytes())
}

/// A token whose header marks the extension `b64` as critical (RFC 7797, section 3), with the value that changes
/// nothing.
fn with_critical_extension(key: &SigningKey, claims: &Value) -> String {
    let mut header = key.header();
    header["b64"] = json!(true);
    header["crit"] = json!(["b64"]);
    sign(key, &header, claims)
}
