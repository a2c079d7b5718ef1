//! The stack's table in an upstream `DynamoDB`.

use std::time::Duration;

use serde_json::json;

use super::upstream_error;
use crate::aws::{AwsError, TableDefinition, error::ServiceError, service_client::ServiceClient};

/// The pause between two checks of a new table's status.
const STATUS_POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The number of checks before the start fails.
const MAX_STATUS_POLLS: usize = 300;

/// Creates the table unless a table of this name exists, waits until it is active, and enables its time to live. Returns
/// whether it was created.
///
/// # Errors
///
/// Returns [`AwsError::Upstream`].
pub(in crate::aws) async fn ensure_table(client: &ServiceClient, table: &TableDefinition) -> Result<bool, AwsError> {
    let created = create(client, table).await.map_err(|error| upstream_error(client, &error))?;
    if let Some(attribute) = &table.ttl_attribute {
        enable_time_to_live(client, table, attribute).await.map_err(|error| upstream_error(client, &error))?;
    }
    Ok(created)
}

async fn create(client: &ServiceClient, table: &TableDefinition) -> Result<bool, ServiceError> {
    let created = match client.call("CreateTable", &table.create).await {
        Ok(_) => true,
        Err(error) if error.name == "ResourceInUseException" => false,
        Err(error) => return Err(error),
    };
    let describe = json!({ "TableName": table.create["TableName"] });
    for _ in 0..MAX_STATUS_POLLS {
        if client.call("DescribeTable", &describe).await?["Table"]["TableStatus"] == "ACTIVE" {
            return Ok(created);
        }
        tokio::time::sleep(STATUS_POLL_INTERVAL).await;
    }
    Err(ServiceError::new("ResourceInUseException", "the table does not become active"))
}

/// Enables the time to live unless it is enabled: enabling it again is an error (`DynamoDB` API Reference,
/// `UpdateTimeToLive`).
async fn enable_time_to_live(
    client: &ServiceClient,
    table: &TableDefinition,
    attribute: &str,
) -> Result<(), ServiceError> {
    let name = &table.create["TableName"];
    let description = client.call("DescribeTimeToLive", &json!({ "TableName": name })).await?;
    if matches!(description["TimeToLiveDescription"]["TimeToLiveStatus"].as_str(), Some("ENABLED" | "ENABLING")) {
        return Ok(());
    }
    let specification = json!({ "AttributeName": attribute, "Enabled": true });
    client.call("UpdateTimeToLive", &json!({ "TableName": name, "TimeToLiveSpecification": specification })).await?;
    Ok(())
}
