//! Mutations that keep JSON valid.

use arbitrary::{Result, Unstructured};
use serde_json::{Map, Value, json};

use crate::json_members::JsonMembers;

/// Replaces, adds or removes one value in the JSON text `text`; `None` if it is not JSON.
pub(super) fn mutate_json(text: &[u8], u: &mut Unstructured<'_>) -> Result<Option<Vec<u8>>> {
    let Ok(mut root) = serde_json::from_slice(text) else { return Ok(None) };
    mutate_value(&mut root, u)?;
    Ok(Some(root.to_string().into_bytes()))
}

/// Mutates `value` or one of the values in it.
fn mutate_value(value: &mut Value, u: &mut Unstructured<'_>) -> Result<()> {
    let descend = u.int_in_range(0..=3)? > 0;
    match value {
        Value::Object(members) if descend => mutate_member(members, u)?,
        Value::Array(items) if descend && !items.is_empty() => {
            let index = u.choose_index(items.len())?;
            match u.int_in_range(0..=3)? {
                0 => items.push(items[index].clone()),
                1 => drop(items.remove(index)),
                _ => mutate_value(&mut items[index], u)?,
            }
        }
        other => *other = edge_value(other, u)?,
    }
    Ok(())
}

fn mutate_member(members: &mut Map<String, Value>, u: &mut Unstructured<'_>) -> Result<()> {
    let name = u.choose_iter(members.keys()).cloned().unwrap_or_default();
    let mut value = members.remove(&name).unwrap_or_default();
    match u.int_in_range(0..=7)? {
        0 => return Ok(()),
        1 => drop(members.insert(name.to_uppercase(), value)),
        2 => {
            let added = *u.choose(&["crit", "garbage", "alg", "effect", "action", "__proto__", ""])?;
            members.insert(name, value);
            members.insert(added.to_owned(), json!(["exp"]));
        }
        3 => drop(members.insert(name, json!([value]))),
        _ => {
            mutate_value(&mut value, u)?;
            members.insert(name, value);
        }
    }
    Ok(())
}

/// A value to replace `value` with: of another type, or at the edge of what readers accept.
fn edge_value(value: &Value, u: &mut Unstructured<'_>) -> Result<Value> {
    let text = value.as_str().unwrap_or_default();
    Ok(match u.int_in_range(0..=15)? {
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
        12 => json!("x".repeat(u.int_in_range(0..=599)?)),
        13 => json!([value]),
        14 => json!({"x": value}),
        _ => json!([]),
    })
}

/// Duplicates a member of the JSON object `text`, with the same or another value; `None` if it is not an object or is
/// empty.
pub(super) fn duplicate_member(text: &[u8], u: &mut Unstructured<'_>) -> Result<Option<Vec<u8>>> {
    let Some(JsonMembers(members)) = JsonMembers::parse(text) else { return Ok(None) };
    let Ok((name, value)) = u.choose(&members) else { return Ok(None) };
    let other = if u.arbitrary()? { edge_value(value, u)? } else { value.clone() };
    let member = format!("{}:{other}", json!(name)).into_bytes();
    let trimmed = text.trim_ascii();
    let inner = &trimmed[1..trimmed.len() - 1];
    let (first, second) = if u.arbitrary()? { (inner, &member[..]) } else { (&member[..], inner) };
    Ok(Some([b"{", first, b",", second, b"}"].concat()))
}
