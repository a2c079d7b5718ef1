//! The ledger, in `DynamoDB`. Every power is one call.

mod admin_store;
mod batch_get;
mod get_item;
mod insert_token;
mod list_roles;
mod list_tokens;
mod permission_items;
mod token_item;
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
    permission_items::{AssignmentItem, RoleItem, UnsupportedSchemaVersion},
    token_item::{REVOKED_RETENTION_SECONDS, SCHEMA_VERSION, TokenItem},
};

/// The ledger in one table.
#[derive(Clone)]
pub struct Ledger {
    client: Client,
    table: String,
}

/// A row, as the SDK has it.
type Attributes = HashMap<String, AttributeValue>;

impl Ledger {
    pub(super) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

/// The primary key of a row.
fn key(pk: String, sk: String) -> Attributes {
    HashMap::from([("pk".to_owned(), AttributeValue::S(pk)), ("sk".to_owned(), AttributeValue::S(sk))])
}

/// The primary key of a token's row.
fn token_key(id: &TokenId) -> Attributes {
    key(TokenItem::partition(id.key()), TokenItem::SORT.to_owned())
}

/// Whether a row is there, and that of the token `id` of `org`. Of another organization's rows nothing else is looked at.
fn is_of(row: &Attributes, id: &TokenId, org: &OrgId) -> bool {
    let text = |name: &str| row.get(name).and_then(|value| value.as_s().ok());
    text("id") == Some(&id.to_string()) && text("org").map(String::as_str) == Some(org.as_str())
}

/// The error of a `DynamoDB` call.
fn dynamodb_error<E: ProvideErrorMetadata>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> PortError {
    port_error(Service::DynamoDb, operation, error)
}

/// The error of an item that was read and cannot be used.
fn invalid_item(detail: impl Into<String>) -> PortError {
    PortError::new(Service::DynamoDb, "GetItem", PortErrorKind::InvalidItem).with_detail(detail)
}

fn read<T: DeserializeOwned>(attributes: Attributes) -> Result<T, PortError> {
    serde_dynamo::aws_sdk_dynamodb_1::from_item(attributes)
        .map_err(|_| invalid_item("the item does not have the attributes of its kind"))
}

fn write(row: &impl Serialize) -> Result<Attributes, PortError> {
    serde_dynamo::aws_sdk_dynamodb_1::to_item(row)
        .map_err(|_| PortError::new(Service::DynamoDb, "PutItem", PortErrorKind::InvalidRequest))
}

fn token(attributes: Attributes) -> Result<Token, PortError> {
    read::<TokenItem>(attributes)?.token().map_err(|error| invalid_item(error.to_string()))
}
