//! The document is written as YAML, for people, and served as JSON.

use std::{fs, path::PathBuf};

use local::build;
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde::{
    Serialize, Serializer,
    ser::{Error, SerializeMap},
};

/// A part of the document. Its members keep their order.
struct Node<'a>(&'a Yaml<'a>);

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Yaml::Value(scalar) => write_scalar(scalar, serializer),
            Yaml::Sequence(items) => serializer.collect_seq(items.iter().map(Node)),
            Yaml::Mapping(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    let name =
                        name.as_str().ok_or_else(|| S::Error::custom(format!("{name:?} is no member's name")))?;
                    map.serialize_entry(name, &Node(value))?;
                }
                map.end()
            }
            other => Err(S::Error::custom(format!("{other:?} has no place in JSON"))),
        }
    }
}

fn write_scalar<S: Serializer>(scalar: &Scalar, serializer: S) -> Result<S::Ok, S::Error> {
    match scalar {
        Scalar::Null => serializer.serialize_unit(),
        Scalar::Boolean(boolean) => serializer.serialize_bool(*boolean),
        Scalar::Integer(integer) => serializer.serialize_i64(*integer),
        Scalar::FloatingPoint(number) => serializer.serialize_f64(number.into_inner()),
        Scalar::String(text) => serializer.serialize_str(text),
    }
}

fn served() -> PathBuf {
    build::workspace().join("shared/src/publish/openapi.json")
}

fn written() -> String {
    let text = fs::read_to_string(build::workspace().join("infra/openapi.yaml")).unwrap();
    let documents = Yaml::load_from_str(&text).unwrap();
    assert_eq!(documents.len(), 1);
    serde_json::to_string_pretty(&Node(&documents[0])).unwrap() + "\n"
}

#[test]
fn what_is_served_is_what_is_written() {
    let written = written();
    if std::env::var_os("WRITE_OPENAPI").is_some() {
        fs::write(served(), &written).unwrap();
    }
    assert!(
        fs::read_to_string(served()).is_ok_and(|served| served == written),
        "infra/openapi.yaml has changed; write the JSON: WRITE_OPENAPI=1 cargo test --package local --test contract"
    );
}
