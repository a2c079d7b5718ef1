//! `DynamoDB` tables.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{TemplateError, resolver::Resolver, resource::Resource};

/// A `DynamoDB` table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The name: the stack's name and the logical id.
    pub name: String,
    /// The ARN.
    pub arn: String,
    /// The body of the `CreateTable` request.
    pub create: Value,
    /// The time-to-live attribute.
    pub ttl_attribute: Option<String>,
}

/// The properties that are members of a `CreateTable` request.
const CREATE_TABLE_PROPERTIES: [&str; 4] =
    ["AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema"];

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

/// Defines the names of the tables and returns their resources.
pub(super) fn define<'a, 'b>(resolver: &mut Resolver, resources: &'b [Resource<'a>]) -> Vec<&'b Resource<'a>> {
    let tables: Vec<_> = resources.iter().filter(|resource| resource.type_name == "AWS::DynamoDB::Table").collect();
    for table in &tables {
        let name = format!("{}-{}", resolver.pseudo_parameters().stack_name, table.logical_id);
        resolver.define_arn(table.logical_id, "dynamodb", &format!("table/{name}"));
        resolver.define(table.logical_id, name);
    }
    tables
}

/// Reads a table.
pub(super) fn read(resolver: &Resolver, resource: &Resource) -> Result<Table, TemplateError> {
    let path = resource.path();
    let name = resolver.reference(resource.logical_id, &path)?.to_owned();
    let mut create: Value = resource.properties(resolver, &CREATE_TABLE_PROPERTIES)?;
    create["TableName"] = json!(name);
    let Properties { time_to_live_specification } = resource.properties(resolver, &["TimeToLiveSpecification"])?;
    let time_to_live = time_to_live_specification.filter(|specification| specification.enabled == "true");
    Ok(Table {
        name,
        arn: resolver.attribute(&format!("{}.Arn", resource.logical_id), &path)?.to_owned(),
        create,
        ttl_attribute: time_to_live.and_then(|specification| specification.attribute_name),
    })
}
