//! What a name stands for, and intrinsic functions resolved with it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{TemplateError, World, substitution};

/// The names that are known so far.
pub(super) struct Scope {
    world: World,
    references: BTreeMap<String, String>,
    lists: BTreeMap<String, Vec<String>>,
    attributes: BTreeMap<String, String>,
    conditions: BTreeMap<String, bool>,
}

impl Scope {
    /// A scope that knows the pseudo parameters.
    pub(super) fn new(world: &World) -> Self {
        let pseudo = [
            ("AWS::AccountId", world.account.as_str()),
            ("AWS::Partition", "aws"),
            ("AWS::Region", &world.region),
            ("AWS::StackName", &world.stack),
            ("AWS::URLSuffix", "amazonaws.com"),
        ];
        Self {
            world: world.clone(),
            references: pseudo.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            lists: BTreeMap::new(),
            attributes: BTreeMap::new(),
            conditions: BTreeMap::new(),
        }
    }

    /// Where the template is played.
    pub(super) fn world(&self) -> &World {
        &self.world
    }

    /// From now on `Ref name` is `value`.
    pub(super) fn define(&mut self, name: &str, value: String) {
        self.references.insert(name.to_owned(), value);
    }

    /// From now on `Ref name` is this list.
    pub(super) fn define_list(&mut self, name: &str, items: Vec<String>) {
        self.lists.insert(name.to_owned(), items);
    }

    /// From now on `GetAtt name.Arn` is the ARN of `resource` (such as `table/x`) of `service`. Gives that ARN.
    pub(super) fn define_arn(&mut self, name: &str, service: &str, resource: &str) -> String {
        let World { account, region, .. } = &self.world;
        let arn = format!("arn:aws:{service}:{region}:{account}:{resource}");
        self.attributes.insert(format!("{name}.Arn"), arn.clone());
        arn
    }

    /// Decides every condition. None may name another, as it would have to be decided first.
    pub(super) fn define_conditions(&mut self, section: Option<&Map<String, Value>>) -> Result<(), TemplateError> {
        let mut decided = BTreeMap::new();
        for (name, value) in section.into_iter().flatten() {
            let place = format!("Conditions.{name}");
            let Value::Bool(holds) = self.resolve(value, &place)? else {
                return Err(TemplateError::refused(&place, "a condition is an Equals or a Not"));
            };
            decided.insert(name.clone(), holds);
        }
        self.conditions = decided;
        Ok(())
    }

    /// Whether the condition `name`, which stands at `place`, holds.
    pub(super) fn holds(&self, name: &str, place: &str) -> Result<bool, TemplateError> {
        self.conditions.get(name).copied().ok_or_else(|| dangling(name, place))
    }

    /// What `Ref name` is.
    pub(super) fn reference(&self, name: &str, place: &str) -> Result<&str, TemplateError> {
        self.references.get(name).map(String::as_str).ok_or_else(|| dangling(name, place))
    }

    /// What `GetAtt name` is, where `name` is as in `Table.Arn`.
    pub(super) fn attribute(&self, name: &str, place: &str) -> Result<&str, TemplateError> {
        self.attributes.get(name).map(String::as_str).ok_or_else(|| dangling(name, place))
    }

    /// The value without intrinsic functions. What resolves to `AWS::NoValue` is left out of its mapping or list.
    pub(super) fn resolve(&self, value: &Value, place: &str) -> Result<Value, TemplateError> {
        match value {
            Value::Object(members) => self.resolve_mapping(members, place),
            Value::Array(items) => self.resolve_list(items, place).map(Value::Array),
            scalar => Ok(scalar.clone()),
        }
    }

    fn resolve_mapping(&self, members: &Map<String, Value>, place: &str) -> Result<Value, TemplateError> {
        let mut resolved = Map::new();
        for (name, value) in members {
            if name == "Ref" || name.starts_with("Fn::") {
                return match members.len() {
                    1 => self.call(name, value, place),
                    _ => Err(TemplateError::refused(place, format!("`{name}` cannot stand beside other members"))),
                };
            }
            resolved.insert(name.clone(), self.resolve(value, &format!("{place}.{name}"))?);
        }
        resolved.retain(|_, value| !value.is_null());
        Ok(Value::Object(resolved))
    }

    fn resolve_list(&self, items: &[Value], place: &str) -> Result<Vec<Value>, TemplateError> {
        let resolved = items.iter().enumerate().map(|(index, item)| self.resolve(item, &format!("{place}.{index}")));
        resolved.filter(|item| !matches!(item, Ok(Value::Null))).collect()
    }

    fn call(&self, name: &str, argument: &Value, place: &str) -> Result<Value, TemplateError> {
        match (name, argument) {
            ("Ref", Value::String(target)) if target == "AWS::NoValue" => Ok(Value::Null),
            ("Ref", Value::String(target)) => match self.lists.get(target) {
                Some(items) => Ok(items.clone().into()),
                None => self.reference(target, place).map(Value::from),
            },
            ("Fn::GetAtt", Value::String(target)) => self.attribute(target, place).map(Value::from),
            ("Fn::GetAtt", Value::Array(parts)) => self.attribute(&joined(parts, ".", place)?, place).map(Value::from),
            ("Fn::Sub", argument) => substitution::substitute(self, argument, place).map(Value::from),
            ("Fn::If", Value::Array(parts)) => self.choose(parts, place),
            ("Fn::Equals", Value::Array(parts)) => self.equals(parts, place),
            ("Fn::Join", Value::Array(parts)) => self.join(parts, place),
            ("Fn::Not", Value::Array(parts)) => self.not(parts, place),
            ("Ref" | "Fn::GetAtt" | "Fn::If" | "Fn::Equals" | "Fn::Join" | "Fn::Not", _) => Err(misshapen(name, place)),
            _ => Err(TemplateError::Intrinsic { name: name.to_owned(), place: place.to_owned() }),
        }
    }

    fn choose(&self, parts: &[Value], place: &str) -> Result<Value, TemplateError> {
        let [Value::String(condition), then, otherwise] = parts else { return Err(misshapen("Fn::If", place)) };
        self.resolve(if self.holds(condition, place)? { then } else { otherwise }, place)
    }

    fn equals(&self, parts: &[Value], place: &str) -> Result<Value, TemplateError> {
        let [left, right] = parts else { return Err(misshapen("Fn::Equals", place)) };
        Ok(Value::Bool(self.resolve(left, place)? == self.resolve(right, place)?))
    }

    fn not(&self, parts: &[Value], place: &str) -> Result<Value, TemplateError> {
        let [part] = parts else { return Err(misshapen("Fn::Not", place)) };
        let Value::Bool(condition) = self.resolve(part, place)? else { return Err(misshapen("Fn::Not", place)) };
        Ok(Value::Bool(!condition))
    }

    fn join(&self, parts: &[Value], place: &str) -> Result<Value, TemplateError> {
        let [Value::String(separator), items] = parts else { return Err(misshapen("Fn::Join", place)) };
        let Value::Array(items) = self.resolve(items, place)? else { return Err(misshapen("Fn::Join", place)) };
        joined(&items, separator, place).map(Value::from)
    }
}

fn joined(parts: &[Value], separator: &str, place: &str) -> Result<String, TemplateError> {
    let texts: Option<Vec<&str>> = parts.iter().map(Value::as_str).collect();
    texts.map(|texts| texts.join(separator)).ok_or_else(|| TemplateError::refused(place, "only strings can be joined"))
}

fn misshapen(name: &str, place: &str) -> TemplateError {
    TemplateError::refused(place, format!("`{name}` does not have the arguments that it takes"))
}

fn dangling(name: &str, place: &str) -> TemplateError {
    TemplateError::Dangling { name: name.to_owned(), place: place.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Scope;
    use crate::template::{TemplateError, World};

    fn scope() -> Scope {
        let mut scope = Scope::new(&World::default());
        scope.define("Colour", "blue".into());
        scope.define("Table", "latchkey-Table".into());
        scope.define_list("List", vec!["x".into(), "y".into()]);
        scope.define_arn("Table", "dynamodb", "table/latchkey-Table");
        let conditions = json!({
            "Blue": {"Fn::Equals": [{"Ref": "Colour"}, "blue"]},
            "Red": {"Fn::Equals": [{"Ref": "Colour"}, "red"]},
        });
        scope.define_conditions(conditions.as_object()).unwrap();
        scope
    }

    fn resolve(value: &Value) -> Result<Value, TemplateError> {
        scope().resolve(value, "Here")
    }

    #[test]
    fn each_intrinsic_function_has_its_value() {
        let arn = "arn:aws:dynamodb:us-east-1:000000000000:table/latchkey-Table";
        let cases = [
            (json!({"Ref": "Colour"}), json!("blue")),
            (json!({"Ref": "AWS::Region"}), json!("us-east-1")),
            (json!({"Fn::GetAtt": "Table.Arn"}), json!(arn)),
            (json!({"Fn::GetAtt": ["Table", "Arn"]}), json!(arn)),
            (json!({"Fn::If": ["Blue", "yes", "no"]}), json!("yes")),
            (json!({"Fn::If": ["Red", "yes", {"Ref": "Table"}]}), json!("latchkey-Table")),
            (json!({"Fn::Join": ["-", ["a", {"Ref": "Colour"}]]}), json!("a-blue")),
            (json!({"Ref": "List"}), json!(["x", "y"])),
            (json!({"Fn::Join": ["-", {"Ref": "List"}]}), json!("x-y")),
            (json!({"Fn::Not": [{"Fn::Equals": [{"Ref": "Colour"}, ""]}]}), json!(true)),
            (json!({"Fn::Not": [{"Fn::Equals": ["a", "a"]}]}), json!(false)),
            (json!({"a": [{"Fn::Sub": "${Colour}"}]}), json!({"a": ["blue"]})),
        ];
        for (value, expected) in cases {
            assert_eq!(resolve(&value), Ok(expected), "{value}");
        }
    }

    #[test]
    fn no_value_leaves_the_member_out() {
        let none = json!({"Ref": "AWS::NoValue"});
        assert_eq!(resolve(&json!({"a": none, "b": [none, "c"]})), Ok(json!({"b": ["c"]})));
    }

    #[test]
    fn the_branch_that_is_not_taken_is_not_looked_at() {
        assert_eq!(resolve(&json!({"Fn::If": ["Blue", "yes", {"Fn::Select": []}]})), Ok(json!("yes")));
    }

    #[test]
    fn an_unknown_intrinsic_function_is_named_with_its_place() {
        for name in ["Fn::Select", "Fn::FindInMap", "Fn::Transform", "Fn::ImportValue", "Fn::Condition", "Fn::anything"]
        {
            let error = resolve(&json!({"a": [{name: ["x"]}]})).unwrap_err();
            assert_eq!(error, TemplateError::Intrinsic { name: name.into(), place: "Here.a.0".into() });
        }
    }

    #[test]
    fn a_reference_to_nothing_is_refused() {
        let cases = [
            json!({"Ref": "Nowhere"}),
            json!({"Fn::GetAtt": "Nowhere.Arn"}),
            json!({"Fn::GetAtt": "Table.StreamArn"}),
            json!({"Fn::If": ["Nowhere", "a", "b"]}),
        ];
        for value in cases {
            assert!(matches!(resolve(&value), Err(TemplateError::Dangling { .. })), "{value}");
        }
    }

    #[test]
    fn wrong_arguments_are_refused() {
        let cases = [
            json!({"Ref": ["Table"]}),
            json!({"Fn::GetAtt": {"a": "b"}}),
            json!({"Fn::If": ["Blue", "a"]}),
            json!({"Fn::Equals": ["a"]}),
            json!({"Fn::Join": ["-", "a"]}),
            json!({"Fn::Join": ["-", [["a"]]]}),
            json!({"Fn::Not": [{"Fn::Equals": ["a", "a"]}, {"Fn::Equals": ["a", "b"]}]}),
            json!({"Fn::Not": ["true"]}),
            json!({"Fn::Not": {"Fn::Equals": ["a", "a"]}}),
            json!({"Ref": "Table", "Fn::Sub": "a"}),
        ];
        for value in cases {
            assert!(matches!(resolve(&value), Err(TemplateError::Refused { .. })), "{value}");
        }
    }

    #[test]
    fn a_condition_is_an_equals_or_a_not_and_names_no_other() {
        let mut scope = scope();
        let no_condition = json!({"Fn::Not": [{"Condition": "Blue"}]});
        for condition in
            [json!("true"), json!({"Fn::Or": []}), no_condition, json!({"Fn::Equals": [{"Ref": "Nowhere"}, ""]})]
        {
            assert!(scope.define_conditions(json!({"C": condition}).as_object()).is_err(), "{condition}");
        }
    }
}
