//! Reads all roles of an organization.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::query::QueryOutput;

use super::{Attributes, Ledger, batch_get::role, dynamodb_error};
use crate::{
    aws::RoleItem,
    permissions::{OrgId, RoleId, RoleWithName},
    ports::{ListRoles, MAX_ORG_ROLES, PortError},
};

impl ListRoles for Ledger {
    /// One strongly consistent `Query` for each megabyte of roles.
    async fn list_roles(&self, org: &OrgId) -> Result<BTreeMap<RoleId, RoleWithName>, PortError> {
        let mut roles = BTreeMap::new();
        let mut start = None;
        loop {
            let response = self.roles_from(org, start).await?;
            roles.extend(response.items.unwrap_or_default().into_iter().filter_map(|item| role_with_id(org, item)));
            start = response.last_evaluated_key;
            if start.is_none() || roles.len() >= MAX_ORG_ROLES {
                return Ok(roles.into_iter().take(MAX_ORG_ROLES).collect());
            }
        }
    }
}

impl Ledger {
    async fn roles_from(&self, org: &OrgId, start: Option<Attributes>) -> Result<QueryOutput, PortError> {
        let query = self.query_prefix(RoleItem::keys_of(org), start);
        query.send().await.map_err(|error| dynamodb_error("Query", &error))
    }
}

/// The role of an item with its id; `None` if the sort key is not that of a role.
pub(super) fn role_with_id(org: &OrgId, item: Attributes) -> Option<(RoleId, RoleWithName)> {
    let id = RoleItem::id_of(org, item.get("sk")?.as_s().ok()?)?;
    let role = role(&id, item);
    Some((id, role))
}
