//! Revokes a token, marks its rotation, and records its first and its last use. *(revoked is final)* Each write is
//! conditional and monotone.

use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure},
};

use super::{Attributes, Ledger, dynamodb_error, is_of, token, token_key, token_selection::SelectionExpression};
use crate::{
    aws::{EXPIRED_RETENTION_SECONDS, REVOKED_RETENTION_SECONDS, ROTATION_SCHEMA_VERSION},
    ports::{
        MarkRotated, PortError, PortErrorKind, RecordFirstUse, RevocationTarget, RevokeToken, Service, UpdateLastUsed,
    },
    token::{Date, Revocation, Succession, Token, TokenId, UnixTime},
};

/// The outcome of a conditional write.
enum WriteOutcome {
    /// The write was applied. Contains the new item if the request asks for it.
    Applied(Attributes),
    /// The condition was not met. Contains the stored item, empty if it does not exist.
    ConditionFailed(Attributes),
}

impl Ledger {
    fn update(&self, id: &TokenId) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).set_key(Some(token_key(id)))
    }
}

async fn send(request: UpdateItemFluentBuilder) -> Result<WriteOutcome, PortError> {
    let error = match request.send().await {
        Ok(response) => return Ok(WriteOutcome::Applied(response.attributes.unwrap_or_default())),
        Err(error) => error,
    };
    let failure = dynamodb_error("UpdateItem", &error);
    match error.into_service_error() {
        UpdateItemError::ConditionalCheckFailedException(failed) => {
            Ok(WriteOutcome::ConditionFailed(failed.item.unwrap_or_default()))
        }
        _ => Err(failure),
    }
}

fn seconds(time: UnixTime) -> AttributeValue {
    AttributeValue::N(time.seconds().to_string())
}

impl RevokeToken for Ledger {
    /// One conditional `UpdateItem`, which also removes the item from the index; a second one if the token was rotated.
    async fn revoke_token(
        &self,
        target: &RevocationTarget<'_>,
        revocation: &Revocation,
    ) -> Result<Option<Token>, PortError> {
        let ttl = revocation.at.plus(REVOKED_RETENTION_SECONDS);
        let unmarked = self.revocation(target, revocation, "attribute_not_exists(successor)", Some(ttl));
        let item = match send(unmarked).await? {
            WriteOutcome::Applied(item) => return token("UpdateItem", item).map(Some),
            WriteOutcome::ConditionFailed(item) => item,
        };
        let retained_until = item.get("ttl").and_then(time);
        let Some(found) = selected(target, item)? else { return Ok(None) };
        if found.revocation.is_some() {
            return Ok(Some(found));
        }
        // The item of a rotated token is retained until its successor ends, so that a later revocation finds the successor.
        // A mark is never changed, and only the mark and a revocation change the time.
        let ttl = retained_until.map(|retained_until| retained_until.max(ttl));
        let marked = self.revocation(target, revocation, "attribute_exists(successor)", ttl);
        match send(marked).await? {
            WriteOutcome::Applied(item) => token("UpdateItem", item).map(Some),
            WriteOutcome::ConditionFailed(item) => match selected(target, item)? {
                Some(found) if found.revocation.is_none() => {
                    // The condition failed, and yet the item meets it.
                    Err(PortError::new(Service::DynamoDb, "UpdateItem", PortErrorKind::InvalidItem))
                }
                found => Ok(found),
            },
        }
    }
}

impl Ledger {
    /// The revocation of an item that meets `condition`. It is deleted at `ttl`, or never.
    fn revocation(
        &self,
        target: &RevocationTarget<'_>,
        revocation: &Revocation,
        condition: &str,
        ttl: Option<UnixTime>,
    ) -> UpdateItemFluentBuilder {
        let selection = SelectionExpression::of(target.accessible);
        let mut condition = format!(
            "id = :id AND org = :org AND attribute_not_exists(revoked_at) AND {condition}{}",
            selection.expression
        );
        let mut update = "SET revoked_at = :at, revoked_by = :by".to_owned();
        let mut request = self.update(target.id);
        if let Some(ttl) = ttl {
            update.push_str(", #ttl = :ttl");
            request =
                request.expression_attribute_names("#ttl", "ttl").expression_attribute_values(":ttl", seconds(ttl));
        }
        if let Some(by) = target.rotated_by {
            condition.push_str(" AND rotated_by = :rotated_by");
            request = request.expression_attribute_values(":rotated_by", AttributeValue::S(by.to_string()));
        }
        if let Some((placeholder, name)) = selection.name {
            request = request.expression_attribute_names(placeholder, name);
        }
        if let Some((placeholder, value)) = selection.value {
            request = request.expression_attribute_values(placeholder, value);
        }
        request
            .update_expression(format!("{update} REMOVE by_org, by_org_at"))
            .condition_expression(condition)
            .expression_attribute_values(":at", seconds(revocation.at))
            .expression_attribute_values(":by", AttributeValue::S(revocation.by.to_string()))
            .expression_attribute_values(":id", AttributeValue::S(target.id.to_string()))
            .expression_attribute_values(":org", AttributeValue::S(target.org.to_string()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }
}

/// The token of `item`; `None` if `target` does not select it, or if the item is empty.
fn selected(target: &RevocationTarget<'_>, item: Attributes) -> Result<Option<Token>, PortError> {
    if !is_of(&item, target.id, target.org) {
        return Ok(None);
    }
    token("UpdateItem", item).map(|found| Some(found).filter(|found| target.selects(found)))
}

fn time(value: &AttributeValue) -> Option<UnixTime> {
    UnixTime::try_from(value.as_n().ok()?.parse::<i64>().ok()?).ok()
}

impl MarkRotated for Ledger {
    /// One conditional `UpdateItem`. It raises the schema version, so that older code, which knows no end of a rotated
    /// token, rejects the item.
    async fn mark_rotated(
        &self,
        id: &TokenId,
        succession: &Succession,
        successor_end: Option<UnixTime>,
    ) -> Result<Option<Token>, PortError> {
        let Succession { successor, rotated_at, ends_at } = succession;
        let mut request = self.update(id).expression_attribute_names("#ttl", "ttl");
        let mut update = "SET successor = :successor, rotated_at = :at, ends_at = :end, v = :version".to_owned();
        match successor_end {
            Some(end) => {
                update.push_str(", #ttl = :ttl");
                let ttl = end.max(*ends_at).plus(EXPIRED_RETENTION_SECONDS);
                request = request.expression_attribute_values(":ttl", seconds(ttl));
            }
            None => update.push_str(" REMOVE #ttl"),
        }
        let request = request
            .update_expression(update)
            .condition_expression(
                "attribute_exists(pk) AND attribute_not_exists(revoked_at) AND attribute_not_exists(successor)",
            )
            .expression_attribute_values(":successor", AttributeValue::S(successor.to_string()))
            .expression_attribute_values(":at", seconds(*rotated_at))
            .expression_attribute_values(":end", seconds(*ends_at))
            .expression_attribute_values(":version", AttributeValue::N(ROTATION_SCHEMA_VERSION.to_string()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match send(request).await? {
            WriteOutcome::ConditionFailed(item) if item.is_empty() => Ok(None),
            WriteOutcome::Applied(item) | WriteOutcome::ConditionFailed(item) => token("UpdateItem", item).map(Some),
        }
    }
}

impl RecordFirstUse for Ledger {
    /// One conditional `UpdateItem`. It changes only an item that exists and is not revoked, and never an earlier first use.
    async fn record_first_use(&self, id: &TokenId, time: UnixTime) -> Result<bool, PortError> {
        let request = self
            .update(id)
            .update_expression("SET first_used_at = :at")
            .condition_expression(
                "attribute_exists(pk) AND attribute_not_exists(revoked_at) AND attribute_not_exists(first_used_at)",
            )
            .expression_attribute_values(":at", seconds(time))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(match send(request).await? {
            WriteOutcome::Applied(_) => true,
            WriteOutcome::ConditionFailed(item) => {
                item.contains_key("first_used_at") && !item.contains_key("revoked_at")
            }
        })
    }
}

impl UpdateLastUsed for Ledger {
    /// One conditional `UpdateItem`. It changes only an item that exists and is not revoked, and never sets an earlier
    /// day.
    async fn update_last_used(&self, id: &TokenId, day: Date) -> Result<(), PortError> {
        let request = self
            .update(id)
            .update_expression("SET last_used = :day")
            .condition_expression(
                "attribute_exists(pk) AND attribute_not_exists(revoked_at) \
                 AND (attribute_not_exists(last_used) OR last_used < :day)",
            )
            .expression_attribute_values(":day", AttributeValue::S(day.to_string()));
        send(request).await.map(|_| ())
    }
}
