//! Tokens of users of an identity provider, some of whose keys share a `kid`.

use std::{collections::HashMap, sync::Arc};

use arbitrary::Unstructured;
use fuzz::{
    keys::{self, SigningKey},
    mutate,
};
use serde_json::{Value, json};
use shared::{
    authorize::{AuthorizationRequest, Authorize, AuthorizeError, Decision, OrgHeader, Policy},
    identity_provider::IdentityProvider,
    jwt::{KeySet, ProviderKeySet},
    permissions::{OrgId, RoleId},
    ports::{
        AuthorizationData, ListAssignedRoles, OwnKeys, PortError, ProviderKeys, ReadAuthorizationData, RecordFirstUse,
        UpdateLastUsed,
    },
    system::SystemClock,
    token::{Date, Families, TokenId, UnixTime, UserId},
};
use tokio::runtime::Runtime;

/// The issuer of the provider.
const ISSUER: &str = "https://id.example";
/// The audience that is configured for the provider.
const AUDIENCE: &str = "latchkey";
/// The `kid` of all keys of the provider.
const SHARED_KID: &str = "1";
/// The route that every authenticated user may call.
const ROUTE: &str = "GET /any";

/// Generates and verifies the tokens of a provider's users.
pub struct UserTokens {
    /// Signs nothing that is accepted: its JWK is for encryption.
    encryption_key: SigningKey,
    jwks: Vec<Value>,
    claims: [Value; 3],
    key_set: Arc<ProviderKeySet>,
    runtime: Runtime,
}

/// A ledger without roles.
struct EmptyLedger;

/// The keys of the provider; Latchkey itself has none.
struct Keys(Arc<ProviderKeySet>);

impl UserTokens {
    pub fn new() -> Self {
        let encryption_key = SigningKey::generate_rsa();
        let jwk = |key: &SigningKey| {
            let mut jwk = json!(key.public().jwk());
            jwk["kid"] = json!(SHARED_KID);
            jwk
        };
        let mut jwks = vec![jwk(&encryption_key)];
        jwks[0]["key_ops"] = json!(["encrypt"]);
        jwks[0].as_object_mut().unwrap().remove("use");
        jwks.extend(keys::all().iter().map(jwk));
        let common = json!({"iss": ISSUER, "sub": "1001", "aud": AUDIENCE, "exp": 4_102_444_800_u64});
        let with = |more: Value| {
            let mut claims = common.clone();
            claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            claims
        };
        let claims = [
            common.clone(),
            with(json!({"exp": 4_102_444_800.5, "iat": 1.5e9, "nbf": 1_500_000_000.25, "aud": ["x", AUDIENCE]})),
            with(json!({"sub": "CN=Jane Doe,OU=Users", "iat": 1_500_000_000, "realm_access": {"roles": ["viewer"]}})),
        ];
        let key_set = Arc::new(ProviderKeySet::new(jwks.clone()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        Self { encryption_key, jwks, claims, key_set, runtime }
    }

    /// The configuration of a verifier.
    pub fn configuration(&self) -> Value {
        json!({"jwks": {"keys": self.jwks}, "issuer": ISSUER, "audience": AUDIENCE})
    }

    /// A token, and how it differs from a valid one.
    pub fn generate(&self, u: &mut Unstructured<'_>) -> arbitrary::Result<(&'static str, String)> {
        let key = u.choose(keys::all())?;
        let named =
            json!({"alg": key.public().alg().as_str(), "typ": "JWT", "kid": SHARED_KID}).to_string().into_bytes();
        let unnamed = json!({"alg": key.public().alg().as_str()}).to_string().into_bytes();
        let header = if u.ratio(1, 3)? { unnamed } else { named };
        let payload = u.choose(&self.claims)?.to_string().into_bytes();
        Ok(match u.int_in_range(0..=9)? {
            0 | 1 => ("user: valid", key.sign(&header, &payload)),
            2 => ("user: signed by an encryption key", self.encryption_key.sign(&header, &payload)),
            3 => ("user: signed by either key", u.choose(keys::all())?.sign(&header, &payload)),
            4 => ("user: HMAC with the public key as secret", key.sign_with_public_key_as_secret(&payload)),
            5 | 6 => ("user: mutated header, signed", key.sign(&mutate::bytes(&header, &[], u)?, &payload)),
            _ => ("user: mutated claims, signed", key.sign(&header, &mutate::bytes(&payload, &[], u)?)),
        })
    }

    /// Verifies the token; the error is the reason of the rejection.
    pub fn verify(&self, token: &str) -> Result<(), String> {
        let provider = json!({
            "name": "local", "issuer": ISSUER, "audience": AUDIENCE, "organizations": ["123"], "organization": "123",
        });
        let policy = Policy {
            issuers: Families { access: Vec::new(), public: Vec::new() },
            providers: vec![serde_json::from_value(provider).unwrap()].into(),
            rules: serde_json::from_value(json!({ROUTE: {"any_caller": true}})).unwrap(),
        };
        let keys = || Keys(self.key_set.clone());
        let authorize =
            Authorize::new(EmptyLedger, Families { access: keys(), public: keys() }, keys(), SystemClock, policy);
        let request = AuthorizationRequest {
            credential: Ok(token.to_owned()),
            api: "abc".to_owned(),
            method: "GET".to_owned(),
            route: ROUTE.to_owned(),
            parameters: HashMap::new(),
            org: OrgHeader::Absent,
            source: None,
        };
        match self.runtime.block_on(authorize.decide(&request)) {
            Decision::Allow(_) => Ok(()),
            Decision::Reject(AuthorizeError::Unauthenticated { cause, .. }) => Err(cause),
            Decision::Reject(other) => Err(format!("{other:?}")),
        }
    }
}

impl ReadAuthorizationData for EmptyLedger {
    async fn read_authorization_data(&self, _: &[TokenId], _: &[RoleId]) -> Result<AuthorizationData, PortError> {
        Ok(AuthorizationData::default())
    }
}

impl ListAssignedRoles for EmptyLedger {
    async fn list_assigned_roles(&self, _: &OrgId, _: &UserId) -> Result<Vec<RoleId>, PortError> {
        Ok(Vec::new())
    }
}

impl RecordFirstUse for EmptyLedger {
    async fn record_first_use(&self, _id: &TokenId, _time: UnixTime) -> Result<bool, PortError> {
        Ok(true)
    }
}

impl UpdateLastUsed for EmptyLedger {
    async fn update_last_used(&self, _: &TokenId, _: Date) -> Result<(), PortError> {
        Ok(())
    }
}

impl OwnKeys for Keys {
    async fn key_set(&self) -> Result<Arc<KeySet>, PortError> {
        Ok(Arc::default())
    }
}

impl ProviderKeys for Keys {
    async fn key_set(&self, _: &IdentityProvider) -> Result<Arc<ProviderKeySet>, PortError> {
        Ok(self.0.clone())
    }

    async fn newer_key_set(
        &self,
        _: &IdentityProvider,
        outdated: &Arc<ProviderKeySet>,
    ) -> Result<Arc<ProviderKeySet>, PortError> {
        Ok(outdated.clone())
    }
}
