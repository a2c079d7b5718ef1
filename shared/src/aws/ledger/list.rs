//! Listing tokens.

use aws_sdk_dynamodb::{operation::query::builders::QueryFluentBuilder, types::AttributeValue};

use super::{Attributes, Ledger, token};
use crate::{
    aws::cause::cause,
    ports::{Lister, PortError},
    rights::OrgId,
    telemetry,
    token::{Class, Row, Token, UnixTime},
};

/// The most megabytes of rows that one list reads, expired ones included.
const MOST_READ: usize = 10;

impl Lister for Ledger {
    /// One `Query` of the sparse index for each megabyte of rows. An unreadable row is left out, and told to the log.
    async fn list(&self, org: &OrgId, class: Class, now: UnixTime, limit: usize) -> Result<Vec<Token>, PortError> {
        let (mut tokens, mut after) = (Vec::new(), None);
        for _ in 0..MOST_READ {
            let page = self.page(Row::list_of(org, class), now).set_exclusive_start_key(after);
            let page = page.send().await.map_err(|error| cause("dynamodb:Query", &error))?;
            tokens.extend(page.items.unwrap_or_default().into_iter().filter_map(readable));
            after = page.last_evaluated_key;
            if after.is_none() || tokens.len() >= limit {
                break;
            }
        }
        tokens.truncate(limit);
        Ok(tokens)
    }
}

impl Ledger {
    /// A query for what lives at `now` of one list, newest first.
    fn page(&self, list: String, now: UnixTime) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .index_name("by_org")
            .key_condition_expression("by_org = :list")
            .filter_expression("attribute_not_exists(expires_at) OR expires_at > :now")
            .expression_attribute_values(":list", AttributeValue::S(list))
            .expression_attribute_values(":now", AttributeValue::N(now.seconds().to_string()))
            .scan_index_forward(false)
    }
}

fn readable(row: Attributes) -> Option<Token> {
    token(row).inspect_err(|error| telemetry::trouble(&error.to_string())).ok()
}
