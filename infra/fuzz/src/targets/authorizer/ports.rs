//! Ports of the authorizer that grant no role.

use std::sync::{Arc, LazyLock};

use serde_json::json;
use shared::{
    identity_provider::IdentityProvider,
    jwt::{KeySet, ProviderKeySet},
    permissions::{GrantLimits, OrgId, RoleId},
    ports::{
        AuthorizationData, Clock, ListAssignedRoles, OwnKeys, PortError, PortErrorKind, ProviderKeys,
        ReadAuthorizationData, RecordFirstUse, Service, UpdateLastUsed,
    },
    token::{Access, Date, Token, TokenId, TokenType, UnixTime, UserId},
};

use crate::keys;

/// The current time, in seconds.
pub(in crate::targets) const NOW: i64 = 1_566_657_000;

/// Stored tokens, without any role.
#[derive(Clone, Copy)]
pub(super) enum FakeLedger {
    /// Does not respond.
    Unreachable,
    /// Contains no item.
    Empty,
    /// Contains the item of the valid token.
    WithToken,
}

/// The key at this index of [`keys::all`].
#[derive(Clone, Copy)]
pub(in crate::targets) struct SingleKey(pub usize);

/// A clock that always returns [`NOW`].
pub(in crate::targets) struct FixedClock;

static TOKEN: LazyLock<Token> = LazyLock::new(|| Token {
    id: "api_5ZugdRXasLfWBypHi93Fk".parse().unwrap(),
    org: "123".parse().unwrap(),
    name: "Postman Access Token".parse().unwrap(),
    description: None,
    token_type: TokenType::Api(Access {
        roles: vec!["123:viewer".parse().unwrap()],
        inherited_denies: Vec::new(),
        read_only: false,
        anonymize: false,
        renewable: false,
        grant_limits: GrantLimits::default(),
    }),
    created_at: UnixTime::try_from(1_566_656_122).unwrap(),
    created_by: "local|1001".parse().unwrap(),
    owner: None,
    parent: None,
    expires_at: None,
    allowed_networks: None,
    revocation: None,
    last_used: None,
    origin: None,
    succession: None,
    fingerprint: None,
});

impl FakeLedger {
    fn respond<T>(self, response: T) -> Result<T, PortError> {
        match self {
            Self::Unreachable => Err(PortError::new(Service::DynamoDb, "BatchGetItem", PortErrorKind::Unreachable)),
            Self::Empty | Self::WithToken => Ok(response),
        }
    }
}

impl ReadAuthorizationData for FakeLedger {
    async fn read_authorization_data(&self, tokens: &[TokenId], _: &[RoleId]) -> Result<AuthorizationData, PortError> {
        let mut data = AuthorizationData::default();
        if matches!(self, Self::WithToken) && tokens.contains(&TOKEN.id) {
            data.tokens.insert(TOKEN.id.key().clone(), Ok(TOKEN.clone()));
        }
        self.respond(data)
    }
}

impl ListAssignedRoles for FakeLedger {
    async fn list_assigned_roles(&self, _: &OrgId, _: &UserId) -> Result<Vec<RoleId>, PortError> {
        self.respond(Vec::new())
    }
}

impl RecordFirstUse for FakeLedger {
    async fn record_first_use(&self, _id: &TokenId, _time: UnixTime) -> Result<bool, PortError> {
        Ok(true)
    }
}

impl UpdateLastUsed for FakeLedger {
    async fn update_last_used(&self, _: &TokenId, _: Date) -> Result<(), PortError> {
        self.respond(())
    }
}

impl SingleKey {
    fn cached_key_set(self) -> Arc<KeySet> {
        static KEY_SETS: LazyLock<[Arc<KeySet>; 2]> =
            LazyLock::new(|| keys::all().each_ref().map(|key| Arc::new(KeySet::new([key.public().clone()]))));
        KEY_SETS[self.0].clone()
    }
}

impl OwnKeys for SingleKey {
    async fn key_set(&self) -> Result<Arc<KeySet>, PortError> {
        Ok(self.cached_key_set())
    }
}

impl ProviderKeys for SingleKey {
    async fn key_set(&self, _: &IdentityProvider) -> Result<Arc<ProviderKeySet>, PortError> {
        static KEY_SETS: LazyLock<[Arc<ProviderKeySet>; 2]> = LazyLock::new(|| {
            keys::all().each_ref().map(|key| Arc::new(ProviderKeySet::new([json!(key.public().jwk())])))
        });
        Ok(KEY_SETS[self.0].clone())
    }

    async fn newer_key_set(
        &self,
        _: &IdentityProvider,
        outdated: &Arc<ProviderKeySet>,
    ) -> Result<Arc<ProviderKeySet>, PortError> {
        Ok(outdated.clone())
    }
}

impl Clock for FixedClock {
    fn now(&self) -> UnixTime {
        UnixTime::try_from(NOW).unwrap()
    }
}
