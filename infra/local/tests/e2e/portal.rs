//! The token page as a browser asks for it. What it does there is shown in one: `.ci/page`.

use crate::harness::{Shared, World};

/// The addresses that a page loads: those of its scripts, styles and icon.
fn loaded(html: &str) -> Vec<&str> {
    let attributes = html.split(['"']).filter_map(|text| text.strip_prefix("./assets/"));
    attributes.collect()
}

#[test]
fn page_and_assets_are_public_with_cache_headers() {
    let shared = Shared::lend();
    for page in ["/tokens", "/docs"] {
        let answer = shared.page(page);
        assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"));
        assert_eq!(answer.header("cache-control"), "no-cache");
        let assets = loaded(&answer.text);
        assert!(assets.len() >= 3, "{page}: {assets:?}");
        for name in assets {
            let asset = shared.page(&format!("/assets/{name}"));
            assert_eq!((asset.status, asset.text.is_empty()), (200, false), "{name}");
            assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
            let ending = name.rsplit_once('.').unwrap().1;
            let media_type = match ending {
                "js" => "text/javascript; charset=utf-8",
                "css" => "text/css; charset=utf-8",
                _ => "image/svg+xml; charset=utf-8",
            };
            assert_eq!(asset.header("content-type"), media_type, "{name}");
        }
    }
    for nothing in ["/assets/nothing.js", "/assets/tokens.html", "/assets/..%2Ftokens.html", "/assets/licenses.md"] {
        shared.page(nothing).assert_problem(404, "not_found");
    }
}

#[test]
fn page_allows_only_own_scripts_and_no_frames() {
    let shared = Shared::lend();
    let provider = shared.stack().local.idp_url.clone();
    for (path, calls) in
        [("/tokens", format!("connect-src 'self' {provider};")), ("/docs", "connect-src 'self'".to_owned())]
    {
        let answer = shared.page(path);
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "base-uri 'none'", &calls] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        assert!(!answer.text.contains("<script>") && !answer.text.contains("style="), "nothing stands inline");
    }
    assert!(shared.page("/tokens").header("content-security-policy").contains("require-trusted-types-for 'script'"));
}

#[test]
fn root_redirects_to_public_url_of_page() {
    let world = World::with(&[("PublicUrl", "https://tokens.example/live")]);
    let answer = world.page("/");
    assert_eq!((answer.status, answer.header("location")), (302, "https://tokens.example/live/tokens"));
    assert!(world.page("/tokens").text.contains("https://tokens.example/live"));
}
