//! Headers with another `alg` or `typ`, and with `crit`, `b64` or `zip`.

use serde_json::{Value, json};

use super::{
    attack::{Attack, AttackGroup},
    forge::{TokenForge, base64url, with_member, without_member},
};

/// Algorithms of RFC 7518, sections 3.1 and 4.1, and misspelled ones.
const ALGORITHMS: [&str; 29] = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "ES256K",
    "EdDSA",
    "Ed25519",
    "HS256",
    "HS384",
    "HS512",
    "RSA-OAEP",
    "dir",
    "A256GCMKW",
    "RS1",
    "ML-DSA-44",
    "rs256",
    "Rs256",
    "es256",
    "RS256 ",
    " RS256",
    "RS256\0",
    "RS256,none",
    "SHA256withRSA",
    "RSASSA_PKCS1_V1_5_SHA_256",
];

/// Values of `typ` that are not an access token's.
const OTHER_TYPES: [&str; 12] = [
    "",
    "JWT",
    "jwt",
    "id+jwt",
    "at",
    "at+jwt ",
    "dpop+jwt",
    "application/jwt",
    "logout+jwt",
    "JOSE",
    "at+jwt;x=y",
    "text/at+jwt",
];

/// The groups for a stack with RSA keys.
pub fn groups(forge: &TokenForge<'_>) -> Vec<AttackGroup> {
    vec![no_algorithm(forge), other_algorithms(forge), critical(forge), other_types(forge)]
}

/// `alg: none` and similar values: without a signature, with that of the valid token, and with a correct one.
fn no_algorithm(forge: &TokenForge<'_>) -> AttackGroup {
    let spellings = ["none", "None", "NONE", "nOnE", "", " none", "none ", "null"].map(|alg| json!(alg));
    let others = [json!(null), json!(0), json!(false), json!(["none"]), json!(["RS256"]), json!({"RS256": 1})];
    let mut headers: Vec<_> = spellings
        .iter()
        .chain(&others)
        .map(|alg| (format!("alg {alg}"), with_member(&forge.owner_token.header, "alg", alg)))
        .collect();
    headers.push(("no alg".to_owned(), without_member(&forge.owner_token.header, "alg")));
    headers.push(("empty header".to_owned(), json!({})));
    headers.push(("header of alg none only".to_owned(), json!({"alg": "none"})));
    let attacks = headers.iter().flat_map(|(name, header)| {
        let signed = forge.with_header(header);
        let (input, _) = signed.rsplit_once('.').unwrap();
        let original_signature = forge.owner_token.parts()[2];
        let forms = [
            ("empty signature", format!("{input}.")),
            ("two parts", input.to_owned()),
            ("signature of the valid token", format!("{input}.{original_signature}")),
            ("correct signature", signed.clone()),
        ];
        forms.map(|(form, token)| Attack::rejected(format!("{name}, {form}"), &token))
    });
    AttackGroup::new("alg none", &forge.owner_token.jwt, attacks.collect())
}

/// Every other algorithm in the header, with a signature that is correct for the key's own.
pub fn other_algorithms(forge: &TokenForge<'_>) -> AttackGroup {
    let own = forge.access_key.alg().as_str();
    let others = ALGORITHMS.iter().filter(|alg| **alg != own);
    let mut attacks: Vec<_> = others
        .map(|alg| {
            Attack::rejected(format!("alg {alg:?} on an {own} key"), &forge.with_header_member("alg", &json!(alg)))
        })
        .collect();
    let header = |alg: &str| with_member(&forge.owner_token.header, "alg", &json!(alg));
    if own == "RS256" {
        for alg in ["PS256", "RS256"] {
            let input = format!("{}.{}", base64url(header(alg).to_string()), forge.owner_token.parts()[1]);
            let signature = forge.access_key.kms_signature(forge.stack, input.as_bytes(), "RSASSA_PSS_SHA_256");
            attacks.push(Attack::rejected(
                format!("correct PSS signature with alg {alg}"),
                &format!("{input}.{}", base64url(signature)),
            ));
        }
    }
    AttackGroup::new(if own == "RS256" { "other alg" } else { "other alg, P-256" }, &forge.owner_token.jwt, attacks)
}

/// Extensions that a verifier must support (RFC 7515, section 4.1.11), nested and encrypted tokens.
fn critical(forge: &TokenForge<'_>) -> AttackGroup {
    let lists =
        [json!(["exp"]), json!([]), json!(["b64"]), json!(["kid"]), json!(["x", "x"]), json!(["http://example.com/x"])];
    let others = [json!("exp"), json!(null), json!(7), json!({}), json!([null]), json!([[]])];
    let crit = |value: &Value| Attack::rejected(format!("crit {value}"), &forge.with_header_member("crit", value));
    let mut attacks: Vec<_> = lists.iter().chain(&others).map(crit).collect();
    attacks.extend(unencoded(forge));
    let [header, claims, signature] = forge.owner_token.parts();
    let nested = with_member(&forge.owner_token.header, "cty", &json!("JWT")).to_string();
    let encrypted = base64url(json!({"alg": "dir", "enc": "A256GCM", "kid": forge.access_key.kid()}).to_string());
    attacks.push(Attack::rejected("nested token", &forge.sign(nested, &forge.owner_token.jwt)));
    attacks.push(Attack::rejected("JWE of five parts", &format!("{encrypted}..{header}.{claims}.{signature}")));
    attacks.push(Attack::rejected(
        "JWE with alg none",
        &format!("{}.{header}.{claims}.{signature}.", base64url(r#"{"alg":"none"}"#)),
    ));
    let compressed = with_member(&forge.owner_token.header, "zip", &json!("DEF"));
    attacks.push(Attack::rejected(
        "compressed claims",
        &forge.sign(compressed.to_string(), deflated(&forge.owner_token.claims)),
    ));
    AttackGroup::new("crit, b64, zip, nesting", &forge.owner_token.jwt, attacks)
}

/// Unencoded claims (RFC 7797).
fn unencoded(forge: &TokenForge<'_>) -> Vec<Attack> {
    let claims = forge.owner_token.claims.to_string();
    let plain = with_member(&forge.owner_token.header, "b64", &json!(false));
    let critical = with_member(&plain, "crit", &json!(["b64"]));
    let mut attacks =
        vec![Attack::rejected("b64 false, critical, signature of the encoded claims", &forge.with_header(&critical))];
    for (name, header) in [("critical", critical), ("not critical", plain)] {
        let header = base64url(header.to_string());
        let signature = base64url(forge.access_key.signature(forge.stack, format!("{header}.{claims}").as_bytes()));
        let encoded = base64url(&claims);
        attacks
            .push(Attack::rejected(format!("b64 false, {name}, unencoded"), &format!("{header}.{claims}.{signature}")));
        attacks.push(Attack::rejected(format!("b64 false, {name}, detached"), &format!("{header}..{signature}")));
        attacks
            .push(Attack::rejected(format!("b64 false, {name}, encoded"), &format!("{header}.{encoded}.{signature}")));
    }
    attacks
}

fn deflated(claims: &Value) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(claims.to_string().as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Values of `typ` other than that of RFC 9068, section 2.1. Its other spellings are valid.
fn other_types(forge: &TokenForge<'_>) -> AttackGroup {
    let wrong = OTHER_TYPES.iter().map(|typ| json!(typ)).chain([
        json!(null),
        json!(7),
        json!(["at+jwt"]),
        json!({}),
        json!(true),
    ]);
    let mut attacks: Vec<_> =
        wrong.map(|typ| Attack::rejected(format!("typ {typ}"), &forge.with_header_member("typ", &typ))).collect();
    attacks.push(Attack::rejected("no typ", &forge.with_header(&without_member(&forge.owner_token.header, "typ"))));
    let valid = ["AT+JWT", "application/at+jwt", "Application/AT+JWT"];
    let valid = valid.map(|typ| Attack::valid(format!("typ {typ}"), &forge.with_header_member("typ", &json!(typ))));
    AttackGroup::new("other typ", &forge.owner_token.jwt, attacks).with_valid_variants(valid.into())
}
