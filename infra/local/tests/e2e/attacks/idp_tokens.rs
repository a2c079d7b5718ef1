//! People's tokens, under the identity provider's real keys.

use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::{
    attack::{Group, Row},
    forge::{Forge, encode, with, without},
};
use crate::harness::World;

/// The keys of the local identity provider, as its operator has them.
pub struct PersonKeys {
    rsa: EncodingKey,
    p256: EncodingKey,
    kids: [String; 2],
    pub issuer: String,
}

fn key(pkcs8: &Value, read: fn(&[u8]) -> jsonwebtoken::errors::Result<EncodingKey>) -> EncodingKey {
    let lines: Vec<_> = pkcs8.as_str().unwrap().as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    read(format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n")).as_bytes()).unwrap()
}

impl PersonKeys {
    pub fn of(world: &World) -> Self {
        let file = std::fs::read(world.folder.path().join("data/identity.json")).unwrap();
        let file: Value = serde_json::from_slice(&file).unwrap();
        let identity = world.stack().idp.issuer();
        let kid = |n: usize| identity.jwks().keys[n].common.key_id.clone().unwrap();
        Self {
            rsa: key(&file["rsa"], EncodingKey::from_rsa_pem),
            p256: key(&file["p256"], EncodingKey::from_ec_pem),
            kids: [kid(0), kid(1)],
            issuer: identity.url().to_owned(),
        }
    }

    pub fn rsa_kid(&self) -> String {
        self.kids[0].clone()
    }

    /// The claims of a good token of an owner.
    pub fn claims(&self, forge: &Forge<'_>) -> Value {
        let now = jiff::Timestamp::now().as_second();
        json!({
            "iss": self.issuer, "sub": "1", "aud": "latchkey", "org_id": forge.org, "iat": now, "exp": now + 3600,
            "roles": ["owner"],
        })
    }

    /// The token of exactly this header and these claims, signed with `algorithm` by the key of its kind.
    pub fn signed(&self, header: &Value, claims: &Value, algorithm: Algorithm) -> String {
        self.signed_text(&header.to_string(), &claims.to_string(), algorithm)
    }

    pub fn signed_text(&self, header: &str, claims: &str, algorithm: Algorithm) -> String {
        let key = if algorithm == Algorithm::ES256 { &self.p256 } else { &self.rsa };
        let input = format!("{}.{}", encode(header), encode(claims));
        let signature = jsonwebtoken::crypto::sign(input.as_bytes(), key, algorithm).unwrap();
        format!("{input}.{signature}")
    }

    pub fn header(&self) -> Value {
        json!({"alg": "RS256", "typ": "JWT", "kid": self.kids[0]})
    }

    /// A person's token that makes these claims.
    pub fn saying(&self, claims: &Value) -> String {
        self.signed(&self.header(), claims, Algorithm::RS256)
    }

    /// The token of a person with these claims under this header.
    fn under(&self, header: &Value, claims: &Value) -> String {
        self.signed(header, claims, Algorithm::RS256)
    }
}

pub fn group(forge: &Forge<'_>) -> Group {
    let keys = PersonKeys::of(forge.world);
    let (claims, header) = (&keys.claims(forge), keys.header());
    let mut rows = other_algorithms(&keys, claims);
    rows.extend(other_headers(forge, &keys, claims));
    let legal = vec![
        Row::legal("no typ", &keys.under(&without(&header, "typ"), claims)),
        Row::legal("typ jwt", &keys.under(&with(&header, "typ", &json!("jwt")), claims)),
        Row::legal("typ at+jwt", &keys.under(&with(&header, "typ", &json!("at+jwt")), claims)),
        Row::legal(
            "the P-256 key",
            &keys.signed(&json!({"alg": "ES256", "kid": keys.kids[1]}), claims, Algorithm::ES256),
        ),
    ];
    Group::new("people: headers and keys", &keys.saying(claims), rows).beside(legal)
}

/// True signatures by other algorithms of the provider's keys, and the keys changed over.
fn other_algorithms(keys: &PersonKeys, claims: &Value) -> Vec<Row> {
    let header = keys.header();
    let mut rows = Vec::new();
    let named = [
        (Algorithm::RS384, "RS384"),
        (Algorithm::RS512, "RS512"),
        (Algorithm::PS256, "PS256"),
        (Algorithm::PS384, "PS384"),
        (Algorithm::PS512, "PS512"),
    ];
    for (algorithm, name) in named {
        for told in [name, "RS256"] {
            let token = keys.signed(&with(&header, "alg", &json!(told)), claims, algorithm);
            rows.push(Row::new(format!("a true {name} signature as {told}"), &token));
        }
    }
    let [rsa, p256] = &keys.kids;
    for (alg, kid, algorithm) in [
        ("ES256", rsa, Algorithm::ES256),
        ("RS256", rsa, Algorithm::ES256),
        ("RS256", p256, Algorithm::ES256),
        ("ES256", p256, Algorithm::RS256),
        ("RS256", p256, Algorithm::RS256),
        ("ES256", rsa, Algorithm::RS256),
    ] {
        let header = json!({"alg": alg, "typ": "JWT", "kid": kid});
        let name = format!("{algorithm:?} as {alg}, kid of the {} key", if kid == rsa { "RSA" } else { "P-256" });
        rows.push(Row::new(name, &keys.signed(&header, claims, algorithm)));
    }
    rows
}

fn other_headers(forge: &Forge<'_>, keys: &PersonKeys, claims: &Value) -> Vec<Row> {
    let (header, mut rows) = (keys.header(), Vec::new());
    for alg in [json!("none"), json!("HS256"), json!(null), json!("rs256"), json!("")] {
        let token = keys.under(&with(&header, "alg", &alg), claims);
        let (input, _) = token.rsplit_once('.').unwrap();
        rows.push(Row::new(format!("alg {alg}, unsigned"), &format!("{input}.")));
        rows.push(Row::new(format!("alg {alg}, signed"), &token));
    }
    for typ in ["id+jwt", "logout+jwt", "JWS", "dpop+jwt", "token-introspection+jwt", "secevent+jwt", ""] {
        rows.push(Row::new(format!("typ {typ}"), &keys.under(&with(&header, "typ", &json!(typ)), claims)));
    }
    for (member, value) in [
        ("typ", json!(null)),
        ("typ", json!(["JWT"])),
        ("kid", json!("../../../dev/null")),
        ("kid", json!(null)),
        ("kid", json!([keys.kids[0]])),
        ("kid", json!(forge.key.kid())),
        ("kid", json!("")),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
    ] {
        rows.push(Row::new(format!("{member} {value}"), &keys.under(&with(&header, member, &value), claims)));
    }
    rows.push(Row::new("no kid", &keys.under(&without(&header, "kid"), claims)));
    rows.push(Row::new("no alg", &keys.under(&without(&header, "alg"), claims)));
    rows
}
