//! Which origins' scripts may read responses.

use reqwest::Method;

use super::{browser::*, *};

const CALLED_BY_SCRIPT: [(&str, &str); 4] =
    [("/.well-known/openid-configuration", "GET"), ("/jwks.json", "GET"), ("/token", "POST"), ("/revoke", "POST")];

#[tokio::test]
async fn only_token_page_origin_may_read_responses() {
    let mut browser = Browser::new().await;
    for (path, method) in CALLED_BY_SCRIPT {
        for (origin, allowed) in [
            (TOKEN_PAGE_ORIGIN, TOKEN_PAGE_ORIGIN),
            ("http://127.0.0.1:8081", ""),
            ("null", ""),
            ("http://evil.example", ""),
        ] {
            for method in [method.parse().unwrap(), Method::OPTIONS] {
                let request = browser.request(method.clone(), path).header("origin", origin);
                let response = browser.send(request).await;
                assert_eq!(response.header("access-control-allow-origin"), allowed, "{method} {path} {origin}");
                assert_eq!(
                    (response.header("vary"), response.header("access-control-allow-credentials")),
                    ("Origin", "")
                );
            }
        }
    }
}

#[tokio::test]
async fn preflight_allows_the_method_of_the_endpoint() {
    let mut browser = Browser::new().await;
    for (path, method) in CALLED_BY_SCRIPT {
        let request = browser.request(Method::OPTIONS, path).header("origin", TOKEN_PAGE_ORIGIN);
        let response = browser.send(request.header("access-control-request-method", method)).await;
        assert_eq!(response.status, 204, "{path}");
        assert!(response.header("access-control-allow-methods").split(", ").any(|allowed| allowed == method), "{path}");
        assert_eq!(response.header("access-control-allow-headers"), "content-type");
    }
}

#[tokio::test]
async fn no_origin_may_read_pages() {
    let mut browser = Browser::new().await;
    for path in ["/authorize", "/end-session", "/style.css"] {
        for method in [Method::GET, Method::OPTIONS] {
            let request = browser.request(method, path).header("origin", TOKEN_PAGE_ORIGIN);
            assert_eq!(browser.send(request).await.header("access-control-allow-origin"), "", "{path}");
        }
    }
}
