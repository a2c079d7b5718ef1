//! The authorization endpoint and its page.

use reqwest::Method;

use super::{browser::*, *};

#[tokio::test]
async fn whoever_is_chosen_comes_back_with_a_code_the_state_and_the_issuer() {
    let mut browser = Browser::new().await;
    let page = browser.authorize(&[]).await;
    assert_eq!(page.status, 200);
    let back = browser.choose(&page, "0").await;
    assert!(is_secret(&back.led("code")));
    assert_eq!((back.led("state"), back.led("iss")), ("st&te".to_owned(), browser.idp.url.clone()));
    assert_eq!((back.header("cache-control"), back.header("referrer-policy")), ("no-store", "no-referrer"));
    let (cookie, port) = (back.header("set-cookie"), browser.idp.url.rsplit(':').next().unwrap());
    assert!(cookie.starts_with(&format!("latchkey_session_{port}=")), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
}

#[tokio::test]
async fn the_page_is_html_without_a_script_and_hostile_names_are_text() {
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
async fn an_unknown_client_or_address_leads_nowhere() {
    let mut browser = Browser::new().await;
    for (change, why) in [
        (("client_id", "another"), "the client_id is not that of the token page"),
        (("client_id", ""), "the client_id is not that of the token page"),
        (("redirect_uri", ""), "the redirect_uri is not the address of the token page"),
        (("redirect_uri", "http://127.0.0.1:8080/tokens/"), "the redirect_uri is not the address of the token page"),
        (("redirect_uri", "http://127.0.0.1:8080/tokens?x"), "the redirect_uri is not the address of the token page"),
        (("redirect_uri", "http://localhost:8080/tokens"), "the redirect_uri is not the address of the token page"),
    ] {
        let refused = browser.authorize(&[change]).await;
        assert_eq!((refused.status, refused.header("location")), (400, ""), "{change:?}");
        assert!(refused.text.contains(why), "{change:?}: {}", refused.text);
    }
    let twice = browser.authorize(&[("redirect_uri", URI), ("redirect_uri", URI)]).await;
    assert_eq!((twice.status, twice.header("location")), (400, ""));
    let long = browser.authorize(&[("state", &"x".repeat(8 * 1024))]).await;
    assert_eq!((long.status, long.header("location")), (400, ""));
}

#[tokio::test]
async fn what_else_is_wrong_is_told_to_the_page() {
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
        let back = browser.authorize(&[change]).await;
        assert_eq!(back.led("error"), error, "{change:?}");
        assert!(!back.led("error_description").is_empty() && back.led("code").is_empty(), "{change:?}");
        assert_eq!((back.led("state"), back.led("iss")), ("st&te".to_owned(), browser.idp.url.clone()), "{change:?}");
    }
    assert_eq!(browser.authorize(&[("nonce", "a"), ("nonce", "b")]).await.led("error"), "invalid_request");
}

#[tokio::test]
async fn a_transaction_is_used_once_and_ends_after_ten_minutes() {
    let mut browser = Browser::new().await;
    let page = browser.authorize(&[]).await;
    assert_eq!(browser.choose(&page, "0").await.status, 303);
    assert_eq!(browser.choose(&page, "0").await.status, 400);
    let page = browser.authorize(&[("prompt", "login")]).await;
    browser.clock.wait(600);
    assert_eq!(browser.choose(&page, "0").await.status, 400);
    assert_eq!(browser.post("/authorize", &[("user", "0")]).await.status, 400);
}

#[tokio::test]
async fn nobody_is_signed_in_who_is_not_among_the_people() {
    let mut browser = Browser::new().await;
    for place in ["2", "-1", "Ada Lovelace", ""] {
        let page = browser.authorize(&[]).await;
        let refused = browser.choose(&page, place).await;
        assert_eq!((refused.status, refused.header("set-cookie")), (400, ""), "{place}");
    }
}

#[tokio::test]
async fn whoever_is_signed_in_is_not_asked_again_unless_the_page_wants_it() {
    let mut browser = Browser::new().await;
    browser.code().await;
    for change in [("prompt", ""), ("prompt", "none"), ("max_age", "60")] {
        assert!(is_secret(&browser.authorize(&[change]).await.led("code")), "{change:?}");
    }
    browser.clock.wait(61);
    for change in [("prompt", "login"), ("prompt", "select_account"), ("max_age", "60")] {
        assert_eq!(browser.authorize(&[change]).await.status, 200, "{change:?}");
    }
    browser.clock.wait(12 * 60 * 60);
    assert_eq!(browser.authorize(&[("prompt", "none")]).await.led("error"), "login_required");
}

#[tokio::test]
async fn a_request_for_another_host_is_not_for_here() {
    let mut browser = Browser::new().await;
    let port = browser.idp.url.rsplit(':').next().unwrap().to_owned();
    for (method, path) in [(Method::GET, "/authorize"), (Method::POST, "/token"), (Method::GET, "/end-session")] {
        for host in ["rebound.example:80", "127.0.0.1", "127.0.0.1:1", &format!("rebound.example:{port}")] {
            let request = browser.request(method.clone(), path).header("host", host);
            assert_eq!(browser.send(request).await.status, 421, "{path} {host}");
        }
        let request = browser.request(method, path).header("host", format!("localhost:{port}"));
        assert_ne!(browser.send(request).await.status, 421, "{path}");
    }
}

#[tokio::test]
async fn a_method_that_is_none_of_an_endpoint_is_told_which_are() {
    let mut browser = Browser::new().await;
    for (path, allowed) in
        [("/authorize", "GET, POST"), ("/token", "POST"), ("/end-session", "GET"), ("/jwks.json", "GET")]
    {
        let refused = browser.send(browser.request(Method::DELETE, path)).await;
        assert_eq!((refused.status, refused.header("allow")), (405, allowed), "{path}");
    }
}
