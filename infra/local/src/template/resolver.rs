//! Resolves references and intrinsic functions.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{PseudoParameters, TemplateError, substitution::substitute};

/// The defined names and their values.
pub(super) struct Resolver {
    pseudo_parameters: PseudoParameters,
    references: BTreeMap<String, String>,
    lists: BTreeMap<String, Vec<String>>,
    attributes: BTreeMap<String, String>,
    conditions: BTreeMap<String, bool>,
}

impl Resolver {
    /// A resolver with the pseudo parameters as its only names.
    pub(super) fn new(pseudo_parameters: &PseudoParameters) -> Self {
        let references = [
            ("AWS::AccountId", pseudo_parameters.account.as_str()),
            ("AWS::Partition", "aws"),
            ("AWS::Region", &pseudo_parameters.region),
            ("AWS::StackName", &pseudo_parameters.stack_name),
            ("AWS::URLSuffix", "amazonaws.com"),
        ];
        Self {
            pseudo_parameters: pseudo_parameters.clone(),
            references: references.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            lists: BTreeMap::new(),
            attributes: BTreeMap::new(),
            conditions: BTreeMap::new(),
        }
    }

    pub(super) fn pseudo_parameters(&self) -> &PseudoParameters {
        &self.pseudo_parameters
    }

    /// Defines the value of `Ref name`.
    pub(super) fn define(&mut self, name: &str, value: String) {
        self.references.insert(name.to_owned(), value);
    }

    /// Defines `Ref name` as a list.
    pub(super) fn define_list(&mut self, name: &str, items: Vec<String>) {
        self.lists.insert(name.to_owned(), items);
    }

    /// Defines `GetAtt name.Arn` as the ARN of `resource` (such as `table/x`) of `service`, and returns the ARN.
    pub(super) fn define_arn(&mut self, name: &str, service: &str, resource: &str) -> String {
        let PseudoParameters { account, region, .. } = &self.pseudo_parameters;
        let arn = format!("arn:aws:{service}:{region}:{account}:{resource}");
        self.attributes.insert(format!("{name}.Arn"), arn.clone());
        arn
    }

    /// Evaluates the conditions. A condition that names another one is not supported.
    pub(super) fn define_conditions(&mut self, section: Option<&Map<String, Value>>) -> Result<(), TemplateError> {
        let mut conditions = BTreeMap::new();
        for (name, value) in section.into_iter().flatten() {
            let path = format!("Conditions.{name}");
            let Value::Bool(holds) = self.resolve(value, &path)? else {
                return Err(TemplateError::invalid(&path, "a condition must be an Equals, a Not, an And or an Or"));
            };
            conditions.insert(name.clone(), holds);
        }
        self.conditions = conditions;
        Ok(())
    }

    /// Whether the condition `name`, referenced at `path`, holds.
    pub(super) fn holds(&self, name: &str, path: &str) -> Result<bool, TemplateError> {
        self.conditions.get(name).copied().ok_or_else(|| unknown_name(name, path))
    }

    /// The value of `Ref name`.
    pub(super) fn reference(&self, name: &str, path: &str) -> Result<&str, TemplateError> {
        self.references.get(name).map(String::as_str).ok_or_else(|| unknown_name(name, path))
    }

    /// The value of `GetAtt name`, where `name` is as in `Table.Arn`.
    pub(super) fn attribute(&self, name: &str, path: &str) -> Result<&str, TemplateError> {
        self.attributes.get(name).map(String::as_str).ok_or_else(|| unknown_name(name, path))
    }

    /// Resolves the intrinsic functions in `value`. Members and items that resolve to `AWS::NoValue` are removed.
    pub(super) fn resolve(&self, value: &Value, path: &str) -> Result<Value, TemplateError> {
        match value {
            Value::Object(members) => self.resolve_object(members, path),
            Value::Array(items) => self.resolve_list(items, path).map(Value::Array),
            scalar => Ok(scalar.clone()),
        }
    }

    fn resolve_object(&self, members: &Map<String, Value>, path: &str) -> Result<Value, TemplateError> {
        let mut resolved = Map::new();
        for (name, value) in members {
            if name == "Ref" || name.starts_with("Fn::") {
                return match members.len() {
                    1 => self.call(name, value, path),
                    _ => Err(TemplateError::invalid(path, format!("`{name}` must be the only member"))),
                };
            }
            resolved.insert(name.clone(), self.resolve(value, &format!("{path}.{name}"))?);
        }
        resolved.retain(|_, value| !value.is_null());
        Ok(Value::Object(resolved))
    }

    fn resolve_list(&self, items: &[Value], path: &str) -> Result<Vec<Value>, TemplateError> {
        let resolved = items.iter().enumerate().map(|(index, item)| self.resolve(item, &format!("{path}.{index}")));
        resolved.filter(|item| !matches!(item, Ok(Value::Null))).collect()
    }

    fn call(&self, name: &str, argument: &Value, path: &str) -> Result<Value, TemplateError> {
        match (name, argument) {
            ("Ref", Value::String(target)) if target == "AWS::NoValue" => Ok(Value::Null),
            ("Ref", Value::String(target)) => match self.lists.get(target) {
                Some(items) => Ok(items.clone().into()),
                None => self.reference(target, path).map(Value::from),
            },
            ("Fn::GetAtt", Value::String(target)) => self.attribute(target, path).map(Value::from),
            ("Fn::GetAtt", Value::Array(parts)) => self.attribute(&join(parts, ".", path)?, path).map(Value::from),
            ("Fn::Sub", Value::String(text)) => self.call_sub(text, &Map::new(), path),
            ("Fn::Sub", Value::Array(parts)) => {
                let [Value::String(text), Value::Object(variables)] = parts.as_slice() else {
                    return Err(invalid_arguments(name, path));
                };
                self.call_sub(text, variables, path)
            }
            ("Fn::If", Value::Array(parts)) => self.call_if(parts, path),
            ("Fn::Equals", Value::Array(parts)) => self.call_equals(parts, path),
            ("Fn::Join", Value::Array(parts)) => self.call_join(parts, path),
            ("Fn::Not", Value::Array(parts)) => self.call_not(parts, path),
            ("Fn::And", Value::Array(parts)) => Ok(Value::Bool(!self.evaluate(parts, name, path)?.contains(&false))),
            ("Fn::Or", Value::Array(parts)) => Ok(Value::Bool(self.evaluate(parts, name, path)?.contains(&true))),
            ("Fn::Split", Value::Array(parts)) => self.call_split(parts, path),
            ("Fn::Select", Value::Array(parts)) => self.call_select(parts, path),
            (
                "Ref" | "Fn::GetAtt" | "Fn::Sub" | "Fn::If" | "Fn::Equals" | "Fn::Join" | "Fn::Not" | "Fn::And"
                | "Fn::Or" | "Fn::Split" | "Fn::Select",
                _,
            ) => Err(invalid_arguments(name, path)),
            _ => Err(TemplateError::UnsupportedFunction { name: name.to_owned(), path: path.to_owned() }),
        }
    }

    fn call_sub(&self, text: &str, variables: &Map<String, Value>, path: &str) -> Result<Value, TemplateError> {
        let value_of = |name: &str| match variables.get(name).map(|value| self.resolve(value, path)).transpose()? {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(invalid_arguments("Fn::Sub", path)),
            None if name.contains('.') => self.attribute(name, path).map(str::to_owned),
            None => self.reference(name, path).map(str::to_owned),
        };
        substitute(text, path, value_of).map(Value::from)
    }

    fn call_if(&self, parts: &[Value], path: &str) -> Result<Value, TemplateError> {
        let [Value::String(condition), then, otherwise] = parts else { return Err(invalid_arguments("Fn::If", path)) };
        self.resolve(if self.holds(condition, path)? { then } else { otherwise }, path)
    }

    fn call_equals(&self, parts: &[Value], path: &str) -> Result<Value, TemplateError> {
        let [left, right] = parts else { return Err(invalid_arguments("Fn::Equals", path)) };
        Ok(Value::Bool(self.resolve(left, path)? == self.resolve(right, path)?))
    }

    fn call_not(&self, parts: &[Value], path: &str) -> Result<Value, TemplateError> {
        let [part] = parts else { return Err(invalid_arguments("Fn::Not", path)) };
        let Value::Bool(condition) = self.resolve(part, path)? else { return Err(invalid_arguments("Fn::Not", path)) };
        Ok(Value::Bool(!condition))
    }

    /// The values of conditions, of which `Fn::And` and `Fn::Or` have 2 to 10.
    fn evaluate(&self, parts: &[Value], name: &str, path: &str) -> Result<Vec<bool>, TemplateError> {
        if !(2..=10).contains(&parts.len()) {
            return Err(invalid_arguments(name, path));
        }
        let value = |part| self.resolve(part, path)?.as_bool().ok_or_else(|| invalid_arguments(name, path));
        parts.iter().map(value).collect()
    }

    fn call_join(&self, parts: &[Value], path: &str) -> Result<Value, TemplateError> {
        let [Value::String(separator), items] = parts else { return Err(invalid_arguments("Fn::Join", path)) };
        let Value::Array(items) = self.resolve(items, path)? else { return Err(invalid_arguments("Fn::Join", path)) };
        join(&items, separator, path).map(Value::from)
    }

    fn call_split(&self, parts: &[Value], path: &str) -> Result<Value, TemplateError> {
        let [Value::String(separator), text] = parts else { return Err(invalid_arguments("Fn::Split", path)) };
        match self.resolve(text, path)? {
            Value::String(text) if !separator.is_empty() => Ok(text.split(separator.as_str()).collect()),
            _ => Err(invalid_arguments("Fn::Split", path)),
        }
    }

    /// An index beyond the list is an error, as in `CloudFormation`.
    fn call_select(&self, parts: &[Value], path: &str) -> Result<Value, TemplateError> {
        let [Value::String(index), items] = parts else { return Err(invalid_arguments("Fn::Select", path)) };
        let item = match (index.parse::<usize>(), self.resolve(items, path)?) {
            (Ok(index), Value::Array(items)) => items.into_iter().nth(index),
            _ => None,
        };
        item.ok_or_else(|| invalid_arguments("Fn::Select", path))
    }
}

fn join(parts: &[Value], separator: &str, path: &str) -> Result<String, TemplateError> {
    let texts: Option<Vec<&str>> = parts.iter().map(Value::as_str).collect();
    texts.map(|texts| texts.join(separator)).ok_or_else(|| TemplateError::invalid(path, "only strings can be joined"))
}

fn invalid_arguments(name: &str, path: &str) -> TemplateError {
    TemplateError::invalid(path, format!("invalid arguments of `{name}`"))
}

fn unknown_name(name: &str, path: &str) -> TemplateError {
    TemplateError::UnknownName { name: name.to_owned(), path: path.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn resolver() -> Resolver {
        let mut resolver = Resolver::new(&PseudoParameters::default());
        resolver.define("Color", "blue".into());
        resolver.define("Table", "latchkey-Table".into());
        resolver.define_list("List", vec!["x".into(), "y".into()]);
        resolver.define_arn("Table", "dynamodb", "table/latchkey-Table");
        let conditions = json!({
            "Blue": {"Fn::Equals": [{"Ref": "Color"}, "blue"]},
            "Red": {"Fn::Equals": [{"Ref": "Color"}, "red"]},
        });
        resolver.define_conditions(conditions.as_object()).unwrap();
        resolver
    }

    fn resolve(value: &Value) -> Result<Value, TemplateError> {
        resolver().resolve(value, "Path")
    }

    #[test]
    fn intrinsic_functions_are_resolved() {
        let arn = "arn:aws:dynamodb:us-east-1:000000000000:table/latchkey-Table";
        let cases = [
            (json!({"Ref": "Color"}), json!("blue")),
            (json!({"Ref": "AWS::Region"}), json!("us-east-1")),
            (json!({"Fn::GetAtt": "Table.Arn"}), json!(arn)),
            (json!({"Fn::GetAtt": ["Table", "Arn"]}), json!(arn)),
            (json!({"Fn::If": ["Blue", "yes", "no"]}), json!("yes")),
            (json!({"Fn::If": ["Red", "yes", {"Ref": "Table"}]}), json!("latchkey-Table")),
            (json!({"Fn::Join": ["-", ["a", {"Ref": "Color"}]]}), json!("a-blue")),
            (json!({"Ref": "List"}), json!(["x", "y"])),
            (json!({"Fn::Join": ["-", {"Ref": "List"}]}), json!("x-y")),
            (json!({"Fn::Not": [{"Fn::Equals": [{"Ref": "Color"}, ""]}]}), json!(true)),
            (json!({"Fn::Not": [{"Fn::Equals": ["a", "a"]}]}), json!(false)),
            (json!({"Fn::And": [{"Fn::Equals": ["a", "a"]}, {"Fn::Equals": ["a", "b"]}]}), json!(false)),
            (json!({"Fn::And": [{"Fn::Equals": ["a", "a"]}, {"Fn::Equals": ["b", "b"]}]}), json!(true)),
            (json!({"Fn::Or": [{"Fn::Equals": ["a", "a"]}, {"Fn::Equals": ["a", "b"]}]}), json!(true)),
            (json!({"Fn::Or": [{"Fn::Equals": ["a", "b"]}, {"Fn::Equals": ["b", "a"]}]}), json!(false)),
            (json!({"Fn::Split": [",", {"Fn::Sub": "${Color},,c"}]}), json!(["blue", "", "c"])),
            (json!({"Fn::Select": ["1", {"Ref": "List"}]}), json!("y")),
            (json!({"Fn::Select": ["2", {"Fn::Split": [",", "a,b,c"]}]}), json!("c")),
            (json!({"a": [{"Fn::Sub": "${Color}"}]}), json!({"a": ["blue"]})),
            (json!({"Fn::Sub": "${Table.Arn}/index/by_org"}), json!(format!("{arn}/index/by_org"))),
            (json!({"Fn::Sub": "${!Color} ${AWS::AccountId}"}), json!("${Color} 000000000000")),
            (json!({"Fn::Sub": ["${Own}-${Color}", {"Own": {"Ref": "Color"}}]}), json!("blue-blue")),
        ];
        for (value, expected) in cases {
            assert_eq!(resolve(&value), Ok(expected), "{value}");
        }
    }

    #[test]
    fn no_value_removes_the_member_or_item() {
        let no_value = json!({"Ref": "AWS::NoValue"});
        assert_eq!(resolve(&json!({"a": no_value, "b": [no_value, "c"]})), Ok(json!({"b": ["c"]})));
    }

    #[test]
    fn unselected_branch_is_not_resolved() {
        assert_eq!(resolve(&json!({"Fn::If": ["Blue", "yes", {"Fn::Cidr": []}]})), Ok(json!("yes")));
    }

    #[test]
    fn unsupported_function_is_reported_with_its_path() {
        for name in ["Fn::Cidr", "Fn::FindInMap", "Fn::Transform", "Fn::ImportValue", "Fn::Condition", "Fn::anything"] {
            let error = resolve(&json!({"a": [{name: ["x"]}]})).unwrap_err();
            assert_eq!(error, TemplateError::UnsupportedFunction { name: name.into(), path: "Path.a.0".into() });
        }
    }

    #[test]
    fn unknown_name_is_an_error() {
        let cases = [
            json!({"Ref": "Unknown"}),
            json!({"Fn::GetAtt": "Unknown.Arn"}),
            json!({"Fn::GetAtt": "Table.StreamArn"}),
            json!({"Fn::If": ["Unknown", "a", "b"]}),
            json!({"Fn::Sub": "${Unknown}"}),
            json!({"Fn::Sub": "${Unknown.Arn}"}),
        ];
        for value in cases {
            assert!(matches!(resolve(&value), Err(TemplateError::UnknownName { .. })), "{value}");
        }
    }

    #[test]
    fn invalid_arguments_are_errors() {
        let cases = [
            json!({"Ref": ["Table"]}),
            json!({"Fn::GetAtt": {"a": "b"}}),
            json!({"Fn::Sub": "${Color"}),
            json!({"Fn::Sub": ["${Color}"]}),
            json!({"Fn::Sub": ["${Own}", {"Own": ["a"]}]}),
            json!({"Fn::Sub": {}}),
            json!({"Fn::If": ["Blue", "a"]}),
            json!({"Fn::Equals": ["a"]}),
            json!({"Fn::Join": ["-", "a"]}),
            json!({"Fn::Join": ["-", [["a"]]]}),
            json!({"Fn::Not": [{"Fn::Equals": ["a", "a"]}, {"Fn::Equals": ["a", "b"]}]}),
            json!({"Fn::Not": ["true"]}),
            json!({"Fn::Not": {"Fn::Equals": ["a", "a"]}}),
            json!({"Fn::And": [{"Fn::Equals": ["a", "a"]}]}),
            json!({"Fn::Or": [{"Fn::Equals": ["a", "a"]}, "true"]}),
            json!({"Fn::Split": [",", ["a"]]}),
            json!({"Fn::Split": ["", "a"]}),
            json!({"Fn::Select": ["2", {"Ref": "List"}]}),
            json!({"Fn::Select": ["-1", {"Ref": "List"}]}),
            json!({"Fn::Select": ["0", "text"]}),
            json!({"Fn::Select": [{"Ref": "Color"}, {"Ref": "List"}]}),
            json!({"Ref": "Table", "Fn::Sub": "a"}),
        ];
        for value in cases {
            assert!(matches!(resolve(&value), Err(TemplateError::Invalid { .. })), "{value}");
        }
    }

    #[test]
    fn condition_must_be_equals_or_not_without_other_conditions() {
        let mut resolver = resolver();
        let names_condition = json!({"Fn::Not": [{"Condition": "Blue"}]});
        for condition in
            [json!("true"), json!({"Fn::Or": []}), names_condition, json!({"Fn::Equals": [{"Ref": "Unknown"}, ""]})]
        {
            assert!(resolver.define_conditions(json!({"C": condition}).as_object()).is_err(), "{condition}");
        }
    }
}
