//! Stores a new token.

use aws_sdk_dynamodb::{operation::put_item::PutItemError, types::ReturnValuesOnConditionCheckFailure};

use super::{Ledger, dynamodb_error, token, write};
use crate::{
    aws::TokenItem,
    ports::{InsertToken, PortError},
    token::Token,
};

impl InsertToken for Ledger {
    /// One conditional `PutItem`. If the item exists, its token is returned, because the SDK may have retried a write
    /// whose response was lost.
    async fn insert(&self, new: &Token) -> Result<Option<Token>, PortError> {
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(write(&TokenItem::of(new))?))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = request.send().await else { return Ok(None) };
        let failure = dynamodb_error("PutItem", &error);
        match error.into_service_error() {
            PutItemError::ConditionalCheckFailedException(failed) => {
                token("PutItem", failed.item.unwrap_or_default()).map(Some)
            }
            _ => Err(failure),
        }
    }
}
