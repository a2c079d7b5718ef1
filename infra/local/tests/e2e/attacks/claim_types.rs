//! Claims of other types. A claim of the wrong type is a refusal, never an absence.

use serde_json::json;

use super::{
    attack::{Group, Row},
    forge::{Forge, with},
};

/// Every claim with a value of every other type.
pub fn group(forge: &Forge<'_>) -> Group {
    let values =
        [json!(null), json!(true), json!(false), json!(0), json!(1.5), json!("1"), json!([]), json!([1]), json!({})];
    let mut rows = Vec::new();
    for (claim, good) in forge.rich.claims.as_object().unwrap() {
        for value in values.iter().filter(|value| *value != good) {
            let claims = with(&forge.rich.claims, claim, value);
            rows.push(Row::new(format!("{claim} {value}"), &forge.saying(&claims)));
        }
    }
    for claim in ["exp", "parent", "journey_id", "portal_id"] {
        for value in values.iter().filter(|value| !value.is_string()) {
            let claims = with(&forge.plain.claims, claim, value);
            rows.push(Row::new(format!("{claim} {value} where there is none"), &forge.saying(&claims)));
        }
    }
    Group::new("claims of other types", &forge.plain.token, rows)
}
