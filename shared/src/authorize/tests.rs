#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};

use super::*;
use crate::{
    jwt::{SigningInput, samples as keys},
    memory::{At, Keys, Memory},
    ports::{PortErrorKind, Service},
    token::{Claims, Issuer, Token, TokenType, samples},
};

const OURS: &str = "https://api.example/v1/access-tokens";
const PUBLIC: &str = "https://api.example/v1/access-tokens/public";
const AUDIENCE: &str = "https://api.example";
const IDP: &str = "https://idp.example";
const NOW: i64 = 1_566_657_000;

type Authorizer = Authorize<(Memory, Keys, Keys, At)>;

/// Who it is that is granted; everywhere but on a route that is open to anybody.
async fn decide(authorizer: &Authorizer, request: &AuthorizationRequest) -> Result<Caller, AuthorizeError> {
    authorizer.decide(request).await.into_result().map(Option::unwrap)
}

fn authorizer(ledger: &Memory) -> Authorizer {
    let [rsa, ec] = keys::both();
    let providers = json!([{
        "name": "local", "issuer": IDP, "audience": "latchkey", "organizations": ["123", "124"],
        "roles_claim": "roles", "assigned_without_claim": true, "owner_from_claim": false,
    }]);
    let rules = json!({
        "POST /v1/access-tokens": {"action": "token:create"},
        "GET /v1/access-tokens/{id}": {"action": "token:create", "own_id": "id"},
        "GET /v1/entities": {"action": "entity:view"},
        "GET /v1/permissions/me": {"any_caller": true},
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
                    issuer(OURS, AUDIENCE),
                    issuer("https://old.example/v1/access-tokens", "https://old.example"),
                ],
                public: vec![issuer(PUBLIC, AUDIENCE)],
            },
            providers: serde_json::from_value(providers).unwrap(),
            rules: serde_json::from_value(rules).unwrap(),
        },
    )
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
    json!(Claims::of(token, &issuer(OURS, AUDIENCE)))
}

/// A token of ours with these claims, signed with the real key.
fn ours(claims: &Value) -> String {
    let [rsa, _] = keys::both();
    let public = rsa.public();
    SigningInput::new(public.alg(), public.kid(), claims).unwrap().sign_with(|text| rsa.sign(text))
}

/// A person's token with these changes to good claims; `null` takes a claim away.
fn person(changes: &Value) -> String {
    let [_, ec] = keys::both();
    let mut claims = json!({
        "iss": IDP, "sub": "1001", "aud": "latchkey", "iat": NOW - 10, "exp": NOW + 10, "org_id": "123",
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
    }
}

async fn ask(ledger: &Memory, credential: &str) -> Result<Caller, AuthorizeError> {
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
async fn a_living_token_is_granted_what_its_roles_allow_by_one_read() {
    let ledger = ledger([Token { last_used: Some(samples::at(NOW).date()), ..admin() }]);
    let caller = ask(&ledger, &ours(&claims_of(&admin()))).await.unwrap();
    assert_eq!(caller.org.as_str(), "123");
    assert_eq!(caller.roles, ["123:admin".parse().unwrap()]);
    assert_eq!(caller.token().unwrap().id, admin().id);
    assert_eq!(ledger.state().calls, 1);
}

#[tokio::test]
async fn the_first_use_of_a_day_is_noted_and_cannot_hold_up_the_request() {
    let noted = ledger([admin()]);
    assert!(ask(&noted, &ours(&claims_of(&admin()))).await.is_ok());
    assert_eq!(noted.token(&admin().id).unwrap().last_used, Some(samples::at(NOW).date()));
    assert!(ask(&noted, &ours(&claims_of(&admin()))).await.is_ok());
    assert_eq!(noted.state().calls, 3, "two decisions and one note");
    let hanging = ledger([admin()]);
    hanging.state().touching_hangs = true;
    let started = std::time::Instant::now();
    assert!(ask(&hanging, &ours(&claims_of(&admin()))).await.is_ok());
    assert!(started.elapsed().as_secs() < 2, "the limit is 200 ms");
}

#[tokio::test]
async fn a_token_without_a_living_row_is_refused() {
    let token = ours(&claims_of(&admin()));
    assert_eq!(cause(ask(&ledger([]), &token).await), "it has no row");
    let revoked = Token { revocation: samples::revoked().revocation, ..admin() };
    assert_eq!(cause(ask(&ledger([revoked]), &token).await), "it is revoked");
    let expired = Token { expires_at: Some(samples::at(NOW)), ..admin() };
    let claims = ours(&claims_of(&expired));
    assert_eq!(cause(ask(&ledger([expired]), &claims).await), "it is expired");
}

#[tokio::test]
async fn a_refusal_names_a_token_of_ours_and_never_one_that_only_says_so() {
    let ledger = ledger([Token { id: admin().id, ..samples::revoked() }]);
    let (real, claims) = (ours(&claims_of(&admin())), claims_of(&admin()));
    let (_, signature) = real.rsplit_once('.').unwrap();
    let mut other = claims.clone();
    other["org_id"] = json!("124");
    let (unsigned, _) = ours(&other).rsplit_once('.').map(|(signed, own)| (signed.to_owned(), own.to_owned())).unwrap();
    let forged = format!("{unsigned}.{signature}");
    let inactive = Box::new(InactiveToken { id: admin().id, org: "123".parse().unwrap() });
    for (credential, cause, token) in
        [(real.as_str(), "it is revoked", Some(inactive)), (forged.as_str(), "its signature is wrong", None)]
    {
        let error = AuthorizeError::Unauthenticated { cause: cause.to_owned(), token };
        assert_eq!(ask(&ledger, credential).await, Err(error));
    }
}

#[tokio::test]
async fn a_row_of_a_newer_schema_version_is_a_refusal() {
    let ledger = ledger([admin()]);
    ledger.state().tokens.insert(admin().id.key().clone(), Err(crate::ports::ItemError::Newer(2)));
    assert_eq!(code(ask(&ledger, &ours(&claims_of(&admin()))).await), "unauthenticated");
}

#[tokio::test]
async fn claims_other_than_the_rows_are_refused_under_a_good_signature() {
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
        let cause = cause(ask(&ledger([admin()]), &ours(&claims)).await);
        assert_eq!(cause, "its claims are not those of its row", "{claim}");
    }
}

#[tokio::test]
async fn issuer_audience_and_type_must_be_ours() {
    let ledger = ledger([admin()]);
    for (claim, value, refusal) in [
        ("iss", json!("https://api.example/v1/access-tokens/"), "its issuer is unknown"),
        ("iss", json!(PUBLIC), "no key of its issuer has its `kid`"),
        ("aud", json!("https://other.example"), "its audience is another"),
        ("aud", json!([AUDIENCE]), "a claim is absent, ill-typed or doubled"),
        ("token_use", json!("id"), "a claim is absent, ill-typed or doubled"),
    ] {
        let mut claims = claims_of(&admin());
        claims[claim] = value;
        assert_eq!(cause(ask(&ledger, &ours(&claims)).await), refusal, "{claim}");
    }
    let [rsa, _] = keys::both();
    let header = json!({"alg": "RS256", "kid": rsa.public().kid(), "typ": "JWT"}).to_string();
    let token = rsa.token(&header, &claims_of(&admin()).to_string());
    assert_eq!(cause(ask(&ledger, &token).await), "its `typ` is not at+jwt");
    let mut former = claims_of(&admin());
    former["iss"] = json!("https://old.example/v1/access-tokens");
    assert_eq!(cause(ask(&ledger, &ours(&former)).await), "its audience is another");
    former["aud"] = json!("https://old.example");
    assert_eq!(code(ask(&ledger, &ours(&former)).await), "granted");
}

#[tokio::test]
async fn a_child_dies_with_its_parent() {
    let child = Token { id: "api_DDDDDDDDDDDDDDDDDDDDD".parse().unwrap(), parent: Some(admin().id), ..admin() };
    let token = ours(&claims_of(&child));
    assert_eq!(code(ask(&ledger([admin(), child.clone()]), &token).await), "granted");
    let revoked = Token { revocation: samples::revoked().revocation, ..admin() };
    let expired = Token { expires_at: Some(samples::at(NOW - 1)), ..admin() };
    let foreign = Token { org: "124".parse().unwrap(), ..admin() };
    for (parent, why) in [
        (Some(revoked), "its parent: it is revoked"),
        (Some(expired), "its parent: it is expired"),
        (Some(foreign), "its parent is of another organization"),
        (Some(Token { created_at: child.created_at.plus(1), ..admin() }), "its parent: another token has its id"),
        (None, "its parent: it has no row"),
    ] {
        let rows = parent.into_iter().chain([child.clone()]);
        assert_eq!(cause(ask(&ledger(rows), &token).await), why);
    }
}

/// What a token of the public family gets on `route`.
async fn ask_public(route: &str, claims: &Value, rows: [Token; 1]) -> Result<Caller, AuthorizeError> {
    let [_, ec] = keys::both();
    let public = ec.public();
    let token = SigningInput::new(public.alg(), public.kid(), claims).unwrap().sign_with(|text| ec.sign(text));
    decide(&authorizer(&ledger(rows)), &AuthorizationRequest { route: route.to_owned(), ..request(&token) }).await
}

#[tokio::test]
async fn a_public_token_passes_only_where_a_rule_opens_the_route_to_it() {
    let journey = samples::journey();
    let claims = json!(Claims::of(&journey, &issuer(PUBLIC, AUDIENCE)));
    let caller = ask_public("GET /v1/journey", &claims, [journey.clone()]).await.unwrap();
    assert!(caller.roles.is_empty());
    for route in ["POST /v1/access-tokens", "GET /v1/entities", "GET /v1/permissions/me", "GET /v1/access-tokens/{id}"]
    {
        assert_eq!(code(ask_public(route, &claims, [journey.clone()]).await), "permission_denied", "{route}");
    }
    let revoked = Token { revocation: samples::revoked().revocation, ..journey };
    assert_eq!(cause(ask_public("GET /v1/journey", &claims, [revoked]).await), "it is revoked");
}

#[tokio::test]
async fn a_token_of_one_family_is_never_accepted_under_the_others_key_or_issuer() {
    let as_public = json!(Claims::of(&admin(), &issuer(PUBLIC, AUDIENCE)));
    assert_eq!(
        cause(ask_public("GET /v1/journey", &as_public, [admin()]).await),
        "its claims are not those of its row"
    );
    let as_access = json!(Claims::of(&samples::journey(), &issuer(OURS, AUDIENCE)));
    assert_eq!(
        cause(ask(&ledger([samples::journey()]), &ours(&as_access)).await),
        "its claims are not those of its row"
    );
    assert_eq!(
        cause(ask_public("GET /v1/journey", &claims_of(&admin()), [admin()]).await),
        "no key of its issuer has its `kid`"
    );
}

#[tokio::test]
async fn a_route_for_any_caller_needs_no_permission() {
    let request = AuthorizationRequest { route: "GET /v1/permissions/me".to_owned(), ..request(&person(&json!({}))) };
    assert_eq!(code(decide(&authorizer(&ledger([])), &request).await), "granted");
}

#[tokio::test]
async fn an_outage_is_never_a_grant() {
    let ledger = ledger([admin()]);
    ledger.state().failing = Some(PortError::new(Service::DynamoDb, "BatchGetItem", PortErrorKind::Unreachable));
    assert_eq!(code(ask(&ledger, &ours(&claims_of(&admin()))).await), "undecided");
    assert_eq!(code(ask(&ledger, &person(&json!({}))).await), "undecided");
}

#[tokio::test]
async fn a_token_acts_in_its_own_organization_alone() {
    let ledger = ledger([admin()]);
    for (org, expected) in [
        (OrgHeader::Org("123".parse().unwrap()), "granted"),
        (OrgHeader::Org("124".parse().unwrap()), "permission_denied"),
        (OrgHeader::Invalid, "permission_denied"),
    ] {
        let request = AuthorizationRequest { org, ..request(&ours(&claims_of(&admin()))) };
        assert_eq!(code(decide(&authorizer(&ledger), &request).await), expected);
    }
}

#[tokio::test]
async fn a_token_may_always_read_itself_and_nothing_else_without_the_permission() {
    let token = samples::child();
    let mut row = Token { parent: None, expires_at: None, ..token };
    row.created_by = "local|1001".parse().unwrap();
    let ledger = ledger([row.clone()]);
    for (id, expected) in [
        ("self", "granted"),
        (&row.id.to_string(), "granted"),
        ("api_5ZugdRXasLfWBypHi93Fk", "read_only_token"),
        ("Self", "read_only_token"),
    ] {
        let request = AuthorizationRequest {
            route: "GET /v1/access-tokens/{id}".to_owned(),
            parameters: HashMap::from([("id".to_owned(), id.to_owned())]),
            ..request(&ours(&claims_of(&row)))
        };
        assert_eq!(code(decide(&authorizer(&ledger), &request).await), expected, "{id}");
    }
}

#[tokio::test]
async fn a_route_without_a_rule_is_denied() {
    for route in ["POST /v1/access-tokens/", "DELETE /v1/access-tokens", "post /v1/access-tokens", "", "*"] {
        let request = AuthorizationRequest { route: route.to_owned(), ..request(&ours(&claims_of(&admin()))) };
        assert_eq!(code(decide(&authorizer(&ledger([admin()])), &request).await), "permission_denied", "{route}");
    }
}

#[tokio::test]
async fn a_person_has_the_roles_that_were_assigned() {
    let ledger = ledger([]);
    let key = ("123".parse().unwrap(), "local|1001".to_owned());
    assert_eq!(code(ask(&ledger, &person(&json!({}))).await), "permission_denied");
    ledger.state().assignments.insert(key, vec!["123:admin".parse().unwrap(), "124:admin".parse().unwrap()]);
    ledger.state().calls = 0;
    let caller = ask(&ledger, &person(&json!({}))).await.unwrap();
    assert_eq!(caller.roles, ["123:admin".parse().unwrap()]);
    assert_eq!((caller.principal().to_string(), caller.token()), ("local|1001".to_owned(), None));
    assert_eq!(ledger.state().calls, 2);
}

#[tokio::test]
async fn roles_from_a_claim_are_of_the_persons_own_organization_and_not_owner_unless_allowed() {
    let ledger = ledger([]);
    for (roles, expected) in [
        (json!(["123:admin"]), "granted"),
        (json!(["admin"]), "granted"),
        (json!(["124:admin"]), "permission_denied"),
        (json!(["123:owner"]), "permission_denied"),
        (json!(["owner"]), "permission_denied"),
        (json!([]), "permission_denied"),
        (json!("123:admin"), "unauthenticated"),
        (json!([1]), "unauthenticated"),
        (json!(["a b", "urn:x:y", "admin"]), "granted"),
        (json!({}), "unauthenticated"),
    ] {
        let token = person(&json!({"roles": roles}));
        ledger.state().calls = 0;
        assert_eq!(code(ask(&ledger, &token).await), expected, "{roles}");
        assert!(ledger.state().calls <= 1, "one read");
    }
    let mut authorizer = authorizer(&ledger);
    authorizer.policy.providers[0].owner_from_claim = true;
    assert_eq!(code(decide(&authorizer, &request(&person(&json!({"roles": ["owner"]})))).await), "granted");
}

#[tokio::test]
async fn in_another_organization_a_person_has_the_roles_assigned_there_alone() {
    let ledger = ledger([]);
    let assign = |org: &str, role: &str| {
        let key = (org.parse().unwrap(), "local|1001".to_owned());
        ledger.state().assignments.insert(key, vec![role.parse().unwrap()]);
    };
    let moved = |org: &str| AuthorizationRequest {
        org: OrgHeader::Org(org.parse().unwrap()),
        ..request(&person(&json!({"roles": ["124:admin", "admin"]})))
    };
    assert_eq!(code(decide(&authorizer(&ledger), &moved("123")).await), "granted");
    assert_eq!(code(decide(&authorizer(&ledger), &moved("124")).await), "permission_denied");
    assign("124", "124:admin");
    let caller = decide(&authorizer(&ledger), &moved("124")).await.unwrap();
    assert_eq!((caller.org.as_str(), &caller.roles[..]), ("124", &["124:admin".parse().unwrap()][..]));
    assign("125", "125:owner");
    assert_eq!(code(decide(&authorizer(&ledger), &moved("125")).await), "permission_denied", "the provider may not");
    let unclear = AuthorizationRequest { org: OrgHeader::Invalid, ..moved("124") };
    assert_eq!(code(decide(&authorizer(&ledger), &unclear).await), "permission_denied");
}

#[tokio::test]
async fn a_persons_token_is_checked_claim_by_claim() {
    let ledger = ledger([]);
    for (changes, why) in [
        (json!({"iss": "https://idp.example/"}), "its issuer is unknown"),
        (json!({"exp": NOW - 60}), "it is expired"),
        (json!({"exp": null}), "its claim `exp` is absent or no time"),
        (json!({"exp": "9999999999"}), "its claim `exp` is absent or no time"),
        (json!({"exp": 1e300}), "its claim `exp` is absent or no time"),
        (json!({"exp": -1}), "its claim `exp` is absent or no time"),
        (json!({"iat": null}), "its claim `iat` is absent or no time"),
        (json!({"iat": NOW + 61}), "it was issued in the future"),
        (json!({"nbf": NOW + 61}), "it is not valid yet"),
        (json!({"nbf": "soon"}), "its claim `nbf` is absent or no time"),
        (json!({"sub": null}), "its claim `sub` is absent or no text"),
        (json!({"sub": 1001}), "its claim `sub` is absent or no text"),
        (json!({"sub": ""}), "a subject is 1 to 255 visible ASCII characters"),
        (json!({"aud": null}), "its audience is another"),
        (json!({"aud": "other"}), "its audience is another"),
        (json!({"aud": ["other"]}), "its audience is another"),
        (json!({"aud": ["latchkey", 1]}), "its audience is another"),
        (json!({"aud": null, "client_id": "latchkey"}), "its audience is another"),
        (json!({"org_id": null}), "its claim `org_id` is absent or no text"),
        (json!({"org_id": ["123"]}), "its claim `org_id` is absent or no text"),
        (json!({"org_id": "1 2"}), "an organization id is 1 to 64 of A-Z a-z 0-9 _ -"),
    ] {
        assert_eq!(cause(ask(&ledger, &person(&changes)).await), why, "{changes}");
    }
    for good in [
        json!({"exp": NOW - 59}),
        json!({"iat": NOW + 60}),
        json!({"nbf": NOW + 60}),
        json!({"aud": ["a", "latchkey"]}),
    ] {
        assert_eq!(code(ask(&ledger, &person(&good)).await), "permission_denied", "{good}");
    }
    assert_eq!(code(ask(&ledger, &person(&json!({"org_id": "999"}))).await), "permission_denied");
}

#[tokio::test]
async fn a_person_cannot_pass_for_a_token_nor_a_token_for_a_person() {
    let ledger = ledger([admin()]);
    let [rsa, ec] = keys::both();
    let header = |key: &keys::SigningKey, typ: &str| {
        json!({"alg": key.public().alg().as_str(), "kid": key.public().kid(), "typ": typ}).to_string()
    };
    let forged = ec.token(&header(ec, "at+jwt"), &claims_of(&admin()).to_string());
    assert_eq!(cause(ask(&ledger, &forged).await), "no key of its issuer has its `kid`");
    let mut claims = json!({"iss": IDP, "sub": "1001", "aud": "latchkey", "iat": NOW, "exp": NOW + 9, "org_id": "123"});
    let forged = rsa.token(&header(rsa, "JWT"), &claims.to_string());
    assert_eq!(cause(ask(&ledger, &forged).await), "no key of its issuer has its `kid`");
    claims["roles"] = json!(["admin"]);
    let id_token = ec.token(&header(ec, "logout+jwt"), &claims.to_string());
    assert_eq!(cause(ask(&ledger, &id_token).await), "its `typ` is neither JWT nor at+jwt");
}

#[tokio::test]
async fn more_roles_than_a_context_carries_are_refused_with_a_code_of_their_own() {
    let mut ledger = ledger([]);
    let roles: Vec<String> = (0..60).map(|n| format!("123:{n}{}", "r".repeat(60))).collect();
    for role in &roles {
        ledger = ledger.role(role, &json!([{"action": "token:create"}]));
    }
    assert_eq!(code(ask(&ledger, &person(&json!({"roles": roles[..50]}))).await), "granted");
    assert_eq!(code(ask(&ledger, &person(&json!({"roles": roles}))).await), "too_many_roles");
    let hundred: Vec<String> = (0..100).map(|n| format!("{n}")).collect();
    assert_eq!(code(ask(&ledger, &person(&json!({"roles": hundred[1..]}))).await), "permission_denied", "none exists");
    assert_eq!(code(ask(&ledger, &person(&json!({"roles": hundred}))).await), "too_many_roles");
}

/// The code that a person gets whose provider is configured with these members besides.
async fn ask_configured(configured: &Value, changes: &Value) -> &'static str {
    let ledger = ledger([]);
    let mut authorizer = authorizer(&ledger);
    let mut provider =
        json!({"name": "local", "issuer": IDP, "audience": "a", "organizations": "*", "roles_claim": "roles"});
    for (member, value) in configured.as_object().unwrap() {
        provider[member] = value.clone();
    }
    authorizer.policy.providers = vec![serde_json::from_value(provider).unwrap()];
    let mut claims = json!({"aud": "a", "roles": ["admin"]});
    for (claim, value) in changes.as_object().unwrap() {
        claims[claim] = value.clone();
    }
    code(decide(&authorizer, &request(&person(&claims))).await)
}

#[tokio::test]
async fn id_and_access_tokens_of_cognito_are_accepted_as_configured() {
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
        assert_eq!(ask_configured(&configured, token).await, expected, "{configured} {token}");
    }
}

#[tokio::test]
async fn a_provider_may_speak_for_one_organization_without_its_tokens_saying_so() {
    let configured = json!({"organization": "123"});
    for org in [json!(null), json!("124"), json!(7)] {
        assert_eq!(ask_configured(&configured, &json!({"org_id": org})).await, "granted", "{org}");
    }
    assert_eq!(ask_configured(&json!({"organization": "125"}), &json!({})).await, "permission_denied");
}

#[tokio::test]
async fn a_person_without_the_roles_claim_has_no_role_unless_the_provider_is_configured_so() {
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
        authorizer.policy.providers[0].assigned_without_claim = fallback;
        assert_eq!(code(decide(&authorizer, &request(&person(&claims))).await), expected, "{fallback} {claims}");
    }
}

#[tokio::test]
async fn a_read_only_token_on_a_route_for_any_caller_only_reads() {
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
        let (route, method) = ("GET /v1/permissions/me".to_owned(), method.to_owned());
        let request = AuthorizationRequest { route, method: method.clone(), ..request(&ours(&claims_of(&token))) };
        assert_eq!(code(decide(&authorizer(&ledger), &request).await), expected, "{method}");
    }
    let ledger = self::ledger([admin()]);
    let (route, method) = ("GET /v1/permissions/me".to_owned(), "POST".to_owned());
    let request = AuthorizationRequest { method, route, ..request(&ours(&claims_of(&admin()))) };
    assert_eq!(code(decide(&authorizer(&ledger), &request).await), "granted", "one that is not read-only");
}

#[tokio::test]
async fn a_rule_with_a_resource_asks_for_it_alone_and_a_denial_of_it_wins() {
    let book = ledger([])
        .role("123:clerk", &json!([{"action": "order:view", "resource": "order/7*"}]))
        .role("123:shy", &json!([{"action": "order:*", "resource": "order/70", "effect": "deny"}]));
    let mut authorizer = authorizer(&book);
    authorizer.policy.rules = serde_json::from_value(json!({
        "GET /orders/{id}": {"action": "order:view", "resource": "order/{id}"},
        "GET /orders": {"action": "order:view"},
    }))
    .unwrap();
    let ask = async |roles: &[&str], route: &str, id: &str| {
        let token = person(&json!({"roles": roles}));
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
        (&["viewer", "shy"], "GET /orders/{id}", "8", "granted"),
        (&["viewer", "shy"], "GET /orders/{id}", "70", "permission_denied"),
        (&["viewer", "shy"], "GET /orders", "8", "permission_denied"),
    ] {
        assert_eq!(ask(roles, route, id).await, expected, "{roles:?} {route} {id}");
    }
}

#[tokio::test]
async fn a_route_that_is_open_to_anybody_reads_nothing_and_names_nobody() {
    let ledger = ledger([admin()]);
    let mut authorizer = authorizer(&ledger);
    authorizer.policy.rules = serde_json::from_value(json!({"GET /open": {"public": true}})).unwrap();
    for credential in [Err("there is none"), Ok("garbage".to_owned()), Ok(ours(&claims_of(&admin())))] {
        let request = AuthorizationRequest { credential, route: "GET /open".to_owned(), ..request("") };
        assert_eq!(authorizer.decide(&request).await, Decision::Allow(None));
    }
    assert_eq!(ledger.state().calls, 0);
}

#[tokio::test]
async fn a_public_token_goes_no_further_than_the_root_role_of_its_organization() {
    let claims = json!(Claims::of(&samples::journey(), &issuer(PUBLIC, AUDIENCE)));
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
