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
    error::{PortError, PortErrorKind, Service},
    recorded_token::{InsertOutcome, RecordedToken, find_token, insert_token},
};
use crate::{
    authorize::Provider,
    jwt::{Ring, VerifyingKey},
    list::{Filter, Position},
    rights::{NamedRole, OrgId, Role, RoleId},
    token::{Class, Date, Revocation, RowError, Token, TokenId, TokenKey, UnixTime, UserId},
};

/// The answer of a port to come.
pub trait Answer<T>: Future<Output = Result<T, PortError>> + Send {}

impl<T, F: Future<Output = Result<T, PortError>> + Send> Answer<T> for F {}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> UnixTime;
}

/// Draws ids.
pub trait Ids: Send + Sync {
    /// A key that nobody can guess and that was never drawn before.
    fn draw(&self) -> TokenKey;
}

/// Signs with the family's first key.
pub trait Signer: Send + Sync {
    /// The public half of the key that signs.
    fn key(&self) -> impl Answer<VerifyingKey>;

    /// The signature over this SHA-256 digest, in the form of RFC 7518, section 3.
    fn sign(&self, digest: [u8; 32]) -> impl Answer<Vec<u8>>;
}

/// Knows our own public keys.
pub trait KeyRing: Send + Sync {
    /// The keys of one family, the signing one first.
    fn ring(&self) -> impl Answer<Arc<Ring>>;
}

/// Knows the keys of identity providers.
pub trait ProviderKeys: Send + Sync {
    /// The keys of `provider`, looked up anew where `kid` is not among those known.
    fn ring(&self, provider: &Provider, kid: &str) -> impl Answer<Arc<Ring>>;
}

/// May record new tokens.
pub trait Recorder: Send + Sync {
    /// Records `token`. Where a row with its key is there already, the row stays as it is and its token is given back.
    fn record(&self, token: &Token) -> impl Answer<Option<Token>>;
}

/// May read one token.
pub trait Finder: Send + Sync {
    /// The token `id` of `org`, as it is now.
    fn find(&self, id: &TokenId, org: &OrgId) -> impl Answer<Option<Token>>;
}

/// May revoke tokens.
pub trait Revoker: Send + Sync {
    /// Revokes the token `id` of `org`, unless it is revoked already, and gives it back as it is then. `None`: there is no
    /// such token in this organization.
    fn revoke(&self, id: &TokenId, org: &OrgId, revocation: &Revocation) -> impl Answer<Option<Token>>;
}

/// May list tokens.
pub trait Lister: Send + Sync {
    /// A slice of the tokens of `org` in this class that are neither revoked nor expired at `now`: newest first, behind
    /// `before`. It looks at as many as the filter's limit says, and may leave out what the filter does not let through. It
    /// may lag behind by about a second.
    fn slice(
        &self,
        org: &OrgId,
        class: Class,
        before: Option<&Position>,
        now: UnixTime,
        filter: &Filter,
    ) -> impl Answer<Slice>;
}

/// A part of a list, as it was read at once.
#[derive(Debug, Clone, Default)]
pub struct Slice {
    /// The tokens, newest first.
    pub tokens: Vec<Token>,
    /// How far was read, where there may be more behind.
    pub reached: Option<Position>,
}

/// May read tokens and roles in one batch.
pub trait EvidenceReader: Send + Sync {
    /// The rows of these tokens and roles, as they are now; what is absent is missing from the answer.
    fn read(&self, tokens: &[TokenId], roles: &[RoleId]) -> impl Answer<Evidence>;
}

/// May read roles.
pub trait RoleReader: Send + Sync {
    /// Those of these roles that are there, as they are now.
    fn roles(&self, roles: &[RoleId]) -> impl Answer<HashMap<RoleId, NamedRole>>;
}

/// May read all roles of an organization.
pub trait OrgRoles: Send + Sync {
    /// The roles that are there in `org`, as they are now, by their ids: the first [`MOST_ORG_ROLES`].
    fn of_org(&self, org: &OrgId) -> impl Answer<BTreeMap<RoleId, NamedRole>>;
}

/// The most roles of an organization that are read at once.
pub const MOST_ORG_ROLES: usize = 1_000;

/// May read which roles a person was assigned.
pub trait Assignments: Send + Sync {
    /// The roles of `user` in `org`, none where nothing was assigned.
    fn assigned(&self, org: &OrgId, user: &UserId) -> impl Answer<Vec<RoleId>>;
}

/// May note that a token was used.
pub trait Toucher: Send + Sync {
    /// Notes that the living token `id` was used on `day`.
    fn touch(&self, id: &TokenId, day: Date) -> impl Answer<()>;
}

/// What bears on a decision, as it lies in the ledger.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The tokens' rows that are there, each read or unreadable.
    pub tokens: HashMap<TokenKey, Result<Token, RowError>>,
    /// The roles that are there.
    pub roles: HashMap<RoleId, Role>,
}

impl Evidence {
    /// The ids of the roles that are there.
    #[must_use]
    pub fn existing(&self) -> HashSet<RoleId> {
        self.roles.keys().cloned().collect()
    }
}
