//! Headers and claims that are not JSON, not an object, or that parsers interpret differently (RFC 8259; RFC 7515, section 5.2;
//! RFC 7519, section 7.2).

use serde_json::{Value, json};

use super::{
    attack::{Attack, AttackGroup},
    forge::{TokenForge, with_member_text},
};

/// Depth of nested values: a token of this depth is still shorter than the gateway's limit.
const NESTING_DEPTH: usize = 1_000;

/// Texts that are not a JSON value.
const INVALID_VALUES: [&str; 11] =
    ["NaN", "Infinity", "-Infinity", "01", "+1", ".5", "1.", "0x1", "1e", "undefined", "True"];

/// The claims in the order in which the service serializes them.
const CLAIM_ORDER: [&str; 19] = [
    "iss",
    "sub",
    "aud",
    "jti",
    "client_id",
    "iat",
    "exp",
    "token_use",
    "token_id",
    "token_name",
    "token_type",
    "org_id",
    "user_id",
    "assume_roles",
    "parent",
    "read_only",
    "anonymize",
    "journey_id",
    "portal_id",
];

/// `object`, a JSON text, with this member after all others.
pub fn append_member(object: &str, member: &str) -> String {
    format!("{},{member}}}", &object[..object.len() - 1])
}

/// A number nested [`NESTING_DEPTH`] times in these brackets.
pub fn nested([open, close]: [&str; 2]) -> String {
    format!("{}1{}", open.repeat(NESTING_DEPTH), close.repeat(NESTING_DEPTH))
}

/// Changes to an object's text that a strict parser rejects.
fn changes(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let texts = not_an_object(text).into_iter().chain(not_json(text));
    let mut changes: Vec<_> = texts.map(|(name, text)| (name, text.into_bytes())).collect();
    changes.extend(INVALID_VALUES.map(|value| (value, append_member(text, &format!("\"x\":{value}")).into_bytes())));
    changes.extend(not_utf8(text));
    changes
}

fn not_an_object(text: &str) -> Vec<(&'static str, String)> {
    vec![
        ("empty text", String::new()),
        ("white space", " ".to_owned()),
        ("null", "null".to_owned()),
        ("number", "7".to_owned()),
        ("string", json!(text).to_string()),
        ("empty array", "[]".to_owned()),
        ("object in an array", format!("[{text}]")),
        ("its values in an array", values(text)),
        ("two objects", format!("{text}{text}")),
    ]
}

/// Texts that only a lenient parser accepts.
fn not_json(text: &str) -> Vec<(&'static str, String)> {
    let with = |member: &str| append_member(text, member);
    vec![
        ("trailing text", format!("{text} x")),
        ("trailing brace", format!("{text}}}")),
        ("trailing NUL", format!("{text}\0")),
        ("unclosed object", text[..text.len() - 1].to_owned()),
        ("trailing comma", format!("{},}}", &text[..text.len() - 1])),
        ("byte order mark", format!("\u{feff}{text}")),
        ("leading no-break space", format!("\u{a0}{text}")),
        ("block comment", format!("/**/{text}")),
        ("line comment", format!("{text}//")),
        ("single quotes", text.replace('"', "'")),
        ("unquoted name", with("x:1")),
        ("anti-hijacking prefix", format!(")]}}',\n{text}")),
        ("line feed in a string", with("\"x\":\"a\nb\"")),
        ("unknown escape", with("\"x\":\"\\x41\"")),
        ("nested arrays", nested(["[", "]"])),
        ("nested objects", nested(["{\"\":", "}"])),
    ]
}

/// Texts that are not UTF-8 (RFC 8259, section 8.1).
fn not_utf8(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let utf16: Vec<u16> = text.encode_utf16().collect();
    let with = |sequence: &[u8]| [&text.as_bytes()[..text.len() - 1], b",\"x\":\"", sequence, b"\"}"].concat();
    vec![
        ("invalid bytes", with(b"\xff\xfe")),
        ("overlong slash", with(b"\xc0\xaf")),
        ("surrogate in UTF-8", with(b"\xed\xa0\x80")),
        ("truncated character", with(b"\xc3")),
        ("UTF-16, little-endian", utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect()),
        ("UTF-16, big-endian", utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect()),
    ]
}

/// The values of an object as an array, which some deserializers accept in place of the object.
fn values(object: &str) -> String {
    let object: Value = serde_json::from_str(object).unwrap();
    json!(object.as_object().unwrap().values().collect::<Vec<_>>()).to_string()
}

pub fn group(forge: &TokenForge<'_>) -> AttackGroup {
    let token = &forge.owner_token;
    let header = token.header.to_string();
    let claims = token.claims.to_string();
    let mut attacks = Vec::new();
    for (name, text) in changes(&header) {
        attacks.push(Attack::rejected(format!("{name}, in the header"), &forge.sign(text, &claims)));
    }
    for (name, text) in changes(&claims) {
        attacks.push(Attack::rejected(format!("{name}, in the claims"), &forge.sign(&header, text)));
    }
    let claims_array = json!(CLAIM_ORDER.map(|claim| token.claims[claim].clone())).to_string();
    let header_array = json!([token.header["alg"], "at+jwt", forge.access_key.kid()]).to_string();
    attacks.push(Attack::rejected("claims as an array", &forge.sign(&header, claims_array)));
    attacks.push(Attack::rejected("header as an array", &forge.sign(header_array, &claims)));
    for (name, value) in [
        ("nested arrays as a value", nested(["[", "]"]).as_str()),
        ("nested objects as a value", &nested(["{\"\":", "}"])),
        ("unpaired surrogate", "\"\\ud800\""),
        ("surrogates in reverse order", "\"\\udc00\\ud800\""),
    ] {
        let changed_claims = with_member_text(&token.claims, "token_name", value);
        attacks.push(Attack::rejected(format!("{name}, in a claim"), &forge.sign(&header, changed_claims)));
        let changed_header = with_member_text(&token.header, "kid", value);
        attacks.push(Attack::rejected(format!("{name}, in `kid`"), &forge.sign(changed_header, &claims)));
    }
    AttackGroup::new("malformed JSON", &token.jwt, attacks)
}
