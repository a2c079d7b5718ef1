//! Reading all that bears on a decision, in one batch.

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

use aws_sdk_dynamodb::types::KeysAndAttributes;

use super::{Attributes, Ledger, dynamodb_error, key, read, token_key};
use crate::{
    aws::OPERATION_TIMEOUT,
    aws::{RoleItem, TokenItem},
    permissions::{Role, RoleId, RoleWithName},
    ports::ItemError,
    ports::{AuthorizationData, PortError, PortErrorKind, ReadAuthorizationData, ReadRoles, Service},
    telemetry,
    token::TokenId,
};

/// How long keys that were left unprocessed are asked for again.
const RETRY_BUDGET: Duration = Duration::from_secs(2);
/// How long to wait before asking again; twice as long each further time.
const INITIAL_BACKOFF: Duration = Duration::from_millis(20);

impl ReadAuthorizationData for Ledger {
    /// One strong `BatchGetItem`. *(closed by default)* Keys left unprocessed are not absent: they are asked for again, and are
    /// unavailable in the end.
    async fn read_authorization_data(
        &self,
        tokens: &[TokenId],
        roles: &[RoleId],
    ) -> Result<AuthorizationData, PortError> {
        let roles: BTreeSet<&RoleId> = roles.iter().collect();
        let tokens: BTreeSet<&TokenId> = tokens.iter().collect();
        let keys = tokens.iter().map(|id| token_key(id)).chain(roles.iter().map(|role| role_key(role)));
        let mut rows = self.batch(keys.collect()).await?;
        let mut data = AuthorizationData::default();
        for id in tokens {
            if let Some(row) = rows.remove(&text_key(&token_key(id))) {
                let token = read::<TokenItem>(row).map_err(|_| ItemError::Attribute("row")).and_then(TokenItem::token);
                data.tokens.insert(id.key().clone(), token);
            }
        }
        for id in roles {
            if let Some(row) = rows.remove(&text_key(&role_key(id))) {
                data.roles.insert(id.clone(), role(id, row).role);
            }
        }
        Ok(data)
    }
}

impl ReadRoles for Ledger {
    /// One strong `BatchGetItem`, where there is a role to be read.
    async fn read_roles(&self, roles: &[RoleId]) -> Result<HashMap<RoleId, RoleWithName>, PortError> {
        let roles: BTreeSet<&RoleId> = roles.iter().collect();
        if roles.is_empty() {
            return Ok(HashMap::new());
        }
        let mut rows = self.batch(roles.iter().map(|role| role_key(role)).collect()).await?;
        let found = roles.into_iter().filter_map(|id| Some((id, rows.remove(&text_key(&role_key(id)))?)));
        Ok(found.map(|(id, row)| (id.clone(), role(id, row))).collect())
    }
}

impl Ledger {
    /// Opens a connection by asking for a row that is nobody's, ahead of the first request: the handshake costs more than a read.
    /// What fails now fails again then, and is told there.
    pub(in crate::aws) async fn warm(&self) {
        let _ = self.batch_once(vec![key("WARM".to_owned(), "WARM".to_owned())]).await;
    }

    /// The rows with these keys that are there, by their keys. However often it has to ask, it takes no longer than one call.
    async fn batch(&self, keys: Vec<Attributes>) -> Result<HashMap<(String, String), Attributes>, PortError> {
        let late = || Err(PortError::new(Service::DynamoDb, "BatchGetItem", PortErrorKind::TimedOut));
        tokio::time::timeout(OPERATION_TIMEOUT, self.batch_wholly(keys)).await.unwrap_or_else(|_| late())
    }

    async fn batch_wholly(&self, keys: Vec<Attributes>) -> Result<HashMap<(String, String), Attributes>, PortError> {
        let (started, mut pause, mut keys, mut rows) = (Instant::now(), INITIAL_BACKOFF, keys, HashMap::new());
        loop {
            let (found, left) = self.batch_once(keys).await?;
            rows.extend(found.into_iter().map(|row| (text_key(&row), row)));
            if left.is_empty() {
                return Ok(rows);
            }
            if started.elapsed() + pause > RETRY_BUDGET {
                let throttled = PortError::new(Service::DynamoDb, "BatchGetItem", PortErrorKind::Throttled);
                return Err(throttled.with_detail("keys were left unprocessed"));
            }
            tokio::time::sleep(pause).await;
            (pause, keys) = (pause * 2, left);
        }
    }

    /// One call: the rows found, and the keys that were left unprocessed.
    async fn batch_once(&self, keys: Vec<Attributes>) -> Result<(Vec<Attributes>, Vec<Attributes>), PortError> {
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let wanted =
            wanted.map_err(|_| PortError::new(Service::DynamoDb, "BatchGetItem", PortErrorKind::InvalidRequest))?;
        let request = self.client.batch_get_item().request_items(&self.table, wanted);
        let answer = request.send().await.map_err(|error| dynamodb_error("BatchGetItem", &error))?;
        let found = answer.responses.and_then(|mut tables| tables.remove(&self.table)).unwrap_or_default();
        let left = answer.unprocessed_keys.and_then(|mut tables| tables.remove(&self.table));
        Ok((found, left.map(|left| left.keys).unwrap_or_default()))
    }
}

/// The primary key of a role's row.
fn role_key(role: &RoleId) -> Attributes {
    let (pk, sk) = RoleItem::key(role);
    key(pk, sk)
}

/// A role by its row. One that cannot be read denies everything, and is told to the log.
pub(super) fn role(id: &RoleId, row: Attributes) -> RoleWithName {
    if let Ok(row) = read::<RoleItem>(row) {
        return row.role(id.clone());
    }
    telemetry::error(&format!("the row of the role {id} cannot be read: it denies everything"));
    RoleWithName { name: String::new(), role: Role::unreadable(id.clone()) }
}

/// Partition and sort key as texts.
fn text_key(row: &Attributes) -> (String, String) {
    let text = |name: &str| row.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    (text("pk"), text("sk"))
}
