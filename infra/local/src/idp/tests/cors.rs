//! What scripts of other origins may read.

use reqwest::Method;

use super::{browser::*, *};

const FOR_THE_PAGE: [(&str, &str); 3] =
    [("/.well-known/openid-configuration", "GET"), ("/jwks.json", "GET"), ("/token", "POST")];

#[tokio::test]
async fn the_page_and_no_other_may_read() {
    let mut browser = Browser::new().await;
    for (path, method) in FOR_THE_PAGE {
        for (origin, allowed) in
            [(ORIGIN, ORIGIN), ("http://127.0.0.1:8081", ""), ("null", ""), ("http://evil.example", "")]
        {
            for method in [method.parse().unwrap(), Method::OPTIONS] {
                let request = browser.request(method.clone(), path).header("origin", origin);
                let seen = browser.send(request).await;
                assert_eq!(seen.header("access-control-allow-origin"), allowed, "{method} {path} {origin}");
                assert_eq!((seen.header("vary"), seen.header("access-control-allow-credentials")), ("Origin", ""));
            }
        }
    }
}

#[tokio::test]
async fn a_browser_that_asks_ahead_learns_the_method() {
    let mut browser = Browser::new().await;
    for (path, method) in FOR_THE_PAGE {
        let request = browser.request(Method::OPTIONS, path).header("origin", ORIGIN);
        let seen = browser.send(request.header("access-control-request-method", method)).await;
        assert_eq!((seen.status, seen.header("access-control-allow-methods")), (204, method), "{path}");
        assert_eq!(seen.header("access-control-allow-headers"), "content-type");
    }
}

#[tokio::test]
async fn what_is_for_the_browser_itself_no_script_reads() {
    let mut browser = Browser::new().await;
    for path in ["/authorize", "/end-session", "/style.css"] {
        for method in [Method::GET, Method::OPTIONS] {
            let request = browser.request(method, path).header("origin", ORIGIN);
            assert_eq!(browser.send(request).await.header("access-control-allow-origin"), "", "{path}");
        }
    }
}
