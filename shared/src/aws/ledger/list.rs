//! Listing tokens.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Ledger, token};
use crate::{
    aws::cause::cause,
    ports::{Lister, PortError},
    rights::OrgId,
    telemetry,
    token::{Class, Row, Token, UnixTime},
};

impl Lister for Ledger {
    /// One `Query` of the sparse index for each megabyte of rows. An unreadable row is left out, and told to the log.
    async fn list(&self, org: &OrgId, class: Class, now: UnixTime, limit: usize) -> Result<Vec<Token>, PortError> {
        let mut tokens = Vec::new();
        let mut after = None;
        loop {
            let request = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("by_org")
                .key_condition_expression("by_org = :list")
                .filter_expression("attribute_not_exists(expires_at) OR expires_at > :now")
                .expression_attribute_values(":list", AttributeValue::S(Row::list_of(org, class)))
                .expression_attribute_values(":now", AttributeValue::N(now.seconds().to_string()))
                .scan_index_forward(false)
                .set_exclusive_start_key(after);
            let page = request.send().await.map_err(|error| cause("dynamodb:Query", &error))?;
            for row in page.items.unwrap_or_default() {
                match token(row) {
                    Ok(token) => tokens.push(token),
                    Err(error) => telemetry::trouble(&error.to_string()),
                }
            }
            after = page.last_evaluated_key;
            if after.is_none() || tokens.len() >= limit {
                return Ok(tokens);
            }
        }
    }
}
