//! The users who may sign in: those of the seed, and those with role assignments in the table of the running stack.

use std::{collections::BTreeMap, sync::OnceLock, time::Duration};

use aws_sdk_dynamodb::{
    Client,
    error::{DisplayErrorContext, ProvideErrorMetadata},
    types::AttributeValue,
};
use shared::{
    aws::AssignmentItem,
    permissions::{OrgId, RoleId},
    token::{ProviderName, UserId},
};
use tokio::time::timeout;

/// The local identity provider's name in the service's configuration and in user ids.
pub const PROVIDER_NAME: &str = "local";

/// Longest wait for the role assignments.
const SCAN_TIMEOUT: Duration = Duration::from_secs(3);

/// [`PROVIDER_NAME`] as the ledger's type.
#[must_use]
pub fn provider_name() -> ProviderName {
    PROVIDER_NAME.parse().unwrap_or_else(|_| unreachable!("`{PROVIDER_NAME}` is a valid provider name"))
}

/// A user in one organization. A user with roles in two organizations may sign in to either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The organization, `org_id`.
    pub org: String,
    /// The user id, `sub`.
    pub id: String,
    /// The display name, `name`.
    pub name: String,
    /// The assigned roles. The sign-in page shows them; tokens do not contain them.
    pub roles: Vec<String>,
}

impl User {
    /// Identifies the user in the sign-in form. An organization id does not contain `|`.
    pub(super) fn key(&self) -> String {
        format!("{}|{}", self.org, self.id)
    }
}

/// The users that the sign-in page lists.
pub(super) struct UserList {
    pub(super) users: Vec<User>,
    /// Why users who are not of the seed are missing.
    pub(super) error: Option<ListAssignmentsError>,
}

/// The role assignments of the running stack cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ListAssignmentsError {
    /// `DynamoDB` did not respond in time.
    #[error("dynamodb Scan timed out")]
    Timeout,
    /// `DynamoDB` returned an error, or no response.
    #[error("dynamodb Scan failed: {0}")]
    Scan(String),
}

/// Roles by organization and user id.
type Assignments = BTreeMap<(String, String), Vec<String>>;

/// The table that contains the role assignments, and the operator's client for it.
#[derive(Debug)]
pub(super) struct AssignmentTable {
    pub(super) client: Client,
    pub(super) table: String,
}

/// Lists the users who may sign in.
#[derive(Debug)]
pub(super) struct UserDirectory {
    seed: Vec<User>,
    /// Not set while the stack starts: the table is created after the identity provider, whose URL is part of the stack's
    /// configuration.
    table: OnceLock<AssignmentTable>,
}

impl UserDirectory {
    pub(super) fn new(seed: Vec<User>) -> Self {
        Self { seed, table: OnceLock::new() }
    }

    /// Also lists users who have role assignments in `table`.
    pub(super) fn read_assignments(&self, table: AssignmentTable) {
        self.table.get_or_init(|| table);
    }

    /// The users of the seed, then the others by organization and id. If the role assignments cannot be read, the list is
    /// limited to the seed.
    pub(super) async fn list(&self) -> UserList {
        let Some(table) = self.table.get() else { return UserList { users: self.seed.clone(), error: None } };
        match table.assignments().await {
            Ok(assignments) => UserList { users: self.merge(assignments), error: None },
            Err(error) => {
                tracing::warn!(%error, "the identity provider cannot read the role assignments");
                UserList { users: self.seed.clone(), error: Some(error) }
            }
        }
    }

    /// The user with this key, if the user may sign in.
    pub(super) async fn find(&self, key: &str) -> Option<User> {
        self.list().await.users.into_iter().find(|user| user.key() == key)
    }

    fn merge(&self, mut assignments: Assignments) -> Vec<User> {
        let mut users = self.seed.clone();
        for user in &mut users {
            user.roles = assignments.remove(&(user.org.clone(), user.id.clone())).unwrap_or_default();
        }
        let names: BTreeMap<_, _> = self.seed.iter().map(|user| (&user.id, &user.name)).collect();
        users.extend(assignments.into_iter().map(|((org, id), roles)| {
            let name = names.get(&id).copied().unwrap_or(&id).clone();
            User { org, id, name, roles }
        }));
        users
    }
}

/// Lists the users with role assignments in `table`, by organization and id. Their names are their ids.
///
/// # Errors
///
/// Returns [`ListAssignmentsError`] if `DynamoDB` does not respond or returns an error.
pub async fn assigned_users(client: Client, table: String) -> Result<Vec<User>, ListAssignmentsError> {
    let assignments = AssignmentTable { client, table }.assignments().await?;
    Ok(UserDirectory::new(Vec::new()).merge(assignments))
}

impl AssignmentTable {
    async fn assignments(&self) -> Result<Assignments, ListAssignmentsError> {
        timeout(SCAN_TIMEOUT, self.scan()).await.unwrap_or(Err(ListAssignmentsError::Timeout))
    }

    async fn scan(&self) -> Result<Assignments, ListAssignmentsError> {
        let mut items = self
            .client
            .scan()
            .table_name(&self.table)
            .consistent_read(true)
            .filter_expression("begins_with(sk, :prefix)")
            .expression_attribute_values(":prefix", AttributeValue::S(format!("USER#{PROVIDER_NAME}|")))
            .into_paginator()
            .items()
            .send();
        let mut assignments = Assignments::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(|error| {
                tracing::debug!(error = %DisplayErrorContext(&error), "dynamodb Scan failed");
                ListAssignmentsError::Scan(error.code().unwrap_or("no response").to_owned())
            })?;
            let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str);
            if let Some((org, user)) = key_of(text("pk"), text("sk")) {
                let item: Option<AssignmentItem> = serde_dynamo::aws_sdk_dynamodb_1::from_item(item).ok();
                let roles = item.and_then(|item| item.roles().ok()).unwrap_or_default();
                let roles = roles.iter().map(RoleId::to_string).collect();
                assignments.insert((org.to_string(), user.subject().to_owned()), roles);
            }
        }
        Ok(assignments)
    }
}

/// Organization and user of the role assignment with this primary key.
fn key_of(pk: &str, sk: &str) -> Option<(OrgId, UserId)> {
    let org = pk.strip_prefix("ORG#")?.parse().ok()?;
    let user = sk.strip_prefix("USER#")?.parse().ok()?;
    Some((org, user))
}
