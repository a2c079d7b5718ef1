//! The end-session endpoint.

use super::{browser::*, *};

#[tokio::test]
async fn sign_out_ends_session_and_redirects_to_token_page() {
    let mut browser = Browser::new().await;
    browser.code().await;
    let cookie = browser.cookie.clone();
    let response = browser.get("/end-session", &[("post_logout_redirect_uri", TOKEN_PAGE_URL), ("state", "s t")]).await;
    assert_eq!(response.redirect_parameter("state"), "s t");
    assert!(response.header("set-cookie").contains("; Max-Age=0"), "{}", response.header("set-cookie"));
    assert_eq!(browser.authorize(&[("prompt", "none")]).await.redirect_parameter("error"), "login_required");
    browser.cookie = cookie;
    assert_eq!(browser.authorize(&[("prompt", "none")]).await.redirect_parameter("error"), "login_required");
}

#[tokio::test]
async fn sign_out_without_redirect_uri_shows_a_page() {
    let mut browser = Browser::new().await;
    browser.code().await;
    let response = browser.get("/end-session", &[]).await;
    assert_eq!((response.status, browser.cookie.as_ref()), (200, None));
    assert!(response.text.contains("<h1>Signed out</h1>"), "{}", response.text);
    let redirect = browser.get("/end-session", &[("post_logout_redirect_uri", TOKEN_PAGE_URL)]).await;
    assert_eq!((redirect.status, redirect.header("location")), (303, TOKEN_PAGE_URL));
}

#[tokio::test]
async fn sign_out_with_unknown_redirect_uri_ends_session() {
    let mut browser = Browser::new().await;
    browser.code().await;
    let response = browser.get("/end-session", &[("post_logout_redirect_uri", "http://evil.example/tokens")]).await;
    assert_eq!((response.status, response.header("location")), (400, ""));
    assert_eq!(browser.authorize(&[("prompt", "none")]).await.redirect_parameter("error"), "login_required");
}
