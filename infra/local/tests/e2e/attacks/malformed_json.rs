//! JSON that is none, or no object, or none that everybody reads alike (RFC 8259; RFC 7515, section 5.2; RFC 7519, section 7.2).

use serde_json::{Value, json};

use super::{
    attack::{Group, Row},
    duplicate_members::last,
    forge::{Forge, with},
};

/// How deep is deep: still within what a gateway carries.
const DEEP: usize = 1_000;

/// What JSON has no number for.
const NO_NUMBERS: [&str; 11] =
    ["NaN", "Infinity", "-Infinity", "01", "+1", ".5", "1.", "0x1", "1e", "undefined", "True"];

/// The order in which the service writes its claims.
const ORDER: [&str; 19] = [
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

/// Something within brackets within brackets and so on.
pub fn nested([open, close]: [&str; 2]) -> String {
    format!("{}1{}", open.repeat(DEEP), close.repeat(DEEP))
}

/// Changes of an object's text after which it is no JSON object, or none that should be read.
fn changes(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let of_texts = no_objects(text).into_iter().chain(no_json(text));
    let mut changed: Vec<_> = of_texts.map(|(what, text)| (what, text.into_bytes())).collect();
    changed.extend(NO_NUMBERS.map(|number| (number, last(text, &format!("\"x\":{number}")).into_bytes())));
    changed.extend(no_utf8(text));
    changed
}

/// JSON that is another thing than one object.
fn no_objects(text: &str) -> Vec<(&'static str, String)> {
    vec![
        ("nothing", String::new()),
        ("white space alone", " ".to_owned()),
        ("null", "null".to_owned()),
        ("a number", "7".to_owned()),
        ("a text", json!(text).to_string()),
        ("an empty array", "[]".to_owned()),
        ("an object in an array", format!("[{text}]")),
        ("its values in an array", values(text)),
        ("two objects", format!("{text}{text}")),
    ]
}

/// What only a lenient reader takes for JSON.
fn no_json(text: &str) -> Vec<(&'static str, String)> {
    let with = |member: &str| last(text, member);
    vec![
        ("something behind", format!("{text} x")),
        ("a bracket behind", format!("{text}}}")),
        ("a NUL behind", format!("{text}\0")),
        ("no end", text[..text.len() - 1].to_owned()),
        ("a comma at the end", format!("{},}}", &text[..text.len() - 1])),
        ("a byte order mark", format!("\u{feff}{text}")),
        ("a no-break space before", format!("\u{a0}{text}")),
        ("a comment", format!("/**/{text}")),
        ("a comment of a line", format!("{text}//")),
        ("single quotes", text.replace('"', "'")),
        ("a name without quotes", with("x:1")),
        ("a guard before", format!(")]}}',\n{text}")),
        ("a line feed in a text", with("\"x\":\"a\nb\"")),
        ("an unknown escape", with("\"x\":\"\\x41\"")),
        ("arrays in arrays alone", nested(["[", "]"])),
        ("objects in objects alone", nested(["{\"\":", "}"])),
    ]
}

/// What is no UTF-8 (RFC 8259, section 8.1), in a member that nobody reads or in the whole.
fn no_utf8(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let utf16: Vec<u16> = text.encode_utf16().collect();
    let bytes = |sequence: &[u8]| [&text.as_bytes()[..text.len() - 1], b",\"x\":\"", sequence, b"\"}"].concat();
    vec![
        ("no UTF-8", bytes(b"\xff\xfe")),
        ("a slash in two bytes", bytes(b"\xc0\xaf")),
        ("a surrogate in UTF-8", bytes(b"\xed\xa0\x80")),
        ("a letter cut off", bytes(b"\xc3")),
        ("UTF-16, the low byte first", utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect()),
        ("UTF-16, the high byte first", utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect()),
    ]
}

/// The values of an object in their order, which some readers take for the object.
fn values(text: &str) -> String {
    let object: Value = serde_json::from_str(text).unwrap();
    json!(object.as_object().unwrap().values().collect::<Vec<_>>()).to_string()
}

pub fn group(forge: &Forge<'_>) -> Group {
    let (header, claims) = (forge.plain.header.to_string(), forge.plain.claims.to_string());
    let in_header = changes(&header)
        .into_iter()
        .map(|(what, text)| Row::new(format!("{what}, in the header"), &forge.signed(text, &claims)));
    let in_claims = changes(&claims)
        .into_iter()
        .map(|(what, text)| Row::new(format!("{what}, in the claims"), &forge.signed(&header, text)));
    let mut rows: Vec<_> = in_header.chain(in_claims).collect();
    let ordered = positional(&forge.plain.claims);
    rows.push(Row::new("claims as a list, in the order of the house", &forge.signed(&header, ordered)));
    let listed = json!([forge.plain.header["alg"], "at+jwt", forge.key.kid()]).to_string();
    rows.push(Row::new("a header as a list, in the order of the house", &forge.signed(listed, &claims)));
    let (arrays, objects) = (nested(["[", "]"]), nested(["{\"\":", "}"]));
    for (name, value) in [
        ("arrays a thousand deep", arrays.as_str()),
        ("objects a thousand deep", &objects),
        ("a surrogate alone", "\"\\ud800\""),
        ("surrogates the wrong way round", "\"\\udc00\\ud800\""),
    ] {
        let text = with(&forge.plain.claims, "token_name", &json!("@")).to_string().replace("\"@\"", value);
        rows.push(Row::new(format!("{name} in a claim"), &forge.signed(&header, text)));
        let text = with(&forge.plain.header, "kid", &json!("@")).to_string().replace("\"@\"", value);
        rows.push(Row::new(format!("{name} in the header"), &forge.signed(text, &claims)));
    }
    Group::new("odd JSON", &forge.plain.token, rows)
}

/// The claims' values in the order in which the service writes them.
fn positional(claims: &Value) -> String {
    json!(ORDER.map(|claim| claims[claim].clone())).to_string()
}
