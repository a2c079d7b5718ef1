//! Reads and writes roles and role assignments for operators. No function has these permissions.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::put_item::PutItemError,
    types::AttributeValue,
};

use super::{Attributes, Ledger, dynamodb_error, invalid_item, key, read, write};
use crate::{
    access_item::{DesiredItem, ItemKey, ItemValue, Precondition},
    aws::{AssignmentItem, PERMISSION_SCHEMA_VERSION, RoleItem},
    json::truncate,
    permissions::OrgId,
    ports::{PortError, PortErrorKind, Service},
    provisioning::{AdminStore, MAX_LISTED_ITEMS, ServiceError, StoreError},
};

/// Most characters of a message of the service.
const MAX_MESSAGE_CHARS: usize = 1_000;

impl Ledger {
    /// The ledger in `table`, accessed with `client`, which contains an operator's credentials and endpoint.
    #[must_use]
    pub fn through(client: Client, table: String) -> Self {
        Self::new(client, table)
    }
}

impl AdminStore for Ledger {
    /// One strongly consistent `GetItem`.
    async fn read_item(&self, item: &ItemKey) -> Result<Option<ItemValue>, StoreError> {
        let (pk, sk) = match item {
            ItemKey::Role(id) => RoleItem::key(id),
            ItemKey::Assignment(org, user) => AssignmentItem::key(org, user),
        };
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key(pk, sk))).consistent_read(true);
        let response = request.send().await.map_err(|error| store_error("GetItem", &error))?;
        match response.item {
            Some(stored) if is_newer(&stored) => {
                let newer = "has a newer schema version than this version of Latchkey supports";
                Err(invalid_item("GetItem", format!("the item ({item}) {newer}")).into())
            }
            stored => Ok(stored.map(|stored| item_value(item, stored))),
        }
    }

    /// One strongly consistent `Query` for each megabyte of items.
    async fn list_items(&self, org: &OrgId) -> Result<Vec<(ItemKey, ItemValue)>, StoreError> {
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let query =
                self.client.query().table_name(&self.table).consistent_read(true).set_exclusive_start_key(start);
            let query = query
                .key_condition_expression("pk = :org")
                .expression_attribute_values(":org", AttributeValue::S(RoleItem::keys_of(org).0));
            let response = query.send().await.map_err(|error| store_error("Query", &error))?;
            let stored = response.items.unwrap_or_default();
            items.extend(stored.into_iter().filter_map(|stored| keyed_value(org, stored)));
            if items.len() > MAX_LISTED_ITEMS {
                let too_many = PortError::new(Service::DynamoDb, "Query", PortErrorKind::InvalidRequest);
                let detail = format!("organization `{org}` has more than {MAX_LISTED_ITEMS} roles and assignments");
                return Err(too_many.with_detail(detail).into());
            }
            start = response.last_evaluated_key;
            if start.is_none() {
                return Ok(items);
            }
        }
    }

    /// One `PutItem`, conditional on the stored item if the new item depends on it.
    async fn put_item(&self, item: &DesiredItem) -> Result<bool, StoreError> {
        let request =
            self.client.put_item().table_name(&self.table).set_item(Some(attributes(&item.key, &item.value)?));
        let request = match ItemCondition::of(item)? {
            None => request,
            Some(condition) => request
                .condition_expression(condition.expression)
                .set_expression_attribute_names(condition.names)
                .set_expression_attribute_values(condition.values),
        };
        let Err(error) = request.send().await else { return Ok(true) };
        let failure = store_error("PutItem", &error);
        match error.into_service_error() {
            PutItemError::ConditionalCheckFailedException(_) => Ok(false),
            _ => Err(failure),
        }
    }
}

/// The error of a call of `operation`, with the service's own message for the operator.
fn store_error<E: ProvideErrorMetadata>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> StoreError {
    let service_error = error.as_service_error().and_then(|error| {
        // The lines after the first may repeat the signed request, with its session token.
        let message = error.message().and_then(|message| message.lines().next());
        Some(ServiceError {
            code: error.code()?.to_owned(),
            message: message.map(|line| truncate(line, MAX_MESSAGE_CHARS)),
        })
    });
    StoreError { error: dynamodb_error(operation, error), service_error }
}

/// An item with its key; `None` if the sort key is neither that of a role nor that of an assignment.
fn keyed_value(org: &OrgId, stored: Attributes) -> Option<(ItemKey, ItemValue)> {
    let sort = stored.get("sk")?.as_s().ok()?;
    let role = RoleItem::id_of(org, sort).map(ItemKey::Role);
    let key = role.or_else(|| Some(ItemKey::Assignment(org.clone(), AssignmentItem::user_of(sort)?)))?;
    let value = if is_newer(&stored) { ItemValue::Unreadable } else { item_value(&key, stored) };
    Some((key, value))
}

/// The attributes of an item with this key and value.
pub(super) fn attributes(key: &ItemKey, value: &ItemValue) -> Result<Attributes, PortError> {
    match (key, value) {
        (ItemKey::Role(id), ItemValue::Role { name, grants }) => write(&RoleItem::new(id, name, grants.clone())),
        (ItemKey::Assignment(org, user), ItemValue::Assignment(roles)) => {
            write(&AssignmentItem::new(org, user, roles.clone()))
        }
        _ => {
            let mismatch = PortError::new(Service::DynamoDb, "PutItem", PortErrorKind::InvalidRequest);
            Err(mismatch.with_detail(format!("the value does not fit the key ({key})")))
        }
    }
}

/// The condition expression of a write, with its placeholders if there are any: `DynamoDB` rejects an empty map.
pub(super) struct ItemCondition {
    pub(super) expression: String,
    pub(super) names: Option<HashMap<String, String>>,
    pub(super) values: Option<Attributes>,
}

impl ItemCondition {
    /// The precondition of `item`; `None` if it has none.
    ///
    /// # Errors
    ///
    /// Returns an error if the value of the precondition does not fit the key.
    pub(super) fn of(item: &DesiredItem) -> Result<Option<Self>, PortError> {
        match &item.precondition {
            Precondition::None => Ok(None),
            Precondition::Unchanged(None) => {
                Ok(Some(Self { expression: "attribute_not_exists(pk)".to_owned(), names: None, values: None }))
            }
            Precondition::Unchanged(Some(existing)) => Self::unchanged(&item.key, existing).map(Some),
        }
    }

    /// The stored item has exactly the attributes of `value` at `key`. Its schema version may be an older one.
    ///
    /// # Errors
    ///
    /// Returns an error if the value does not fit the key.
    pub(super) fn unchanged(key: &ItemKey, value: &ItemValue) -> Result<Self, PortError> {
        let mut conditions = Vec::new();
        let mut names = HashMap::new();
        let mut values = Attributes::new();
        for (number, (name, value)) in attributes(key, value)?.into_iter().enumerate() {
            let operator = if name == "v" { "<=" } else { "=" };
            conditions.push(format!("#n{number} {operator} :v{number}"));
            names.insert(format!("#n{number}"), name);
            values.insert(format!(":v{number}"), value);
        }
        Ok(Self { expression: conditions.join(" AND "), names: Some(names), values: Some(values) })
    }
}

/// The value of the item `stored` at `key`.
pub(super) fn item_value(key: &ItemKey, stored: Attributes) -> ItemValue {
    let value = match key {
        ItemKey::Role(_) => {
            read("GetItem", stored).map(|item: RoleItem| ItemValue::Role { name: item.name, grants: item.grants }).ok()
        }
        ItemKey::Assignment(..) => {
            read::<AssignmentItem>("GetItem", stored).ok().and_then(|item| item.roles().ok()).map(ItemValue::Assignment)
        }
    };
    value.unwrap_or(ItemValue::Unreadable)
}

/// Whether a newer version of Latchkey wrote the item. A schema version that is not a number does not count as newer.
pub(super) fn is_newer(item: &Attributes) -> bool {
    let version = item.get("v").and_then(|v| v.as_n().ok()).and_then(|v| v.parse::<u64>().ok());
    version.is_some_and(|version| version > u64::from(PERMISSION_SCHEMA_VERSION))
}
