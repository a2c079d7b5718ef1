//! The template's resources, before anything is known about their types.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{TemplateError, scope::Scope};

/// One resource that is built.
pub(super) struct Resource<'a> {
    /// Its logical id.
    pub(super) id: &'a str,
    /// Its type, as in `AWS::KMS::Key`.
    pub(super) kind: &'a str,
    value: &'a Value,
}

/// The resources without those whose condition does not hold.
pub(super) fn existing<'a>(
    scope: &Scope,
    section: Option<&'a Map<String, Value>>,
) -> Result<Vec<Resource<'a>>, TemplateError> {
    let mut resources = Vec::new();
    for (id, value) in section.into_iter().flatten() {
        let place = format!("Resources.{id}");
        let Some(kind) = value.get("Type").and_then(Value::as_str) else {
            return Err(TemplateError::refused(&place, "a resource has a `Type`"));
        };
        if exists(scope, value, &place)? {
            resources.push(Resource { id, kind, value });
        }
    }
    Ok(resources)
}

fn exists(scope: &Scope, value: &Value, place: &str) -> Result<bool, TemplateError> {
    match value.get("Condition") {
        None => Ok(true),
        Some(Value::String(condition)) => scope.holds(condition, place),
        Some(_) => Err(TemplateError::refused(place, "a `Condition` is a condition's name")),
    }
}

impl Resource<'_> {
    /// The way to its properties.
    pub(super) fn place(&self) -> String {
        format!("Resources.{}.Properties", self.id)
    }

    /// Those of its properties that are named, resolved. The others are not looked at.
    pub(super) fn properties<T: DeserializeOwned>(&self, scope: &Scope, names: &[&str]) -> Result<T, TemplateError> {
        picked(scope, self.value.get("Properties"), names, &self.place())
    }

    /// Its `Metadata`, which the deployment leaves alone and SAM's build reads.
    pub(super) fn metadata(&self) -> Option<&Value> {
        self.value.get("Metadata")
    }
}

/// Those members of `value` that are named, resolved and read as a `T`.
pub(super) fn picked<T: DeserializeOwned>(
    scope: &Scope,
    value: Option<&Value>,
    names: &[&str],
    place: &str,
) -> Result<T, TemplateError> {
    let members = value.and_then(Value::as_object).into_iter().flatten();
    let picked = members.filter(|(name, _)| names.contains(&name.as_str()));
    let picked = picked.map(|(name, value)| (name.clone(), value.clone())).collect();
    read(scope.resolve(&Value::Object(picked), place)?, place)
}

/// A resolved value as a `T`.
pub(super) fn read<T: DeserializeOwned>(value: Value, place: &str) -> Result<T, TemplateError> {
    serde_json::from_value(value).map_err(|problem| TemplateError::refused(place, problem.to_string()))
}

/// What may stand alone or in a list, as a list.
pub(super) fn many(value: Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items,
        one => vec![one],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::existing;
    use crate::template::{World, scope::Scope};

    fn ids(resources: &Value) -> Vec<String> {
        let mut scope = Scope::new(&World::default());
        let conditions = json!({"Yes": {"Fn::Equals": ["a", "a"]}, "No": {"Fn::Equals": ["a", "b"]}});
        scope.define_conditions(conditions.as_object()).unwrap();
        existing(&scope, resources.as_object()).unwrap().iter().map(|resource| resource.id.to_owned()).collect()
    }

    #[test]
    fn a_resource_whose_condition_does_not_hold_is_not_built() {
        let resources = json!({
            "A": {"Type": "T"},
            "B": {"Type": "T", "Condition": "Yes"},
            "C": {"Type": "T", "Condition": "No"},
        });
        assert_eq!(ids(&resources), ["A", "B"]);
    }

    #[test]
    fn properties_that_are_not_named_are_not_looked_at() {
        let resources = json!({"A": {"Type": "T", "Properties": {"X": "1", "Y": {"Fn::Select": []}}}});
        let scope = Scope::new(&World::default());
        let resources = existing(&scope, resources.as_object()).unwrap();
        assert_eq!(resources[0].properties::<Value>(&scope, &["X"]), Ok(json!({"X": "1"})));
        assert!(resources[0].properties::<Value>(&scope, &["Y"]).is_err());
    }
}
