//! What the header says of itself: the algorithm, the type, what is critical.

use serde_json::{Value, json};

use super::{
    attack::{Group, Row},
    forge::{Forge, encode, with, without},
};

/// Algorithms that a header may name, most of which nothing here has (RFC 7518, sections 3.1 and 4.1), and misspelled ones.
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

/// Types of other things than access tokens.
const WRONG_TYPES: [&str; 12] = [
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

/// All groups of headers that the stack with RSA keys is sent.
pub fn groups(forge: &Forge<'_>) -> Vec<Group> {
    vec![no_algorithm(forge), other_algorithms(forge), critical(forge), typ(forge)]
}

/// `alg: none` and what may be taken for it, without a signature, with the good token's, and with one over this very header.
fn no_algorithm(forge: &Forge<'_>) -> Group {
    let spellings = ["none", "None", "NONE", "nOnE", "", " none", "none ", "null"].map(|alg| json!(alg));
    let others = [json!(null), json!(0), json!(false), json!(["none"]), json!(["RS256"]), json!({"RS256": 1})];
    let mut headers: Vec<_> = spellings
        .iter()
        .chain(&others)
        .map(|alg| (format!("alg {alg}"), with(&forge.plain.header, "alg", alg)))
        .collect();
    headers.push(("no alg".to_owned(), without(&forge.plain.header, "alg")));
    headers.push(("an empty header".to_owned(), json!({})));
    headers.push(("only alg none".to_owned(), json!({"alg": "none"})));
    let rows = headers.iter().flat_map(|(name, header)| {
        let signed = forge.under(header);
        let (input, _) = signed.rsplit_once('.').unwrap();
        let kept = forge.plain.parts()[2];
        let forms = [
            ("an empty signature", format!("{input}.")),
            ("no third part", input.to_owned()),
            ("the good token's signature", format!("{input}.{kept}")),
            ("a true signature", signed.clone()),
        ];
        forms.map(|(form, token)| Row::new(format!("{name}, {form}"), &token))
    });
    Group::new("alg none", &forge.plain.token, rows.collect())
}

/// Every other algorithm over a signature that is good by the key's own.
pub fn other_algorithms(forge: &Forge<'_>) -> Group {
    let own = forge.key.alg().as_str();
    let others = ALGORITHMS.iter().filter(|alg| **alg != own);
    let mut rows: Vec<_> = others
        .map(|alg| Row::new(format!("alg {alg:?} on an {own} key"), &forge.with_header("alg", &json!(alg))))
        .collect();
    let header = |alg: &str| with(&forge.plain.header, "alg", &json!(alg));
    if own == "RS256" {
        for alg in ["PS256", "RS256"] {
            let input = format!("{}.{}", encode(header(alg).to_string()), forge.plain.parts()[1]);
            let signature = forge.key.signature_by(forge.world, input.as_bytes(), "RSASSA_PSS_SHA_256");
            rows.push(Row::new(format!("a true PSS signature as {alg}"), &format!("{input}.{}", encode(signature))));
        }
    }
    Group::new(if own == "RS256" { "other alg" } else { "other alg, P-256" }, &forge.plain.token, rows)
}

/// Extensions that must be understood, and none is (RFC 7515, section 4.1.11), and headers of things that are no JWS.
fn critical(forge: &Forge<'_>) -> Group {
    let lists =
        [json!(["exp"]), json!([]), json!(["b64"]), json!(["kid"]), json!(["x", "x"]), json!(["http://example.com/x"])];
    let others = [json!("exp"), json!(null), json!(7), json!({}), json!([null]), json!([[]])];
    let crit = |value: &Value| Row::new(format!("crit {value}"), &forge.with_header("crit", value));
    let mut rows: Vec<_> = lists.iter().chain(&others).map(crit).collect();
    rows.extend(unencoded(forge));
    let [header, claims, signature] = forge.plain.parts();
    let nested = with(&forge.plain.header, "cty", &json!("JWT")).to_string();
    let encrypted = encode(json!({"alg": "dir", "enc": "A256GCM", "kid": forge.key.kid()}).to_string());
    rows.push(Row::new("a token in a token", &forge.signed(nested, &forge.plain.token)));
    rows.push(Row::new("a JWE of five parts", &format!("{encrypted}..{header}.{claims}.{signature}")));
    rows.push(Row::new(
        "a JWE with alg none",
        &format!("{}.{header}.{claims}.{signature}.", encode(r#"{"alg":"none"}"#)),
    ));
    let compressed = with(&forge.plain.header, "zip", &json!("DEF"));
    rows.push(Row::new("compressed claims", &forge.signed(compressed.to_string(), deflated(&forge.plain.claims))));
    Group::new("crit, b64, zip, nesting", &forge.plain.token, rows)
}

/// Claims that are signed as they are (RFC 7797), with a header that says so.
fn unencoded(forge: &Forge<'_>) -> Vec<Row> {
    let claims = forge.plain.claims.to_string();
    let plain = with(&forge.plain.header, "b64", &json!(false));
    let critical = with(&plain, "crit", &json!(["b64"]));
    let mut rows = vec![Row::new("b64 false, critical, signed as encoded", &forge.under(&critical))];
    for (name, header) in [("critical", critical), ("not critical", plain)] {
        let header = encode(header.to_string());
        let signature = encode(forge.key.signature(forge.world, format!("{header}.{claims}").as_bytes()));
        let encoded = encode(&claims);
        rows.push(Row::new(format!("b64 false, {name}, as it is"), &format!("{header}.{claims}.{signature}")));
        rows.push(Row::new(format!("b64 false, {name}, detached"), &format!("{header}..{signature}")));
        rows.push(Row::new(format!("b64 false, {name}, encoded"), &format!("{header}.{encoded}.{signature}")));
    }
    rows
}

fn deflated(claims: &Value) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(claims.to_string().as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Another `typ` than that of RFC 9068, section 2.1, whose spellings are beside.
fn typ(forge: &Forge<'_>) -> Group {
    let wrong = WRONG_TYPES.iter().map(|typ| json!(typ)).chain([
        json!(null),
        json!(7),
        json!(["at+jwt"]),
        json!({}),
        json!(true),
    ]);
    let mut rows: Vec<_> = wrong.map(|typ| Row::new(format!("typ {typ}"), &forge.with_header("typ", &typ))).collect();
    rows.push(Row::new("no typ", &forge.under(&without(&forge.plain.header, "typ"))));
    let legal = ["AT+JWT", "application/at+jwt", "Application/AT+JWT"];
    let legal = legal.map(|typ| Row::legal(format!("typ {typ}"), &forge.with_header("typ", &json!(typ))));
    Group::new("wrong typ", &forge.plain.token, rows).beside(legal.into())
}
