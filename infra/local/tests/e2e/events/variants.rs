//! Events that differ from an event file by a few members.

use serde_json::{Value, json};

use super::{Expected, edit::Edit, event_file};

/// The functions that read the caller from the authorizer context.
const FUNCTIONS_WITH_CALLER: [&str; 7] =
    ["create-token", "get-token", "list-tokens", "manage-roles", "my-roles", "revoke-token", "update-token"];
/// The functions that find a token by the path parameter `id`, and the resource.
const FUNCTIONS_WITH_ID: [&str; 3] = ["get-token", "revoke-token", "update-token"];
const TOKEN_RESOURCE: &str = "/v1/access-tokens/{id}";

/// An event file with edits.
pub struct Variant {
    /// The event file, without `.json`.
    pub base: String,
    pub edits: Vec<Edit>,
    pub expected: Expected,
}

impl Variant {
    pub fn event(&self) -> Value {
        let mut event = event_file(&self.base);
        for edit in &self.edits {
            edit.apply(&mut event);
        }
        event
    }
}

/// All variants, in the order in which they are sent.
pub fn variants() -> Vec<Variant> {
    let mut all = create_token();
    all.extend(rotate_token());
    all.extend(list_tokens());
    all.extend(FUNCTIONS_WITH_ID.into_iter().flat_map(token_id));
    all.extend(revoke_many());
    all.extend(FUNCTIONS_WITH_CALLER.into_iter().flat_map(authorizer_context));
    all.extend(scope());
    all.extend(update_token());
    all.extend(manage_roles());
    all.extend(payload_v2());
    all.extend(portal());
    all.extend(well_known());
    all.extend(authorizer());
    all
}

fn variant(base: &str, event: &str, edits: Vec<Edit>, expected: Expected) -> Variant {
    Variant { base: base.to_owned(), edits, expected: Expected { event: event.to_owned(), ..expected } }
}

fn response(status: u64) -> Expected {
    Expected { event: String::new(), status: Some(status), code: None, error: None }
}

fn problem(status: u64, code: &str) -> Expected {
    Expected { code: Some(code.to_owned()), ..response(status) }
}

fn error(text: &str) -> Expected {
    Expected { event: String::new(), status: None, code: None, error: Some(text.to_owned()) }
}

fn create_token() -> Vec<Variant> {
    let base = "create-token/valid";
    let mut all = vec![
        variant(base, "create-token/base64-body", vec![Edit::Base64Body], response(201)),
        variant(
            base,
            "create-token/malformed-idempotency-key",
            vec![Edit::Header("Idempotency-Key", "one two")],
            problem(400, "invalid_request"),
        ),
        variant(
            base,
            "create-token/form-body",
            vec![
                Edit::Header("Content-Type", "application/x-www-form-urlencoded"),
                Edit::Set("/body", json!("name=Token+for+my+application")),
            ],
            problem(415, "unsupported_media_type"),
        ),
        // The same request as that of the base event, after the token that it created was revoked.
        variant(
            "create-token/idempotency-key",
            "create-token/idempotency-conflict",
            vec![],
            problem(409, "idempotency_conflict"),
        ),
    ];
    let limited =
        r#"{"name": "Token for my application", "grants": [{"action": "order:view", "resource": "order/*"}]}"#;
    all.push(variant(base, "create-token/grants", vec![Edit::Set("/body", json!(limited))], response(201)));
    let invalid_bodies = [
        ("missing-body", Value::Null),
        ("body-not-json", json!("name=Token for my application")),
        ("body-not-an-object", json!(r#"[{"name": "Token for my application"}]"#)),
        ("unknown-member", json!(r#"{"name": "Token for my application", "scopes": ["*"]}"#)),
        ("duplicate-member", json!(r#"{"name": "Token for my application", "name": "Another name"}"#)),
        ("malformed-role", json!(r#"{"name": "Token for my application", "assignments": ["owner"]}"#)),
        ("network-with-host-bits", json!(r#"{"name": "Token for my application", "allowed_cidrs": ["10.0.0.1/8"]}"#)),
        ("no-network", json!(r#"{"name": "Token for my application", "allowed_cidrs": []}"#)),
        (
            "grant-that-denies",
            json!(r#"{"name": "Token for my application", "grants": [{"action": "order:view", "effect": "deny"}]}"#),
        ),
        ("no-grant", json!(r#"{"name": "Token for my application", "grants": []}"#)),
        ("lifetime-too-long", json!(r#"{"name": "Token for my application", "expires_in": "366d"}"#)),
        ("type-not-offered", json!(r#"{"name": "Token for my application", "token_type": "portal_preview"}"#)),
    ];
    all.extend(invalid_bodies.map(|(case, body)| {
        variant(base, &format!("create-token/{case}"), vec![Edit::Set("/body", body)], problem(400, "invalid_request"))
    }));
    all
}

/// The token of the base event was rotated with an overlap of one hour, and is revoked.
fn rotate_token() -> Vec<Variant> {
    let base = "create-token/rotate";
    let with_body = |case: &str, body: &str, expected| {
        variant(base, &format!("create-token/{case}"), vec![Edit::Set("/body", json!(body))], expected)
    };
    vec![
        with_body("rotate-inactive-token", r#"{"overlap": "1h"}"#, problem(409, "token_inactive")),
        with_body("rotate-without-body", "", problem(409, "token_inactive")),
        with_body("rotate-with-long-overlap", r#"{"overlap": "31d"}"#, problem(400, "invalid_request")),
        with_body("rotate-with-unknown-member", r#"{"name": "n"}"#, problem(400, "invalid_request")),
        variant(
            base,
            "create-token/rotate-unknown-id",
            vec![Edit::Set("/pathParameters/id", json!("api_AAAAAAAAAAAAAAAAAAAAA"))],
            problem(404, "not_found"),
        ),
    ]
}

fn list_tokens() -> Vec<Variant> {
    let base = "list-tokens/valid";
    let with_query =
        |case: &str, query, expected| variant(base, &format!("list-tokens/{case}"), vec![Edit::Query(query)], expected);
    vec![
        with_query("several-types", &[("token_type", "app"), ("token_type", "assume,api")], response(200)),
        with_query("limit-too-large", &[("limit", "1001")], problem(400, "invalid_request")),
        with_query("indexed-types", &[("token_type[0]", "app"), ("token_type[1]", "assume")], response(200)),
        with_query("misspelled-type", &[("Token_Type", "app")], problem(400, "invalid_request")),
        with_query("empty-cursor", &[("cursor", "")], problem(400, "invalid_request")),
        with_query("unknown-type", &[("token_type", "admin")], problem(400, "invalid_request")),
    ]
}

/// A token that the caller cannot see does not exist for the caller.
fn token_id(function: &str) -> Vec<Variant> {
    let edits = [
        ("malformed-id", Edit::Route(TOKEN_RESOURCE, Some(("id", "api_5Zug")))),
        ("other-organization", Edit::Owner { org: "456", principal: "local|2001" }),
        ("self-as-user", Edit::Route(TOKEN_RESOURCE, Some(("id", "self")))),
    ];
    let base = format!("{function}/valid");
    edits
        .map(|(case, edit)| variant(&base, &format!("{function}/{case}"), vec![edit], problem(404, "not_found")))
        .into()
}

fn revoke_many() -> Vec<Variant> {
    let base = "revoke-token/many";
    let invalid_bodies = [
        ("missing-body", Value::Null),
        ("body-not-an-object", json!(r#"[{"all": true}]"#)),
        ("unknown-member", json!(r#"{"created_by": "local|1002", "types": ["api"]}"#)),
        ("duplicate-member", json!(r#"{"created_by": "local|1002", "created_by": "local|1003"}"#)),
        ("two-filters", json!(r#"{"created_by": "local|1002", "all": true}"#)),
        ("not-all", json!(r#"{"all": false}"#)),
        ("null-filter", json!(r#"{"created_by": null}"#)),
        ("malformed-time", json!(r#"{"before": "2019-08-24"}"#)),
    ];
    let mut all: Vec<_> = invalid_bodies
        .map(|(case, body)| {
            let edits = vec![Edit::Set("/body", body)];
            variant(base, &format!("revoke-token/many-{case}"), edits, problem(400, "invalid_request"))
        })
        .into();
    let edit = |case: &str, edit, expected| variant(base, &format!("revoke-token/many-{case}"), vec![edit], expected);
    let scope = "/requestContext/authorizer/scope";
    let before = json!(r#"{"before": "1970-01-01T00:00:00Z"}"#);
    all.extend([
        edit("before", Edit::Set("/body", before), response(200)),
        edit("own-scope", Edit::Set(scope, json!("own")), response(200)),
        edit("missing-scope", Edit::Remove(scope), problem(403, "permission_denied")),
        edit("missing-context", Edit::Remove("/requestContext/authorizer"), problem(401, "unauthenticated")),
        edit("payload-2.0", Edit::PayloadV2, response(200)),
    ]);
    all
}

/// Without a complete authorizer context, a function rejects the request.
fn authorizer_context(function: &str) -> Vec<Variant> {
    let all = [
        ("missing-context", Edit::Remove("/requestContext/authorizer"), problem(401, "unauthenticated")),
        ("incomplete-context", Edit::Remove("/requestContext/authorizer/roles"), problem(401, "unauthenticated")),
        ("foreign-organization", Edit::Header("x-epilot-org-id", "456"), problem(403, "permission_denied")),
    ];
    let base = format!("{function}/valid");
    all.map(|(case, edit, expected)| variant(&base, &format!("{function}/{case}"), vec![edit], expected)).into()
}

/// Without a scope, or in a scope that does not include the token, a function grants access to no token.
fn scope() -> Vec<Variant> {
    let set = |function: &str, case: &str, scope: Value, expected| {
        let edit = Edit::Set("/requestContext/authorizer/scope", scope);
        variant(&format!("{function}/valid"), &format!("{function}/{case}"), vec![edit], expected)
    };
    let mut all = Vec::new();
    for function in ["create-token", "get-token", "list-tokens", "revoke-token", "update-token"] {
        let remove = vec![Edit::Remove("/requestContext/authorizer/scope")];
        let denied = || problem(403, "permission_denied");
        all.push(variant(&format!("{function}/valid"), &format!("{function}/missing-scope"), remove, denied()));
        all.push(set(function, "unknown-scope", json!("tenant"), denied()));
        all.push(set(function, "scope-of-tokens", json!("self"), denied()));
    }
    all.push(set("create-token", "own-scope", json!("own"), response(201)));
    all.push(set("list-tokens", "own-scope", json!("own"), response(200)));
    for function in FUNCTIONS_WITH_ID {
        let stranger = Edit::Owner { org: "123", principal: "local|1003" };
        let own = Edit::Set("/requestContext/authorizer/scope", json!("own"));
        let event = format!("{function}/token-of-another-owner");
        all.push(variant(&format!("{function}/valid"), &event, vec![stranger, own], problem(404, "not_found")));
    }
    all
}

/// Every function behind an HTTP API.
fn payload_v2() -> Vec<Variant> {
    let query = Edit::Query(&[("limit", "1"), ("created_by", "local|1001")]);
    vec![
        variant("create-token/valid", "create-token/payload-2.0", vec![Edit::PayloadV2], response(201)),
        variant("get-token/valid", "get-token/payload-2.0", vec![Edit::PayloadV2], response(200)),
        variant("list-tokens/valid", "list-tokens/payload-2.0", vec![query, Edit::PayloadV2], response(200)),
        variant("manage-roles/valid", "manage-roles/payload-2.0", vec![Edit::PayloadV2], response(200)),
        variant("my-roles/valid", "my-roles/payload-2.0", vec![Edit::PayloadV2], response(200)),
        variant("revoke-token/valid", "revoke-token/payload-2.0", vec![Edit::PayloadV2], response(200)),
        variant(
            "update-token/valid",
            "update-token/payload-2.0",
            vec![Edit::PayloadV2],
            problem(409, "token_inactive"),
        ),
        variant("portal/token-page", "portal/payload-2.0", vec![Edit::PayloadV2], response(200)),
        variant("well-known/jwks", "well-known/payload-2.0", vec![Edit::PayloadV2], response(200)),
    ]
}

fn update_token() -> Vec<Variant> {
    let base = "update-token/valid";
    let invalid_bodies = [
        ("missing-body", Value::Null),
        ("body-not-an-object", json!(r#"["name"]"#)),
        ("no-member", json!("{}")),
        ("unknown-member", json!(r#"{"name": "Nightly export", "assignments": ["123:owner"]}"#)),
        ("duplicate-member", json!(r#"{"name": "Nightly export", "name": "Another name"}"#)),
        ("name-null", json!(r#"{"name": null}"#)),
        ("line-break", json!(r#"{"description": "In the vault\nContact: data team"}"#)),
    ];
    let case = |(case, body): (&str, Value)| {
        variant(base, &format!("update-token/{case}"), vec![Edit::Set("/body", body)], problem(400, "invalid_request"))
    };
    let mut all: Vec<_> = invalid_bodies.map(case).into();
    let form = Edit::Header("Content-Type", "application/x-www-form-urlencoded");
    all.push(variant(base, "update-token/form-body", vec![form], problem(415, "unsupported_media_type")));
    // The events of `revoke-token` have revoked the token.
    all.push(variant(base, "update-token/revoked", vec![], problem(409, "token_inactive")));
    all
}

fn manage_roles() -> Vec<Variant> {
    let base = "manage-roles/put-role";
    let invalid_bodies = [
        ("missing-body", Value::Null),
        ("body-not-an-object", json!(r#"["123:clerk"]"#)),
        ("unknown-member", json!(r#"{"name": "Clerk", "grants": [], "scopes": []}"#)),
        (
            "duplicate-member",
            json!(r#"{"name": "Clerk", "grants": [{"action": "a", "effect": "deny", "effect": "allow"}]}"#),
        ),
        ("other-role-type", json!(r#"{"name": "Clerk", "grants": [], "type": "org_role"}"#)),
        ("condition", json!(r#"{"name": "Clerk", "grants": [{"action": "a", "conditions": []}]}"#)),
    ];
    let mut all: Vec<_> = invalid_bodies
        .map(|(case, body)| {
            variant(
                base,
                &format!("manage-roles/{case}"),
                vec![Edit::Set("/body", body)],
                problem(400, "invalid_request"),
            )
        })
        .into();
    let role = "/v1/permissions/roles/{roleId}";
    let user = "/v1/permissions/assignments/{userId}";
    all.extend([
        variant(
            "manage-roles/unknown-role",
            "manage-roles/other-organization",
            vec![Edit::Route(role, Some(("roleId", "456:viewer")))],
            problem(403, "permission_denied"),
        ),
        variant(
            "manage-roles/unknown-role",
            "manage-roles/malformed-role",
            vec![Edit::Route(role, Some(("roleId", "viewer")))],
            problem(400, "invalid_request"),
        ),
        variant(
            "manage-roles/unknown-role",
            "manage-roles/roles-of-user",
            vec![Edit::Route(user, Some(("userId", "local|1002")))],
            response(200),
        ),
        variant(
            "manage-roles/unknown-role",
            "manage-roles/malformed-user",
            vec![Edit::Route(user, Some(("userId", "1002")))],
            problem(400, "invalid_request"),
        ),
        variant(
            "manage-roles/unknown-role",
            "manage-roles/unknown-route",
            vec![Edit::Route("/v1/permissions/groups", None)],
            problem(404, "not_found"),
        ),
        variant("manage-roles/delete-role", "manage-roles/delete-role-again", vec![], problem(404, "not_found")),
    ]);
    all
}

fn portal() -> Vec<Variant> {
    let all = [
        ("portal/root", Edit::Route("/", None), response(302)),
        ("portal/unknown-asset", asset("nothing.js"), problem(404, "not_found")),
        ("portal/path-traversal", asset("../tokens.html"), problem(404, "not_found")),
    ];
    all.map(|(event, edit, expected)| variant("portal/token-page", event, vec![edit], expected)).into()
}

fn asset(file: &'static str) -> Edit {
    Edit::Route("/assets/{file}", Some(("file", file)))
}

fn well_known() -> Vec<Variant> {
    let public_jwks = "/v1/access-tokens/public/.well-known/jwks.json";
    let public_configuration = "/v1/access-tokens/public/.well-known/openid-configuration";
    let unknown = "/v1/access-tokens/.well-known/keys.json";
    let all = [
        ("well-known/public-jwks", Edit::Route(public_jwks, None), response(200)),
        ("well-known/public-openid-configuration", Edit::Route(public_configuration, None), response(200)),
        ("well-known/with-credential", Edit::Header("Authorization", "Bearer not-a-token"), response(200)),
        ("well-known/unknown-path", Edit::Route(unknown, None), problem(404, "not_found")),
    ];
    all.map(|(event, edit, expected)| variant("well-known/jwks", event, vec![edit], expected)).into()
}

/// An HTTP API joins repeated headers with a comma, and repeats the credential in `identitySource`.
fn authorizer() -> Vec<Variant> {
    let credential = "Bearer not-a-token";
    let joined = format!("{credential},{credential}");
    let rest_api = [
        ("authorizer/unknown-route", vec![Edit::Route("/v1/unknown", None)]),
        ("authorizer/organization", vec![Edit::Header("x-epilot-org-id", "456")]),
        (
            "authorizer/missing-credential",
            vec![Edit::Remove("/headers/Authorization"), Edit::Remove("/multiValueHeaders/Authorization")],
        ),
        (
            "authorizer/two-credentials",
            vec![Edit::Set("/multiValueHeaders/Authorization", json!([credential, credential]))],
        ),
    ];
    let http_api = [
        (
            "authorizer/http-api-missing-credential",
            vec![Edit::Remove("/headers/authorization"), Edit::Remove("/identitySource")],
        ),
        (
            "authorizer/http-api-two-credentials",
            vec![Edit::Set("/headers/authorization", json!(joined)), Edit::Set("/identitySource", json!([joined]))],
        ),
    ];
    let rest_api = rest_api.map(|(event, edits)| variant("authorizer/rest-api", event, edits, error("Unauthorized")));
    let http_api = http_api.map(|(event, edits)| variant("authorizer/http-api", event, edits, error("Unauthorized")));
    rest_api.into_iter().chain(http_api).collect()
}
