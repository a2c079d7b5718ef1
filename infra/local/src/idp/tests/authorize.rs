//! The authorization endpoint and the sign-in page.

use reqwest::Method;

use super::{browser::*, *};

#[tokio::test]
async fn sign_in_redirects_with_code_state_and_issuer() {
    let mut browser = Browser::new().await;
    let page = browser.authorize(&[]).await;
    assert_eq!(page.status, 200);
    let redirect = browser.choose(&page, ADA).await;
    assert!(is_random_key(&redirect.redirect_parameter("code")));
    assert_eq!(redirect.redirect_parameter("state"), "st&te");
    assert_eq!(redirect.redirect_parameter("iss"), browser.idp.url);
    assert_eq!((redirect.header("cache-control"), redirect.header("referrer-policy")), ("no-store", "no-referrer"));
    let cookie = redirect.header("set-cookie");
    let port = browser.idp.url.rsplit(':').next().unwrap();
    assert!(cookie.starts_with(&format!("latchkey_session_{port}=")), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
}

#[tokio::test]
async fn sign_in_page_has_no_script_and_escapes_names() {
    let mut browser = Browser::new().await;
    let page = browser.authorize(&[]).await;
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("access-control-allow-origin", ""),
    ] {
        assert_eq!(page.header(name), value, "{name}");
    }
    assert!(page.text.contains("<html lang=\"en\">") && page.text.contains("<h1>Sign in</h1>"));
    assert!(page.text.contains("Ada Lovelace") && page.text.contains("user 1001, organization 123"));
    assert!(page.text.contains("&lt;img src=x onerror=&quot;alert(&#39;&amp;&#39;)&quot;&gt;"));
    assert!(!page.text.contains("<img") && !page.text.contains("<script") && !page.text.contains("style="));
    let style = browser.get("/style.css", &[]).await;
    assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
}

#[tokio::test]
async fn unknown_client_or_redirect_uri_is_not_redirected() {
    let mut browser = Browser::new().await;
    for (change, reason) in [
        (("client_id", "another"), "`client_id` is not that of the token page"),
        (("client_id", ""), "`client_id` is not that of the token page"),
        (("redirect_uri", ""), "`redirect_uri` is not the address of the token page"),
        (("redirect_uri", "http://127.0.0.1:8080/tokens/"), "`redirect_uri` is not the address of the token page"),
        (("redirect_uri", "http://127.0.0.1:8080/tokens?x"), "`redirect_uri` is not the address of the token page"),
        (("redirect_uri", "http://localhost:8080/tokens"), "`redirect_uri` is not the address of the token page"),
    ] {
        let page = browser.authorize(&[change]).await;
        assert_eq!((page.status, page.header("location")), (400, ""), "{change:?}");
        assert!(page.text.contains(reason), "{change:?}: {}", page.text);
    }
    let repeated = browser.authorize(&[("redirect_uri", TOKEN_PAGE_URL), ("redirect_uri", TOKEN_PAGE_URL)]).await;
    assert_eq!((repeated.status, repeated.header("location")), (400, ""));
    let too_large = browser.authorize(&[("state", &"x".repeat(8 * 1024))]).await;
    assert_eq!((too_large.status, too_large.header("location")), (400, ""));
}

#[tokio::test]
async fn invalid_request_redirects_with_error() {
    let mut browser = Browser::new().await;
    for (change, error) in [
        (("response_type", ""), "invalid_request"),
        (("response_type", "token"), "unsupported_response_type"),
        (("response_mode", "fragment"), "invalid_request"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
        (("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM"), "invalid_request"),
        (("code_challenge_method", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("scope", ""), "invalid_scope"),
        (("scope", "profile"), "invalid_scope"),
        (("prompt", "none login"), "invalid_request"),
        (("prompt", "none"), "login_required"),
        (("max_age", "soon"), "invalid_request"),
        (("request", "e30"), "request_not_supported"),
        (("request_uri", "urn:x"), "request_uri_not_supported"),
    ] {
        let redirect = browser.authorize(&[change]).await;
        assert_eq!(redirect.redirect_parameter("error"), error, "{change:?}");
        assert_ne!(redirect.redirect_parameter("error_description"), "", "{change:?}");
        assert_eq!(redirect.redirect_parameter("code"), "", "{change:?}");
        assert_eq!(redirect.redirect_parameter("state"), "st&te", "{change:?}");
        assert_eq!(redirect.redirect_parameter("iss"), browser.idp.url, "{change:?}");
    }
    assert_eq!(
        browser.authorize(&[("nonce", "a"), ("nonce", "b")]).await.redirect_parameter("error"),
        "invalid_request"
    );
}

#[tokio::test]
async fn sign_in_form_works_once_within_ten_minutes() {
    let mut browser = Browser::new().await;
    let page = browser.authorize(&[]).await;
    assert_eq!(browser.choose(&page, ADA).await.status, 303);
    assert_eq!(browser.choose(&page, ADA).await.status, 400);
    let page = browser.authorize(&[("prompt", "login")]).await;
    browser.clock.advance(600);
    assert_eq!(browser.choose(&page, ADA).await.status, 400);
    assert_eq!(browser.post("/authorize", &[("user", ADA)]).await.status, 400);
}

#[tokio::test]
async fn unlisted_user_is_not_signed_in() {
    let mut browser = Browser::new().await;
    for user in ["0", "123|1002", "456|1001", "1001", "Ada Lovelace", ""] {
        let page = browser.authorize(&[]).await;
        let response = browser.choose(&page, user).await;
        assert_eq!((response.status, response.header("set-cookie")), (400, ""), "{user}");
    }
}

#[tokio::test]
async fn signed_in_user_gets_code_unless_prompt_is_required() {
    let mut browser = Browser::new().await;
    browser.code().await;
    for change in [("prompt", ""), ("prompt", "none"), ("max_age", "60")] {
        assert!(is_random_key(&browser.authorize(&[change]).await.redirect_parameter("code")), "{change:?}");
    }
    browser.clock.advance(61);
    for change in [("prompt", "login"), ("prompt", "select_account"), ("max_age", "60")] {
        assert_eq!(browser.authorize(&[change]).await.status, 200, "{change:?}");
    }
    browser.clock.advance(12 * 60 * 60);
    assert_eq!(browser.authorize(&[("prompt", "none")]).await.redirect_parameter("error"), "login_required");
}

#[tokio::test]
async fn request_for_another_host_is_misdirected() {
    let mut browser = Browser::new().await;
    let port = browser.idp.url.rsplit(':').next().unwrap().to_owned();
    for (method, path) in [(Method::GET, "/authorize"), (Method::POST, "/token"), (Method::GET, "/jwks.json")] {
        for host in ["rebound.example:80", "rebound.example", &format!("rebound.example:{port}")] {
            let request = browser.request(method.clone(), path).header("host", host);
            assert_eq!(browser.send(request).await.status, 421, "{path} {host}");
        }
        let request = browser.request(method, path).header("host", format!("localhost:{port}"));
        assert_ne!(browser.send(request).await.status, 421, "{path}");
    }
}

#[tokio::test]
async fn unsupported_method_response_lists_allowed_methods() {
    let mut browser = Browser::new().await;
    for (path, allowed) in
        [("/authorize", "GET,HEAD,POST"), ("/token", "POST"), ("/end-session", "GET,HEAD"), ("/jwks.json", "GET,HEAD")]
    {
        let response = browser.send(browser.request(Method::DELETE, path)).await;
        assert_eq!((response.status, response.header("allow")), (405, allowed), "{path}");
    }
}
