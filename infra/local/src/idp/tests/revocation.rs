//! The revocation endpoint.

use super::{browser::*, *};

async fn revoke(browser: &mut Browser, parameters: &[(&str, &str)]) -> Page {
    browser.post("/revoke", parameters).await
}

#[tokio::test]
async fn revoked_refresh_token_and_successors_are_inactive() {
    let mut browser = Browser::new().await;
    let url = format!("{}/revoke", browser.idp.url);
    let discovery = browser.get("/.well-known/openid-configuration", &[]).await.json();
    assert_eq!(discovery["revocation_endpoint"], url.as_str());
    for is_successor_known in [false, true] {
        let code = browser.code().await;
        let first = browser.redeem(&code, &[]).await.refresh_token();
        let second = browser.refresh(&first).await.refresh_token();
        let revoked = if is_successor_known { &second } else { &first };
        let form = [("client_id", TOKEN_PAGE_CLIENT_ID), ("token", revoked), ("token_type_hint", "refresh_token")];
        let response = revoke(&mut browser, &form).await;
        assert_eq!((response.status, response.text.as_str()), (200, ""));
        assert_eq!(browser.refresh(&second).await.error(), (400, "invalid_grant".to_owned()));
    }
}

#[tokio::test]
async fn revocation_of_unknown_token_has_no_effect() {
    let mut browser = Browser::new().await;
    let code = browser.code().await;
    let tokens = browser.redeem(&code, &[]).await;
    let access_token = tokens.json()["access_token"].as_str().unwrap().to_owned();
    for token in [&access_token, "unknown", "a.b", "."] {
        assert_eq!(revoke(&mut browser, &[("client_id", TOKEN_PAGE_CLIENT_ID), ("token", token)]).await.status, 200);
    }
    assert_eq!(browser.refresh(&tokens.refresh_token()).await.status, 200);
}

#[tokio::test]
async fn invalid_revocation_request_is_rejected() {
    let mut browser = Browser::new().await;
    let code = browser.code().await;
    let token = browser.redeem(&code, &[]).await.refresh_token();
    for (form, status) in [
        (vec![("token", token.as_str())], 401),
        (vec![("client_id", "other"), ("token", &token)], 401),
        (vec![("client_id", TOKEN_PAGE_CLIENT_ID)], 400),
        (vec![("client_id", TOKEN_PAGE_CLIENT_ID), ("token", &token), ("token", &token)], 400),
    ] {
        assert_eq!(revoke(&mut browser, &form).await.status, status, "{form:?}");
    }
    assert_eq!(browser.refresh(&token).await.status, 200);
}
