mod identity_providers;
mod rotation;

use serde_json::{Value, json};

use super::*;
use crate::{
    error::ErrorCode,
    identity_provider::IdentityProvider,
    jwt::{SigningInput, samples as keys},
    memory::{At, Keys, Memory},
    permissions::{Scope, token_grants},
    ports::{PortError, PortErrorKind, Service},
    routes::RuleSource,
    token::{Claims, Issuer, Principal, Token, TokenType, samples},
};

const ISSUER: &str = "https://api.example/v1/access-tokens";
const PUBLIC_ISSUER: &str = "https://api.example/v1/access-tokens/public";
const AUDIENCE: &str = "https://api.example";
const PROVIDER_ISSUER: &str = "https://idp.example";
const NOW: i64 = 1_566_657_000;
/// [`NOW`] as a number with a fraction.
const NOW_AS_NUMBER: f64 = 1_566_657_000.0;

type Authorizer = Authorize<(Memory, Keys, Keys, At)>;

/// The caller of an allowed request on a route that is not public.
async fn decide(authorizer: &Authorizer, request: &AuthorizationRequest) -> Result<Caller, AuthorizeError> {
    authorizer.decide(request).await.into_result().map(Option::unwrap)
}

fn authorizer(ledger: &Memory) -> Authorizer {
    let [rsa, ec] = keys::both();
    let providers = json!([{
        "name": "local", "issuer": PROVIDER_ISSUER, "audience": "latchkey", "organizations": ["123", "124"],
        "roles_claim": "roles", "assigned_without_claim": true, "owner_from_claim": false,
    }]);
    let rules = json!({
        "POST /v1/access-tokens": {"action": "token:create"},
        "GET /v1/access-tokens/{id}": {"action": "token:create", "own_id": "id"},
        "GET /v1/entities": {"action": "entity:view"},
        "GET /v1/permissions/me": {"any_caller": true, "without_role": true},
        "GET /v1/journey": {"action": "entity:view", "public_tokens": true},
    });
    Authorize::new(
        ledger.clone(),
        Families { access: Keys(rsa), public: Keys(ec) },
        Keys(ec),
        At(samples::at(NOW)),
        Policy {
            issuers: Families {
                access: vec![
                    issuer(ISSUER, AUDIENCE),
                    issuer("https://old.example/v1/access-tokens", "https://old.example"),
                ],
                public: vec![issuer(PUBLIC_ISSUER, AUDIENCE)],
            },
            providers: serde_json::from_value::<Vec<_>>(providers).unwrap().into(),
            rules: serde_json::from_value(rules).unwrap(),
        },
    )
}

fn change_provider(authorizer: &mut Authorizer, change: impl FnOnce(&mut IdentityProvider)) {
    let mut providers = authorizer.policy.providers.usable().to_vec();
    change(&mut providers[0]);
    authorizer.policy.providers = providers.into();
}

fn ledger(tokens: impl IntoIterator<Item = Token>) -> Memory {
    Memory::with(tokens)
        .role("123:admin", &json!([{"action": "token:create"}]))
        .role("123:viewer", &json!([{"action": "*:view"}]))
        .role("124:admin", &json!([{"action": "token:create"}]))
}

fn issuer(issuer: &str, audience: &str) -> Issuer {
    Issuer { issuer: issuer.to_owned(), audience: audience.to_owned() }
}

fn claims_of(token: &Token) -> Value {
    json!(Claims::of(token, &issuer(ISSUER, AUDIENCE)))
}

/// A JWT with these claims, signed with the key of the access family.
fn issued_jwt(claims: &Value) -> String {
    let [rsa, _] = keys::both();
    let public = rsa.public();
    SigningInput::new(public.alg(), public.kid(), claims).unwrap().sign_with(|text| rsa.sign(text))
}

/// The JWT of a user with valid claims and these changes to them; `null` removes a claim.
fn user_jwt(changes: &Value) -> String {
    let [_, ec] = keys::both();
    let mut claims = json!({
        "iss": PROVIDER_ISSUER, "sub": "1001", "aud": "latchkey", "iat": NOW - 10, "exp": NOW + 10, "org_id": "123",
    });
    for (claim, value) in changes.as_object().unwrap() {
        claims[claim] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    let header = json!({"alg": "ES256", "kid": ec.public().kid(), "typ": "JWT"});
    ec.token(&header.to_string(), &claims.to_string())
}

fn request(credential: &str) -> AuthorizationRequest {
    AuthorizationRequest {
        credential: Ok(credential.to_owned()),
        api: "abc".to_owned(),
        method: "GET".to_owned(),
        route: "POST /v1/access-tokens".to_owned(),
        parameters: HashMap::new(),
        org: OrgHeader::Absent,
        source: "203.0.113.9".parse().ok(),
    }
}

async fn authorize(ledger: &Memory, credential: &str) -> Result<Caller, AuthorizeError> {
    decide(&authorizer(ledger), &request(credential)).await
}

fn cause(result: Result<Caller, AuthorizeError>) -> String {
    match result {
        Err(AuthorizeError::Unauthenticated { cause, .. }) => cause,
        other => format!("{other:?}"),
    }
}

fn code(result: Result<Caller, AuthorizeError>) -> &'static str {
    match result {
        Ok(_) => "granted",
        Err(AuthorizeError::Denied(denial)) => denial.code.as_str(),
        Err(AuthorizeError::Unauthenticated { .. }) => "unauthenticated",
        Err(AuthorizeError::Undecided(_) | AuthorizeError::InvalidEvent(_)) => "undecided",
    }
}

fn admin() -> Token {
    let mut token = samples::plain();
    if let TokenType::Api(access) = &mut token.token_type {
        access.roles = vec!["123:admin".parse().unwrap()];
    }
    token
}

#[tokio::test]
async fn active_token_is_authorized_with_one_read() {
    let ledger = ledger([Token { last_used: Some(samples::at(NOW).date()), ..admin() }]);
    let caller = authorize(&ledger, &issued_jwt(&claims_of(&admin()))).await.unwrap();
    assert_eq!(caller.org.as_str(), "123");
    assert_eq!(caller.roles, ["123:admin".parse().unwrap()]);
    assert_eq!(caller.token().unwrap().id, admin().id);
    assert_eq!(ledger.state().calls, 1);
}

#[tokio::test]
async fn first_use_of_a_day_is_recorded_without_delaying_request() {
    let recording = ledger([admin()]);
    assert!(authorize(&recording, &issued_jwt(&claims_of(&admin()))).await.is_ok());
    assert_eq!(recording.token(&admin().id).unwrap().last_used, Some(samples::at(NOW).date()));
    assert!(authorize(&recording, &issued_jwt(&claims_of(&admin()))).await.is_ok());
    assert_eq!(recording.state().calls, 3, "two decisions and one update");
    let hanging = ledger([admin()]);
    hanging.state().touching_hangs = true;
    let started = std::time::Instant::now();
    assert!(authorize(&hanging, &issued_jwt(&claims_of(&admin()))).await.is_ok());
    assert!(started.elapsed().as_secs() < 2, "the limit is 200 ms");
}

#[tokio::test]
async fn inactive_or_unknown_token_is_unauthenticated() {
    let token = issued_jwt(&claims_of(&admin()));
    assert_eq!(cause(authorize(&ledger([]), &token).await), "token does not exist");
    let revoked = Token { revocation: samples::revoked().revocation, ..admin() };
    assert_eq!(cause(authorize(&ledger([revoked]), &token).await), "token is revoked");
    let expired = Token { expires_at: Some(samples::at(NOW)), ..admin() };
    let claims = issued_jwt(&claims_of(&expired));
    assert_eq!(cause(authorize(&ledger([expired]), &claims).await), "token is expired");
}

/// Before its signature is verified, the id in a token may be forged.
#[tokio::test]
async fn rejection_names_token_only_after_signature_is_verified() {
    let ledger = ledger([Token { id: admin().id, ..samples::revoked() }]);
    let genuine = issued_jwt(&claims_of(&admin()));
    let (_, signature) = genuine.rsplit_once('.').unwrap();
    let mut other_claims = claims_of(&admin());
    other_claims["org_id"] = json!("124");
    let other = issued_jwt(&other_claims);
    let (other_signing_input, _) = other.rsplit_once('.').unwrap();
    let forged = format!("{other_signing_input}.{signature}");
    let inactive = Box::new(InactiveToken { id: admin().id, org: "123".parse().unwrap() });
    for (credential, cause, token) in
        [(genuine.as_str(), "token is revoked", Some(inactive)), (forged.as_str(), "signature is invalid", None)]
    {
        let error = AuthorizeError::Unauthenticated { cause: cause.to_owned(), token };
        assert_eq!(authorize(&ledger, credential).await, Err(error));
    }
}

#[tokio::test]
async fn token_with_newer_schema_version_is_unauthenticated() {
    let ledger = ledger([admin()]);
    ledger.state().tokens.insert(admin().id.key().clone(), Err(crate::ports::ItemError::Newer(2)));
    assert_eq!(code(authorize(&ledger, &issued_jwt(&claims_of(&admin()))).await), "unauthenticated");
}

#[tokio::test]
async fn claims_that_differ_from_stored_token_are_unauthenticated() {
    for (claim, value) in [
        ("org_id", json!("124")),
        ("assume_roles", json!(["123:owner"])),
        ("token_type", json!("app")),
        ("iat", json!(NOW)),
        ("exp", json!(NOW + 60)),
        ("parent", json!("api_CCCCCCCCCCCCCCCCCCCCC")),
        ("read_only", json!(true)),
        ("jti", json!("x")),
    ] {
        let mut claims = claims_of(&admin());
        claims[claim] = value;
        let cause = cause(authorize(&ledger([admin()]), &issued_jwt(&claims)).await);
        assert_eq!(cause, "claims do not match the stored token", "{claim}");
    }
}

#[tokio::test]
async fn token_with_other_issuer_audience_or_typ_is_unauthenticated() {
    let ledger = ledger([admin()]);
    for (claim, value, expected) in [
        ("iss", json!("https://api.example/v1/access-tokens/"), "claim `iss` is not a configured issuer"),
        ("iss", json!(PUBLIC_ISSUER), "`kid` does not match any key of the issuer"),
        ("aud", json!("https://other.example"), "token audience is not accepted"),
        ("aud", json!([AUDIENCE]), "claim is missing, duplicated or of the wrong type"),
        ("token_use", json!("id"), "claim is missing, duplicated or of the wrong type"),
    ] {
        let mut claims = claims_of(&admin());
        claims[claim] = value;
        assert_eq!(cause(authorize(&ledger, &issued_jwt(&claims)).await), expected, "{claim}");
    }
    let [rsa, _] = keys::both();
    let header = json!({"alg": "RS256", "kid": rsa.public().kid(), "typ": "JWT"}).to_string();
    let token = rsa.token(&header, &claims_of(&admin()).to_string());
    assert_eq!(cause(authorize(&ledger, &token).await), "header `typ` is not at+jwt");
    let mut former = claims_of(&admin());
    former["iss"] = json!("https://old.example/v1/access-tokens");
    assert_eq!(cause(authorize(&ledger, &issued_jwt(&former)).await), "token audience is not accepted");
    former["aud"] = json!("https://old.example");
    assert_eq!(code(authorize(&ledger, &issued_jwt(&former)).await), "granted");
}

#[tokio::test]
async fn child_token_of_inactive_parent_is_unauthenticated() {
    let child = Token { id: "api_DDDDDDDDDDDDDDDDDDDDD".parse().unwrap(), parent: Some(admin().id), ..admin() };
    let token = issued_jwt(&claims_of(&child));
    assert_eq!(code(authorize(&ledger([admin(), child.clone()]), &token).await), "granted");
    let revoked = Token { revocation: samples::revoked().revocation, ..admin() };
    let expired = Token { expires_at: Some(samples::at(NOW - 1)), ..admin() };
    let foreign = Token { org: "124".parse().unwrap(), ..admin() };
    for (parent, expected) in [
        (Some(revoked), "parent token is revoked"),
        (Some(expired), "parent token is expired"),
        (Some(foreign), "parent token belongs to another organization"),
        (Some(Token { created_at: child.created_at.plus(1), ..admin() }), "parent token id belongs to another token"),
        (None, "parent token does not exist"),
    ] {
        let tokens = parent.into_iter().chain([child.clone()]);
        assert_eq!(cause(authorize(&ledger(tokens), &token).await), expected);
    }
}

/// Authorizes a token of the public family with these claims on `route`.
async fn authorize_public(route: &str, claims: &Value, tokens: [Token; 1]) -> Result<Caller, AuthorizeError> {
    let [_, ec] = keys::both();
    let public = ec.public();
    let token = SigningInput::new(public.alg(), public.kid(), claims).unwrap().sign_with(|text| ec.sign(text));
    decide(&authorizer(&ledger(tokens)), &AuthorizationRequest { route: route.to_owned(), ..request(&token) }).await
}

#[tokio::test]
async fn public_token_is_denied_on_route_without_public_tokens() {
    let journey = samples::journey();
    let claims = json!(Claims::of(&journey, &issuer(PUBLIC_ISSUER, AUDIENCE)));
    let caller = authorize_public("GET /v1/journey", &claims, [journey.clone()]).await.unwrap();
    assert!(caller.roles.is_empty());
    for route in ["POST /v1/access-tokens", "GET /v1/entities", "GET /v1/permissions/me", "GET /v1/access-tokens/{id}"]
    {
        assert_eq!(code(authorize_public(route, &claims, [journey.clone()]).await), "permission_denied", "{route}");
    }
    let revoked = Token { revocation: samples::revoked().revocation, ..journey };
    assert_eq!(cause(authorize_public("GET /v1/journey", &claims, [revoked]).await), "token is revoked");
}

#[tokio::test]
async fn token_under_key_or_issuer_of_other_family_is_rejected() {
    let as_public = json!(Claims::of(&admin(), &issuer(PUBLIC_ISSUER, AUDIENCE)));
    assert_eq!(
        cause(authorize_public("GET /v1/journey", &as_public, [admin()]).await),
        "claims do not match the stored token"
    );
    let as_access = json!(Claims::of(&samples::journey(), &issuer(ISSUER, AUDIENCE)));
    assert_eq!(
        cause(authorize(&ledger([samples::journey()]), &issued_jwt(&as_access)).await),
        "claims do not match the stored token"
    );
    assert_eq!(
        cause(authorize_public("GET /v1/journey", &claims_of(&admin()), [admin()]).await),
        "`kid` does not match any key of the issuer"
    );
}

#[tokio::test]
async fn authenticated_route_needs_no_permission() {
    let request = AuthorizationRequest { route: "GET /v1/permissions/me".to_owned(), ..request(&user_jwt(&json!({}))) };
    assert_eq!(code(decide(&authorizer(&ledger([])), &request).await), "granted");
}

#[tokio::test]
async fn ledger_outage_is_never_a_grant() {
    let ledger = ledger([admin()]);
    ledger.state().failing = Some(PortError::new(Service::DynamoDb, "BatchGetItem", PortErrorKind::Unreachable));
    assert_eq!(code(authorize(&ledger, &issued_jwt(&claims_of(&admin()))).await), "undecided");
    assert_eq!(code(authorize(&ledger, &user_jwt(&json!({}))).await), "undecided");
}

/// The name in the claims is that at the time of the signature.
#[tokio::test]
async fn renamed_token_is_authorized_with_its_old_name() {
    let renamed = Token { name: "Another name".parse().unwrap(), ..admin() };
    assert_eq!(code(authorize(&ledger([renamed]), &issued_jwt(&claims_of(&admin()))).await), "granted");
}

#[tokio::test]
async fn token_in_other_organization_is_denied() {
    let ledger = ledger([admin()]);
    for (org, expected) in [
        (OrgHeader::Org("123".parse().unwrap()), "granted"),
        (OrgHeader::Org("124".parse().unwrap()), "permission_denied"),
        (OrgHeader::Invalid, "permission_denied"),
    ] {
        let request = AuthorizationRequest { org, ..request(&issued_jwt(&claims_of(&admin()))) };
        assert_eq!(code(decide(&authorizer(&ledger), &request).await), expected);
    }
}

#[tokio::test]
async fn token_may_read_only_itself_without_permission() {
    let token = samples::child();
    let mut stored = Token { parent: None, expires_at: None, ..token };
    stored.created_by = "local|1001".parse().unwrap();
    let ledger = ledger([stored.clone()]);
    for (id, expected) in [
        ("self", "granted"),
        (&stored.id.to_string(), "granted"),
        ("api_5ZugdRXasLfWBypHi93Fk", "read_only_token"),
        ("Self", "read_only_token"),
    ] {
        let request = AuthorizationRequest {
            route: "GET /v1/access-tokens/{id}".to_owned(),
            parameters: HashMap::from([("id".to_owned(), id.to_owned())]),
            ..request(&issued_jwt(&claims_of(&stored)))
        };
        let decision = decide(&authorizer(&ledger), &request).await;
        if let Ok(caller) = &decision {
            assert_eq!((caller.scope, &caller.roles), (Some(Scope::OwnToken), &Vec::new()));
        }
        assert_eq!(code(decision), expected, "{id}");
    }
}

#[tokio::test]
async fn route_without_rule_is_denied() {
    for route in ["POST /v1/access-tokens/", "DELETE /v1/access-tokens", "post /v1/access-tokens", "", "*"] {
        let request = AuthorizationRequest { route: route.to_owned(), ..request(&issued_jwt(&claims_of(&admin()))) };
        assert_eq!(code(decide(&authorizer(&ledger([admin()])), &request).await), "permission_denied", "{route}");
    }
}

#[tokio::test]
async fn user_has_assigned_roles() {
    let ledger = ledger([]);
    let key = ("123".parse().unwrap(), "local|1001".to_owned());
    assert_eq!(code(authorize(&ledger, &user_jwt(&json!({}))).await), "permission_denied");
    ledger.state().assignments.insert(key, vec!["123:admin".parse().unwrap(), "124:admin".parse().unwrap()]);
    ledger.state().calls = 0;
    let caller = authorize(&ledger, &user_jwt(&json!({}))).await.unwrap();
    assert_eq!(caller.roles, ["123:admin".parse().unwrap()]);
    assert_eq!((caller.principal().to_string(), caller.token()), ("local|1001".to_owned(), None));
    assert_eq!(ledger.state().calls, 2);
}

#[tokio::test]
async fn claimed_roles_exclude_other_organizations_and_owner() {
    let ledger = ledger([]);
    for (roles, expected) in [
        (json!(["123:admin"]), "granted"),
        (json!(["admin"]), "granted"),
        (json!(["124:admin"]), "permission_denied"),
        (json!(["123:owner"]), "permission_denied"),
        (json!(["owner"]), "permission_denied"),
        (json!([]), "permission_denied"),
        (json!("123:admin"), "granted"),
        (json!("admin"), "granted"),
        (json!("viewer admin"), "permission_denied"),
        (json!("viewer,admin"), "permission_denied"),
        (json!(""), "permission_denied"),
        (json!("owner"), "permission_denied"),
        (json!([1]), "unauthenticated"),
        (json!([["admin"]]), "unauthenticated"),
        (json!(7), "unauthenticated"),
        (json!(["a b", "urn:x:y", "admin"]), "granted"),
        (json!({}), "unauthenticated"),
    ] {
        let token = user_jwt(&json!({"roles": roles}));
        ledger.state().calls = 0;
        assert_eq!(code(authorize(&ledger, &token).await), expected, "{roles}");
        assert!(ledger.state().calls <= 1, "one read");
    }
    let mut authorizer = authorizer(&ledger);
    change_provider(&mut authorizer, |provider| provider.owner_from_claim = true);
    assert_eq!(code(decide(&authorizer, &request(&user_jwt(&json!({"roles": ["owner"]})))).await), "granted");
}

#[tokio::test]
async fn user_in_other_organization_has_only_roles_assigned_there() {
    let ledger = ledger([]);
    let assign = |org: &str, role: &str| {
        let key = (org.parse().unwrap(), "local|1001".to_owned());
        ledger.state().assignments.insert(key, vec![role.parse().unwrap()]);
    };
    let request_in = |org: &str| AuthorizationRequest {
        org: OrgHeader::Org(org.parse().unwrap()),
        ..request(&user_jwt(&json!({"roles": ["124:admin", "admin"]})))
    };
    assert_eq!(code(decide(&authorizer(&ledger), &request_in("123")).await), "granted");
    assert_eq!(code(decide(&authorizer(&ledger), &request_in("124")).await), "permission_denied");
    assign("124", "124:admin");
    let caller = decide(&authorizer(&ledger), &request_in("124")).await.unwrap();
    assert_eq!((caller.org.as_str(), &caller.roles[..]), ("124", &["124:admin".parse().unwrap()][..]));
    assign("125", "125:owner");
    assert_eq!(
        code(decide(&authorizer(&ledger), &request_in("125")).await),
        "permission_denied",
        "not an organization of the provider"
    );
    let invalid = AuthorizationRequest { org: OrgHeader::Invalid, ..request_in("124") };
    assert_eq!(code(decide(&authorizer(&ledger), &invalid).await), "permission_denied");
}

#[tokio::test]
async fn user_token_with_invalid_claim_is_unauthenticated() {
    let ledger = ledger([]);
    for (changes, expected) in [
        (json!({"iss": "https://idp.example/"}), "claim `iss` is not a configured issuer"),
        (json!({"exp": NOW - 60}), "token is expired"),
        (json!({"exp": null}), "claim `exp` is missing or not a NumericDate"),
        (json!({"exp": "9999999999"}), "claim `exp` is missing or not a NumericDate"),
        (json!({"exp": 1e300}), "claim `exp` is missing or not a NumericDate"),
        (json!({"exp": -1}), "claim `exp` is missing or not a NumericDate"),
        (json!({"iat": "1"}), "claim `iat` is missing or not a NumericDate"),
        (json!({"iat": 1e13}), "claim `iat` is missing or not a NumericDate"),
        (json!({"exp": NOW_AS_NUMBER - 60.0}), "token is expired"),
        (json!({"iat": NOW_AS_NUMBER + 60.5}), "claim `iat` is in the future"),
        (json!({"nbf": NOW_AS_NUMBER + 60.5}), "claim `nbf` is in the future"),
        (json!({"iat": NOW + 61}), "claim `iat` is in the future"),
        (json!({"nbf": NOW + 61}), "claim `nbf` is in the future"),
        (json!({"nbf": "soon"}), "claim `nbf` is missing or not a NumericDate"),
        (json!({"sub": null}), "claim `sub` is missing or not a string"),
        (json!({"sub": 1001}), "claim `sub` is missing or not a string"),
        (json!({"sub": ""}), "a subject must have 1 to 255 printable ASCII characters, without a space at either end"),
        (
            json!({"sub": " a"}),
            "a subject must have 1 to 255 printable ASCII characters, without a space at either end",
        ),
        (json!({"aud": null}), "token audience is not accepted"),
        (json!({"aud": "other"}), "token audience is not accepted"),
        (json!({"aud": ["other"]}), "token audience is not accepted"),
        (json!({"aud": ["latchkey", 1]}), "token audience is not accepted"),
        (json!({"aud": null, "client_id": "latchkey"}), "token audience is not accepted"),
        (json!({"org_id": "1 2"}), "an organization id must have 1 to 64 characters of A-Z a-z 0-9 _ -"),
    ] {
        assert_eq!(cause(authorize(&ledger, &user_jwt(&changes)).await), expected, "{changes}");
    }
    for valid in [
        json!({"exp": NOW - 59}),
        json!({"exp": NOW_AS_NUMBER - 59.5}),
        json!({"exp": NOW_AS_NUMBER + 600.0}),
        json!({"exp": 1_u64 << 40}),
        json!({"iat": null}),
        json!({"iat": NOW_AS_NUMBER + 59.9}),
        json!({"iat": NOW + 60}),
        json!({"nbf": NOW + 60}),
        json!({"aud": ["a", "latchkey"]}),
    ] {
        assert_eq!(code(authorize(&ledger, &user_jwt(&valid)).await), "permission_denied", "{valid}");
    }
    assert_eq!(code(authorize(&ledger, &user_jwt(&json!({"org_id": "999"}))).await), "permission_denied");
}

#[tokio::test]
async fn user_and_issued_tokens_are_not_interchangeable() {
    let ledger = ledger([admin()]);
    let [rsa, ec] = keys::both();
    let header = |key: &keys::SigningKey, typ: &str| {
        json!({"alg": key.public().alg().as_str(), "kid": key.public().kid(), "typ": typ}).to_string()
    };
    let forged = ec.token(&header(ec, "at+jwt"), &claims_of(&admin()).to_string());
    assert_eq!(cause(authorize(&ledger, &forged).await), "`kid` does not match any key of the issuer");
    let mut claims =
        json!({"iss": PROVIDER_ISSUER, "sub": "1001", "aud": "latchkey", "iat": NOW, "exp": NOW + 9, "org_id": "123"});
    let forged = rsa.token(&header(rsa, "JWT"), &claims.to_string());
    assert_eq!(cause(authorize(&ledger, &forged).await), "`kid` does not match any key of the issuer");
    claims["roles"] = json!(["admin"]);
    let id_token = ec.token(&header(ec, "logout+jwt"), &claims.to_string());
    assert_eq!(cause(authorize(&ledger, &id_token).await), "header `typ` is neither JWT nor at+jwt");
}

#[tokio::test]
async fn caller_with_too_many_roles_is_denied() {
    let mut ledger = ledger([]);
    let roles: Vec<String> = (0..60).map(|n| format!("123:{n}{}", "r".repeat(60))).collect();
    for role in &roles {
        ledger = ledger.role(role, &json!([{"action": "token:create"}]));
    }
    assert_eq!(code(authorize(&ledger, &user_jwt(&json!({"roles": roles[..50]}))).await), "granted");
    assert_eq!(code(authorize(&ledger, &user_jwt(&json!({"roles": roles}))).await), "too_many_roles");
    let hundred: Vec<String> = (0..100).map(|n| format!("{n}")).collect();
    assert_eq!(
        code(authorize(&ledger, &user_jwt(&json!({"roles": hundred[1..]}))).await),
        "permission_denied",
        "none exists"
    );
    assert_eq!(code(authorize(&ledger, &user_jwt(&json!({"roles": hundred}))).await), "too_many_roles");
}

/// The code for a user whose provider is configured with these members and whose claims have these changes.
async fn code_with_provider(configured: &Value, changes: &Value) -> &'static str {
    let ledger = ledger([]);
    let mut authorizer = authorizer(&ledger);
    let mut provider = json!({
        "name": "local", "issuer": PROVIDER_ISSUER, "audience": "a", "organizations": "*", "roles_claim": "roles",
    });
    for (member, value) in configured.as_object().unwrap() {
        provider[member] = value.clone();
    }
    authorizer.policy.providers = vec![serde_json::from_value(provider).unwrap()].into();
    let mut claims = json!({"aud": "a", "roles": ["admin"]});
    for (claim, value) in changes.as_object().unwrap() {
        claims[claim] = value.clone();
    }
    code(decide(&authorizer, &request(&user_jwt(&claims))).await)
}

#[tokio::test]
async fn cognito_tokens_are_accepted_as_configured() {
    let id = json!({"aud": "a", "token_use": "id"});
    let access = json!({"aud": null, "client_id": "a", "token_use": "access"});
    for (configured, token, expected) in [
        (json!({}), &id, "granted"),
        (json!({}), &access, "unauthenticated"),
        (json!({"token_use": "id"}), &id, "granted"),
        (json!({"token_use": "access"}), &id, "unauthenticated"),
        (json!({"audience_claim": "client_id", "token_use": "access"}), &access, "granted"),
        (json!({"audience_claim": "client_id"}), &id, "unauthenticated"),
        (json!({"audience_claim": "aud_or_client_id"}), &id, "granted"),
        (json!({"audience_claim": "aud_or_client_id"}), &access, "granted"),
        (json!({"audience_claim": "aud_or_client_id"}), &json!({"aud": "b", "client_id": "a"}), "unauthenticated"),
        (json!({"audience_claim": "aud_or_client_id"}), &json!({"aud": null, "client_id": ["a"]}), "unauthenticated"),
        (json!({"audience": ["b", "a"]}), &id, "granted"),
        (json!({"audience": ["b", "c"]}), &id, "unauthenticated"),
    ] {
        assert_eq!(code_with_provider(&configured, token).await, expected, "{configured} {token}");
    }
}

#[tokio::test]
async fn provider_with_fixed_organization_ignores_org_claim() {
    let configured = json!({"organization": "123"});
    for org in [json!(null), json!("124"), json!(7)] {
        assert_eq!(code_with_provider(&configured, &json!({"org_id": org})).await, "granted", "{org}");
    }
    assert_eq!(code_with_provider(&json!({"organization": "125"}), &json!({})).await, "permission_denied");
}

#[tokio::test]
async fn user_without_roles_claim_has_roles_only_if_configured() {
    let ledger = ledger([]);
    let key = ("123".parse().unwrap(), "local|1001".to_owned());
    ledger.state().assignments.insert(key, vec!["123:admin".parse().unwrap()]);
    for (fallback, claims, expected) in [
        (false, json!({}), "permission_denied"),
        (false, json!({"roles": []}), "permission_denied"),
        (false, json!({"roles": ["admin"]}), "granted"),
        (true, json!({}), "granted"),
        (true, json!({"roles": []}), "permission_denied"),
    ] {
        let mut authorizer = authorizer(&ledger);
        change_provider(&mut authorizer, |provider| provider.assigned_without_claim = fallback);
        assert_eq!(code(decide(&authorizer, &request(&user_jwt(&claims))).await), expected, "{fallback} {claims}");
    }
}

#[tokio::test]
async fn read_only_token_is_limited_to_safe_methods() {
    let mut token = admin();
    if let TokenType::Api(access) = &mut token.token_type {
        access.read_only = true;
    }
    let ledger = ledger([token.clone()]);
    for (method, expected) in [
        ("GET", "granted"),
        ("HEAD", "granted"),
        ("OPTIONS", "granted"),
        ("POST", "read_only_token"),
        ("DELETE", "read_only_token"),
        ("get", "read_only_token"),
        ("", "read_only_token"),
    ] {
        let request = AuthorizationRequest {
            route: "GET /v1/permissions/me".to_owned(),
            method: method.to_owned(),
            ..request(&issued_jwt(&claims_of(&token)))
        };
        assert_eq!(code(decide(&authorizer(&ledger), &request).await), expected, "{method}");
    }
    let ledger = self::ledger([admin()]);
    let request = AuthorizationRequest {
        method: "POST".to_owned(),
        route: "GET /v1/permissions/me".to_owned(),
        ..request(&issued_jwt(&claims_of(&admin())))
    };
    assert_eq!(code(decide(&authorizer(&ledger), &request).await), "granted", "not read-only");
}

/// A token that is bound to networks is denied elsewhere on every route that reads a credential, its own included.
#[tokio::test]
async fn token_outside_its_networks_is_denied_on_every_route() {
    let networks = Some(samples::networks(&["203.0.113.0/24", "2001:db8::/32"]));
    let bound = Token { allowed_networks: networks.clone(), ..admin() };
    let public = Token { allowed_networks: networks, ..samples::journey() };
    let [_, ec] = keys::both();
    let claims = Claims::of(&public, &issuer(PUBLIC_ISSUER, AUDIENCE));
    let public_jwt = SigningInput::new(ec.public().alg(), ec.public().kid(), &claims).unwrap();
    let public_jwt = public_jwt.sign_with(|text| ec.sign(text));
    let ledger = ledger([bound.clone(), public]);
    let bound_jwt = issued_jwt(&claims_of(&bound));
    for (jwt, route) in [
        (&bound_jwt, "POST /v1/access-tokens"),
        (&bound_jwt, "GET /v1/access-tokens/{id}"),
        (&bound_jwt, "GET /v1/permissions/me"),
        (&public_jwt, "GET /v1/journey"),
    ] {
        for (source, expected) in [
            (Some("203.0.113.9"), "granted"),
            (Some("::ffff:203.0.113.9"), "granted"),
            (Some("2001:db8::9"), "granted"),
            (Some("203.0.114.9"), "address_not_allowed"),
            (Some("::203.0.113.9"), "address_not_allowed"),
            (None, "address_not_allowed"),
        ] {
            let request = AuthorizationRequest {
                route: route.to_owned(),
                parameters: HashMap::from([("id".to_owned(), "self".to_owned())]),
                source: source.map(|address| address.parse().unwrap()),
                ..request(jwt)
            };
            let decision = decide(&authorizer(&ledger), &request).await;
            if let Err(AuthorizeError::Denied(denial)) = &decision {
                assert!(denial.caller.is_some(), "the log names the caller");
                assert!(!denial.reason.contains("203.0.11"), "{}", denial.reason);
            }
            assert_eq!(code(decision), expected, "{route} {source:?}");
        }
    }
    let denied = AuthorizationRequest { source: None, ..request(&bound_jwt) };
    assert_eq!(
        code(decide(&authorizer(&self::ledger([admin()])), &denied).await),
        "granted",
        "a token without networks"
    );
    assert_eq!(ledger.token(&bound.id).unwrap().last_used, Some(samples::at(NOW).date()));
}

/// [`admin`] limited to these grants.
fn limited_admin(grants: &Value) -> Token {
    let mut token = admin();
    if let TokenType::Api(access) = &mut token.token_type {
        access.grant_limits.grants = Some(token_grants(grants));
    }
    token
}

#[tokio::test]
async fn token_with_grants_is_limited_to_them() {
    let request_of = |token: &Token, method: &str, route: &str| AuthorizationRequest {
        method: method.to_owned(),
        route: route.to_owned(),
        parameters: HashMap::from([("id".to_owned(), "self".to_owned())]),
        ..request(&issued_jwt(&claims_of(token)))
    };
    let limited = limited_admin(&json!([{"action": "order:view"}]));
    let ledger = ledger([limited.clone()]);
    for (method, route, expected) in [
        ("POST", "POST /v1/access-tokens", "permission_denied"),
        ("GET", "GET /v1/entities", "permission_denied"),
        ("GET", "GET /v1/access-tokens/{id}", "granted"),
        ("DELETE", "GET /v1/access-tokens/{id}", "granted"),
        ("GET", "GET /v1/permissions/me", "granted"),
        ("HEAD", "GET /v1/permissions/me", "granted"),
        ("OPTIONS", "GET /v1/permissions/me", "granted"),
        ("POST", "GET /v1/permissions/me", "permission_denied"),
        ("PATCH", "GET /v1/permissions/me", "permission_denied"),
        ("get", "GET /v1/permissions/me", "permission_denied"),
    ] {
        let decision = decide(&authorizer(&ledger), &request_of(&limited, method, route)).await;
        if let Ok(caller) = &decision {
            assert!(caller.is_restricted());
            assert_eq!(caller.to_context()["restricted"], "true");
        }
        assert_eq!(code(decision), expected, "{method} {route}");
    }
    let denied = decide(&authorizer(&ledger), &request_of(&limited, "POST", "POST /v1/access-tokens")).await;
    let Err(AuthorizeError::Denied(denial)) = denied else { panic!("{denied:?}") };
    assert_eq!(denial.reason, "the grants of this token do not allow token:create");
    let creating = limited_admin(&json!([{"action": "token:create"}]));
    let ledger = self::ledger([creating.clone()]);
    let granted = decide(&authorizer(&ledger), &request_of(&creating, "POST", "POST /v1/access-tokens")).await;
    assert_eq!(code(granted), "granted");
    let caller = authorize(&self::ledger([admin()]), &issued_jwt(&claims_of(&admin()))).await.unwrap();
    assert!(!caller.is_restricted() && !caller.to_context().contains_key("restricted"));
}

/// *(never wider)* The restrictions of a parent apply to a child whose item does not have them, as one that older code
/// created.
#[tokio::test]
async fn restrictions_of_parent_apply_to_child_without_them() {
    let child = Token { id: "api_DDDDDDDDDDDDDDDDDDDDD".parse().unwrap(), parent: Some(admin().id), ..admin() };
    let public = Token { parent: Some(admin().id), ..samples::journey() };
    let public_claims = json!(Claims::of(&public, &issuer(PUBLIC_ISSUER, AUDIENCE)));
    let [_, ec] = keys::both();
    let public_input = SigningInput::new(ec.public().alg(), ec.public().kid(), &public_claims).unwrap();
    let public_jwt = public_input.sign_with(|text| ec.sign(text));
    let elsewhere = Token { allowed_networks: Some(samples::networks(&["10.0.0.0/8"])), ..admin() };
    let viewing = limited_admin(&json!([{"action": "order:view"}]));
    let all = limited_admin(&json!([{"action": "token:create"}, {"action": "entity:view"}]));
    for (parent, expected, public_expected) in [
        (admin(), "granted", "granted"),
        (elsewhere, "address_not_allowed", "address_not_allowed"),
        (viewing, "permission_denied", "permission_denied"),
        (all, "granted", "granted"),
    ] {
        let is_limited = parent.token_type.access().unwrap().grant_limits.are_present();
        let ledger = ledger([parent, child.clone(), public.clone()]);
        let decision = authorize(&ledger, &issued_jwt(&claims_of(&child))).await;
        if let Ok(caller) = &decision {
            assert_eq!(caller.is_restricted(), is_limited);
        }
        assert_eq!(code(decision), expected);
        let request = AuthorizationRequest { route: "GET /v1/journey".to_owned(), ..request(&public_jwt) };
        assert_eq!(code(decide(&authorizer(&ledger), &request).await), public_expected);
    }
}

/// *(the item is authoritative)*
#[tokio::test]
async fn claims_without_the_stored_grants_are_unauthenticated() {
    let limited = limited_admin(&json!([{"action": "token:create"}]));
    let ledger = ledger([limited.clone()]);
    for grants in [json!([{"action": "*"}]), json!([{"action": "token:create", "effect": "allow"}]), json!(null)] {
        let mut claims = claims_of(&limited);
        claims["grants"] = grants.clone();
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let cause = cause(authorize(&ledger, &issued_jwt(&claims)).await);
        assert_eq!(cause, "claims do not match the stored token", "{grants}");
    }
    let mut added = claims_of(&admin());
    added["parent_grants"] = json!([{"action": "*"}]);
    let cause = cause(authorize(&self::ledger([admin()]), &issued_jwt(&added)).await);
    assert_eq!(cause, "claims do not match the stored token");
}

#[tokio::test]
async fn denied_address_is_not_a_use_of_the_token() {
    let ledger = ledger([Token { allowed_networks: Some(samples::networks(&["::/0"])), ..admin() }]);
    assert_eq!(code(authorize(&ledger, &issued_jwt(&claims_of(&admin()))).await), "address_not_allowed");
    assert_eq!(ledger.token(&admin().id).unwrap().last_used, None);
}

#[tokio::test]
async fn rule_with_resource_checks_only_that_resource() {
    let ledger = ledger([])
        .role("123:clerk", &json!([{"action": "order:view", "resource": "order/7*"}]))
        .role("123:restricted", &json!([{"action": "order:*", "resource": "order/70", "effect": "deny"}]));
    let mut authorizer = authorizer(&ledger);
    authorizer.policy.rules = serde_json::from_value(json!({
        "GET /orders/{id}": {"action": "order:view", "resource": "order/{id}"},
        "GET /orders": {"action": "order:view"},
    }))
    .unwrap();
    let code_of = async |roles: &[&str], route: &str, id: &str| {
        let token = user_jwt(&json!({"roles": roles}));
        let parameters = HashMap::from([("id".to_owned(), id.to_owned())]);
        code(
            decide(&authorizer, &AuthorizationRequest { route: route.to_owned(), parameters, ..request(&token) }).await,
        )
    };
    for (roles, route, id, expected) in [
        (&["clerk"][..], "GET /orders/{id}", "7", "granted"),
        (&["clerk"], "GET /orders/{id}", "71", "granted"),
        (&["clerk"], "GET /orders/{id}", "8", "permission_denied"),
        (&["clerk"], "GET /orders/{id}", "", "permission_denied"),
        (&["clerk"], "GET /orders", "7", "permission_denied"),
        (&["viewer"], "GET /orders/{id}", "8", "granted"),
        (&["viewer"], "GET /orders", "8", "granted"),
        (&["viewer", "restricted"], "GET /orders/{id}", "8", "granted"),
        (&["viewer", "restricted"], "GET /orders/{id}", "70", "permission_denied"),
        (&["viewer", "restricted"], "GET /orders", "8", "permission_denied"),
    ] {
        assert_eq!(code_of(roles, route, id).await, expected, "{roles:?} {route} {id}");
    }
}

/// The scope of a request for a token with `method`, or the reason of its denial, by a user with these roles.
async fn token_scope(ledger: &Memory, roles: &[&str], method: &str) -> Result<Scope, String> {
    let mut authorizer = authorizer(ledger);
    authorizer.policy.rules = Rules::own();
    let path = if method == "POST" { "/v1/access-tokens" } else { "/v1/access-tokens/{id}" };
    let request = AuthorizationRequest {
        method: method.to_owned(),
        route: format!("{method} {path}"),
        parameters: HashMap::from([("id".to_owned(), "api_AAAAAAAAAAAAAAAAAAAAA".to_owned())]),
        ..request(&user_jwt(&json!({ "roles": roles })))
    };
    match authorizer.decide(&request).await {
        Decision::Allow(caller) => Ok(caller.unwrap().scope.unwrap()),
        Decision::Reject(AuthorizeError::Denied(denial)) => Err(denial.reason),
        Decision::Reject(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn scope_is_the_widest_that_the_roles_allow() {
    let deny = |action: &str| json!({"action": action, "effect": "deny"});
    let allow = |action: &str| json!({"action": action});
    let ledger = Memory::default()
        .role("123:admin", &json!([allow("token:create")]))
        .role("123:all", &json!([allow("*")]))
        .role("123:auditor", &json!([allow("token:view")]))
        .role("123:viewer", &json!([allow("*:view")]))
        .role("123:responder", &json!([allow("token:revoke")]))
        .role("123:developer", &json!([allow("token:self")]))
        .role("123:pattern", &json!([allow("*:self"), allow("token:r*"), allow("token:s*")]))
        .role("123:no_create", &json!([deny("token:create")]))
        .role("123:no_revoke", &json!([deny("token:revoke")]))
        .role("123:no_view", &json!([deny("token:view")]))
        .role("123:no_self", &json!([deny("token:self")]));
    let organization = Ok(Scope::Organization);
    let own = Ok(Scope::Own);
    let missing = |action: &str| Err(format!("permission {action} is missing"));
    let denied = |action: &str| Err(format!("one of your roles denies {action}"));
    for (roles, [post, get, delete]) in [
        (&["123:admin"][..], [organization.clone(), organization.clone(), organization.clone()]),
        (&["123:auditor"], [missing("token:create"), organization.clone(), missing("token:revoke")]),
        (&["123:viewer"], [missing("token:create"), organization.clone(), missing("token:revoke")]),
        (&["123:responder"], [missing("token:create"), organization.clone(), organization.clone()]),
        (&["123:developer"], [own.clone(), own.clone(), own.clone()]),
        (&["123:developer", "123:auditor"], [own.clone(), organization.clone(), own.clone()]),
        (&["123:pattern"], [missing("token:create"), missing("token:view"), missing("token:revoke")]),
        (&["123:all", "123:no_create"], [denied("token:create"), denied("token:view"), denied("token:revoke")]),
        (&["123:developer", "123:no_create"], [denied("token:create"), denied("token:view"), denied("token:revoke")]),
        (&["123:admin", "123:no_revoke"], [organization.clone(), organization.clone(), own.clone()]),
        (&["123:admin", "123:no_view"], [organization.clone(), own.clone(), organization.clone()]),
        (&["123:admin", "123:no_self"], [organization.clone(), organization.clone(), organization.clone()]),
        (&["123:admin", "123:no_self", "123:no_revoke"], [organization.clone(), organization, denied("token:revoke")]),
        (&["123:developer", "123:no_self"], [missing("token:create"), missing("token:view"), missing("token:revoke")]),
    ] {
        for (method, expected) in [("POST", post), ("GET", get), ("DELETE", delete)] {
            assert_eq!(token_scope(&ledger, roles, method).await, expected, "{roles:?} {method}");
        }
    }
    let ledger = ledger.role("123:root", &json!([allow("token:self")]));
    assert_eq!(token_scope(&ledger, &["123:admin"], "POST").await, Ok(Scope::Own), "the root role limits the scope");
}

#[tokio::test]
async fn token_has_scope_of_rule_and_owner_of_chain() {
    let stored = admin();
    let child = Token {
        id: "api_DDDDDDDDDDDDDDDDDDDDD".parse().unwrap(),
        parent: Some(stored.id.clone()),
        created_by: Principal::Token(stored.id.clone()),
        ..admin()
    };
    for (owner, child_owner, expected) in
        [(Some("local|1"), Some("local|2"), "local|2"), (Some("local|1"), None, "local|1"), (None, None, "local|1001")]
    {
        let with_owner = |token: &Token, owner: Option<&str>| Token {
            owner: owner.map(|owner| owner.parse().unwrap()),
            ..token.clone()
        };
        let parent = with_owner(&stored, owner);
        let child = with_owner(&child, child_owner);
        let ledger = ledger([parent, child.clone()]);
        let caller = authorize(&ledger, &issued_jwt(&claims_of(&child))).await.unwrap();
        assert_eq!(caller.owner().unwrap().to_string(), expected);
        assert_eq!(caller.scope, Some(Scope::Organization));
    }
}

#[tokio::test]
async fn public_route_is_allowed_without_reading_the_ledger() {
    let ledger = ledger([admin()]);
    let mut authorizer = authorizer(&ledger);
    authorizer.policy.rules = serde_json::from_value(json!({"GET /open": {"public": true}})).unwrap();
    for credential in [Err("missing"), Ok("garbage".to_owned()), Ok(issued_jwt(&claims_of(&admin())))] {
        let request = AuthorizationRequest { credential, route: "GET /open".to_owned(), ..request("") };
        assert_eq!(authorizer.decide(&request).await, Decision::Allow(None));
    }
    assert_eq!(ledger.state().calls, 0);
}

#[tokio::test]
async fn public_token_is_limited_by_root_role() {
    let claims = json!(Claims::of(&samples::journey(), &issuer(PUBLIC_ISSUER, AUDIENCE)));
    let [_, ec] = keys::both();
    let public = ec.public();
    let token = SigningInput::new(public.alg(), public.kid(), &claims).unwrap().sign_with(|text| ec.sign(text));
    for (grants, expected) in [
        (json!([{"action": "entity:*"}]), "granted"),
        (json!([{"action": "other:*"}]), "permission_denied"),
        (json!([{"action": "*"}, {"action": "entity:view", "effect": "deny"}]), "permission_denied"),
    ] {
        let ledger = ledger([samples::journey()]).role("123:root", &grants);
        let request = AuthorizationRequest { route: "GET /v1/journey".to_owned(), ..request(&token) };
        assert_eq!(code(decide(&authorizer(&ledger), &request).await), expected, "{grants}");
    }
}

/// The denial is the same for every caller, and costs neither a read nor the verification of a credential.
#[tokio::test]
async fn route_with_invalid_rule_is_denied_with_its_reason() {
    let ledger = ledger([admin()]);
    let Authorizer { keys: own_keys, provider_keys, clock, mut policy, .. } = authorizer(&ledger);
    let entries =
        serde_json::from_value(json!({"abc GET /x": 7, "GET /x": {"public": true}, "GET /y": {"public": true}}));
    (policy.rules, _) = Rules::with_operator_rules([RuleSource { name: "ROUTE_RULES", entries: Ok(entries.unwrap()) }]);
    let authorizer = Authorize::new(ledger.clone(), own_keys, provider_keys, clock, policy);
    let valid = issued_jwt(&claims_of(&admin()));
    for credential in [Ok(valid), Ok("garbage".to_owned()), Err("the request has no credential")] {
        let request = AuthorizationRequest { credential, route: "GET /x".to_owned(), ..request("") };
        let Decision::Reject(AuthorizeError::Denied(denial)) = authorizer.decide(&request).await else {
            unreachable!("allowed")
        };
        assert_eq!(
            (denial.code, denial.reason.as_str()),
            (ErrorCode::PermissionDenied, "the rule of this route is invalid")
        );
        assert_eq!(denial.log_message(), "the rule of this route is invalid: entry `abc GET /x` of ROUTE_RULES");
        let other_api = AuthorizationRequest { api: "xyz".to_owned(), ..request };
        assert_eq!(authorizer.decide(&other_api).await, Decision::Allow(None));
    }
    assert_eq!(ledger.state().calls, 0);
}

#[tokio::test]
async fn token_of_disabled_provider_is_undecided() {
    let ledger = ledger([admin()]);
    let Authorizer { keys: own_keys, provider_keys, clock, mut policy, .. } = authorizer(&ledger);
    let entries = serde_json::from_value(json!([{"name": "local", "issuer": PROVIDER_ISSUER, "audience": "latchkey"}]));
    (policy.providers, _) = IdentityProviders::new(Ok(entries.unwrap()), &[]);
    let authorizer = Authorize::new(ledger, own_keys, provider_keys, clock, policy);
    let result = decide(&authorizer, &request(&user_jwt(&json!({})))).await;
    let Err(AuthorizeError::Undecided(error)) = result else { unreachable!("{result:?}") };
    assert_eq!(
        error.to_string(),
        "identity provider FindProvider configuration: the configuration of `local` is invalid"
    );
    assert_eq!(
        code(decide(&authorizer, &request(&user_jwt(&json!({"iss": "https://other.example"})))).await),
        "unauthenticated"
    );
    assert_eq!(code(decide(&authorizer, &request(&issued_jwt(&claims_of(&admin())))).await), "granted");
}
