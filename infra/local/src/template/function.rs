//! Lambda functions.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    TemplateError,
    resolver::Resolver,
    resource::{self, Resource},
};
use crate::iam::Statement;

/// Lambda's default for `Timeout`, in seconds.
const DEFAULT_TIMEOUT_SECONDS: u32 = 3;

/// Lambda's default for `MemorySize`, in MB.
const DEFAULT_MEMORY_MB: u32 = 128;

/// A Lambda function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// The logical id.
    pub logical_id: String,
    /// The name of the binary, by which the function is invoked.
    pub name: String,
    /// Longest time for one invocation.
    pub timeout: Duration,
    /// The memory in MB.
    pub memory_mb: u32,
    /// The environment variables, including the global ones.
    pub environment: BTreeMap<String, String>,
    /// The statements of the IAM policies of the function, or of its role if it names one.
    pub statements: Vec<Statement>,
}

/// The properties of a function or of `Globals.Function`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Properties {
    environment: Environment,
    timeout: Option<String>,
    memory_size: Option<String>,
    auto_publish_alias: Option<String>,
    policies: Value,
}

/// The properties of an `AWS::IAM::Role`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Role {
    policies: Vec<RolePolicy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RolePolicy {
    policy_document: Value,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Environment {
    variables: BTreeMap<String, String>,
}

/// The properties that may be global.
const GLOBAL_PROPERTIES: [&str; 4] = ["AutoPublishAlias", "Environment", "MemorySize", "Timeout"];

const PROPERTIES: [&str; 4] = ["Environment", "MemorySize", "Policies", "Timeout"];

/// Defines the names of the functions, and the reference `X.Alias` to the alias that SAM publishes for the function `X`.
pub(super) fn define(
    resolver: &mut Resolver,
    resources: &[Resource],
    globals: Option<&Map<String, Value>>,
) -> Result<(), TemplateError> {
    let globals = globals.and_then(|globals| globals.get("Function"));
    let Properties { auto_publish_alias: global_alias, .. } =
        resource::select(resolver, globals, &["AutoPublishAlias"], "Globals.Function")?;
    for resource in functions(resources) {
        let name = binary(resource)?;
        let Properties { auto_publish_alias, .. } = resource.properties(resolver, &["AutoPublishAlias"])?;
        let arn = resolver.define_arn(resource.logical_id, "lambda", &format!("function:{name}"));
        if let Some(alias) = auto_publish_alias.as_ref().or(global_alias.as_ref()) {
            resolver.define(&format!("{}.Alias", resource.logical_id), format!("{arn}:{alias}"));
        }
        resolver.define(resource.logical_id, name);
    }
    Ok(())
}

/// The resources that are functions.
pub(super) fn functions<'a, 'b>(resources: &'b [Resource<'a>]) -> impl Iterator<Item = &'b Resource<'a>> {
    resources.iter().filter(|resource| resource.type_name == "AWS::Serverless::Function")
}

fn binary(resource: &Resource) -> Result<String, TemplateError> {
    let name = resource.metadata().and_then(|metadata| metadata.pointer("/BuildProperties/Binary"));
    name.and_then(Value::as_str).map(str::to_owned).ok_or_else(|| {
        TemplateError::invalid(&resource.path(), "a function must have a `Metadata.BuildProperties.Binary`")
    })
}

/// Reads `Globals.Function`. Globals of an API are an error: ignoring them could leave a route without its authorizer.
pub(super) fn globals(resolver: &Resolver, section: Option<&Map<String, Value>>) -> Result<Properties, TemplateError> {
    if let Some(name) = section.into_iter().flatten().map(|(name, _)| name).find(|name| *name != "Function") {
        return Err(TemplateError::invalid(&format!("Globals.{name}"), "only globals of functions are supported"));
    }
    let function = section.and_then(|section| section.get("Function"));
    resource::select(resolver, function, &GLOBAL_PROPERTIES, "Globals.Function")
}

/// Reads the functions.
pub(super) fn read(
    resolver: &Resolver,
    resources: &[Resource],
    globals: &Properties,
) -> Result<Vec<Function>, TemplateError> {
    functions(resources).map(|resource| function(resolver, resource, resources, globals)).collect()
}

fn function(
    resolver: &Resolver,
    resource: &Resource,
    resources: &[Resource],
    globals: &Properties,
) -> Result<Function, TemplateError> {
    let path = resource.path();
    let properties: Properties = resource.properties(resolver, &PROPERTIES)?;
    let timeout = properties.timeout.as_ref().or(globals.timeout.as_ref());
    let memory = properties.memory_size.as_ref().or(globals.memory_size.as_ref());
    let mut environment = globals.environment.variables.clone();
    environment.extend(properties.environment.variables);
    Ok(Function {
        logical_id: resource.logical_id.to_owned(),
        name: resolver.reference(resource.logical_id, &path)?.to_owned(),
        timeout: Duration::from_secs(number(timeout, DEFAULT_TIMEOUT_SECONDS, &path)?.into()),
        memory_mb: number(memory, DEFAULT_MEMORY_MB, &path)?,
        environment,
        statements: match resource.property("Role") {
            None => statements(properties.policies, &path)?,
            Some(role) => role_statements(resolver, resources, role, &path)?,
        },
    })
}

/// The statements of the role that `Role: !GetAtt X.Arn` names. Another role is an error, since its permissions are unknown.
fn role_statements(
    resolver: &Resolver,
    resources: &[Resource],
    role: &Value,
    path: &str,
) -> Result<Vec<Statement>, TemplateError> {
    let name = match role.get("Fn::GetAtt") {
        Some(Value::String(target)) => target.strip_suffix(".Arn"),
        Some(Value::Array(parts)) => match parts.as_slice() {
            [Value::String(name), Value::String(attribute)] if attribute == "Arn" => Some(name.as_str()),
            _ => None,
        },
        _ => None,
    };
    let is_role = |resource: &&Resource| {
        resource.type_name == "AWS::IAM::Role" && name.is_some_and(|name| name == resource.logical_id)
    };
    let Some(resource) = resources.iter().find(is_role) else {
        return Err(TemplateError::invalid(path, "`Role` must be the ARN of a role in the template"));
    };
    let Role { policies } = resource.properties(resolver, &["Policies"])?;
    statements(policies.into_iter().map(|policy| policy.policy_document).collect(), &resource.path())
}

fn number(text: Option<&String>, default: u32, path: &str) -> Result<u32, TemplateError> {
    let parse =
        |text: &String| text.parse().map_err(|_| TemplateError::invalid(path, format!("`{text}` is not a number")));
    text.map_or(Ok(default), parse)
}

fn statements(policies: Value, path: &str) -> Result<Vec<Statement>, TemplateError> {
    let mut statements = Vec::new();
    for policy in resource::into_list(policies) {
        let Some(list) = policy.get("Statement") else {
            return Err(TemplateError::invalid(path, format!("the policy `{policy}` is not a list of statements")));
        };
        for statement in resource::into_list(list.clone()) {
            statements.push(resource::deserialize(without_sid(statement), path)?);
        }
    }
    Ok(statements)
}

/// Removes the `Sid`, which has no effect on the evaluation.
fn without_sid(mut statement: Value) -> Value {
    if let Some(members) = statement.as_object_mut() {
        members.remove("Sid");
    }
    statement
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn statements_of_all_policies_are_read_without_sid() {
        let statement = json!({"Sid": "s", "Effect": "Allow", "Action": "a:b", "Resource": "c"});
        let expected = Statement::allow("a:b", "c");
        let policies = json!([{"Statement": statement}, {"Statement": [statement, statement]}]);
        assert_eq!(statements(policies, "Path"), Ok(vec![expected.clone(), expected.clone(), expected.clone()]));
        assert_eq!(statements(json!({"Statement": statement}), "Path"), Ok(vec![expected]));
    }

    #[test]
    fn policy_that_is_not_a_list_of_statements_is_an_error() {
        for policies in [json!("ReadOnlyAccess"), json!([{"DynamoDBReadPolicy": {"TableName": "t"}}])] {
            let error = statements(policies, "Path").unwrap_err().to_string();
            assert!(error.ends_with("is not a list of statements"), "{error}");
        }
    }

    #[test]
    fn unsupported_statement_is_an_error() {
        let statement = json!({"Effect": "Allow", "Action": "a:b", "Resource": "*", "NotAction": "a:c"});
        assert!(statements(json!({"Statement": [statement]}), "Path").is_err());
    }
}
