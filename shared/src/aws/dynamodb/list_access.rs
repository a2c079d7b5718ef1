//! Lists the roles and assignments of an organization for the API, page by page.

use aws_sdk_dynamodb::{
    operation::query::{QueryOutput, builders::QueryFluentBuilder},
    types::{AttributeValue, Select},
};

use super::{Attributes, Ledger, dynamodb_error, key, list_roles::role_with_id, read};
use crate::{
    aws::{AssignmentItem, RoleItem},
    permissions::{OrgId, RoleId, RoleWithName},
    ports::{AccessPage, ListAccess, MAX_ORG_ROLES, PortError},
    telemetry,
    token::UserId,
};

impl ListAccess for Ledger {
    async fn list_roles_page(
        &self,
        org: &OrgId,
        after: Option<&RoleId>,
        limit: usize,
    ) -> Result<AccessPage<(RoleId, RoleWithName)>, PortError> {
        let start = after.map(|id| primary_key(RoleItem::key(id)));
        self.page(RoleItem::keys_of(org), start, limit, |item| role_with_id(org, item)).await
    }

    /// An assignment that cannot be read is logged and left out.
    async fn list_assignments_page(
        &self,
        org: &OrgId,
        after: Option<&UserId>,
        limit: usize,
    ) -> Result<AccessPage<(UserId, Vec<RoleId>)>, PortError> {
        let start = after.map(|user| primary_key(AssignmentItem::key(org, user)));
        self.page(AssignmentItem::keys_of(org), start, limit, |item| assignment(org, item)).await
    }

    /// One `Query` for each megabyte of roles. It returns no item.
    async fn count_roles(&self, org: &OrgId) -> Result<usize, PortError> {
        let mut count = 0;
        let mut start = None;
        loop {
            let query = self.query_prefix(RoleItem::keys_of(org), start).select(Select::Count);
            let response = send(query).await?;
            count += usize::try_from(response.count).unwrap_or_default();
            start = response.last_evaluated_key;
            if start.is_none() || count >= MAX_ORG_ROLES {
                return Ok(count.min(MAX_ORG_ROLES));
            }
        }
    }

    /// One `Query` for each megabyte of assignments, until it finds an owner.
    async fn find_other_owner(&self, org: &OrgId, user: &UserId) -> Result<Option<UserId>, PortError> {
        let owner = AttributeValue::S(RoleId::owner(org).to_string());
        let mut start = None;
        loop {
            let query = self
                .query_prefix(AssignmentItem::keys_of(org), start)
                .filter_expression("contains(#roles, :owner)")
                .expression_attribute_names("#roles", "roles")
                .expression_attribute_values(":owner", owner.clone());
            let response = send(query).await?;
            let items = response.items.unwrap_or_default();
            let mut owners = items.into_iter().filter_map(|item| assignment(org, item)).map(|(owner, _)| owner);
            if let Some(other) = owners.find(|other| other != user) {
                return Ok(Some(other));
            }
            start = response.last_evaluated_key;
            if start.is_none() {
                return Ok(None);
            }
        }
    }
}

impl Ledger {
    /// Reads at most `limit` items with the partition key and the prefix of the sort key `keys`: those of one query, or of the first
    /// one that returns any. A query returns at most one megabyte, and Lambda limits a response to six: quotation marks of a grant
    /// take four times their size in it.
    async fn page<T>(
        &self,
        keys: (String, &'static str),
        mut start: Option<Attributes>,
        limit: usize,
        parse: impl Fn(Attributes) -> Option<T> + Send,
    ) -> Result<AccessPage<T>, PortError> {
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        loop {
            let response = send(self.query_prefix(keys.clone(), start).limit(limit)).await?;
            let items: Vec<T> = response.items.unwrap_or_default().into_iter().filter_map(&parse).collect();
            start = response.last_evaluated_key;
            if start.is_none() || !items.is_empty() {
                return Ok(AccessPage { items, has_more: start.is_some() });
            }
        }
    }

    /// A strongly consistent `Query` of the items with this partition key and prefix of the sort key.
    pub(super) fn query_prefix(&self, keys: (String, &'static str), start: Option<Attributes>) -> QueryFluentBuilder {
        let (partition, prefix) = keys;
        self.client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .set_exclusive_start_key(start)
            .key_condition_expression("pk = :org AND begins_with(sk, :prefix)")
            .expression_attribute_values(":org", AttributeValue::S(partition))
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
    }
}

async fn send(query: QueryFluentBuilder) -> Result<QueryOutput, PortError> {
    query.send().await.map_err(|error| dynamodb_error("Query", &error))
}

fn primary_key((pk, sk): (String, String)) -> Attributes {
    key(pk, sk)
}

/// The roles of an assignment with its user; `None` if the item cannot be read.
fn assignment(org: &OrgId, item: Attributes) -> Option<(UserId, Vec<RoleId>)> {
    let user = AssignmentItem::user_of(item.get("sk")?.as_s().ok()?)?;
    let roles = read::<AssignmentItem>("Query", item).ok().and_then(|item| item.roles().ok());
    if roles.is_none() {
        telemetry::error(&format!("the roles of {user} in {org} cannot be read; the authorizer denies this user"));
    }
    Some((user, roles?))
}
