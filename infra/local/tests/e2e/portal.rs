//! HTTP responses of the portal: pages and assets. `.ci/page` tests the token page in a browser.

use serde_json::json;

use crate::{
    events::event,
    harness::{SharedStack, TestStack},
};

/// The names of the assets that a page loads: scripts, styles and icon.
fn assets(html: &str) -> Vec<&str> {
    html.split('"').filter_map(|text| text.strip_prefix("./assets/")).collect()
}

#[test]
fn page_and_assets_are_public_with_cache_headers() {
    let stack = SharedStack::get();
    for page in ["/tokens", "/docs"] {
        let response = stack.get_page(page);
        assert_eq!((response.status, response.header("content-type")), (200, "text/html; charset=utf-8"));
        assert_eq!(response.header("cache-control"), "no-cache");
        let assets = assets(&response.body);
        assert!(assets.len() >= 3, "{page}: {assets:?}");
        for name in assets {
            let asset = stack.get_page(&format!("/assets/{name}"));
            assert_eq!((asset.status, asset.body.is_empty()), (200, false), "{name}");
            assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
            let media_type = match name.rsplit_once('.').unwrap().1 {
                "js" => "text/javascript; charset=utf-8",
                "css" => "text/css; charset=utf-8",
                _ => "image/svg+xml; charset=utf-8",
            };
            assert_eq!(asset.header("content-type"), media_type, "{name}");
        }
    }
    for absent in ["/assets/nothing.js", "/assets/tokens.html", "/assets/..%2Ftokens.html", "/assets/licenses.md"] {
        stack.get_page(absent).assert_problem(404, "not_found");
    }
}

#[test]
fn page_allows_only_own_scripts_and_no_frames() {
    let stack = SharedStack::get();
    let provider = stack.addresses().idp_url.clone();
    for (path, connect_src) in
        [("/tokens", format!("connect-src 'self' {provider};")), ("/docs", "connect-src 'self'".to_owned())]
    {
        let response = stack.get_page(path);
        let policy = response.header("content-security-policy");
        for directive in
            ["default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "base-uri 'none'", &connect_src]
        {
            assert!(policy.contains(directive), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(response.header(name), value, "{path}");
        }
        let has_inline_code = response.body.contains("<script>") || response.body.contains("style=");
        assert!(!has_inline_code, "{path}");
    }
    assert!(stack.get_page("/tokens").header("content-security-policy").contains("require-trusted-types-for 'script'"));
}

#[test]
fn root_redirects_to_public_url_of_page() {
    let stack = TestStack::with_parameters(&[("PublicUrl", "https://tokens.example/live")]);
    let response = stack.get_page("/");
    assert_eq!((response.status, response.header("location")), (302, "https://tokens.example/live/tokens"));
    assert!(stack.get_page("/tokens").body.contains("https://tokens.example/live"));
}

/// Behind an HTTP API, which sends payload 2.0.
#[test]
fn head_behind_http_api_has_the_headers_of_get() {
    let stack = SharedStack::get();
    for name in ["portal/payload-2.0", "well-known/payload-2.0"] {
        let mut event = event(name);
        let function = name.split('/').next().unwrap();
        let get = stack.invoke(function, event.to_string()).unwrap();
        for pointer in ["/routeKey", "/requestContext/routeKey"] {
            let route = event.pointer_mut(pointer).unwrap();
            *route = json!(route.as_str().unwrap().replace("GET ", "HEAD "));
        }
        event["requestContext"]["http"]["method"] = json!("HEAD");
        let head = stack.invoke(function, event.to_string()).unwrap();
        assert_eq!((&head["statusCode"], &head["headers"]), (&get["statusCode"], &get["headers"]), "{name}");
        assert!(get["body"].as_str().is_some_and(|body| !body.is_empty()), "{name}");
        assert!(head["body"].as_str().is_none_or(str::is_empty), "{name}");
    }
}
