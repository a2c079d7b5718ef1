//! Reads one item: a token, or the roles that are assigned to a user.

use super::{Attributes, Ledger, dynamodb_error, invalid_item, is_of, key, read, token, token_key};
use crate::{
    aws::AssignmentItem,
    permissions::{OrgId, RoleId},
    ports::{FindToken, ListAssignedRoles, PortError},
    token::{Token, TokenId, UserId},
};

impl Ledger {
    /// One strongly consistent `GetItem`.
    pub(super) async fn get(&self, key: Attributes) -> Result<Option<Attributes>, PortError> {
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        let response = request.send().await.map_err(|error| dynamodb_error("GetItem", &error))?;
        Ok(response.item)
    }
}

impl FindToken for Ledger {
    async fn find_token(&self, id: &TokenId, org: &OrgId) -> Result<Option<Token>, PortError> {
        self.get(token_key(id))
            .await?
            .filter(|item| is_of(item, id, org))
            .map(|item| token("GetItem", item))
            .transpose()
    }
}

impl ListAssignedRoles for Ledger {
    async fn list_assigned_roles(&self, org: &OrgId, user: &UserId) -> Result<Vec<RoleId>, PortError> {
        let (pk, sk) = AssignmentItem::key(org, user);
        let Some(attributes) = self.get(key(pk, sk)).await? else { return Ok(Vec::new()) };
        read::<AssignmentItem>("GetItem", attributes)?
            .roles()
            .map_err(|error| invalid_item("GetItem", error.to_string()))
    }
}
