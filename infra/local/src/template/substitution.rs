//! `Fn::Sub`: names in a text, replaced by what they stand for.

use serde_json::{Map, Value};

use super::{TemplateError, scope::Scope};

/// The text of a `Sub`, which is the text alone or a list of the text and a mapping with names of its own.
pub(super) fn substitute(scope: &Scope, argument: &Value, place: &str) -> Result<String, TemplateError> {
    match argument {
        Value::String(text) => fill(scope, text, &Map::new(), place),
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(text), Value::Object(names)] => fill(scope, text, names, place),
            _ => Err(misshapen(place)),
        },
        _ => Err(misshapen(place)),
    }
}

fn fill(scope: &Scope, text: &str, names: &Map<String, Value>, place: &str) -> Result<String, TemplateError> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, tail)) = after.split_once('}') else {
            return Err(TemplateError::refused(place, format!("`{text}` has a `${{` that is not closed")));
        };
        filled.push_str(before);
        filled.push_str(&stands_for(scope, name, names, place)?);
        rest = tail;
    }
    Ok(filled + rest)
}

fn stands_for(scope: &Scope, name: &str, names: &Map<String, Value>, place: &str) -> Result<String, TemplateError> {
    if let Some(literal) = name.strip_prefix('!') {
        return Ok(format!("${{{literal}}}"));
    }
    if let Some(value) = names.get(name) {
        return match scope.resolve(value, place)? {
            Value::String(text) => Ok(text),
            _ => Err(misshapen(place)),
        };
    }
    let found = if name.contains('.') { scope.attribute(name, place) } else { scope.reference(name, place) };
    found.map(str::to_owned)
}

fn misshapen(place: &str) -> TemplateError {
    TemplateError::refused(place, "`Fn::Sub` takes a text, or a list of a text and a mapping of names to strings")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::substitute;
    use crate::template::{TemplateError, World, scope::Scope};

    fn filled(argument: &Value) -> Result<String, TemplateError> {
        let mut scope = Scope::new(&World::default());
        scope.define("Name", "x".into());
        scope.define_arn("Table", "dynamodb", "table/t");
        substitute(&scope, argument, "Here")
    }

    #[test]
    fn names_attributes_and_literals_are_told_apart() {
        let cases = [
            (json!("plain"), "plain"),
            (json!("${Name}${Name}-"), "xx-"),
            (json!("${Table.Arn}/index/by_org"), "arn:aws:dynamodb:us-east-1:000000000000:table/t/index/by_org"),
            (json!("${!Name} costs $5"), "${Name} costs $5"),
            (json!("arn:${AWS::Partition}:iam::${AWS::AccountId}:root"), "arn:aws:iam::000000000000:root"),
            (json!(["${Own}-${Name}", {"Own": {"Ref": "Name"}}]), "x-x"),
        ];
        for (argument, expected) in cases {
            assert_eq!(filled(&argument).unwrap(), expected, "{argument}");
        }
    }

    #[test]
    fn an_unknown_name_an_open_brace_and_a_wrong_shape_are_refused() {
        for argument in [json!("${Nowhere}"), json!("${Nowhere.Arn}"), json!("${Name"), json!(["${Name}"]), json!({})] {
            assert!(filled(&argument).is_err(), "{argument}");
        }
    }

    proptest! {
        #[test]
        fn a_text_without_an_opening_is_left_alone(text in "[^{]*") {
            prop_assert_eq!(filled(&json!(text)).unwrap(), text);
        }
    }
}
