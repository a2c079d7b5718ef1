//! An identity provider that is hostile or broken hurts nobody but its own people.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, Uri, header::LOCATION},
    response::{IntoResponse, Response},
};
use local::idp::issuer::{Issuer, UserClaims};
use serde_json::json;

use crate::harness::World;

/// What the provider answers instead of its discovery document (`true`) or its keys.
type Trick = fn(bool, &str) -> Option<Response>;

struct Provider {
    identity: Issuer,
    url: String,
    trick: Trick,
}

async fn answer(State(provider): State<Arc<Provider>>, uri: Uri) -> Response {
    let discovery = uri.path().starts_with("/.well-known/");
    let url = &provider.url;
    if let Some(trick) = (provider.trick)(discovery, url) {
        return trick;
    }
    match uri.path() {
        "/.well-known/openid-configuration" => {
            json!({"issuer": url, "jwks_uri": format!("{url}/jwks")}).to_string().into_response()
        }
        _ => json!(provider.identity.jwks()).to_string().into_response(),
    }
}

/// The status and code that a person of a provider with this trick gets.
fn ask(trick: Trick) -> (u16, String) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let listener = std::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    let identity = Issuer::open(folder.path(), port).unwrap();
    let person = UserClaims { org: "123".to_owned(), user: "1".to_owned(), roles: None, ttl: Duration::from_hours(1) };
    let token = identity.token(&person, jiff::Timestamp::now()).unwrap();
    let providers = json!([{"name": "tricky", "issuer": url, "audience": "latchkey", "organizations": ["123"]}]);
    let world = World::with(&[("IdentityProviders", &providers.to_string())]);
    listener.set_nonblocking(true).unwrap();
    let service = Router::new().fallback(answer).with_state(Arc::new(Provider { identity, url, trick }));
    world.spawn(async move {
        axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), service).await.unwrap();
    });
    let reply = world.call("GET", "/v1/access-tokens", &token);
    (reply.status, reply.json()["code"].as_str().unwrap().to_owned())
}

#[test]
fn valid_provider_is_trusted() {
    assert_eq!(ask(|_, _| None), (403, "permission_denied".to_owned()), "known, and without a role");
}

#[test]
fn provider_with_invalid_documents_is_unavailable() {
    let tricks: [(&str, Trick); 8] = [
        ("another issuer's document", |discovery, url| {
            discovery.then(|| {
                json!({"issuer": format!("{url}/"), "jwks_uri": format!("{url}/jwks")}).to_string().into_response()
            })
        }),
        ("keys over plain HTTP elsewhere", |discovery, url| {
            discovery.then(|| json!({"issuer": url, "jwks_uri": "http://example.com/jwks"}).to_string().into_response())
        }),
        ("keys in a file", |discovery, url| {
            discovery.then(|| json!({"issuer": url, "jwks_uri": "file:///etc/passwd"}).to_string().into_response())
        }),
        ("a redirect", |discovery, url| {
            (!discovery).then(|| (StatusCode::FOUND, [(LOCATION, format!("{url}/other"))]).into_response())
        }),
        ("a document without end", |discovery, _| (!discovery).then(|| " ".repeat(300 * 1024).into_response())),
        ("no JSON", |_, _| Some("<html>".into_response())),
        ("a failure", |_, _| Some(StatusCode::INTERNAL_SERVER_ERROR.into_response())),
        ("keys that are no list", |discovery, _| (!discovery).then(|| json!({"keys": {}}).to_string().into_response())),
    ];
    for (what, trick) in tricks {
        assert_eq!(ask(trick), (503, "unavailable".to_owned()), "{what}");
    }
}

#[test]
fn provider_keys_of_unknown_type_are_ignored() {
    let status = ask(|discovery, _| {
        (!discovery)
            .then(|| json!({"keys": [{"kty": "XYZ"}, {"kty": "oct", "k": "AA"}, 7]}).to_string().into_response())
    });
    assert_eq!(status, (401, "unauthenticated".to_owned()), "the key that signed is not among them");
}
