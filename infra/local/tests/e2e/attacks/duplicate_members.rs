//! Duplicate members, of which two parsers could use one each (RFC 7515, section 4; RFC 7519, section 4).

use serde_json::{Value, json};

use super::{
    attack::{Attack, AttackGroup},
    forge::{TokenForge, base64url},
    malformed_json::{append_member, nested},
};

/// `object`, a JSON text, with this member before all others.
fn prepend_member(object: &str, member: &str) -> String {
    format!("{{{member},{}", &object[1..])
}

/// `name` as a JSON string, and the same with its first letter escaped.
fn spellings(name: &str) -> [String; 2] {
    [format!("\"{name}\""), format!("\"\\u{:04x}{}\"", u32::from(name.as_bytes()[0]), &name[1..])]
}

/// Another value of the type of `value`.
fn other(value: &Value) -> Value {
    match value {
        Value::Number(_) => json!(1),
        Value::Array(_) => json!([]),
        Value::Bool(flag) => json!(!flag),
        _ => json!("another"),
    }
}

/// `object` with each member duplicated: with another value before or after it, or with the same value, in both spellings.
fn with_duplicates(object: &Value) -> Vec<(String, String)> {
    let text = object.to_string();
    let mut duplicates = Vec::new();
    for (name, value) in object.as_object().unwrap() {
        for spelling in spellings(name) {
            let same = format!("{spelling}:{value}");
            let different = format!("{spelling}:{}", other(value));
            duplicates.push((format!("{spelling} twice, another value first"), prepend_member(&text, &different)));
            duplicates.push((format!("{spelling} twice, another value last"), append_member(&text, &different)));
            duplicates.push((format!("{spelling} twice, same value"), append_member(&text, &same)));
        }
    }
    duplicates
}

pub fn group(forge: &TokenForge<'_>) -> AttackGroup {
    let base = &forge.child_token;
    let header = base.header.to_string();
    let claims = base.claims.to_string();
    let mut attacks = Vec::new();
    for (name, text) in with_duplicates(&base.header) {
        attacks.push(Attack::rejected(format!("{name}, in the header"), &forge.sign(text, &claims)));
    }
    for (name, text) in with_duplicates(&base.claims) {
        attacks.push(Attack::rejected(format!("{name}, in the claims"), &forge.sign(&header, text)));
    }
    let alg_none = base64url(prepend_member(&header, "\"alg\":\"none\""));
    let unsigned = format!("{alg_none}.{}.", base.parts()[1]);
    attacks.push(Attack::rejected("alg none first, unsigned", &unsigned));
    let critical = append_member(&append_member(&header, "\"crit\":[]"), "\"crit\":[]");
    attacks.push(Attack::rejected("crit twice", &forge.sign(critical, &claims)));
    AttackGroup::new("duplicate members", &forge.owner_token.jwt, attacks).with_valid_variants(valid_variants(forge))
}

/// A unique name can be spelled with an escape (RFC 8259, section 8.3), and members that the service does not use are ignored.
fn valid_variants(forge: &TokenForge<'_>) -> Vec<Attack> {
    let header = forge.owner_token.header.to_string();
    let claims = forge.owner_token.claims.to_string();
    let escape = |text: &str, name: &str| {
        let [plain, escaped] = spellings(name);
        text.replace(&format!("{plain}:"), &format!("{escaped}:"))
    };
    let nested_arrays = format!("\"x\":{}", nested(["[", "]"]));
    let nested_objects = format!("\"x\":{}", nested(["{\"\":", "}"]));
    vec![
        Attack::valid("alg spelled with an escape", &forge.sign(escape(&header, "alg"), &claims)),
        Attack::valid("iss spelled with an escape", &forge.sign(&header, escape(&claims, "iss"))),
        Attack::valid("white space around the JSON", &forge.sign(format!(" {header}\n"), format!("\t{claims} "))),
        Attack::valid("unknown claim", &forge.sign(&header, append_member(&claims, "\"admin\":true"))),
        Attack::valid("nested unknown header member", &forge.sign(append_member(&header, &nested_arrays), &claims)),
        Attack::valid("nested unknown claim", &forge.sign(&header, append_member(&claims, &nested_objects))),
    ]
}
