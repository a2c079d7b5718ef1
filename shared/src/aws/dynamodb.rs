//! The ledger: tokens, roles and role assignments in one `DynamoDB` table.

mod access_items;
mod admin_store;
mod batch_get;
mod get_item;
mod insert_token;
mod list_access;
mod list_roles;
mod list_tokens;
mod permission_items;
mod token_item;
mod token_selection;
mod update_token;

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    types::AttributeValue,
};
use serde::{Serialize, de::DeserializeOwned};

use super::error::port_error;
use crate::{
    permissions::OrgId,
    ports::{PortError, PortErrorKind, Service},
    token::{Token, TokenId},
};

pub use self::{
    permission_items::{AssignmentItem, PERMISSION_SCHEMA_VERSION, RoleItem, UnsupportedSchemaVersion},
    token_item::{EXPIRED_RETENTION_SECONDS, REVOKED_RETENTION_SECONDS, ROTATION_SCHEMA_VERSION, TokenItem},
};

/// Stores tokens, roles and role assignments. Each permission of the ports corresponds to one `DynamoDB` operation.
#[derive(Clone)]
pub struct Ledger {
    client: Client,
    table: String,
}

/// An item or a primary key in the SDK's form.
type Attributes = HashMap<String, AttributeValue>;

impl Ledger {
    pub(super) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

/// The primary key of an item.
fn key(pk: String, sk: String) -> Attributes {
    HashMap::from([("pk".to_owned(), AttributeValue::S(pk)), ("sk".to_owned(), AttributeValue::S(sk))])
}

/// The primary key of a token's item.
fn token_key(id: &TokenId) -> Attributes {
    key(TokenItem::partition(id.key()), TokenItem::SORT.to_owned())
}

/// Whether the item is that of the token `id` of `org`. Items of another organization are not read any further.
fn is_of(item: &Attributes, id: &TokenId, org: &OrgId) -> bool {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
    text("id") == Some(&id.to_string()) && text("org").map(String::as_str) == Some(org.as_str())
}

/// The error of a `DynamoDB` call.
fn dynamodb_error<E: ProvideErrorMetadata>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> PortError {
    port_error(Service::DynamoDb, operation, error)
}

/// The error of an item that was read and is invalid.
fn invalid_item(operation: &'static str, detail: impl Into<String>) -> PortError {
    PortError::new(Service::DynamoDb, operation, PortErrorKind::InvalidItem).with_detail(detail)
}

fn read<T: DeserializeOwned>(operation: &'static str, attributes: Attributes) -> Result<T, PortError> {
    serde_dynamo::aws_sdk_dynamodb_1::from_item(attributes)
        .map_err(|_| invalid_item(operation, "an attribute of the item is missing or has the wrong type"))
}

fn write(item: &impl Serialize) -> Result<Attributes, PortError> {
    serde_dynamo::aws_sdk_dynamodb_1::to_item(item)
        .map_err(|_| PortError::new(Service::DynamoDb, "PutItem", PortErrorKind::InvalidRequest))
}

/// The token of an item that `operation` returned.
fn token(operation: &'static str, attributes: Attributes) -> Result<Token, PortError> {
    let item: TokenItem = read(operation, attributes)?;
    item.token().map_err(|error| invalid_item(operation, error.to_string()))
}
