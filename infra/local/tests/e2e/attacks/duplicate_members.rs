//! Members that are there twice, of which two readers may take one each (RFC 7515, section 4; RFC 7519, section 4).

use serde_json::{Value, json};

use super::{
    attack::{Group, Row},
    forge::{Forge, encode},
    malformed_json::nested,
};

/// `text`, an object, with this member before all others.
fn first(text: &str, member: &str) -> String {
    format!("{{{member},{}", &text[1..])
}

/// `text`, an object, with this member after all others.
pub fn last(text: &str, member: &str) -> String {
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

pub fn group(forge: &Forge<'_>) -> Group {
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
    rows.push(Row::new("alg none first, unsigned", &format!("{}.{claims_part}.", encode(alg_none))));
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
