//! The token endpoint and authorization codes.

use reqwest::Method;
use serde_json::json;

use super::{browser::*, issuer::AUDIENCE, *};

#[tokio::test]
async fn code_is_exchanged_for_access_and_id_token() {
    let mut browser = Browser::new().await;
    let code = browser.code().await;
    browser.clock.advance(59);
    let tokens = browser.redeem(&code, &[]).await;
    assert_eq!((tokens.status, tokens.header("cache-control")), (200, "no-store"));
    let json = tokens.json();
    assert_eq!((&json["token_type"], &json["expires_in"]), (&json!("Bearer"), &json!(600)));
    assert_eq!(json["scope"], "openid profile offline_access");
    let now = browser.clock.now().seconds();
    let access = claims(&browser.idp, json["access_token"].as_str().unwrap(), AUDIENCE);
    let expected = json!({
        "iss": browser.idp.url, "sub": "1001", "aud": AUDIENCE, "org_id": "123", "iat": now, "exp": now + 600,
    });
    assert_eq!(access, expected);
    let id = claims(&browser.idp, json["id_token"].as_str().unwrap(), TOKEN_PAGE_CLIENT_ID);
    let expected = json!({
        "iss": browser.idp.url, "sub": "1001", "aud": TOKEN_PAGE_CLIENT_ID, "org_id": "123", "name": "Ada Lovelace",
        "nonce": "n0nce", "auth_time": now - 59, "iat": now, "exp": now + 600,
    });
    assert_eq!(id, expected);
}

#[tokio::test]
async fn code_without_offline_access_has_no_refresh_token() {
    let mut browser = Browser::new().await;
    browser.code().await;
    let code = browser.authorize(&[("scope", "openid"), ("nonce", "")]).await.redirect_parameter("code");
    let json = browser.redeem(&code, &[]).await.json();
    assert_eq!((json.get("refresh_token"), &json["scope"]), (None, &json!("openid profile")));
    assert_eq!(claims(&browser.idp, json["id_token"].as_str().unwrap(), TOKEN_PAGE_CLIENT_ID).get("nonce"), None);
}

#[tokio::test]
async fn failed_exchange_invalidates_the_code() {
    let mut browser = Browser::new().await;
    for change in [
        ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK"),
        ("code_verifier", "short"),
        ("redirect_uri", "http://127.0.0.1:8080/other"),
    ] {
        let code = browser.code().await;
        for changes in [&[change][..], &[]] {
            let response = browser.redeem(&code, changes).await;
            assert_eq!(response.error(), (400, "invalid_grant".to_owned()), "{change:?}");
        }
    }
}

#[tokio::test]
async fn code_expires_after_a_minute() {
    let mut browser = Browser::new().await;
    let code = browser.code().await;
    browser.clock.advance(60);
    assert_eq!(browser.redeem(&code, &[]).await.error(), (400, "invalid_grant".to_owned()));
}

#[tokio::test]
async fn invalid_token_request_keeps_the_code_active() {
    let mut browser = Browser::new().await;
    let code = browser.code().await;
    for (change, status, error) in [
        (("client_id", "another"), 401, "invalid_client"),
        (("client_id", ""), 401, "invalid_client"),
        (("grant_type", ""), 400, "invalid_request"),
        (("grant_type", "password"), 400, "unsupported_grant_type"),
        (("grant_type", "refresh_token"), 400, "invalid_request"),
        (("code_verifier", ""), 400, "invalid_request"),
        (("redirect_uri", ""), 400, "invalid_request"),
        (("code", ""), 400, "invalid_request"),
        (("code", "unknown"), 400, "invalid_grant"),
    ] {
        let response = browser.redeem(&code, &[change]).await;
        assert_eq!(response.error(), (status, error.to_owned()), "{change:?}");
    }
    let repeated = browser.redeem(&code, &[("code", &code), ("code", &code)]).await;
    assert_eq!(repeated.error(), (400, "invalid_request".to_owned()));
    let too_large = browser.redeem(&code, &[("x", &"x".repeat(8 * 1024))]).await;
    assert_eq!(too_large.error(), (413, "invalid_request".to_owned()));
    let json = browser.request(Method::POST, "/token").header("content-type", "application/json").body("{}");
    assert_eq!(browser.send(json).await.error(), (400, "invalid_request".to_owned()));
    assert_eq!(browser.redeem(&code, &[]).await.status, 200);
}
