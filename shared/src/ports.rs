//! The ports: traits for everything that the operations need from outside, such as the ledger, keys and a clock.
//!
//! *(one permission per port)* Each operation on the ledger is a trait of its own, so that the type parameters of a
//! function correspond to the actions of its IAM policy.
//!
//! An absent value is not an error: a method whose value may be absent returns an `Option` inside the `Result`.

mod error;
mod recorded_token;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    future::Future,
    sync::Arc,
};

pub use self::{
    error::{ItemError, PortError, PortErrorKind, Service},
    recorded_token::{InsertOutcome, RecordedToken, find_token, find_tokens, insert_token},
};
use crate::{
    access_item::{DesiredItem, ItemKey, ItemValue},
    identity_provider::IdentityProvider,
    jwt::{KeySet, ProviderKeySet, VerifyingKey},
    pagination::{PageKey, TokenFilter},
    permissions::{OrgId, Role, RoleId, RoleWithName},
    token::{
        Date, Principal, Revocation, Succession, Token, TokenChanges, TokenClass, TokenId, TokenKey, TokenSelection,
        UnixTime, UserId,
    },
};

/// The future that a method of a port returns.
pub trait PortFuture<T>: Future<Output = Result<T, PortError>> + Send {}

impl<T, F: Future<Output = Result<T, PortError>> + Send> PortFuture<T> for F {}

/// Returns the current time.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> UnixTime;
}

/// Generates the keys of token ids.
pub trait IdGenerator: Send + Sync {
    /// A random key that cannot be guessed. It is practically unique.
    fn generate(&self) -> TokenKey;
}

/// Signs tokens of one family with its first key.
pub trait Signer: Send + Sync {
    /// The public key of the signing key.
    fn key(&self) -> impl PortFuture<VerifyingKey>;

    /// The signature of this SHA-256 digest, in the format of RFC 7518, section 3.
    fn sign(&self, digest: [u8; 32]) -> impl PortFuture<Vec<u8>>;
}

/// Reads the public keys of Latchkey's own signing keys.
pub trait OwnKeys: Send + Sync {
    /// The keys of one family, the signing key first.
    fn key_set(&self) -> impl PortFuture<Arc<KeySet>>;
}

/// Reads the public keys of identity providers.
pub trait ProviderKeys: Send + Sync {
    /// The keys of `provider`, possibly cached.
    fn key_set(&self, provider: &IdentityProvider) -> impl PortFuture<Arc<ProviderKeySet>>;

    /// The keys of `provider` after `outdated` did not verify a token. They are fetched again, unless that happened
    /// shortly before: the result may be `outdated`.
    fn newer_key_set(
        &self,
        provider: &IdentityProvider,
        outdated: &Arc<ProviderKeySet>,
    ) -> impl PortFuture<Arc<ProviderKeySet>>;
}

/// Stores new tokens.
pub trait InsertToken: Send + Sync {
    /// Stores `token` and returns `None`. If a token with the same key exists, it stays unchanged and is returned
    /// instead.
    fn insert(&self, token: &Token) -> impl PortFuture<Option<Token>>;
}

/// Reads one token.
pub trait FindToken: Send + Sync {
    /// The token `id` of `org`, with a strongly consistent read.
    fn find_token(&self, id: &TokenId, org: &OrgId) -> impl PortFuture<Option<Token>>;
}

/// Revokes tokens.
pub trait RevokeToken: Send + Sync {
    /// Revokes the token that `target` selects and returns it with its successor, if it was rotated before; `None` if
    /// `target` selects none.
    ///
    /// *(revoked is final)* A token that is already revoked stays unchanged.
    fn revoke_token(&self, target: &RevocationTarget<'_>, revocation: &Revocation) -> impl PortFuture<Option<Token>>;
}

/// The token that a revocation concerns.
#[derive(Debug, Clone, Copy)]
pub struct RevocationTarget<'a> {
    /// Its id.
    pub id: &'a TokenId,
    /// Its organization.
    pub org: &'a OrgId,
    /// The tokens that the caller may access, of which it must be one.
    pub accessible: &'a TokenSelection,
    /// The token that must have obtained it by rotating itself; `None`: this does not matter.
    pub rotated_by: Option<&'a TokenId>,
}

impl RevocationTarget<'_> {
    /// Whether this selects `token`.
    #[must_use]
    pub fn selects(&self, token: &Token) -> bool {
        let is_obtained_by = |by: &TokenId| {
            let rotated_by = token.origin.as_ref().map(|origin| &origin.rotated_by);
            rotated_by == Some(&Principal::Token(by.clone()))
        };
        token.id == *self.id
            && token.org == *self.org
            && self.accessible.includes(token)
            && self.rotated_by.is_none_or(is_obtained_by)
    }
}

/// Marks rotated tokens.
pub trait MarkRotated: Send + Sync {
    /// Records the rotation of the token `id` and returns the token; `None` if it does not exist. A token that is revoked or
    /// has a successor stays unchanged.
    ///
    /// `successor_end` is the expiration of the successor: the item of the token is retained at least as long.
    fn mark_rotated(
        &self,
        id: &TokenId,
        succession: &Succession,
        successor_end: Option<UnixTime>,
    ) -> impl PortFuture<Option<Token>>;
}

/// Records the first use of a successor.
pub trait RecordFirstUse: Send + Sync {
    /// Records that a request with the token `id` was first allowed at `time`, unless its first use is recorded. Returns
    /// `false`, without a write, if the token is revoked or does not exist.
    fn record_first_use(&self, id: &TokenId, time: UnixTime) -> impl PortFuture<bool>;
}

/// Changes the texts of tokens.
pub trait UpdateToken: Send + Sync {
    /// Changes the name and the description of the token `id` of `org`, if it [may be changed](Token::is_changeable) at `now`,
    /// and returns the token as it is stored then; `None` if it does not exist in this organization or is not in `accessible`.
    ///
    /// *(revoked is final)* A token that is revoked or expired stays unchanged, and no token is created.
    fn update_token(
        &self,
        id: &TokenId,
        org: &OrgId,
        accessible: &TokenSelection,
        changes: &TokenChanges,
        now: UnixTime,
    ) -> impl PortFuture<Option<Token>>;
}

/// Lists tokens.
pub trait ListTokens: Send + Sync {
    /// The page of the list `query` that starts after `before`, newest tokens first.
    ///
    /// The read is eventually consistent: a write may take about one second to appear.
    fn list_page(&self, query: &ListQuery<'_>, before: Option<&PageKey>) -> impl PortFuture<TokenPage>;
}

/// The list of the tokens of an organization in one class that are neither revoked nor expired.
#[derive(Debug, Clone, Copy)]
pub struct ListQuery<'a> {
    /// The organization.
    pub org: &'a OrgId,
    /// The class.
    pub class: TokenClass,
    /// The time at which the tokens must not be expired.
    pub now: UnixTime,
    /// The tokens that the caller may access. The page does not contain others.
    pub accessible: &'a TokenSelection,
    /// The page may omit tokens that do not match this filter.
    pub filter: &'a TokenFilter,
    /// Most tokens that one page reads.
    pub read_size: usize,
}

/// The result of one read of a list.
#[derive(Debug, Clone, Default)]
pub struct TokenPage {
    /// The tokens, newest first.
    pub tokens: Vec<Token>,
    /// The position at which the read stopped; `None` if the list was read to its end.
    pub next_key: Option<PageKey>,
}

/// Reads tokens and roles in one batch.
pub trait ReadAuthorizationData: Send + Sync {
    /// These tokens and roles, with a strongly consistent read. Those that do not exist are missing from the result.
    fn read_authorization_data(&self, tokens: &[TokenId], roles: &[RoleId]) -> impl PortFuture<AuthorizationData>;
}

/// Reads roles.
pub trait ReadRoles: Send + Sync {
    /// These roles, with a strongly consistent read. Those that do not exist are missing from the result.
    fn read_roles(&self, roles: &[RoleId]) -> impl PortFuture<HashMap<RoleId, RoleWithName>>;
}

/// Lists the roles of an organization.
pub trait ListRoles: Send + Sync {
    /// The first [`MAX_ORG_ROLES`] roles of `org`, sorted by id, with a strongly consistent read.
    fn list_roles(&self, org: &OrgId) -> impl PortFuture<BTreeMap<RoleId, RoleWithName>>;
}

/// Most roles of an organization that one list contains.
pub const MAX_ORG_ROLES: usize = 1_000;

/// Reads the roles that are assigned to a user.
pub trait ListAssignedRoles: Send + Sync {
    /// The roles of `user` in `org`; empty if none are assigned.
    fn list_assigned_roles(&self, org: &OrgId, user: &UserId) -> impl PortFuture<Vec<RoleId>>;
}

/// Reads one role or assignment as it is stored.
pub trait ReadAccessItem: Send + Sync {
    /// The item at `key`, with a strongly consistent read. An item that is invalid or of a newer schema version is
    /// [`ItemValue::Unreadable`].
    fn read_access_item(&self, key: &ItemKey) -> impl PortFuture<Option<ItemValue>>;
}

/// Lists the roles and assignments of an organization.
pub trait ListAccess: Send + Sync {
    /// A page of at most `limit` roles of `org`, sorted by id, starting after `after`, with a strongly consistent read.
    fn list_roles_page(
        &self,
        org: &OrgId,
        after: Option<&RoleId>,
        limit: usize,
    ) -> impl PortFuture<AccessPage<(RoleId, RoleWithName)>>;

    /// A page of at most `limit` assignments of `org`, sorted by user, starting after `after`, with a strongly consistent read.
    fn list_assignments_page(
        &self,
        org: &OrgId,
        after: Option<&UserId>,
        limit: usize,
    ) -> impl PortFuture<AccessPage<(UserId, Vec<RoleId>)>>;

    /// The number of roles of `org`, counted up to [`MAX_ORG_ROLES`], with a strongly consistent read.
    fn count_roles(&self, org: &OrgId) -> impl PortFuture<usize>;

    /// A user other than `user` to whom the owner role of `org` is assigned; `None` if there is none.
    fn find_other_owner(&self, org: &OrgId, user: &UserId) -> impl PortFuture<Option<UserId>>;
}

/// The result of reading a part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessPage<T> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// Whether the list may continue after the last of them. False if there are none.
    pub has_more: bool,
}

/// Writes one role or assignment.
pub trait PutAccessItem: Send + Sync {
    /// Writes `item`. Returns `false`, without a write, if its precondition is not met and the stored value is not already the
    /// desired one.
    fn put_access_item(&self, item: &DesiredItem) -> impl PortFuture<bool>;
}

/// Deletes roles.
pub trait DeleteRole: Send + Sync {
    /// Deletes the role `id`. Returns `false`, without a write, if another value than `expected` is stored.
    fn delete_role(&self, id: &RoleId, expected: &ItemValue) -> impl PortFuture<bool>;
}

/// Writes an assignment that takes the owner role from a user.
pub trait RemoveOwner: Send + Sync {
    /// Writes `item`, an assignment, in one transaction with the check that the owner role is still assigned to `other_owner`.
    /// Returns `false`, without a write, if that is not so, if the precondition of `item` is not met, or if another write of
    /// either assignment is in progress.
    fn remove_owner(&self, item: &DesiredItem, other_owner: &UserId) -> impl PortFuture<bool>;
}

/// Records the use of a token.
pub trait UpdateLastUsed: Send + Sync {
    /// Records that the token `id` was used on `day`. A revoked token stays unchanged.
    fn update_last_used(&self, id: &TokenId, day: Date) -> impl PortFuture<()>;
}

/// The stored tokens and roles on which an authorization decision is based.
#[derive(Debug, Clone, Default)]
pub struct AuthorizationData {
    /// The tokens that exist. An item that cannot be read is an error, never an absent token.
    pub tokens: HashMap<TokenKey, Result<Token, ItemError>>,
    /// The roles that exist.
    pub roles: HashMap<RoleId, Role>,
}

impl AuthorizationData {
    /// Removes the token that is stored under the key of `id` and returns it; `None` if none is.
    ///
    /// # Errors
    ///
    /// Returns [`PortErrorKind::InvalidItem`] if the stored item cannot be read.
    pub fn take_token(&mut self, id: &TokenId) -> Result<Option<Token>, PortError> {
        let invalid = PortError::new(Service::DynamoDb, "BatchGetItem", PortErrorKind::InvalidItem);
        self.tokens.remove(id.key()).transpose().map_err(|error| invalid.with_detail(error.to_string()))
    }

    /// The ids of the roles that exist.
    #[must_use]
    pub fn existing(&self) -> HashSet<RoleId> {
        self.roles.keys().cloned().collect()
    }
}
