//! Deserializes a struct from a JSON object and rejects an array.

use std::{fmt, marker::PhantomData};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};

/// A `T` that is deserialized from a JSON object only. A derived `Deserialize` also accepts an array of the members'
/// values in the order of the struct's fields, such as an array of claims in a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrictObject<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for StrictObject<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(StrictObjectVisitor(PhantomData))
    }
}

struct StrictObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for StrictObjectVisitor<T> {
    type Value = StrictObject<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<StrictObject<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members)).map(StrictObject)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::json::UniqueKeys;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Pair {
        a: bool,
        #[serde(default)]
        b: u8,
    }

    #[test]
    fn array_in_place_of_object_is_rejected() {
        let read = |text: &str| serde_json::from_str::<StrictObject<Pair>>(text).map(|object| object.0).ok();
        assert_eq!(read(r#"{"a": true}"#), Some(Pair { a: true, b: 0 }));
        for bad in ["[true]", "[true, 1]", "[]", "true", "null", r#"{"a": true, "c": 1}"#, r#"{"a": true, "a": true}"#]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn rejected_value_error_names_the_expected_object() {
        for text in ["[]", "[true]", "7", "null", "\"x\""] {
            let object = serde_json::from_str::<StrictObject<Pair>>(text).err();
            for error in [object, serde_json::from_str::<UniqueKeys>(text).err()] {
                let error = error.map(|error| error.to_string()).unwrap_or_default();
                assert!(error.contains("expected a JSON object"), "{text}: {error}");
            }
        }
    }
}
