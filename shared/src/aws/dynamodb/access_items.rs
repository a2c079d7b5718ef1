//! Reads and writes one role or assignment for the API. Each write is conditional on what was read.

use aws_sdk_dynamodb::{
    operation::{delete_item::DeleteItemError, put_item::PutItemError, transact_write_items::TransactWriteItemsError},
    types::{
        AttributeValue, CancellationReason, ConditionCheck, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    },
};

use super::{
    Attributes, Ledger,
    admin_store::{ItemCondition, attributes, is_newer, item_value},
    dynamodb_error, key,
};
use crate::{
    access_item::{DesiredItem, ItemKey, ItemValue},
    aws::{AssignmentItem, PERMISSION_SCHEMA_VERSION, RoleItem},
    permissions::RoleId,
    ports::{DeleteRole, PortError, PortErrorKind, PutAccessItem, ReadAccessItem, RemoveOwner, Service},
    token::UserId,
};

/// Reasons for which a transaction is cancelled because of the stored items.
const CONFLICT_REASONS: [&str; 2] = ["ConditionalCheckFailed", "TransactionConflict"];
/// Reasons for which a transaction is cancelled because of the rate of requests.
const THROTTLING_REASONS: [&str; 2] = ["ThrottlingError", "ProvisionedThroughputExceeded"];

impl ReadAccessItem for Ledger {
    async fn read_access_item(&self, item: &ItemKey) -> Result<Option<ItemValue>, PortError> {
        let stored = self.get(primary_key(item)).await?;
        Ok(stored.map(|stored| if is_newer(&stored) { ItemValue::Unreadable } else { item_value(item, stored) }))
    }
}

impl PutAccessItem for Ledger {
    /// One conditional `PutItem`. The SDK may have retried a write whose response was lost: the condition then fails, and the
    /// stored item is the desired one.
    async fn put_access_item(&self, item: &DesiredItem) -> Result<bool, PortError> {
        let desired = attributes(&item.key, &item.value)?;
        let request = self.client.put_item().table_name(&self.table).set_item(Some(desired.clone()));
        let request = match ItemCondition::of(item)? {
            None => request,
            Some(condition) => request
                .condition_expression(condition.expression)
                .set_expression_attribute_names(condition.names)
                .set_expression_attribute_values(condition.values)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld),
        };
        let Err(error) = request.send().await else { return Ok(true) };
        let failure = dynamodb_error("PutItem", &error);
        match error.into_service_error() {
            PutItemError::ConditionalCheckFailedException(failed) => Ok(failed.item.as_ref() == Some(&desired)),
            PutItemError::TransactionConflictException(_) => Ok(false),
            _ => Err(failure),
        }
    }
}

impl DeleteRole for Ledger {
    /// One conditional `DeleteItem`. The SDK may have retried a write whose response was lost: the condition then fails, and no
    /// item is stored.
    async fn delete_role(&self, id: &RoleId, expected: &ItemValue) -> Result<bool, PortError> {
        let role = ItemKey::Role(id.clone());
        let unchanged = ItemCondition::unchanged(&role, expected)?;
        let request = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(primary_key(&role)))
            .condition_expression(unchanged.expression)
            .set_expression_attribute_names(unchanged.names)
            .set_expression_attribute_values(unchanged.values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = request.send().await else { return Ok(true) };
        let failure = dynamodb_error("DeleteItem", &error);
        match error.into_service_error() {
            DeleteItemError::ConditionalCheckFailedException(failed) => Ok(failed.item.is_none()),
            DeleteItemError::TransactionConflictException(_) => Ok(false),
            _ => Err(failure),
        }
    }
}

impl RemoveOwner for Ledger {
    /// *(an owner remains)* One `TransactWriteItems`, which the client request token of the SDK makes idempotent.
    async fn remove_owner(&self, item: &DesiredItem, other_owner: &UserId) -> Result<bool, PortError> {
        let request = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(self.put(item)?).build())
            .transact_items(
                TransactWriteItem::builder().condition_check(self.is_owner(&item.key, other_owner)?).build(),
            );
        let Err(error) = request.send().await else { return Ok(true) };
        let failure = dynamodb_error(TRANSACTION, &error);
        match error.into_service_error() {
            TransactWriteItemsError::TransactionCanceledException(cancelled) => {
                let reasons = cancelled.cancellation_reasons.unwrap_or_default();
                if has_reason(&reasons, &THROTTLING_REASONS) {
                    return Err(PortError::new(Service::DynamoDb, TRANSACTION, PortErrorKind::Throttled));
                }
                if has_reason(&reasons, &CONFLICT_REASONS) { Ok(false) } else { Err(failure) }
            }
            _ => Err(failure),
        }
    }
}

/// The operation of [`RemoveOwner`].
const TRANSACTION: &str = "TransactWriteItems";

impl Ledger {
    fn put(&self, item: &DesiredItem) -> Result<Put, PortError> {
        let put = Put::builder().table_name(&self.table).set_item(Some(attributes(&item.key, &item.value)?));
        let put = match ItemCondition::of(item)? {
            None => put,
            Some(condition) => put
                .condition_expression(condition.expression)
                .set_expression_attribute_names(condition.names)
                .set_expression_attribute_values(condition.values),
        };
        put.build().map_err(|_| invalid_transaction())
    }

    /// The check that the owner role of the organization of `assignment` is assigned to `user`.
    fn is_owner(&self, assignment: &ItemKey, user: &UserId) -> Result<ConditionCheck, PortError> {
        let ItemKey::Assignment(org, _) = assignment else { return Err(invalid_transaction()) };
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(primary_key(&ItemKey::Assignment(org.clone(), user.clone()))))
            .condition_expression("contains(#roles, :owner) AND v <= :version")
            .expression_attribute_names("#roles", "roles")
            .expression_attribute_values(":owner", AttributeValue::S(RoleId::owner(org).to_string()))
            .expression_attribute_values(":version", AttributeValue::N(PERMISSION_SCHEMA_VERSION.to_string()));
        check.build().map_err(|_| invalid_transaction())
    }
}

fn invalid_transaction() -> PortError {
    PortError::new(Service::DynamoDb, TRANSACTION, PortErrorKind::InvalidRequest)
}

fn has_reason(reasons: &[CancellationReason], codes: &[&str]) -> bool {
    reasons.iter().any(|reason| reason.code.as_deref().is_some_and(|code| codes.contains(&code)))
}

/// The primary key of a role or an assignment.
fn primary_key(item: &ItemKey) -> Attributes {
    let (pk, sk) = match item {
        ItemKey::Role(id) => RoleItem::key(id),
        ItemKey::Assignment(org, user) => AssignmentItem::key(org, user),
    };
    key(pk, sk)
}
