//! The table of a stack in a `DynamoDB` of somebody else's.

use std::time::Duration;

use serde_json::json;

use super::unusable;
use crate::aws::{AwsError, TableSpec, error::ServiceError, forward::Forward};

/// How often a new table is asked whether it can be used.
const PAUSE: Duration = Duration::from_millis(100);

/// How often at most.
const ATTEMPTS: usize = 300;

/// Creates the table `spec` unless a table of this name is there, waits until it can be used, and turns its time to live on.
/// Tells whether the table is new.
///
/// # Errors
///
/// [`AwsError::Upstream`].
pub(in crate::aws) async fn ensure_table(forward: &Forward, spec: &TableSpec) -> Result<bool, AwsError> {
    let created = create(forward, spec).await.map_err(|error| unusable(forward, &error))?;
    if let Some(attribute) = &spec.ttl_attribute {
        turn_on(forward, spec, attribute).await.map_err(|error| unusable(forward, &error))?;
    }
    Ok(created)
}

async fn create(forward: &Forward, spec: &TableSpec) -> Result<bool, ServiceError> {
    let created = match forward.call("CreateTable", &spec.create).await {
        Ok(_) => true,
        Err(error) if error.name == "ResourceInUseException" => false,
        Err(error) => return Err(error),
    };
    let table = json!({ "TableName": spec.create["TableName"] });
    for _ in 0..ATTEMPTS {
        if forward.call("DescribeTable", &table).await?["Table"]["TableStatus"] == "ACTIVE" {
            return Ok(created);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(ServiceError::new("ResourceInUseException", "the table does not become active"))
}

/// What is on already must not be turned on again (`DynamoDB` API Reference, `UpdateTimeToLive`).
async fn turn_on(forward: &Forward, spec: &TableSpec, attribute: &str) -> Result<(), ServiceError> {
    let table = &spec.create["TableName"];
    let answer = forward.call("DescribeTimeToLive", &json!({ "TableName": table })).await?;
    if matches!(answer["TimeToLiveDescription"]["TimeToLiveStatus"].as_str(), Some("ENABLED" | "ENABLING")) {
        return Ok(());
    }
    let specification = json!({ "AttributeName": attribute, "Enabled": true });
    forward.call("UpdateTimeToLive", &json!({ "TableName": table, "TimeToLiveSpecification": specification })).await?;
    Ok(())
}
