//! Deserializes a JSON object and rejects duplicate members, also of the objects in it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The members of a JSON object with unique names, at every depth. Parsers disagree on which of two members with one name counts (RFC
/// 8259, section 4; RFC 7519, section 4).
#[derive(Debug, Clone, PartialEq)]
pub struct UniqueKeys(pub Map<String, Value>);

impl<'de> Deserialize<'de> for UniqueKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueKeysVisitor)
    }
}

struct UniqueKeysVisitor;

impl<'de> Visitor<'de> for UniqueKeysVisitor {
    type Value = UniqueKeys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<UniqueKeys, A::Error> {
        unique_members(access).map(UniqueKeys)
    }
}

fn unique_members<'de, A: MapAccess<'de>>(mut access: A) -> Result<Map<String, Value>, A::Error> {
    let mut members = Map::new();
    while let Some((name, UniqueValue(value))) = access.next_entry::<String, UniqueValue>()? {
        if members.contains_key(&name) {
            return Err(A::Error::custom(format_args!("`{}` is duplicated", excerpt(&name))));
        }
        members.insert(name, value);
    }
    Ok(members)
}

/// A JSON value whose objects have unique members. The parser limits the depth.
struct UniqueValue(Value);

impl<'de> Deserialize<'de> for UniqueValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueValueVisitor).map(Self)
    }
}

struct UniqueValueVisitor;

impl<'de> Visitor<'de> for UniqueValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(UniqueValue(value)) = access.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        unique_members(access).map(Value::Object)
    }
}

/// The part of untrusted text that an error message may repeat: the first 64 characters, without control characters.
#[must_use]
pub fn excerpt(text: &str) -> String {
    truncate(text, 64)
}

/// The first `max_chars` characters of the text, without control characters.
#[must_use]
pub fn truncate(text: &str, max_chars: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(max_chars).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn duplicate_member_is_rejected_at_every_depth() {
        for text in [
            r#"{"a": 1, "a": 1}"#,
            r#"{"a": {"b": 1, "b": 1}}"#,
            r#"{"a": [{"b": {}, "\u0062": {}}]}"#,
            r#"{"a": {"b": [[{"c": null, "d": 1, "c": null}]]}}"#,
        ] {
            let error = serde_json::from_str::<UniqueKeys>(text).unwrap_err().to_string();
            assert!(error.contains("is duplicated"), "{text}: {error}");
        }
    }

    #[test]
    fn members_have_the_values_of_the_text() {
        let text = r#"{"a": [null, true, -1, 18446744073709551615, 1.5, 1e3, "x\n"], "b": {"a": {"a": []}}}"#;
        let UniqueKeys(members) = serde_json::from_str(text).unwrap();
        assert_eq!(json!(members), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn deep_nesting_and_numbers_out_of_range_are_rejected() {
        let nested = format!(r#"{{"a": {}{}}}"#, "[".repeat(1_000), "]".repeat(1_000));
        for text in [&nested[..], r#"{"a": 1e400}"#, r#"{"a": [-1e400]}"#] {
            assert!(serde_json::from_str::<UniqueKeys>(text).is_err());
        }
    }
}
