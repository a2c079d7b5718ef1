//! User tokens with other headers, algorithms and keys, signed with the identity provider's real keys.

use std::{fs, path::Path};

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, crypto, errors::Result};
use local::idp::issuer::Issuer;
use serde_json::{Value, json};

use super::{
    attack::{Attack, AttackGroup},
    forge::{TokenForge, base64url, with_member, without_member},
};
use crate::harness::TestStack;

/// The private keys of the local identity provider, read from its file.
pub struct IdpKeys {
    rsa: EncodingKey,
    p256: EncodingKey,
    pub rsa_kid: String,
    p256_kid: String,
    pub issuer: String,
}

fn private_key(pkcs8: &Value, parse: fn(&[u8]) -> Result<EncodingKey>) -> EncodingKey {
    let lines: Vec<_> = pkcs8.as_str().unwrap().as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
    parse(pem.as_bytes()).unwrap()
}

impl IdpKeys {
    pub fn read(stack: &TestStack) -> Self {
        Self::of(&stack.folder.path().join("data"), stack.idp().issuer())
    }

    /// The keys of `issuer`, which stores them in the directory `data`.
    pub fn of(data: &Path, issuer: &Issuer) -> Self {
        let file = fs::read(data.join("identity.json")).unwrap();
        let file: Value = serde_json::from_slice(&file).unwrap();
        let kid = |index: usize| issuer.jwks().keys[index].common.key_id.clone().unwrap();
        Self {
            rsa: private_key(&file["rsa"], EncodingKey::from_rsa_pem),
            p256: private_key(&file["p256"], EncodingKey::from_ec_pem),
            rsa_kid: kid(0),
            p256_kid: kid(1),
            issuer: issuer.url().to_owned(),
        }
    }

    pub fn header(&self) -> Value {
        json!({"alg": "RS256", "typ": "JWT", "kid": self.rsa_kid})
    }

    /// Valid claims of an owner.
    pub fn claims(&self, forge: &TokenForge<'_>) -> Value {
        let now = Timestamp::now().as_second();
        json!({
            "iss": self.issuer, "sub": "1", "aud": "latchkey", "org_id": forge.org, "iat": now, "exp": now + 3600,
            "roles": ["owner"],
        })
    }

    /// Signs a token of exactly these two texts with the key that the algorithm requires.
    pub fn sign(&self, header: &str, claims: &str, algorithm: Algorithm) -> String {
        let key = if algorithm == Algorithm::ES256 { &self.p256 } else { &self.rsa };
        let input = format!("{}.{}", base64url(header), base64url(claims));
        let signature = crypto::sign(input.as_bytes(), key, algorithm).unwrap();
        format!("{input}.{signature}")
    }

    /// Signs a user token with this header and these claims.
    pub fn with_header(&self, header: &Value, claims: &Value) -> String {
        self.sign(&header.to_string(), &claims.to_string(), Algorithm::RS256)
    }

    /// Signs a user token with these claims.
    pub fn with_claims(&self, claims: &Value) -> String {
        self.with_header(&self.header(), claims)
    }

    /// Signs a user token with the text of its claims.
    pub fn with_claims_text(&self, claims: &str) -> String {
        self.sign(&self.header().to_string(), claims, Algorithm::RS256)
    }
}

pub fn group(forge: &TokenForge<'_>) -> AttackGroup {
    let keys = IdpKeys::read(forge.stack);
    let claims = keys.claims(forge);
    let header = keys.header();
    let mut attacks = other_algorithms(&keys, &claims);
    attacks.extend(other_headers(forge, &keys, &claims));
    let p256_header = json!({"alg": "ES256", "kid": keys.p256_kid}).to_string();
    let valid = vec![
        Attack::valid("no typ", &keys.with_header(&without_member(&header, "typ"), &claims)),
        Attack::valid("typ jwt", &keys.with_header(&with_member(&header, "typ", &json!("jwt")), &claims)),
        Attack::valid("typ at+jwt", &keys.with_header(&with_member(&header, "typ", &json!("at+jwt")), &claims)),
        // The provider has one key for each algorithm (OpenID Connect Core 1.0, section 10.1).
        Attack::valid("no kid", &keys.with_header(&without_member(&header, "kid"), &claims)),
        Attack::valid("no kid, P-256 key", &keys.sign(r#"{"alg":"ES256"}"#, &claims.to_string(), Algorithm::ES256)),
        Attack::valid("P-256 key", &keys.sign(&p256_header, &claims.to_string(), Algorithm::ES256)),
    ];
    AttackGroup::new("user tokens: headers, keys", &keys.with_claims(&claims), attacks).with_valid_variants(valid)
}

/// Correct signatures with other algorithms, and with the other key.
fn other_algorithms(keys: &IdpKeys, claims: &Value) -> Vec<Attack> {
    let header = keys.header();
    let claims = claims.to_string();
    let mut attacks = Vec::new();
    for (algorithm, name) in [
        (Algorithm::RS384, "RS384"),
        (Algorithm::RS512, "RS512"),
        (Algorithm::PS256, "PS256"),
        (Algorithm::PS384, "PS384"),
        (Algorithm::PS512, "PS512"),
    ] {
        for alg in [name, "RS256"] {
            let token = keys.sign(&with_member(&header, "alg", &json!(alg)).to_string(), &claims, algorithm);
            attacks.push(Attack::rejected(format!("correct {name} signature with alg {alg}"), &token));
        }
    }
    for (alg, kid, algorithm) in [
        ("ES256", &keys.rsa_kid, Algorithm::ES256),
        ("RS256", &keys.rsa_kid, Algorithm::ES256),
        ("RS256", &keys.p256_kid, Algorithm::ES256),
        ("ES256", &keys.p256_kid, Algorithm::RS256),
        ("RS256", &keys.p256_kid, Algorithm::RS256),
        ("ES256", &keys.rsa_kid, Algorithm::RS256),
    ] {
        let header = json!({"alg": alg, "typ": "JWT", "kid": kid}).to_string();
        let key = if *kid == keys.rsa_kid { "RSA" } else { "P-256" };
        let name = format!("{algorithm:?} signature with alg {alg}, kid of the {key} key");
        attacks.push(Attack::rejected(name, &keys.sign(&header, &claims, algorithm)));
    }
    attacks
}

fn other_headers(forge: &TokenForge<'_>, keys: &IdpKeys, claims: &Value) -> Vec<Attack> {
    let header = keys.header();
    let mut attacks = Vec::new();
    for alg in [json!("none"), json!("HS256"), json!(null), json!("rs256"), json!("")] {
        let token = keys.with_header(&with_member(&header, "alg", &alg), claims);
        let (input, _) = token.rsplit_once('.').unwrap();
        attacks.push(Attack::rejected(format!("alg {alg}, unsigned"), &format!("{input}.")));
        attacks.push(Attack::rejected(format!("alg {alg}, signed"), &token));
    }
    for (member, value) in [
        ("typ", json!("id+jwt")),
        ("typ", json!("logout+jwt")),
        ("typ", json!("JWS")),
        ("typ", json!("dpop+jwt")),
        ("typ", json!("token-introspection+jwt")),
        ("typ", json!("secevent+jwt")),
        ("typ", json!("")),
        ("typ", json!(null)),
        ("typ", json!(["JWT"])),
        ("kid", json!("../../../dev/null")),
        ("kid", json!(null)),
        ("kid", json!([keys.rsa_kid])),
        ("kid", json!(forge.access_key.kid())),
        ("kid", json!("")),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
    ] {
        let token = keys.with_header(&with_member(&header, member, &value), claims);
        attacks.push(Attack::rejected(format!("{member} {value}"), &token));
    }
    attacks.push(Attack::rejected("no alg", &keys.with_header(&without_member(&header, "alg"), claims)));
    for (alg, algorithm) in [("ES256", Algorithm::RS256), ("RS256", Algorithm::ES256), ("PS256", Algorithm::PS256)] {
        let token = keys.sign(&json!({"alg": alg}).to_string(), &claims.to_string(), algorithm);
        attacks.push(Attack::rejected(format!("no kid, {algorithm:?} signature with alg {alg}"), &token));
    }
    attacks
}
