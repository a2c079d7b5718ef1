//! Converts YAML with `CloudFormation`'s tags to JSON with the full names of the intrinsic functions.

use saphyr::{LoadableYamlNode, Mapping, Scalar, Tag, Yaml};
use serde_json::{Map, Value};

use super::TemplateError;

/// Parses one YAML document. `!Ref x` becomes `{"Ref": "x"}`, and any other tag as `!Sub x` becomes `{"Fn::Sub": "x"}`.
///
/// Numbers and booleans become strings, as in `CloudFormation`, where the value of a parameter is a string.
pub(super) fn parse(text: &str) -> Result<Value, TemplateError> {
    let documents = Yaml::load_from_str(text).map_err(|error| TemplateError::Yaml(error.to_string()))?;
    match documents.as_slice() {
        [document] => node(document),
        _ => Err(TemplateError::Yaml("not exactly one document".into())),
    }
}

fn node(yaml: &Yaml) -> Result<Value, TemplateError> {
    match yaml {
        Yaml::Value(value) => Ok(scalar(value)),
        Yaml::Sequence(items) => items.iter().map(node).collect(),
        Yaml::Mapping(members) => mapping(members),
        Yaml::Tagged(tag, inner) => Ok(Value::Object(Map::from_iter([(full_name(tag), node(inner)?)]))),
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            Err(TemplateError::Yaml(format!("unsupported value `{yaml:?}`")))
        }
    }
}

fn scalar(value: &Scalar) -> Value {
    match value {
        Scalar::Null => Value::Null,
        Scalar::Boolean(boolean) => boolean.to_string().into(),
        Scalar::Integer(integer) => integer.to_string().into(),
        Scalar::FloatingPoint(float) => float.to_string().into(),
        Scalar::String(text) => text.as_ref().into(),
    }
}

fn mapping(members: &Mapping) -> Result<Value, TemplateError> {
    let member = |(key, value): (&Yaml, &Yaml)| match node(key)? {
        Value::String(name) => Ok((name, node(value)?)),
        other => Err(TemplateError::Yaml(format!("`{other}` is not a member name"))),
    };
    members.iter().map(member).collect::<Result<Map<_, _>, _>>().map(Value::Object)
}

/// The full name of an intrinsic function. Only `Ref` has no prefix.
fn full_name(tag: &Tag) -> String {
    match tag.suffix.as_str() {
        "Ref" => "Ref".to_owned(),
        other => format!("Fn::{other}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn tag_becomes_the_full_name_of_the_function() {
        let cases = [
            ("a: !Ref b", json!({"a": {"Ref": "b"}})),
            ("a: !Sub \"x${b}\"", json!({"a": {"Fn::Sub": "x${b}"}})),
            ("a: !GetAtt b.Arn", json!({"a": {"Fn::GetAtt": "b.Arn"}})),
            ("a: !If [c, !Ref b, 1]", json!({"a": {"Fn::If": ["c", {"Ref": "b"}, "1"]}})),
            ("a: !Select [0, [x]]", json!({"a": {"Fn::Select": ["0", ["x"]]}})),
            ("a: { Fn::Join: [\",\", [b]] }", json!({"a": {"Fn::Join": [",", ["b"]]}})),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn scalar_becomes_a_string() {
        assert_eq!(parse("[1, true, '1', 2012-10-17, ~]").unwrap(), json!(["1", "true", "1", "2012-10-17", null]));
    }

    #[test]
    fn text_that_is_not_one_document_is_an_error() {
        for text in ["", "a: [", "a: 1\n---\nb: 2", "a: 1\na: 2", "? [a]\n: 1"] {
            assert!(parse(text).unwrap_err().to_string().starts_with("template is not valid YAML: "), "{text}");
        }
    }
}
