//! The template's resources, independent of their types.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{TemplateError, resolver::Resolver};

/// A resource.
pub(super) struct Resource<'a> {
    pub(super) logical_id: &'a str,
    /// The type, as in `AWS::KMS::Key`.
    pub(super) type_name: &'a str,
    definition: &'a Value,
}

/// The resources whose condition holds or that have none.
pub(super) fn existing<'a>(
    resolver: &Resolver,
    section: Option<&'a Map<String, Value>>,
) -> Result<Vec<Resource<'a>>, TemplateError> {
    let mut resources = Vec::new();
    for (logical_id, definition) in section.into_iter().flatten() {
        let path = format!("Resources.{logical_id}");
        let Some(type_name) = definition.get("Type").and_then(Value::as_str) else {
            return Err(TemplateError::invalid(&path, "a resource must have a `Type`"));
        };
        if exists(resolver, definition, &path)? {
            resources.push(Resource { logical_id, type_name, definition });
        }
    }
    Ok(resources)
}

fn exists(resolver: &Resolver, definition: &Value, path: &str) -> Result<bool, TemplateError> {
    match definition.get("Condition") {
        None => Ok(true),
        Some(Value::String(condition)) => resolver.holds(condition, path),
        Some(_) => Err(TemplateError::invalid(path, "`Condition` must be the name of a condition")),
    }
}

impl Resource<'_> {
    /// The path of the properties.
    pub(super) fn path(&self) -> String {
        format!("Resources.{}.Properties", self.logical_id)
    }

    /// The properties in `names`, resolved. The others are ignored.
    pub(super) fn properties<T: DeserializeOwned>(
        &self,
        resolver: &Resolver,
        names: &[&str],
    ) -> Result<T, TemplateError> {
        select(resolver, self.definition.get("Properties"), names, &self.path())
    }

    /// The property `name`, unresolved.
    pub(super) fn property(&self, name: &str) -> Option<&Value> {
        self.definition.get("Properties")?.get(name)
    }

    /// The `Metadata`, which SAM reads at build time.
    pub(super) fn metadata(&self) -> Option<&Value> {
        self.definition.get("Metadata")
    }
}

/// The members of `value` in `names`, resolved and deserialized.
pub(super) fn select<T: DeserializeOwned>(
    resolver: &Resolver,
    value: Option<&Value>,
    names: &[&str],
    path: &str,
) -> Result<T, TemplateError> {
    let members = value.and_then(Value::as_object).into_iter().flatten();
    let selected = members.filter(|(name, _)| names.contains(&name.as_str()));
    let selected = selected.map(|(name, value)| (name.clone(), value.clone())).collect();
    deserialize(resolver.resolve(&Value::Object(selected), path)?, path)
}

/// Deserializes a resolved value.
pub(super) fn deserialize<T: DeserializeOwned>(value: Value, path: &str) -> Result<T, TemplateError> {
    serde_json::from_value(value).map_err(|error| TemplateError::invalid(path, error.to_string()))
}

/// The items of a list; a single value is a list of one, an absent one an empty list.
pub(super) fn into_list(value: Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items,
        single => vec![single],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::template::PseudoParameters;

    #[test]
    fn resource_exists_only_if_its_condition_holds() {
        let mut resolver = Resolver::new(&PseudoParameters::default());
        let conditions = json!({"Yes": {"Fn::Equals": ["a", "a"]}, "No": {"Fn::Equals": ["a", "b"]}});
        resolver.define_conditions(conditions.as_object()).unwrap();
        let resources = json!({
            "A": {"Type": "T"},
            "B": {"Type": "T", "Condition": "Yes"},
            "C": {"Type": "T", "Condition": "No"},
        });
        let resources = existing(&resolver, resources.as_object()).unwrap();
        assert_eq!(resources.iter().map(|resource| resource.logical_id).collect::<Vec<_>>(), ["A", "B"]);
    }

    #[test]
    fn properties_that_are_not_selected_are_not_resolved() {
        let resources = json!({"A": {"Type": "T", "Properties": {"X": "1", "Y": {"Fn::Select": []}}}});
        let resolver = Resolver::new(&PseudoParameters::default());
        let resources = existing(&resolver, resources.as_object()).unwrap();
        assert_eq!(resources[0].properties::<Value>(&resolver, &["X"]), Ok(json!({"X": "1"})));
        assert!(resources[0].properties::<Value>(&resolver, &["Y"]).is_err());
    }
}
