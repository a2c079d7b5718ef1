//! Revokes a token, marks its rotation, changes its texts, and records its first and its last use. *(revoked is final)* Each
//! write is conditional on an item that is not revoked, and none removes a revocation.

use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure},
};

use super::{Attributes, Ledger, dynamodb_error, is_of, token, token_key, token_selection::SelectionExpression};
use crate::{
    aws::{EXPIRED_RETENTION_SECONDS, REVOKED_RETENTION_SECONDS, ROTATION_SCHEMA_VERSION},
    permissions::OrgId,
    ports::{
        MarkRotated, PortError, PortErrorKind, RecordFirstUse, RevocationTarget, RevokeToken, Service, UpdateLastUsed,
        UpdateToken,
    },
    token::{Date, DescriptionChange, Revocation, Succession, Token, TokenChanges, TokenId, TokenSelection, UnixTime},
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

/// Adds the names and values of the selection.
fn with_selection(mut request: UpdateItemFluentBuilder, selection: SelectionExpression) -> UpdateItemFluentBuilder {
    if let Some((placeholder, name)) = selection.name {
        request = request.expression_attribute_names(placeholder, name);
    }
    if let Some((placeholder, value)) = selection.value {
        request = request.expression_attribute_values(placeholder, value);
    }
    request
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
        with_selection(request, selection)
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

impl UpdateToken for Ledger {
    /// One conditional `UpdateItem` of `name` and `description` alone. Without an item the condition fails, so that none is
    /// created.
    async fn update_token(
        &self,
        id: &TokenId,
        org: &OrgId,
        accessible: &TokenSelection,
        changes: &TokenChanges,
        now: UnixTime,
    ) -> Result<Option<Token>, PortError> {
        let selection = SelectionExpression::of(accessible);
        let mut request = self
            .update(id)
            .update_expression(update_expression(changes))
            .condition_expression(format!(
                "id = :id AND org = :org AND attribute_not_exists(revoked_at) \
                 AND (attribute_not_exists(expires_at) OR expires_at > :now){}",
                selection.expression
            ))
            .expression_attribute_values(":now", seconds(now))
            .expression_attribute_values(":id", AttributeValue::S(id.to_string()))
            .expression_attribute_values(":org", AttributeValue::S(org.to_string()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if let Some(name) = &changes.name {
            request = request
                .expression_attribute_names("#name", "name")
                .expression_attribute_values(":name", AttributeValue::S(name.to_string()));
        }
        if let DescriptionChange::Set(description) = &changes.description {
            request = request.expression_attribute_values(":description", AttributeValue::S(description.to_string()));
        }
        match send(with_selection(request, selection)).await? {
            WriteOutcome::Applied(item) => token("UpdateItem", item).map(Some),
            WriteOutcome::ConditionFailed(item) if !is_of(&item, id, org) => Ok(None),
            WriteOutcome::ConditionFailed(item) => match token("UpdateItem", item)? {
                found if !accessible.includes(&found) => Ok(None),
                found if !found.is_changeable(now) => Ok(Some(found)),
                // The condition failed, and yet the item meets it.
                _ => Err(PortError::new(Service::DynamoDb, "UpdateItem", PortErrorKind::InvalidItem)),
            },
        }
    }
}

/// The update expression of `changes`. `name` is a reserved word of `DynamoDB`, hence the placeholder.
fn update_expression(changes: &TokenChanges) -> String {
    let name = changes.name.as_ref().map(|_| "#name = :name");
    let (set, remove) = match changes.description {
        DescriptionChange::Keep => (None, None),
        DescriptionChange::Set(_) => (Some("description = :description"), None),
        DescriptionChange::Remove => (None, Some("description")),
    };
    let set: Vec<_> = name.into_iter().chain(set).collect();
    let set = (!set.is_empty()).then(|| format!("SET {}", set.join(", ")));
    let remove = remove.map(|attribute| format!("REMOVE {attribute}"));
    set.into_iter().chain(remove).collect::<Vec<_>>().join(" ")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn update_expression_writes_the_changed_attributes_alone() {
        let set = || DescriptionChange::Set("d".parse().unwrap());
        for (name, description, expected) in [
            (Some("n"), DescriptionChange::Keep, "SET #name = :name"),
            (Some("n"), set(), "SET #name = :name, description = :description"),
            (Some("n"), DescriptionChange::Remove, "SET #name = :name REMOVE description"),
            (None, set(), "SET description = :description"),
            (None, DescriptionChange::Remove, "REMOVE description"),
        ] {
            let name = name.map(|name| name.parse().unwrap());
            assert_eq!(update_expression(&TokenChanges { name, description }), expected);
        }
    }
}
