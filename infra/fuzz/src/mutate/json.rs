//! JSON with other members.

use serde_json::{Map, Value, json};

use crate::{choices::Choices, pairs::Pairs};

/// `text`, a JSON text, with one value somewhere in it replaced, added or taken away; `None` where it is no JSON.
#[must_use]
pub fn json(text: &[u8], choices: &mut Choices<'_>) -> Option<Vec<u8>> {
    let mut whole: Value = serde_json::from_slice(text).ok()?;
    change(&mut whole, choices);
    Some(whole.to_string().into_bytes())
}

/// Goes down by chance, and changes what it comes to.
fn change(value: &mut Value, choices: &mut Choices<'_>) {
    let deeper = choices.below(4) > 0;
    match value {
        Value::Object(members) if deeper => change_member(members, choices),
        Value::Array(items) if deeper && !items.is_empty() => {
            let at = choices.below(items.len());
            match choices.below(4) {
                0 => items.push(items[at].clone()),
                1 => drop(items.remove(at)),
                _ => change(&mut items[at], choices),
            }
        }
        other => *other = strange(other, choices),
    }
}

fn change_member(members: &mut Map<String, Value>, choices: &mut Choices<'_>) {
    let names: Vec<String> = members.keys().cloned().collect();
    let name = names.get(choices.below(names.len())).cloned().unwrap_or_default();
    let taken = members.remove(&name).unwrap_or_default();
    let mut put = |name: String, value: Value| drop(members.insert(name, value));
    match choices.below(8) {
        0 => {}
        1 => put(name.to_uppercase(), taken),
        2 => {
            put(name, taken);
            put(
                (*choices.pick(&["crit", "garbage", "alg", "effect", "action", "__proto__", ""])).to_owned(),
                json!(["exp"]),
            );
        }
        3 => put(name, json!([taken])),
        _ => {
            let mut taken = taken;
            change(&mut taken, choices);
            put(name, taken);
        }
    }
}

/// Something to put in the place of `value`.
fn strange(value: &Value, choices: &mut Choices<'_>) -> Value {
    let text = value.as_str().unwrap_or_default();
    match choices.below(16) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(false),
        3 => json!(0),
        4 => json!(-1),
        5 => json!(i64::MAX),
        6 => json!(1.5),
        7 => json!(""),
        8 => json!(format!("{text} ")),
        9 => json!(text.to_uppercase()),
        10 => json!(format!("{text}*")),
        11 => json!("\u{0}\"\\\u{202e}ä"),
        12 => json!("x".repeat(choices.below(600))),
        13 => json!([value]),
        14 => json!({"x": value}),
        _ => json!([]),
    }
}

/// `text`, a JSON object, with one of its members there twice, the second time as it was or with another value; `None` where it
/// is no object or an empty one.
#[must_use]
pub fn doubled(text: &[u8], choices: &mut Choices<'_>) -> Option<Vec<u8>> {
    let Pairs(pairs) = Pairs::read(text)?;
    let (name, value) = pairs.get(choices.below(pairs.len()))?;
    let other = if choices.below(2) == 0 { value.clone() } else { strange(value, choices) };
    let again = format!("{}:{other}", json!(name));
    let (first, last) = (text.iter().position(|byte| *byte == b'{')?, text.iter().rposition(|byte| *byte == b'}')?);
    Some(if choices.below(2) == 0 {
        [&text[..=first], again.as_bytes(), b",", &text[first + 1..]].concat()
    } else {
        [&text[..last], b",", again.as_bytes(), &text[last..]].concat()
    })
}
