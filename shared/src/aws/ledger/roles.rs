//! Reading all roles of an organization.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::{operation::query::QueryOutput, types::AttributeValue};

use super::{Attributes, Ledger, dynamodb_error, evidence::role};
use crate::{
    ports::{MOST_ORG_ROLES, OrgRoles, PortError},
    rights::{NamedRole, OrgId, RoleId, RoleRow},
};

impl OrgRoles for Ledger {
    /// One strong `Query` for each megabyte of roles.
    async fn of_org(&self, org: &OrgId) -> Result<BTreeMap<RoleId, NamedRole>, PortError> {
        let (mut roles, mut start) = (BTreeMap::new(), None);
        loop {
            let answer = self.roles_from(org, start).await?;
            roles.extend(answer.items.unwrap_or_default().into_iter().filter_map(|row| named(org, row)));
            start = answer.last_evaluated_key;
            if start.is_none() || roles.len() >= MOST_ORG_ROLES {
                return Ok(roles.into_iter().take(MOST_ORG_ROLES).collect());
            }
        }
    }
}

impl Ledger {
    async fn roles_from(&self, org: &OrgId, start: Option<Attributes>) -> Result<QueryOutput, PortError> {
        let (partition, sort) = RoleRow::keys_of(org);
        let query = self.client.query().table_name(&self.table).consistent_read(true).set_exclusive_start_key(start);
        let query = query
            .key_condition_expression("pk = :org AND begins_with(sk, :role)")
            .expression_attribute_values(":org", AttributeValue::S(partition))
            .expression_attribute_values(":role", AttributeValue::S(sort.to_owned()));
        query.send().await.map_err(|error| dynamodb_error("Query", &error))
    }
}

/// A role by its row. What lies there and has the key of none is nobody's role.
fn named(org: &OrgId, row: Attributes) -> Option<(RoleId, NamedRole)> {
    let id = RoleRow::id_of(org, row.get("sk")?.as_s().ok()?)?;
    let named = role(&id, row);
    Some((id, named))
}
