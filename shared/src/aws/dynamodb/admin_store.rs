//! Reading and writing roles and assignments, as an operator does. No function has these powers.

use aws_sdk_dynamodb::{
    Client,
    operation::put_item::{PutItemError, builders::PutItemFluentBuilder},
};

use super::{Attributes, Ledger, dynamodb_error, invalid_item, key, read, write};
use crate::{
    aws::{AssignmentItem, RoleItem, SCHEMA_VERSION},
    ports::{PortError, PortErrorKind, Service},
    provisioning::{AdminStore, DesiredItem, ItemKey, ItemValue, Precondition},
};

impl Ledger {
    /// The ledger in `table`, through a client of the caller's own making: an operator's, with its credentials and address.
    #[must_use]
    pub fn through(client: Client, table: String) -> Self {
        Self::new(client, table)
    }
}

impl AdminStore for Ledger {
    /// One strong `GetItem`.
    async fn read_item(&self, item: &ItemKey) -> Result<Option<ItemValue>, PortError> {
        let (pk, sk) = match item {
            ItemKey::Role(id) => RoleItem::key(id),
            ItemKey::Assignment(org, person) => AssignmentItem::key(org, person),
        };
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key(pk, sk))).consistent_read(true);
        let answer = request.send().await.map_err(|error| dynamodb_error("GetItem", &error))?;
        match answer.item {
            Some(row) if is_newer(&row) => {
                Err(invalid_item(format!("the row of the {item} has a newer schema version than this code knows")))
            }
            row => Ok(row.map(|row| item_value(item, row))),
        }
    }

    /// One `PutItem`, conditional where the item was made from what lay there.
    async fn put_item(&self, item: &DesiredItem) -> Result<bool, PortError> {
        let request =
            self.client.put_item().table_name(&self.table).set_item(Some(attributes(&item.key, &item.value)?));
        let request = match &item.precondition {
            Precondition::None => request,
            Precondition::Unchanged(None) => request.condition_expression("attribute_not_exists(pk)"),
            Precondition::Unchanged(Some(existing)) => if_unchanged(request, attributes(&item.key, existing)?),
        };
        let Err(error) = request.send().await else { return Ok(true) };
        let failure = dynamodb_error("PutItem", &error);
        match error.into_service_error() {
            PutItemError::ConditionalCheckFailedException(_) => Ok(false),
            _ => Err(failure),
        }
    }
}

fn attributes(key: &ItemKey, value: &ItemValue) -> Result<Attributes, PortError> {
    match (key, value) {
        (ItemKey::Role(id), ItemValue::Role { name, grants }) => write(&RoleItem::new(id, name, grants.clone())),
        (ItemKey::Assignment(org, person), ItemValue::Assignment(roles)) => {
            write(&AssignmentItem::new(org, person, roles.clone()))
        }
        _ => {
            let mismatch = PortError::new(Service::DynamoDb, "PutItem", PortErrorKind::InvalidRequest);
            Err(mismatch.with_detail(format!("this is no row for the {key}")))
        }
    }
}

/// `request`, as long as each of these attributes lies there as it is. The version may be an older one.
fn if_unchanged(mut request: PutItemFluentBuilder, row: Attributes) -> PutItemFluentBuilder {
    let mut conditions = Vec::new();
    for (number, (name, value)) in row.into_iter().enumerate() {
        let is = if name == "v" { "<=" } else { "=" };
        conditions.push(format!("#n{number} {is} :v{number}"));
        request = request.expression_attribute_names(format!("#n{number}"), name);
        request = request.expression_attribute_values(format!(":v{number}"), value);
    }
    request.condition_expression(conditions.join(" AND "))
}

fn item_value(key: &ItemKey, row: Attributes) -> ItemValue {
    let value = match key {
        ItemKey::Role(_) => read(row).map(|row: RoleItem| ItemValue::Role { name: row.name, grants: row.grants }).ok(),
        ItemKey::Assignment(..) => {
            read::<AssignmentItem>(row).ok().and_then(|row| row.roles().ok()).map(ItemValue::Assignment)
        }
    };
    value.unwrap_or(ItemValue::Unreadable)
}

/// Whether newer code wrote the row; a version that is no number is none.
fn is_newer(row: &Attributes) -> bool {
    let version = row.get("v").and_then(|v| v.as_n().ok()).and_then(|v| v.parse::<u64>().ok());
    version.is_some_and(|version| version > u64::from(SCHEMA_VERSION))
}
