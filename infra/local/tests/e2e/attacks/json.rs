//! JSON that two readers may read in two ways, or that is none (RFC 8259; RFC 7515, section 5.2; RFC 7519, section 7.2).

use serde_json::{Value, json};

use super::{
    forge::{Forge, with},
    row::{Group, Row},
};

/// How deep is deep: still within what a gateway carries.
const DEEP: usize = 1_000;

/// The groups of JSON in headers and claims.
pub fn groups(forge: &Forge<'_>) -> Vec<Group> {
    vec![doubled(forge), odd(forge)]
}

/// `text`, an object, with this member before all others.
fn first(text: &str, member: &str) -> String {
    format!("{{{member},{}", &text[1..])
}

/// `text`, an object, with this member after all others.
fn last(text: &str, member: &str) -> String {
    format!("{},{member}}}", &text[..text.len() - 1])
}

/// `name` as JSON has it, and with its first letter escaped, which is the same name.
fn spellings(name: &str) -> [String; 2] {
    [format!("\"{name}\""), format!("\"\\u{:04x}{}\"", u32::from(name.as_bytes()[0]), &name[1..])]
}

/// Another value of the kind of `value`.
fn other(value: &Value) -> Value {
    match value {
        Value::Number(_) => json!(1),
        Value::Array(_) => json!([]),
        Value::Bool(flag) => json!(!flag),
        _ => json!("another"),
    }
}

/// Each member of `object` twice: with its value and with another, in both orders, and once spelled with an escape.
fn each_twice(object: &Value) -> Vec<(String, String)> {
    let (text, mut doubled) = (object.to_string(), Vec::new());
    for (name, value) in object.as_object().unwrap() {
        for spelling in spellings(name) {
            let (same, another) = (format!("{spelling}:{value}"), format!("{spelling}:{}", other(value)));
            doubled.push((format!("{spelling} twice, first another"), first(&text, &another)));
            doubled.push((format!("{spelling} twice, last another"), last(&text, &another)));
            doubled.push((format!("{spelling} twice, the same"), last(&text, &same)));
        }
    }
    doubled
}

fn doubled(forge: &Forge<'_>) -> Group {
    let base = &forge.rich;
    let (header, claims) = (base.header.to_string(), base.claims.to_string());
    let mut rows = Vec::new();
    for (what, text) in each_twice(&base.header) {
        rows.push(Row::new(format!("{what}, in the header"), &forge.signed(text, &claims)));
    }
    for (what, text) in each_twice(&base.claims) {
        rows.push(Row::new(format!("{what}, in the claims"), &forge.signed(&header, text)));
    }
    let alg_none = first(&header, "\"alg\":\"none\"");
    let [_, claims_part, _] = base.parts();
    rows.push(Row::new("alg none first, unsigned", &format!("{}.{claims_part}.", super::forge::encode(alg_none))));
    let critical = last(&last(&header, "\"crit\":[]"), "\"crit\":[]");
    rows.push(Row::new("crit twice", &forge.signed(critical, &claims)));
    Group::new("doubled members", &forge.plain.token, rows).beside(escaped(forge))
}

/// A name that is there once may be spelled with an escape (RFC 8259, section 8.3).
fn escaped(forge: &Forge<'_>) -> Vec<Row> {
    let (header, claims) = (forge.plain.header.to_string(), forge.plain.claims.to_string());
    let escape = |text: &str, name: &str| {
        let [plain, escaped] = spellings(name);
        text.replace(&format!("{plain}:"), &format!("{escaped}:"))
    };
    vec![
        Row::legal("alg spelled with an escape", &forge.signed(escape(&header, "alg"), &claims)),
        Row::legal("iss spelled with an escape", &forge.signed(&header, escape(&claims, "iss"))),
        Row::legal("white space around", &forge.signed(format!(" {header}\n"), format!("\t{claims} "))),
        Row::legal("a claim that is not ours", &forge.signed(&header, last(&claims, "\"admin\":true"))),
        // Whoever reads a member like these would have to mind their depth. Nobody does.
        Row::legal(
            "a deep member of the header",
            &forge.signed(last(&header, &format!("\"x\":{}", nested(["[", "]"]))), &claims),
        ),
        Row::legal(
            "a deep claim",
            &forge.signed(&header, last(&claims, &format!("\"x\":{}", nested(["{\"\":", "}"])))),
        ),
    ]
}

/// Something within brackets within brackets and so on.
fn nested([open, close]: [&str; 2]) -> String {
    format!("{}1{}", open.repeat(DEEP), close.repeat(DEEP))
}

/// Changes of an object's text after which it is no JSON object, or none that should be read.
fn changes(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let with = |member: &str| last(text, member);
    let utf16: Vec<u16> = text.encode_utf16().collect();
    let texts = [
        ("nothing", String::new()),
        ("white space alone", " ".to_owned()),
        ("null", "null".to_owned()),
        ("a number", "7".to_owned()),
        ("a text", json!(text).to_string()),
        ("an empty array", "[]".to_owned()),
        ("an object in an array", format!("[{text}]")),
        ("its values in an array", values(text)),
        ("two objects", format!("{text}{text}")),
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
    ];
    let numbers = ["NaN", "Infinity", "-Infinity", "01", "+1", ".5", "1.", "0x1", "1e", "undefined", "True"];
    let mut changed: Vec<_> = texts.into_iter().map(|(what, text)| (what, text.into_bytes())).collect();
    changed.extend(numbers.map(|number| (number, with(&format!("\"x\":{number}")).into_bytes())));
    let bytes = |sequence: &[u8]| [&text.as_bytes()[..text.len() - 1], b",\"x\":\"", sequence, b"\"}"].concat();
    changed.extend([
        ("no UTF-8", bytes(b"\xff\xfe")),
        ("a slash in two bytes", bytes(b"\xc0\xaf")),
        ("a surrogate in UTF-8", bytes(b"\xed\xa0\x80")),
        ("a letter cut off", bytes(b"\xc3")),
        ("UTF-16, the low byte first", utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect()),
        ("UTF-16, the high byte first", utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect()),
    ]);
    changed
}

/// The values of an object in their order, which some readers take for the object.
fn values(text: &str) -> String {
    let object: Value = serde_json::from_str(text).unwrap();
    json!(object.as_object().unwrap().values().collect::<Vec<_>>()).to_string()
}

fn odd(forge: &Forge<'_>) -> Group {
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
    let order = [
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
    json!(order.map(|claim| claims[claim].clone())).to_string()
}
