//! The template's parameters and their values.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{TemplateError, scope::Scope};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    r#type: String,
    default: Option<String>,
    allowed_values: Option<Vec<String>>,
}

/// Gives every parameter in `section` its value: from `given`, else its default.
pub(super) fn define(
    scope: &mut Scope,
    section: Option<&Map<String, Value>>,
    given: &BTreeMap<String, String>,
) -> Result<(), TemplateError> {
    if let Some(name) = given.keys().find(|name| !section.is_some_and(|section| section.contains_key(*name))) {
        return Err(TemplateError::ParameterUnknown(name.clone()));
    }
    for (name, value) in section.into_iter().flatten() {
        match value_of(name, value, given.get(name))? {
            (value, false) => scope.define(name, value),
            // As CloudFormation has it: blanks around an item go, and an empty text is a list of one empty item.
            (list, true) => scope.define_list(name, list.split(',').map(|item| item.trim().to_owned()).collect()),
        }
    }
    Ok(())
}

/// The value, and whether it is a list with commas between the items.
fn value_of(name: &str, parameter: &Value, given: Option<&String>) -> Result<(String, bool), TemplateError> {
    let place = format!("Parameters.{name}");
    let parameter =
        Parameter::deserialize(parameter).map_err(|problem| TemplateError::refused(&place, problem.to_string()))?;
    if !matches!(parameter.r#type.as_str(), "String" | "Number" | "CommaDelimitedList") {
        return Err(TemplateError::refused(
            &place,
            format!("a parameter of type `{}` is not understood", parameter.r#type),
        ));
    }
    let value = given.cloned().or(parameter.default).ok_or_else(|| TemplateError::ParameterMissing(name.to_owned()))?;
    match parameter.allowed_values {
        Some(allowed) if !allowed.contains(&value) => {
            Err(TemplateError::ParameterNotAllowed { name: name.to_owned(), value, allowed: allowed.join(", ") })
        }
        _ => Ok((value, parameter.r#type == "CommaDelimitedList")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::define;
    use crate::template::{TemplateError, World, scope::Scope};

    fn size(given: &[(&str, &str)]) -> Result<String, TemplateError> {
        let section = json!({
            "Size": {"Type": "String", "AllowedValues": ["small", "large"], "Default": "small"},
            "Name": {"Type": "String"},
        });
        let given: BTreeMap<_, _> = given.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let mut scope = Scope::new(&World::default());
        define(&mut scope, section.as_object(), &given)?;
        scope.reference("Size", "Here").map(str::to_owned)
    }

    #[test]
    fn a_given_value_comes_before_the_default() {
        assert_eq!(size(&[("Name", "n")]), Ok("small".into()));
        assert_eq!(size(&[("Name", "n"), ("Size", "large")]), Ok("large".into()));
    }

    #[test]
    fn a_parameter_with_neither_value_nor_default_is_named() {
        assert_eq!(size(&[]), Err(TemplateError::ParameterMissing("Name".into())));
    }

    #[test]
    fn a_value_that_is_not_allowed_is_named_with_those_that_are() {
        let error = size(&[("Name", "n"), ("Size", "huge")]).map_err(|error| error.to_string());
        assert_eq!(error, Err("the parameter `Size` cannot be `huge`, it is one of small, large".into()));
    }

    #[test]
    fn a_value_for_no_parameter_is_refused() {
        assert_eq!(size(&[("Name", "n"), ("Shape", "x")]), Err(TemplateError::ParameterUnknown("Shape".into())));
    }

    #[test]
    fn a_list_is_told_apart_by_its_type_and_other_types_are_refused() {
        let list = |kind: &str| {
            let section = json!({"Names": {"Type": kind, "Default": "a, b"}});
            let mut scope = Scope::new(&World::default());
            define(&mut scope, section.as_object(), &BTreeMap::new())?;
            scope.resolve(&json!({"Ref": "Names"}), "Here")
        };
        assert_eq!(list("CommaDelimitedList"), Ok(json!(["a", "b"])));
        assert!(list("List<Number>").is_err());
    }
}
