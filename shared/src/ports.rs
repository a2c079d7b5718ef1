//! What the operations need from outside. *(a power is a permission)* One trait for each power over the ledger, so that what a
//! function takes as parameters is what its IAM policy lists.
//!
//! Absent is not unavailable: whatever may be absent is an `Option` inside the `Result`.

mod error;
mod recorded_token;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    future::Future,
    sync::Arc,
};

pub use self::{
    error::{ItemError, PortError, PortErrorKind, Service},
    recorded_token::{InsertOutcome, RecordedToken, find_token, insert_token},
};
use crate::{
    identity_provider::IdentityProvider,
    jwt::{KeySet, VerifyingKey},
    list::{PageKey, TokenFilter},
    permissions::{OrgId, Role, RoleId, RoleWithName},
    token::{Date, Revocation, Token, TokenClass, TokenId, TokenKey, UnixTime, UserId},
};

/// The future of a port.
pub trait PortFuture<T>: Future<Output = Result<T, PortError>> + Send {}

impl<T, F: Future<Output = Result<T, PortError>> + Send> PortFuture<T> for F {}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> UnixTime;
}

/// Draws ids.
pub trait IdGenerator: Send + Sync {
    /// A key that nobody can guess and that was never drawn before.
    fn generate(&self) -> TokenKey;
}

/// Signs with the family's first key.
pub trait Signer: Send + Sync {
    /// The public half of the key that signs.
    fn key(&self) -> impl PortFuture<VerifyingKey>;

    /// The signature over this SHA-256 digest, in the form of RFC 7518, section 3.
    fn sign(&self, digest: [u8; 32]) -> impl PortFuture<Vec<u8>>;
}

/// Knows our own public keys.
pub trait OwnKeys: Send + Sync {
    /// The keys of one family, the signing one first.
    fn key_set(&self) -> impl PortFuture<Arc<KeySet>>;
}

/// Knows the keys of identity providers.
pub trait ProviderKeys: Send + Sync {
    /// The keys of `provider`, looked up anew where `kid` is not among those known.
    fn key_set(&self, provider: &IdentityProvider, kid: &str) -> impl PortFuture<Arc<KeySet>>;
}

/// May record new tokens.
pub trait InsertToken: Send + Sync {
    /// Records `token`. Where a row with its key is there already, the row stays as it is and its token is given back.
    fn insert(&self, token: &Token) -> impl PortFuture<Option<Token>>;
}

/// May read one token.
pub trait FindToken: Send + Sync {
    /// The token `id` of `org`, as it is now.
    fn find_token(&self, id: &TokenId, org: &OrgId) -> impl PortFuture<Option<Token>>;
}

/// May revoke tokens.
pub trait RevokeToken: Send + Sync {
    /// Revokes the token `id` of `org`, unless it is revoked already, and gives it back as it is then. `None`: there is no
    /// such token in this organization.
    fn revoke_token(&self, id: &TokenId, org: &OrgId, revocation: &Revocation) -> impl PortFuture<Option<Token>>;
}

/// May list tokens.
pub trait ListTokens: Send + Sync {
    /// A page of the tokens of `org` in this class that are neither revoked nor expired at `now`: newest first, behind
    /// `before`. It looks at as many as the filter's limit says, and may leave out what the filter does not let through. It
    /// may lag behind by about a second.
    fn list_page(
        &self,
        org: &OrgId,
        class: TokenClass,
        before: Option<&PageKey>,
        now: UnixTime,
        filter: &TokenFilter,
    ) -> impl PortFuture<TokenPage>;
}

/// A part of a list, as it was read at once.
#[derive(Debug, Clone, Default)]
pub struct TokenPage {
    /// The tokens, newest first.
    pub tokens: Vec<Token>,
    /// How far was read, where there may be more behind.
    pub next_key: Option<PageKey>,
}

/// May read tokens and roles in one batch.
pub trait ReadAuthorizationData: Send + Sync {
    /// The rows of these tokens and roles, as they are now; what is absent is missing from the answer.
    fn read_authorization_data(&self, tokens: &[TokenId], roles: &[RoleId]) -> impl PortFuture<AuthorizationData>;
}

/// May read roles.
pub trait ReadRoles: Send + Sync {
    /// Those of these roles that are there, as they are now.
    fn read_roles(&self, roles: &[RoleId]) -> impl PortFuture<HashMap<RoleId, RoleWithName>>;
}

/// May read all roles of an organization.
pub trait ListRoles: Send + Sync {
    /// The roles that are there in `org`, as they are now, by their ids: the first [`MAX_ORG_ROLES`].
    fn list_roles(&self, org: &OrgId) -> impl PortFuture<BTreeMap<RoleId, RoleWithName>>;
}

/// The most roles of an organization that are read at once.
pub const MAX_ORG_ROLES: usize = 1_000;

/// May read which roles a person was assigned.
pub trait ListAssignedRoles: Send + Sync {
    /// The roles of `user` in `org`, none where nothing was assigned.
    fn list_assigned_roles(&self, org: &OrgId, user: &UserId) -> impl PortFuture<Vec<RoleId>>;
}

/// May note that a token was used.
pub trait UpdateLastUsed: Send + Sync {
    /// Notes that the living token `id` was used on `day`.
    fn update_last_used(&self, id: &TokenId, day: Date) -> impl PortFuture<()>;
}

/// What bears on a decision, as it lies in the ledger.
#[derive(Debug, Clone, Default)]
pub struct AuthorizationData {
    /// The tokens' rows that are there, each read or unreadable.
    pub tokens: HashMap<TokenKey, Result<Token, ItemError>>,
    /// The roles that are there.
    pub roles: HashMap<RoleId, Role>,
}

impl AuthorizationData {
    /// The ids of the roles that are there.
    #[must_use]
    pub fn existing(&self) -> HashSet<RoleId> {
        self.roles.keys().cloned().collect()
    }
}
