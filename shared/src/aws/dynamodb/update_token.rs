//! Revokes a token and records its last use. *(revoked is final)* Both writes are conditional and monotone.

use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure},
};

use super::{Attributes, Ledger, dynamodb_error, is_of, token, token_key, token_selection::SelectionExpression};
use crate::{
    aws::REVOKED_RETENTION_SECONDS,
    permissions::OrgId,
    ports::{PortError, PortErrorKind, RevokeToken, Service, UpdateLastUsed},
    token::{Date, Revocation, Token, TokenId, TokenSelection, UnixTime},
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
    /// One conditional `UpdateItem`, which also removes the item from the index.
    async fn revoke_token(
        &self,
        id: &TokenId,
        org: &OrgId,
        accessible: &TokenSelection,
        revocation: &Revocation,
    ) -> Result<Option<Token>, PortError> {
        let selection = SelectionExpression::of(accessible);
        let mut request = self
            .update(id)
            .update_expression("SET revoked_at = :at, revoked_by = :by, #ttl = :ttl REMOVE by_org, by_org_at")
            .condition_expression(format!(
                "id = :id AND org = :org AND attribute_not_exists(revoked_at){}",
                selection.expression
            ))
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":at", seconds(revocation.at))
            .expression_attribute_values(":by", AttributeValue::S(revocation.by.to_string()))
            .expression_attribute_values(":ttl", seconds(revocation.at.plus(REVOKED_RETENTION_SECONDS)))
            .expression_attribute_values(":id", AttributeValue::S(id.to_string()))
            .expression_attribute_values(":org", AttributeValue::S(org.to_string()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if let Some((placeholder, name)) = selection.name {
            request = request.expression_attribute_names(placeholder, name);
        }
        if let Some((placeholder, value)) = selection.value {
            request = request.expression_attribute_values(placeholder, value);
        }
        match send(request).await? {
            WriteOutcome::Applied(item) => token("UpdateItem", item).map(Some),
            WriteOutcome::ConditionFailed(item) if !is_of(&item, id, org) => Ok(None),
            WriteOutcome::ConditionFailed(item) => match token("UpdateItem", item)? {
                found if !accessible.includes(&found) => Ok(None),
                found if found.revocation.is_some() => Ok(Some(found)),
                // The condition failed, and yet the item meets it.
                _ => Err(PortError::new(Service::DynamoDb, "UpdateItem", PortErrorKind::InvalidItem)),
            },
        }
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
