//! `DynamoDB` tables.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{TemplateError, resource::Resource, scope::Scope};

/// A `DynamoDB` table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name: the stack's and the logical id.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The body of the `CreateTable` call that makes it.
    pub create: Value,
    /// The attribute that says when an item expires, if items do.
    pub ttl_attribute: Option<String>,
}

const MEMBERS: [&str; 4] = ["AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TimeToLive {
    attribute_name: Option<String>,
    enabled: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    time_to_live_specification: Option<TimeToLive>,
}

/// Gives each table its name.
pub(super) fn define<'a, 'b>(scope: &mut Scope, resources: &'b [Resource<'a>]) -> Vec<&'b Resource<'a>> {
    let tables: Vec<_> = resources.iter().filter(|resource| resource.kind == "AWS::DynamoDB::Table").collect();
    for table in &tables {
        let name = format!("{}-{}", scope.world().stack, table.id);
        scope.define_arn(table.id, "dynamodb", &format!("table/{name}"));
        scope.define(table.id, name);
    }
    tables
}

/// Reads a table.
pub(super) fn read(scope: &Scope, resource: &Resource) -> Result<Table, TemplateError> {
    let place = resource.place();
    let name = scope.reference(resource.id, &place)?.to_owned();
    let mut create: Value = resource.properties(scope, &MEMBERS)?;
    create["TableName"] = json!(name);
    let Properties { time_to_live_specification: expiry } = resource.properties(scope, &["TimeToLiveSpecification"])?;
    Ok(Table {
        name,
        arn: scope.attribute(&format!("{}.Arn", resource.id), &place)?.to_owned(),
        create,
        ttl_attribute: expiry.filter(|expiry| expiry.enabled == "true").and_then(|expiry| expiry.attribute_name),
    })
}
