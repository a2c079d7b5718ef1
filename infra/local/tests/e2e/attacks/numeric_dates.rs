//! Times that are none, or not the row's.

use serde_json::json;

use super::{
    attack::{Group, Row},
    forge::{Base, Forge, with},
};

/// What is written in place of a time, as JSON has it. None is the time of a row.
const TIMES: [&str; 26] = [
    "\"\"",
    "\"1566656122\"",
    "\"2100-01-01T00:00:00Z\"",
    "1566656122.5",
    "4102444800.0",
    "4.1024448e9",
    "1e400",
    "-1e400",
    "1e-400",
    "-1",
    "-0",
    "0",
    "-0.0",
    "null",
    "true",
    "[4102444800]",
    "{}",
    "2147483648",
    "4294967296",
    "9007199254740993",
    "253402300800",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
];

/// The token of `base` whose claim `claim` is this text.
fn token(forge: &Forge<'_>, base: &Base, claim: &str, text: &str) -> String {
    let claims = with(&base.claims, claim, &json!("@")).to_string().replace("\"@\"", text);
    forge.signed(base.header.to_string(), claims)
}

pub fn group(forge: &Forge<'_>) -> Group {
    let mut rows = Vec::new();
    for (what, base) in [("no expiry", &forge.plain), ("an expiry", &forge.rich)] {
        for claim in ["exp", "iat", "nbf"] {
            for text in TIMES {
                let token = token(forge, base, claim, text);
                rows.push(Row::new(format!("a token of {what}: {claim} {text}"), &token));
            }
        }
        for claim in ["exp", "iat"] {
            let as_text = base.claims[claim].to_string();
            let forms =
                [format!("\"{as_text}\""), format!("{as_text}.0"), format!("{as_text}e0"), format!("[{as_text}]")];
            for form in forms.iter().filter(|_| as_text != "null") {
                rows.push(Row::new(
                    format!("a token of {what}: its own {claim} as {form}"),
                    &token(forge, base, claim, form),
                ));
            }
        }
    }
    let legal = forge.saying(&with(&forge.plain.claims, "auth_time", &json!("never")));
    let legal = vec![Row::legal("a time that is not ours", &legal)];
    Group::new("exp, iat, nbf", &forge.plain.token, rows).beside(legal)
}
