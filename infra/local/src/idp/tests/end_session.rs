//! Signing out.

use super::{browser::*, *};

#[tokio::test]
async fn a_sign_out_ends_the_session_and_leads_back_to_the_page() {
    let mut browser = Browser::new().await;
    browser.code().await;
    let cookie = browser.cookie.clone();
    let out = browser.get("/end-session", &[("post_logout_redirect_uri", URI), ("state", "s t")]).await;
    assert_eq!(out.led("state"), "s t");
    assert!(out.header("set-cookie").contains("; Max-Age=0"), "{}", out.header("set-cookie"));
    assert_eq!(browser.authorize(&[("prompt", "none")]).await.led("error"), "login_required");
    browser.cookie = cookie;
    assert_eq!(browser.authorize(&[("prompt", "none")]).await.led("error"), "login_required");
}

#[tokio::test]
async fn without_a_place_to_go_a_page_says_so() {
    let mut browser = Browser::new().await;
    browser.code().await;
    let out = browser.get("/end-session", &[]).await;
    assert_eq!((out.status, browser.cookie.as_ref()), (200, None));
    assert!(out.text.contains("<h1>Signed out</h1>"), "{}", out.text);
    let plain = browser.get("/end-session", &[("post_logout_redirect_uri", URI)]).await;
    assert_eq!((plain.status, plain.header("location")), (303, URI));
}

#[tokio::test]
async fn a_sign_out_leads_nowhere_else_and_still_ends_the_session() {
    let mut browser = Browser::new().await;
    browser.code().await;
    let out = browser.get("/end-session", &[("post_logout_redirect_uri", "http://evil.example/tokens")]).await;
    assert_eq!((out.status, out.header("location")), (400, ""));
    assert_eq!(browser.authorize(&[("prompt", "none")]).await.led("error"), "login_required");
}
