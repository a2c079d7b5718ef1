//! In-memory implementations of the ports, for the tests of the operations.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use crate::{
    identity_provider::IdentityProvider,
    jwt::{KeySet, ProviderKeySet, VerifyingKey, samples::SigningKey},
    pagination::PageKey,
    permissions::{OrgId, Role, RoleId},
    ports::ItemError,
    ports::{
        AuthorizationData, Clock, FindToken, IdGenerator, InsertToken, ListAssignedRoles, ListQuery, ListTokens,
        MarkRotated, OwnKeys, PortError, ProviderKeys, ReadAuthorizationData, RecordFirstUse, RevocationTarget,
        RevokeToken, Signer, TokenPage, UpdateLastUsed, UpdateToken,
    },
    token::{Date, Revocation, Succession, Token, TokenChanges, TokenId, TokenKey, TokenSelection, UnixTime, UserId},
};

/// A clock that always returns the same time.
#[derive(Clone, Copy)]
pub(crate) struct At(pub UnixTime);

impl Clock for At {
    fn now(&self) -> UnixTime {
        self.0
    }
}

/// An id generator that always returns the same key.
pub(crate) struct Always(pub &'static str);

impl IdGenerator for Always {
    fn generate(&self) -> TokenKey {
        self.0.parse().unwrap()
    }
}

/// A ledger in memory. Its clones share one state.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<State>>);

#[derive(Default)]
pub(crate) struct State {
    pub tokens: HashMap<TokenKey, Result<Token, ItemError>>,
    pub roles: HashMap<RoleId, Role>,
    pub assignments: HashMap<(OrgId, String), Vec<RoleId>>,
    /// If set, every call fails with this error.
    pub failing: Option<PortError>,
    /// Number of calls, failed ones included.
    pub calls: usize,
    /// Whether recording the use of a token never completes.
    pub touching_hangs: bool,
}

impl Memory {
    pub(crate) fn with(tokens: impl IntoIterator<Item = Token>) -> Self {
        let memory = Self::default();
        memory.state().tokens = tokens.into_iter().map(|token| (token.id.key().clone(), Ok(token))).collect();
        memory
    }

    /// Adds the role `id` with these grants, a JSON array.
    pub(crate) fn role(self, id: &str, grants: &serde_json::Value) -> Self {
        let id: RoleId = id.parse().unwrap();
        self.state().roles.insert(id.clone(), Role::parse(id, grants));
        self
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn token(&self, id: &TokenId) -> Option<Token> {
        self.state().tokens.get(id.key()).map(|item| item.clone().unwrap())
    }

    fn call(&self) -> Result<MutexGuard<'_, State>, PortError> {
        let mut state = self.state();
        state.calls += 1;
        state.failing.clone().map_or(Ok(state), Err)
    }
}

impl InsertToken for Memory {
    async fn insert(&self, token: &Token) -> Result<Option<Token>, PortError> {
        let mut state = self.call()?;
        if let Some(existing) = state.tokens.get(token.id.key()) {
            return Ok(Some(existing.clone().unwrap()));
        }
        state.tokens.insert(token.id.key().clone(), Ok(token.clone()));
        Ok(None)
    }
}

impl FindToken for Memory {
    async fn find_token(&self, id: &TokenId, org: &OrgId) -> Result<Option<Token>, PortError> {
        let found = self.call()?.tokens.get(id.key()).map(|item| item.clone().unwrap());
        Ok(found.filter(|token| token.id == *id && token.org == *org))
    }
}

impl RevokeToken for Memory {
    async fn revoke_token(
        &self,
        target: &RevocationTarget<'_>,
        revocation: &Revocation,
    ) -> Result<Option<Token>, PortError> {
        let mut state = self.call()?;
        let found = state.tokens.get_mut(target.id.key()).map(|item| item.as_mut().unwrap());
        Ok(found.filter(|token| target.selects(token)).map(|token| {
            token.revocation.get_or_insert_with(|| revocation.clone());
            token.clone()
        }))
    }
}

impl MarkRotated for Memory {
    async fn mark_rotated(
        &self,
        id: &TokenId,
        succession: &Succession,
        _successor_end: Option<UnixTime>,
    ) -> Result<Option<Token>, PortError> {
        let mut state = self.call()?;
        let found = state.tokens.get_mut(id.key()).map(|item| item.as_mut().unwrap());
        Ok(found.map(|token| {
            if token.revocation.is_none() {
                token.succession.get_or_insert_with(|| succession.clone());
            }
            token.clone()
        }))
    }
}

impl RecordFirstUse for Memory {
    async fn record_first_use(&self, id: &TokenId, time: UnixTime) -> Result<bool, PortError> {
        let mut state = self.call()?;
        let found = state.tokens.get_mut(id.key()).map(|item| item.as_mut().unwrap());
        let origin = found.filter(|token| token.revocation.is_none()).and_then(|token| token.origin.as_mut());
        Ok(origin.map(|origin| origin.first_used_at.get_or_insert(time)).is_some())
    }
}

impl UpdateToken for Memory {
    async fn update_token(
        &self,
        id: &TokenId,
        org: &OrgId,
        accessible: &TokenSelection,
        changes: &TokenChanges,
        now: UnixTime,
    ) -> Result<Option<Token>, PortError> {
        let mut state = self.call()?;
        let found = state.tokens.get_mut(id.key()).map(|item| item.as_mut().unwrap());
        let is_accessible = |token: &&mut Token| token.id == *id && token.org == *org && accessible.includes(token);
        Ok(found.filter(is_accessible).map(|token| {
            if token.is_changeable(now) {
                *token = changes.apply(token);
            }
            token.clone()
        }))
    }
}

impl ListTokens for Memory {
    async fn list_page(&self, query: &ListQuery<'_>, before: Option<&PageKey>) -> Result<TokenPage, PortError> {
        let ListQuery { org, class, now, accessible, filter, read_size } = *query;
        let state = self.call()?;
        let tokens = state.tokens.values().map(|item| item.clone().unwrap());
        let mut tokens: Vec<_> = tokens
            .filter(|token| token.org == *org && token.id.type_name().class() == class && token.revocation.is_none())
            .filter(|token| before.is_none_or(|before| PageKey::of(token) < *before))
            .collect();
        tokens.sort_by_key(|token| std::cmp::Reverse(PageKey::of(token)));
        let has_more = tokens.len() >= read_size;
        tokens.truncate(read_size);
        let next_key = tokens.last().filter(|_| has_more).map(PageKey::of);
        let is_by_creator = |token: &Token| filter.created_by.as_ref().is_none_or(|by| *by == token.created_by);
        tokens.retain(|token| token.is_alive(now) && accessible.includes(token) && is_by_creator(token));
        Ok(TokenPage { tokens, next_key })
    }
}

impl ReadAuthorizationData for Memory {
    async fn read_authorization_data(
        &self,
        tokens: &[TokenId],
        roles: &[RoleId],
    ) -> Result<AuthorizationData, PortError> {
        let state = self.call()?;
        let tokens = tokens.iter().filter_map(|id| Some((id.key().clone(), state.tokens.get(id.key())?.clone())));
        let roles = roles.iter().filter_map(|id| Some((id.clone(), state.roles.get(id)?.clone())));
        Ok(AuthorizationData { tokens: tokens.collect(), roles: roles.collect() })
    }
}

impl ListAssignedRoles for Memory {
    async fn list_assigned_roles(&self, org: &OrgId, user: &UserId) -> Result<Vec<RoleId>, PortError> {
        let key = (org.clone(), user.to_string());
        Ok(self.call()?.assignments.get(&key).cloned().unwrap_or_default())
    }
}

impl UpdateLastUsed for Memory {
    async fn update_last_used(&self, id: &TokenId, day: Date) -> Result<(), PortError> {
        if self.state().touching_hangs {
            std::future::pending::<()>().await;
        }
        if let Some(Ok(token)) = self.call()?.tokens.get_mut(id.key()).filter(|item| {
            item.as_ref().is_ok_and(|token| token.revocation.is_none() && token.last_used.is_none_or(|last| last < day))
        }) {
            token.last_used = Some(day);
        }
        Ok(())
    }
}

/// A key of this process. As a signer it returns zeros as the signature.
#[derive(Clone)]
pub(crate) struct Keys(pub &'static SigningKey);

impl Signer for Keys {
    async fn key(&self) -> Result<VerifyingKey, PortError> {
        Ok(self.0.public())
    }

    async fn sign(&self, _: [u8; 32]) -> Result<Vec<u8>, PortError> {
        Ok(vec![0; self.0.public().signature_length()])
    }
}

impl OwnKeys for Keys {
    async fn key_set(&self) -> Result<Arc<KeySet>, PortError> {
        Ok(Arc::new(KeySet::new([self.0.public()])))
    }
}

/// The keys of every identity provider: those that are cached at first, and those that it publishes since.
pub(crate) struct ProviderJwks {
    pub(crate) cached: Arc<ProviderKeySet>,
    pub(crate) newer: Arc<ProviderKeySet>,
}

impl ProviderJwks {
    /// A provider that has published these JWKs for long.
    pub(crate) fn of(jwks: &[serde_json::Value]) -> Self {
        let cached = Arc::new(ProviderKeySet::new(jwks.to_vec()));
        Self { newer: cached.clone(), cached }
    }
}

impl ProviderKeys for ProviderJwks {
    async fn key_set(&self, _: &IdentityProvider) -> Result<Arc<ProviderKeySet>, PortError> {
        Ok(self.cached.clone())
    }

    async fn newer_key_set(
        &self,
        _: &IdentityProvider,
        _: &Arc<ProviderKeySet>,
    ) -> Result<Arc<ProviderKeySet>, PortError> {
        Ok(self.newer.clone())
    }
}

impl ProviderKeys for Keys {
    async fn key_set(&self, _: &IdentityProvider) -> Result<Arc<ProviderKeySet>, PortError> {
        Ok(Arc::new(ProviderKeySet::new([serde_json::json!(self.0.public().jwk())])))
    }

    async fn newer_key_set(
        &self,
        _: &IdentityProvider,
        outdated: &Arc<ProviderKeySet>,
    ) -> Result<Arc<ProviderKeySet>, PortError> {
        Ok(outdated.clone())
    }
}
