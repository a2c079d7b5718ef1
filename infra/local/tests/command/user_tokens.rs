//! `cargo local token`: people for the API.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Method;
use rustix::process::Signal;
use serde_json::Value;

use crate::{
    api::{Api, TOKENS},
    process::port,
    running_stack::Place,
};

const VIEWER: [&str; 4] = ["--org", "123", "--user", "1003"];
const VIEWER_AS_OWNER: [&str; 6] = ["--org", "123", "--user", "1003", "--roles", "123:owner"];

/// The viewer is known and may create nothing, and as owner may.
async fn assert_accepted(api: &Api, viewer: &str, owner: &str) {
    let refused = api.send(Method::POST, TOKENS, viewer).await;
    assert_eq!(refused.problem(), (403, "permission_denied".to_owned()));
    api.token(owner).await;
}

/// Nobody but its owner gets into the folder, where the keys are.
fn assert_private(data: &str) {
    assert_eq!(fs::metadata(data).unwrap().permissions().mode() & 0o777, 0o700);
    for file in ["identity.json", "kms.json", "local.json"].map(|name| Path::new(data).join(name)) {
        assert!(fs::metadata(file).is_ok_and(|file| file.permissions().mode() & 0o777 == 0o600));
    }
}

fn issuer(token: &str) -> String {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["iss"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn user_token_has_assigned_or_claimed_roles() {
    let place = Place::new();
    let running = place.start(0).await;
    let (viewer, owner) = (place.person(&VIEWER).await, place.person(&VIEWER_AS_OWNER).await);
    assert_accepted(&running.api, &viewer, &owner).await;
    assert_private(&place.data());
}

#[tokio::test]
async fn user_token_stays_valid_after_restart_on_same_port() {
    let (place, port) = (Place::new(), port());
    let running = place.start(port).await;
    assert_eq!(place.local()["idp_url"], format!("http://127.0.0.1:{}", port + 1));
    let viewer = place.person(&VIEWER).await;
    running.end(Signal::TERM).await;
    let owner = place.person(&VIEWER_AS_OWNER).await;
    let running = place.start(port).await;
    assert_accepted(&running.api, &viewer, &owner).await;
}

/// Where another program has the port of the identity provider there is no such promise, but a warning.
#[tokio::test]
async fn user_token_printed_before_first_start_is_accepted() {
    let place = Place::new();
    let (viewer, owner) = (place.person(&VIEWER).await, place.person(&VIEWER_AS_OWNER).await);
    let running = place.start(port()).await;
    assert_private(&place.data());
    if place.local()["idp_url"] == issuer(&viewer) {
        assert_accepted(&running.api, &viewer, &owner).await;
    } else {
        assert!(place.log().contains("the identity provider's port is taken"), "{}", place.log());
        let refused = running.api.send(Method::POST, TOKENS, &owner).await;
        assert_eq!(refused.problem(), (401, "unauthenticated".to_owned()));
    }
}

/// Where no seed is named, the shipped one is written into a new folder alone, and says who may sign in each time.
#[tokio::test]
async fn seeded_users_can_sign_in_on_new_and_existing_folder() {
    let place = Place::new();
    for _ in 0..2 {
        let running = place.start(0).await;
        let (idp, api) = (place.local()["idp_url"].as_str().unwrap().to_owned(), &running.api.url);
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let asked = format!(
            "{idp}/authorize?client_id=latchkey-page&redirect_uri={api}/tokens&response_type=code&scope=openid\
             &code_challenge_method=S256&code_challenge={challenge}"
        );
        let page = reqwest::get(asked).await.unwrap().text().await.unwrap();
        assert!(page.contains("Ada Lovelace") && page.contains("user 2001, organization 456"), "{page}");
        running.end(Signal::TERM).await;
    }
}
