//! The template's parameters.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{TemplateError, resolver::Resolver};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    r#type: String,
    default: Option<String>,
    allowed_values: Option<Vec<String>>,
}

/// Defines every parameter in `section`: with its value in `values`, otherwise with its default.
pub(super) fn define(
    resolver: &mut Resolver,
    section: Option<&Map<String, Value>>,
    values: &BTreeMap<String, String>,
) -> Result<(), TemplateError> {
    if let Some(name) = values.keys().find(|name| !section.is_some_and(|section| section.contains_key(*name))) {
        return Err(TemplateError::ParameterUnknown(name.clone()));
    }
    for (name, definition) in section.into_iter().flatten() {
        let path = format!("Parameters.{name}");
        let parameter =
            Parameter::deserialize(definition).map_err(|error| TemplateError::invalid(&path, error.to_string()))?;
        let value = value_of(name, &parameter, values.get(name))?;
        match parameter.r#type.as_str() {
            "String" | "Number" => resolver.define(name, value),
            // As in CloudFormation, items are trimmed, and an empty text is a list of one empty item.
            "CommaDelimitedList" => {
                resolver.define_list(name, value.split(',').map(|item| item.trim().to_owned()).collect());
            }
            other => return Err(TemplateError::invalid(&path, format!("parameter type `{other}` is not supported"))),
        }
    }
    Ok(())
}

fn value_of(name: &str, parameter: &Parameter, value: Option<&String>) -> Result<String, TemplateError> {
    let value = value.or(parameter.default.as_ref()).ok_or_else(|| TemplateError::ParameterMissing(name.to_owned()))?;
    match &parameter.allowed_values {
        Some(allowed) if !allowed.contains(value) => Err(TemplateError::ParameterNotAllowed {
            name: name.to_owned(),
            value: value.clone(),
            allowed: allowed.join(", "),
        }),
        _ => Ok(value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::template::PseudoParameters;

    fn size(values: &[(&str, &str)]) -> Result<String, TemplateError> {
        let section = json!({
            "Size": {"Type": "String", "AllowedValues": ["small", "large"], "Default": "small"},
            "Name": {"Type": "String"},
        });
        let values: BTreeMap<_, _> = values.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let mut resolver = Resolver::new(&PseudoParameters::default());
        define(&mut resolver, section.as_object(), &values)?;
        resolver.reference("Size", "Path").map(str::to_owned)
    }

    #[test]
    fn value_overrides_default() {
        assert_eq!(size(&[("Name", "n")]), Ok("small".into()));
        assert_eq!(size(&[("Name", "n"), ("Size", "large")]), Ok("large".into()));
    }

    #[test]
    fn parameter_without_value_and_default_is_an_error() {
        assert_eq!(size(&[]), Err(TemplateError::ParameterMissing("Name".into())));
    }

    #[test]
    fn value_that_is_not_allowed_is_reported_with_allowed_ones() {
        let error = size(&[("Name", "n"), ("Size", "huge")]).map_err(|error| error.to_string());
        assert_eq!(error, Err("parameter `Size` must be one of small, large, not `huge`".into()));
    }

    #[test]
    fn value_of_unknown_parameter_is_an_error() {
        assert_eq!(size(&[("Name", "n"), ("Shape", "x")]), Err(TemplateError::ParameterUnknown("Shape".into())));
    }

    #[test]
    fn comma_delimited_list_is_a_list_and_other_types_are_errors() {
        let list = |parameter_type: &str| {
            let section = json!({"Names": {"Type": parameter_type, "Default": "a, b"}});
            let mut resolver = Resolver::new(&PseudoParameters::default());
            define(&mut resolver, section.as_object(), &BTreeMap::new())?;
            resolver.resolve(&json!({"Ref": "Names"}), "Path")
        };
        assert_eq!(list("CommaDelimitedList"), Ok(json!(["a", "b"])));
        assert!(list("List<Number>").is_err());
    }
}
