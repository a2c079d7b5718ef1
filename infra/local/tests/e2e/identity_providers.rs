//! Identity providers whose documents are invalid or hostile. Only the provider's own users are affected.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, Uri, header::LOCATION},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use local::idp::issuer::{Issuer, UserClaims};
use serde_json::{Value, json};

use crate::harness::{TestStack, eventually, temporary_folder};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Document {
    Discovery,
    Jwks,
}

/// Replaces a document of the provider with the given URL. `None` keeps the valid one.
type Override = fn(Document, &str) -> Option<Response>;

struct Provider {
    issuer: Issuer,
    url: String,
    replacement: Override,
}

fn document(value: &Value) -> Response {
    value.to_string().into_response()
}

/// A discovery document in place of the valid one.
fn discovery(requested: Document, issuer: &str, jwks_uri: &str) -> Option<Response> {
    (requested == Document::Discovery).then(|| document(&json!({"issuer": issuer, "jwks_uri": jwks_uri})))
}

/// A response in place of the valid JWK set.
fn jwks(requested: Document, response: impl IntoResponse) -> Option<Response> {
    (requested == Document::Jwks).then(|| response.into_response())
}

async fn serve(State(provider): State<Arc<Provider>>, uri: Uri) -> Response {
    let is_discovery = uri.path() == "/.well-known/openid-configuration";
    let requested = if is_discovery { Document::Discovery } else { Document::Jwks };
    let url = &provider.url;
    (provider.replacement)(requested, url).unwrap_or_else(|| match requested {
        Document::Discovery => document(&json!({"issuer": url, "jwks_uri": format!("{url}/jwks")})),
        Document::Jwks => document(&json!(provider.issuer.jwks())),
    })
}

/// A token of a user of `issuer`.
fn user_token(issuer: &Issuer) -> String {
    let claims = UserClaims { org: "123".to_owned(), user: "1".to_owned(), roles: None, ttl: Duration::from_hours(1) };
    issuer.token(&claims, Timestamp::now()).unwrap()
}

/// A stack that trusts a provider with this override, configured together with `others`, and a token of a user of this
/// provider.
fn start(replacement: Override, others: &[Value]) -> (TestStack, String) {
    let folder = temporary_folder();
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    let issuer = Issuer::open(folder.path(), port).unwrap();
    let token = user_token(&issuer);
    let provider = json!({"name": "hostile", "issuer": url, "audience": "latchkey", "organizations": ["123"]});
    let providers: Vec<_> = others.iter().chain([&provider]).collect();
    let stack = TestStack::with_parameters(&[("IdentityProviders", &json!(providers).to_string())]);
    listener.set_nonblocking(true).unwrap();
    let service = Router::new().fallback(serve).with_state(Arc::new(Provider { issuer, url, replacement }));
    stack.spawn(async move {
        axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), service).await.unwrap();
    });
    (stack, token)
}

/// Status and code of the response to a user of a provider with this override.
fn response_to_user(replacement: Override) -> (u16, String) {
    let (stack, token) = start(replacement, &[]);
    let response = stack.list(&token);
    (response.status, response.json()["code"].as_str().unwrap().to_owned())
}

/// The user is authenticated, and has no role.
#[test]
fn valid_provider_is_trusted() {
    assert_eq!(response_to_user(|_, _| None), (403, "permission_denied".to_owned()));
}

#[test]
fn provider_with_invalid_documents_is_unavailable() {
    let cases: [(&str, Override); 8] = [
        ("issuer of another document", |requested, url| {
            discovery(requested, &format!("{url}/"), &format!("{url}/jwks"))
        }),
        ("keys over plain HTTP on another host", |requested, url| discovery(requested, url, "http://example.com/jwks")),
        ("keys in a file", |requested, url| discovery(requested, url, "file:///etc/passwd")),
        ("redirect", |requested, url| jwks(requested, (StatusCode::FOUND, [(LOCATION, format!("{url}/other"))]))),
        ("300 KiB", |requested, _| jwks(requested, " ".repeat(300 * 1024))),
        ("HTML", |_, _| Some("<html>".into_response())),
        ("server error", |_, _| Some(StatusCode::INTERNAL_SERVER_ERROR.into_response())),
        ("keys are not a list", |requested, _| jwks(requested, json!({"keys": {}}).to_string())),
    ];
    for (case, replacement) in cases {
        assert_eq!(response_to_user(replacement), (503, "unavailable".to_owned()), "{case}");
    }
}

/// The JWK set is accepted, and the key that signed is not in it.
#[test]
fn provider_keys_of_unknown_type_are_ignored() {
    let response = response_to_user(|requested, _| {
        jwks(requested, json!({"keys": [{"kty": "XYZ"}, {"kty": "oct", "k": "AA"}, 7]}).to_string())
    });
    assert_eq!(response, (401, "unauthenticated".to_owned()));
}

/// The users of the other providers and the token page are not affected.
#[test]
fn provider_with_invalid_configuration_is_unavailable() {
    let [damaged_folder, unknown_folder] = [temporary_folder(), temporary_folder()];
    let page = json!({"client_id": "page"});
    let without_organizations =
        json!({"name": "damaged", "issuer": "http://127.0.0.1:1", "audience": "latchkey", "page": page});
    let without_issuer = json!({"name": "nameless", "audience": "latchkey", "organizations": "*"});
    let (stack, token) = start(|_, _| None, &[without_organizations, without_issuer]);
    stack.list(&token).assert_problem(403, "permission_denied");
    let of_damaged = stack.list(&user_token(&Issuer::open(damaged_folder.path(), 1).unwrap()));
    of_damaged.assert_problem(503, "unavailable");
    let of_unknown = stack.list(&user_token(&Issuer::open(unknown_folder.path(), 2).unwrap()));
    of_unknown.assert_problem(401, "unauthenticated");
    let page = stack.get_page("/tokens");
    assert_eq!((page.status, page.body.contains("damaged")), (200, false));
    let lines = eventually(|| {
        let lines = stack.log_lines();
        let id = of_damaged.header("x-amzn-requestid");
        lines.iter().any(|line| line["request_id"] == id).then_some(lines)
    });
    let line = lines.iter().find(|line| line["request_id"] == of_damaged.header("x-amzn-requestid")).unwrap();
    let reason = "identity provider FindProvider configuration: the configuration of `damaged` is invalid";
    assert_eq!((&line["reason"], &line["ConfigurationErrors"]), (&json!(reason), &json!(2.0)), "{line}");
    // The authorizer and the token page log each error at their start.
    for text in ["`damaged`: missing field `organizations`", "`nameless`: missing field `issuer`"] {
        let is_error = |line: &&Value| {
            line["kind"] == "error" && line["level"] == "ERROR" && line["message"].as_str().unwrap().contains(text)
        };
        assert_eq!(lines.iter().filter(is_error).count(), 2, "{text}");
    }
}

/// Without a usable list of providers, users are unknown and tokens of Latchkey work.
#[test]
fn unreadable_providers_do_not_affect_tokens() {
    let stack = TestStack::new();
    let owner = stack.owner_token();
    let (_, token) = stack.create_token(&owner, &json!({}));
    for function in ["authorizer", "portal"] {
        stack.restart(function, [("IDENTITY_PROVIDERS".to_owned(), r#"[{"name": ]"#.to_owned())].into());
    }
    assert_eq!(stack.list(&token).status, 200);
    stack.list(&owner).assert_problem(401, "unauthenticated");
    assert_eq!(stack.get_page("/tokens").status, 200);
}
