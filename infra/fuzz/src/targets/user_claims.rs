//! Target `user-claims`: the claims of users' tokens.

mod reference;

use std::sync::{Arc, LazyLock, Mutex};

use serde_json::{Value, json};
use shared::{
    authorize::{AuthorizationRequest, Authorize, AuthorizeError, Decision, OrgHeader, Policy},
    permissions::{OrgId, RoleId},
    ports::{AuthorizationData, ListAssignedRoles, PortError, ReadAuthorizationData, RecordFirstUse, UpdateLastUsed},
    token::{Date, Families, TokenId, UnixTime, UserId},
};
use tokio::runtime::{Builder, Runtime};

use self::reference::Reading;
use super::{
    Target,
    authorizer::ports::{FixedClock, NOW, SingleKey},
    text_seeds,
};
use crate::keys;

pub(super) const TARGET: Target = Target { name: "user-claims", run, seeds };

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().enable_time().build().unwrap());

/// The route that every authenticated user may call.
const ROUTE: &str = "GET /any";
/// The role that the ledger assigns to every user.
const ASSIGNED_ROLE: &str = "123:assigned";
/// The issuer of every provider.
pub(super) const ISSUER: &str = "https://id.example";
/// The accepted audience of every provider.
pub(super) const AUDIENCE: &str = "latchkey";

/// The configurations of the provider.
static PROVIDERS: LazyLock<[Value; 4]> = LazyLock::new(|| {
    [
        json!({"roles_claim": "roles"}),
        json!({"org_claim": "organization", "roles_claim": "realm_access.roles", "assigned_without_claim": true}),
        json!({
            "org_claim": "/https:~1~1x~1/org", "user_claim": "/users/0", "roles_claim": "https://app.example/roles",
            "owner_from_claim": true,
        }),
        json!({"organization": "123", "user_claim": "user.id"}),
    ]
    .map(|mut provider| {
        let common = json!({"name": "local", "issuer": ISSUER, "audience": AUDIENCE, "organizations": "*"});
        provider.as_object_mut().unwrap().extend(common.as_object().unwrap().clone());
        provider
    })
});

/// A ledger without roles that assigns one role to every user. It records the roles that are read.
#[derive(Clone, Default)]
struct RecordingLedger(Arc<Mutex<Vec<RoleId>>>);

/// The first byte selects the configuration of the provider, the rest is signed as the claims of a user's token.
fn run(bytes: &[u8]) {
    let Some((selector, claims)) = bytes.split_first() else { return };
    let provider = &PROVIDERS[usize::from(selector % 4)];
    let reading = Reading::of(provider, claims);
    let ledger = RecordingLedger::default();
    match decide(provider, claims, &ledger) {
        Decision::Allow(caller) => {
            let caller = caller.unwrap();
            let reading = reading.unwrap_or_else(|| unreachable!("invalid claims are accepted"));
            assert_eq!(caller.principal().to_string(), format!("local|{}", reading.subject));
            assert_eq!(caller.org.as_str(), reading.org);
            let mut roles: Vec<_> = ledger.0.lock().unwrap().iter().map(ToString::to_string).collect();
            assert_eq!(roles.pop(), Some(format!("{}:root", reading.org)));
            match reading.roles {
                Some(expected) => assert_eq!(roles, expected),
                None => assert!(roles.is_empty() || roles == [ASSIGNED_ROLE], "{roles:?}"),
            }
        }
        Decision::Reject(AuthorizeError::Unauthenticated { .. }) => {
            assert!(!reading.is_some_and(|reading| reading.is_complete), "valid claims are rejected");
        }
        // More roles than a caller may have.
        Decision::Reject(AuthorizeError::Denied(denial)) => assert_eq!(denial.code.as_str(), "too_many_roles"),
        Decision::Reject(other) => unreachable!("{other:?}"),
    }
}

fn decide(provider: &Value, claims: &[u8], ledger: &RecordingLedger) -> Decision {
    let [rsa, _] = keys::all();
    let header = json!({"alg": "RS256", "kid": rsa.public().kid()}).to_string();
    let policy = Policy {
        issuers: Families { access: Vec::new(), public: Vec::new() },
        providers: vec![serde_json::from_value(provider.clone()).unwrap()].into(),
        rules: serde_json::from_value(json!({ROUTE: {"any_caller": true, "without_role": true}})).unwrap(),
    };
    let families = Families { access: SingleKey(1), public: SingleKey(1) };
    let authorize = Authorize::new(ledger.clone(), families, SingleKey(0), FixedClock, policy);
    let request = AuthorizationRequest {
        credential: Ok(rsa.sign(header.as_bytes(), claims)),
        api: "abc".to_owned(),
        method: "GET".to_owned(),
        route: ROUTE.to_owned(),
        parameters: std::collections::HashMap::new(),
        org: OrgHeader::Absent,
        source: None,
    };
    RUNTIME.block_on(authorize.decide(&request))
}

impl ReadAuthorizationData for RecordingLedger {
    async fn read_authorization_data(&self, _: &[TokenId], roles: &[RoleId]) -> Result<AuthorizationData, PortError> {
        self.0.lock().unwrap().extend(roles.iter().cloned());
        Ok(AuthorizationData::default())
    }
}

impl ListAssignedRoles for RecordingLedger {
    async fn list_assigned_roles(&self, _: &OrgId, _: &UserId) -> Result<Vec<RoleId>, PortError> {
        Ok(vec![ASSIGNED_ROLE.parse().unwrap()])
    }
}

impl RecordFirstUse for RecordingLedger {
    async fn record_first_use(&self, _id: &TokenId, _time: UnixTime) -> Result<bool, PortError> {
        Ok(true)
    }
}

impl UpdateLastUsed for RecordingLedger {
    async fn update_last_used(&self, _: &TokenId, _: Date) -> Result<(), PortError> {
        Ok(())
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let common = json!({"iss": ISSUER, "sub": "1001", "aud": AUDIENCE, "exp": NOW + 600});
    let claims = |more: Value| {
        let mut claims = common.clone();
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claims
    };
    let times = |exp: &str, iat: &str| {
        let text = claims(json!({"org_id": "123", "iat": "@iat@", "exp": "@exp@"})).to_string();
        text.replace("\"@exp@\"", exp).replace("\"@iat@\"", iat)
    };
    let by_provider = [
        (0, claims(json!({"org_id": "123", "iat": NOW, "roles": ["viewer", "owner", "124:x", "a b"]}))),
        (0, claims(json!({"org_id": ["123"], "nbf": NOW, "roles": "viewer"}))),
        (0, claims(json!({"org_id": {"123": {}, "124": {}}, "sub": "CN=Jane Doe,OU=Users"}))),
        (0, claims(json!({"org_id": ["123"], "roles": null, "aud": ["a", AUDIENCE]}))),
        (1, claims(json!({"organization": {"acme": {"id": "1"}}, "realm_access": {"roles": ["viewer"]}}))),
        (1, claims(json!({"organization": ["acme"], "realm_access": null}))),
        (1, claims(json!({"organization": "acme", "realm_access.roles": "viewer"}))),
        (2, claims(json!({"https://x/": {"org": "o-1"}, "users": ["a b"], "https://app.example/roles": ["owner"]}))),
        (2, claims(json!({"/https:~1~1x~1/org": "o-2", "https://x/": {"org": "o-1"}, "users": [" a"]}))),
        (3, claims(json!({"user": {"id": "7"}, "user.id": "8"}))),
        (3, claims(json!({"user": "7"}))),
    ];
    let by_time =
        [("1566657600.5", "1.5E9"), ("1e400", "0"), ("1099511627776", "-0"), ("1099511627777", "1566657060.0")];
    let by_time = by_time.map(|(exp, iat)| format!("0{}", times(exp, iat)));
    let nested_duplicate =
        claims(json!({"org_id": {"123": {"x": 1}}})).to_string().replace("\"x\":1", "\"x\":1,\"x\":1");
    // The characters 0 to 3 select the providers 0 to 3.
    let by_provider = by_provider.into_iter().map(|(provider, claims)| format!("{provider}{claims}"));
    text_seeds(by_provider.chain(by_time).chain([format!("0{nested_duplicate}")]))
}
