//! YAML with the tags of `CloudFormation`, turned into JSON with the long form of every intrinsic function.

use saphyr::{LoadableYamlNode, Mapping, Scalar, Tag, Yaml};
use serde_json::{Map, Value};

use super::TemplateError;

/// Reads one YAML document. `!Ref x` becomes `{"Ref": "x"}`, `!Sub x` becomes `{"Fn::Sub": "x"}`, any other tag likewise.
///
/// Numbers and truth values become strings, because to `CloudFormation` they are: a parameter is a string wherever it is used.
pub(super) fn parse(text: &str) -> Result<Value, TemplateError> {
    let documents = Yaml::load_from_str(text).map_err(|error| TemplateError::Yaml(error.to_string()))?;
    match documents.as_slice() {
        [document] => node(document),
        _ => Err(TemplateError::Yaml("it is not one document".into())),
    }
}

fn node(yaml: &Yaml) -> Result<Value, TemplateError> {
    match yaml {
        Yaml::Value(value) => Ok(scalar(value)),
        Yaml::Sequence(items) => items.iter().map(node).collect(),
        Yaml::Mapping(members) => mapping(members),
        Yaml::Tagged(tag, inner) => Ok(Value::Object(Map::from_iter([(long_form(tag), node(inner)?)]))),
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            Err(TemplateError::Yaml(format!("a value cannot be read: `{yaml:?}`")))
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
        other => Err(TemplateError::Yaml(format!("`{other}` is not a member's name"))),
    };
    members.iter().map(member).collect::<Result<Map<_, _>, _>>().map(Value::Object)
}

/// `Ref` alone has no `Fn::` before it in its long form.
fn long_form(tag: &Tag) -> String {
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
    fn a_tag_becomes_the_long_form() {
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
    fn a_scalar_is_text_whatever_it_looks_like() {
        assert_eq!(parse("[1, true, '1', 2012-10-17, ~]").unwrap(), json!(["1", "true", "1", "2012-10-17", null]));
    }

    #[test]
    fn what_is_not_one_document_is_refused() {
        for text in ["", "a: [", "a: 1\n---\nb: 2", "a: 1\na: 2", "? [a]\n: 1"] {
            assert!(parse(text).unwrap_err().to_string().starts_with("the template is not YAML: "), "{text}");
        }
    }
}
