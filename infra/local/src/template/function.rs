//! Lambda functions.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Value};

use super::{
    TemplateError,
    resource::{self, Resource},
    scope::Scope,
};
use crate::aws::iam::{Condition, Operator};

/// A Lambda function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name in the template.
    pub logical_id: String,
    /// The name of its binary, by which it is called.
    pub name: String,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// Its memory, in MB.
    pub memory_mb: u32,
    /// Its environment variables, the template's global ones among them.
    pub environment: BTreeMap<String, String>,
    /// What it may do.
    pub statements: Vec<Statement>,
}

/// One statement of an IAM policy. An element beside these (`NotAction`) is an error when it is read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Whether it allows or denies.
    #[serde(rename = "Effect")]
    pub effect: Effect,
    /// The actions, as in `dynamodb:GetItem`; `*` and `?` are wildcards.
    #[serde(rename = "Action", deserialize_with = "one_or_many")]
    pub actions: Vec<String>,
    /// The ARNs; `*` and `?` are wildcards.
    #[serde(rename = "Resource", deserialize_with = "one_or_many")]
    pub resources: Vec<String>,
    /// The conditions, all of which must hold.
    #[serde(rename = "Condition", default, deserialize_with = "conditions")]
    pub conditions: Vec<Condition>,
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Effect {
    /// It allows, unless another one denies.
    Allow,
    /// It denies, whatever others allow.
    Deny,
}

/// Conditions by their operators and keys. An operator that is not played is an error: to overlook it could be to allow.
fn conditions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Condition>, D::Error> {
    #[derive(Deserialize)]
    struct Values(#[serde(deserialize_with = "one_or_many")] Vec<String>);
    let written = BTreeMap::<String, BTreeMap<String, Values>>::deserialize(deserializer)?;
    let mut conditions = Vec::new();
    for (name, tests) in written {
        let operator = Operator::named(&name).ok_or_else(|| D::Error::custom(format!("`{name}` is not understood")))?;
        conditions.extend(tests.into_iter().map(|(key, Values(values))| Condition { operator, key, values }));
    }
    Ok(conditions)
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a string or a list of strings")]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    })
}

/// What functions have in common, and what one of them says for itself.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Settings {
    environment: Environment,
    timeout: Option<String>,
    memory_size: Option<String>,
    policies: Value,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Environment {
    variables: BTreeMap<String, String>,
}

const MEMBERS: [&str; 3] = ["Environment", "MemorySize", "Timeout"];

/// Gives each function its name.
pub(super) fn define(scope: &mut Scope, resources: &[Resource]) -> Result<(), TemplateError> {
    for resource in functions(resources) {
        let name = binary(resource)?;
        scope.define_arn(resource.id, "lambda", &format!("function:{name}"));
        scope.define(resource.id, name);
    }
    Ok(())
}

/// The resources that are functions.
pub(super) fn functions<'a, 'b>(resources: &'b [Resource<'a>]) -> impl Iterator<Item = &'b Resource<'a>> {
    resources.iter().filter(|resource| resource.kind == "AWS::Serverless::Function")
}

fn binary(resource: &Resource) -> Result<String, TemplateError> {
    let name = resource.metadata().and_then(|metadata| metadata.pointer("/BuildProperties/Binary"));
    let missing = || TemplateError::refused(&resource.place(), "a function has a `Metadata.BuildProperties.Binary`");
    name.and_then(Value::as_str).map(str::to_owned).ok_or_else(missing)
}

/// What stands under `Globals.Function`. Globals of an API are refused: to overlook them could be to open a route.
pub(super) fn globals(scope: &Scope, section: Option<&Map<String, Value>>) -> Result<Settings, TemplateError> {
    if let Some(other) = section.into_iter().flatten().map(|(name, _)| name).find(|name| *name != "Function") {
        return Err(TemplateError::refused(&format!("Globals.{other}"), "only globals of functions are understood"));
    }
    let function = section.and_then(|section| section.get("Function"));
    resource::picked(scope, function, &MEMBERS, "Globals.Function")
}

/// Reads the functions.
pub(super) fn read(scope: &Scope, resources: &[Resource], globals: &Settings) -> Result<Vec<Function>, TemplateError> {
    functions(resources).map(|resource| function(scope, resource, globals)).collect()
}

fn function(scope: &Scope, resource: &Resource, globals: &Settings) -> Result<Function, TemplateError> {
    let place = resource.place();
    let own: Settings = resource.properties(scope, &[&MEMBERS[..], &["Policies"]].concat())?;
    let timeout = own.timeout.as_ref().or(globals.timeout.as_ref());
    let memory = own.memory_size.as_ref().or(globals.memory_size.as_ref());
    let mut environment = globals.environment.variables.clone();
    environment.extend(own.environment.variables);
    Ok(Function {
        logical_id: resource.id.to_owned(),
        name: scope.reference(resource.id, &place)?.to_owned(),
        // What Lambda takes when a template is silent.
        timeout: Duration::from_secs(number(timeout, 3, &place)?.into()),
        memory_mb: number(memory, 128, &place)?,
        environment,
        statements: statements(own.policies, &place)?,
    })
}

fn number(text: Option<&String>, default: u32, place: &str) -> Result<u32, TemplateError> {
    let parse =
        |text: &String| text.parse().map_err(|_| TemplateError::refused(place, format!("`{text}` is no number")));
    text.map_or(Ok(default), parse)
}

fn statements(policies: Value, place: &str) -> Result<Vec<Statement>, TemplateError> {
    let mut statements = Vec::new();
    for policy in resource::many(policies) {
        let Some(list) = policy.get("Statement") else {
            return Err(TemplateError::refused(place, format!("the policy `{policy}` is not a list of statements")));
        };
        for statement in resource::many(list.clone()) {
            statements.push(resource::read(without_name(statement), place)?);
        }
    }
    Ok(statements)
}

/// A `Sid` names a statement and decides nothing.
fn without_name(mut statement: Value) -> Value {
    if let Some(members) = statement.as_object_mut() {
        members.remove("Sid");
    }
    statement
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Effect, Operator, statements};

    #[test]
    fn actions_and_resources_are_strings_or_lists() {
        let policies = json!([{"Statement": {"Sid": "s", "Effect": "Deny", "Action": "a:b", "Resource": ["c", "d"]}}]);
        let read = statements(policies, "Here").unwrap();
        assert_eq!(read[0].effect, Effect::Deny);
        assert_eq!((read[0].actions.as_slice(), read[0].resources.len()), (&["a:b".to_owned()][..], 2));
    }

    #[test]
    fn conditions_are_read_by_operator_and_key() {
        let condition = json!({"StringEquals": {"kms:MessageType": "DIGEST"}, "StringLike": {"a": ["b", "c*"]}});
        let statement = json!({"Effect": "Allow", "Action": "kms:Sign", "Resource": "*", "Condition": condition});
        let read = statements(json!({"Statement": [statement]}), "Here").unwrap();
        assert_eq!(read[0].conditions.len(), 2);
        let (first, second) = (&read[0].conditions[0], &read[0].conditions[1]);
        assert_eq!((first.operator, first.key.as_str()), (Operator::StringEquals, "kms:MessageType"));
        assert_eq!((second.operator, second.values.len()), (Operator::StringLike, 2));
    }

    #[test]
    fn a_policy_that_is_no_list_of_statements_is_refused() {
        for policies in [json!("ReadOnlyAccess"), json!([{"DynamoDBReadPolicy": {"TableName": "t"}}])] {
            let sentence = statements(policies, "Here").unwrap_err().to_string();
            assert!(sentence.ends_with("is not a list of statements"), "{sentence}");
        }
    }

    #[test]
    fn a_statement_that_is_not_wholly_understood_is_refused() {
        let whole = json!({"Effect": "Allow", "Action": "a:b", "Resource": "*"});
        for (member, value) in [
            ("Condition", json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})),
            ("Condition", json!({"StringEquals": "a"})),
            ("NotAction", json!("a:c")),
            ("Effect", json!("allow")),
            ("Effect", json!("true")),
            ("Action", json!({})),
        ] {
            let mut statement = whole.clone();
            statement[member] = value;
            assert!(statements(json!({"Statement": [statement]}), "Here").is_err(), "{member}");
        }
    }
}
