//! Writes tokens, most of them bad, with what our verifier says of each: JSON lines on the standard output. `.ci/differential`
//! has others judge the same tokens.
//!
//! The first line is what a verifier is configured with: the JWK set, the issuer, the audience. A token is accepted that is signed
//! by one of these keys with this key's algorithm, has the type `at+jwt`, this issuer and audience, each claim that a token of ours
//! has, and has not ended. Whether its row stands in the ledger is asked after all this, and not here.

#![expect(clippy::unwrap_used, reason = "it is part of the gate, which fails by a panic")]

use std::{
    env,
    io::{self, Write},
    time::{SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::digest::{SHA256, digest};
use fuzz::{
    choices::Choices,
    keys::{self, SigningKey},
    mutate,
    targets::good_claims,
};
use serde_json::{Value, json};
use shared::{
    jwt::{KeySet, Unverified},
    token::{Claims, Issuer},
};

/// What is made of the good tokens.
struct Maker {
    /// A key that nobody knows.
    stranger: SigningKey,
    claims: [Value; 3],
    good: Vec<String>,
}

/// Arguments: how many tokens, and a text from which everything follows but keys and signatures.
fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (count, seed): (u64, &str) = (arguments[0].parse().unwrap(), &arguments[1]);
    let issuer = Issuer {
        issuer: "https://api.example/v1/access-tokens".to_owned(),
        audience: "https://api.example".to_owned(),
    };
    let (ring, maker) = (keys::ring(), Maker::new());
    let mut out = io::BufWriter::new(io::stdout().lock());
    writeln!(out, "{}", json!({"jwks": ring.jwk_set(), "issuer": issuer.issuer, "audience": issuer.audience}))?;
    for number in 0..count {
        let bytes = drawn(seed, number);
        let (kind, token) = maker.make(&mut Choices::new(&bytes));
        let verdict = verdict(&token, &ring, &issuer);
        writeln!(out, "{}", json!({"kind": kind, "token": token, "refused": verdict.err()}))?;
    }
    out.flush()
}

/// 128 bytes that follow from seed and number.
fn drawn(seed: &str, number: u64) -> Vec<u8> {
    let block = |n: u8| digest(&SHA256, format!("{seed} {number} {n}").as_bytes()).as_ref().to_vec();
    (0..4).flat_map(block).collect()
}

/// Whether our verifier accepts the token, or why not.
fn verdict(token: &str, ring: &KeySet, issuer: &Issuer) -> Result<(), String> {
    let unverified = Unverified::parse(token).map_err(|refusal| refusal.to_string())?;
    if unverified.issuer() != issuer.issuer {
        return Err("its issuer is another".to_owned());
    }
    if unverified.typ().as_deref() != Some("at+jwt") {
        return Err("header `typ` is not at+jwt".to_owned());
    }
    let claims: Claims = unverified.verify(ring).map_err(|refusal| refusal.to_string())?;
    if !claims.are_under(issuer) {
        return Err("token audience is not accepted".to_owned());
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let ended = json!(claims).get("exp").and_then(Value::as_u64).is_some_and(|end| end <= now);
    if ended { Err("token is expired".to_owned()) } else { Ok(()) }
}

impl Maker {
    fn new() -> Self {
        let mut ending = good_claims();
        ending["exp"] = json!(4_102_444_800_u64);
        ending["parent"] = json!("api_PPPPPPPPPPPPPPPPPPPPP");
        let mut flagged = good_claims();
        flagged["read_only"] = json!(true);
        flagged["token_name"] = json!("\u{e4}\"\\\n");
        let claims = [good_claims(), ending, flagged];
        let of = |key: &SigningKey| claims.clone().map(|claims| signed(key, &key.header(), &claims));
        Self { stranger: SigningKey::rsa(), good: keys::both().iter().flat_map(of).collect(), claims }
    }

    /// A token, and what was done to it.
    fn make(&self, choices: &mut Choices<'_>) -> (&'static str, String) {
        let (key, claims) = (choices.pick(keys::both()), choices.pick(&self.claims));
        let (header, text) = (key.header().to_string(), claims.to_string());
        match choices.below(11) {
            0 => ("as it was signed", choices.pick(&self.good).clone()),
            1 => ("signed by a stranger", signed(&self.stranger, &key.header(), claims)),
            2 => ("signed with a public key as a secret", key.confused(&text)),
            3 => ("signed by either key", signed(choices.pick(keys::both()), &key.header(), claims)),
            4 => ("with an extension that others understand", extended(key, claims)),
            5 | 10 => {
                let header = mutate::bytes(header.as_bytes(), &[], choices);
                ("with another header, and signed", key.token(&header, text.as_bytes()))
            }
            6 | 7 => {
                let claims = mutate::bytes(text.as_bytes(), &[], choices);
                ("with other claims, and signed", key.token(header.as_bytes(), &claims))
            }
            _ => ("changed without a key", mutate::token(choices.pick::<String>(&self.good), &self.good, choices)),
        }
    }
}

fn signed(key: &SigningKey, header: &Value, claims: &Value) -> String {
    key.token(header.to_string().as_bytes(), claims.to_string().as_bytes())
}

/// A token whose header says that its payload is encoded, as it is anyway, and that this must be understood (RFC 7797, section 3).
fn extended(key: &SigningKey, claims: &Value) -> String {
    let mut header = key.header();
    (header["b64"], header["crit"]) = (json!(true), json!(["b64"]));
    signed(key, &header, claims)
}
