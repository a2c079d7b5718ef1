//! Lists the tokens of an organization by the sparse index `by_org`.

use aws_sdk_dynamodb::{operation::query::builders::QueryFluentBuilder, types::AttributeValue};

use super::{Attributes, Ledger, dynamodb_error, token, token_selection::SelectionExpression};
use crate::{
    aws::TokenItem,
    pagination::PageKey,
    ports::{ListQuery, ListTokens, PortError, TokenPage},
    telemetry,
    token::Token,
};

impl ListTokens for Ledger {
    /// One `Query` of the index. An unreadable item is logged and left out.
    async fn list_page(&self, query: &ListQuery<'_>, before: Option<&PageKey>) -> Result<TokenPage, PortError> {
        let response = self.query(query, before).send().await.map_err(|error| dynamodb_error("Query", &error))?;
        let last = response.last_evaluated_key.as_ref().and_then(|key| key.get("by_org_at")?.as_s().ok());
        Ok(TokenPage {
            next_key: last.cloned().map(PageKey::new),
            tokens: response.items.unwrap_or_default().into_iter().filter_map(readable).collect(),
        })
    }
}

impl Ledger {
    fn query(&self, list: &ListQuery<'_>, before: Option<&PageKey>) -> QueryFluentBuilder {
        let ListQuery { org, class, now, accessible, filter, read_size } = *list;
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by_org")
            .scan_index_forward(false)
            .limit(i32::try_from(read_size).unwrap_or(i32::MAX))
            .expression_attribute_values(":list", AttributeValue::S(TokenItem::list_of(org, class)))
            .expression_attribute_values(":now", AttributeValue::N(now.seconds().to_string()));
        let mut key_condition = "by_org = :list".to_owned();
        if let Some(before) = before {
            key_condition.push_str(" AND by_org_at < :before");
            query = query.expression_attribute_values(":before", AttributeValue::S(before.as_str().to_owned()));
        }
        let mut filter_expression = "(attribute_not_exists(expires_at) OR expires_at > :now) \
             AND (attribute_not_exists(ends_at) OR ends_at > :now)"
            .to_owned();
        if let Some(creator) = &filter.created_by {
            filter_expression.push_str(" AND created_by = :creator");
            query = query.expression_attribute_values(":creator", AttributeValue::S(creator.to_string()));
        }
        let selection = SelectionExpression::of(accessible);
        filter_expression.push_str(selection.expression);
        if let Some((placeholder, name)) = selection.name {
            query = query.expression_attribute_names(placeholder, name);
        }
        if let Some((placeholder, value)) = selection.value {
            query = query.expression_attribute_values(placeholder, value);
        }
        query.key_condition_expression(key_condition).filter_expression(filter_expression)
    }
}

/// The token of an item; `None` if the item is invalid, which is logged.
fn readable(item: Attributes) -> Option<Token> {
    token("Query", item).inspect_err(telemetry::port_error).ok()
}
