//! Reads the tokens and roles that a decision depends on, in one batch.

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

use aws_sdk_dynamodb::types::KeysAndAttributes;

use super::{Attributes, Ledger, dynamodb_error, key, read, token_key};
use crate::{
    aws::{RoleItem, TokenItem, retry_policy::OPERATION_TIMEOUT},
    permissions::{Role, RoleId, RoleWithName},
    ports::{AuthorizationData, ItemError, PortError, PortErrorKind, ReadAuthorizationData, ReadRoles, Service},
    telemetry,
    token::TokenId,
};

/// Time during which unprocessed keys are retried.
const RETRY_BUDGET: Duration = Duration::from_secs(2);
/// Wait before the first retry of unprocessed keys. It doubles with each further retry.
const INITIAL_BACKOFF: Duration = Duration::from_millis(20);

impl ReadAuthorizationData for Ledger {
    /// One strongly consistent `BatchGetItem`. *(deny by default)* Unprocessed keys do not count as absent: they are
    /// retried, and if any remain, the call fails.
    async fn read_authorization_data(
        &self,
        tokens: &[TokenId],
        roles: &[RoleId],
    ) -> Result<AuthorizationData, PortError> {
        let roles: BTreeSet<&RoleId> = roles.iter().collect();
        let tokens: BTreeSet<&TokenId> = tokens.iter().collect();
        let keys = tokens.iter().map(|id| token_key(id)).chain(roles.iter().map(|role| role_key(role)));
        let mut items = self.batch(keys.collect()).await?;
        let mut data = AuthorizationData::default();
        for id in tokens {
            if let Some(item) = items.remove(&text_key(&token_key(id))) {
                let token = read::<TokenItem>("BatchGetItem", item)
                    .map_err(|_| ItemError::Attribute("item"))
                    .and_then(TokenItem::token);
                data.tokens.insert(id.key().clone(), token);
            }
        }
        for id in roles {
            if let Some(item) = items.remove(&text_key(&role_key(id))) {
                data.roles.insert(id.clone(), role(id, item).role);
            }
        }
        Ok(data)
    }
}

impl ReadRoles for Ledger {
    /// One strongly consistent `BatchGetItem`; no call if `roles` is empty.
    async fn read_roles(&self, roles: &[RoleId]) -> Result<HashMap<RoleId, RoleWithName>, PortError> {
        let roles: BTreeSet<&RoleId> = roles.iter().collect();
        if roles.is_empty() {
            return Ok(HashMap::new());
        }
        let mut items = self.batch(roles.iter().map(|role| role_key(role)).collect()).await?;
        let found = roles.into_iter().filter_map(|id| Some((id, items.remove(&text_key(&role_key(id)))?)));
        Ok(found.map(|(id, item)| (id.clone(), role(id, item))).collect())
    }
}

impl Ledger {
    /// Opens a connection before the first request by reading an item that does not exist, because the handshake takes
    /// longer than a read. An error is ignored here: if it persists, the first request reports it.
    pub(in crate::aws) async fn warm(&self) {
        let _ = self.batch_once(vec![key("WARM".to_owned(), "WARM".to_owned())]).await;
    }

    /// The existing items with these keys, by their keys. All attempts together take at most [`OPERATION_TIMEOUT`].
    async fn batch(&self, keys: Vec<Attributes>) -> Result<HashMap<(String, String), Attributes>, PortError> {
        let timed_out = || Err(PortError::new(Service::DynamoDb, "BatchGetItem", PortErrorKind::TimedOut));
        tokio::time::timeout(OPERATION_TIMEOUT, self.batch_with_retries(keys)).await.unwrap_or_else(|_| timed_out())
    }

    async fn batch_with_retries(
        &self,
        mut keys: Vec<Attributes>,
    ) -> Result<HashMap<(String, String), Attributes>, PortError> {
        let started = Instant::now();
        let mut pause = INITIAL_BACKOFF;
        let mut items = HashMap::new();
        loop {
            let (found, unprocessed) = self.batch_once(keys).await?;
            items.extend(found.into_iter().map(|item| (text_key(&item), item)));
            if unprocessed.is_empty() {
                return Ok(items);
            }
            if started.elapsed() + pause > RETRY_BUDGET {
                let throttled = PortError::new(Service::DynamoDb, "BatchGetItem", PortErrorKind::Throttled);
                return Err(throttled.with_detail("unprocessed keys remained after the retries"));
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
            keys = unprocessed;
        }
    }

    /// One call: the items that were found, and the unprocessed keys.
    async fn batch_once(&self, keys: Vec<Attributes>) -> Result<(Vec<Attributes>, Vec<Attributes>), PortError> {
        let requested = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let requested =
            requested.map_err(|_| PortError::new(Service::DynamoDb, "BatchGetItem", PortErrorKind::InvalidRequest))?;
        let request = self.client.batch_get_item().request_items(&self.table, requested);
        let response = request.send().await.map_err(|error| dynamodb_error("BatchGetItem", &error))?;
        let found = response.responses.and_then(|mut tables| tables.remove(&self.table)).unwrap_or_default();
        let unprocessed = response.unprocessed_keys.and_then(|mut tables| tables.remove(&self.table));
        Ok((found, unprocessed.map(|unprocessed| unprocessed.keys).unwrap_or_default()))
    }
}

/// The primary key of a role's item.
fn role_key(role: &RoleId) -> Attributes {
    let (pk, sk) = RoleItem::key(role);
    key(pk, sk)
}

/// The role of an item. An unreadable item is logged, and its role denies every action.
pub(super) fn role(id: &RoleId, item: Attributes) -> RoleWithName {
    if let Ok(item) = read::<RoleItem>("BatchGetItem", item) {
        return item.role(id.clone());
    }
    telemetry::error(&format!("the item of role {id} cannot be read; the role denies every action"));
    RoleWithName { name: String::new(), role: Role::unreadable(id.clone()) }
}

/// Partition and sort key of an item.
fn text_key(item: &Attributes) -> (String, String) {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    (text("pk"), text("sk"))
}
