//! Reading all pages of a list, also from a service whose links are invalid.

use std::net::TcpListener;

use crate::{
    harness::STACK,
    stub_server::{response, run_against, serve},
};

/// An empty page with a link to the next one.
fn page(next: &str) -> String {
    response(200, &format!("link: <{next}>; rel=\"next\"\r\n"), "[]")
}

#[test]
fn list_with_small_pages_returns_all_tokens() {
    let ids: Vec<String> = (0..5).map(|_| STACK.create_token("--type app").0).collect();
    let list = STACK.run("token list --type app --page-size 2 --output json").expect_success().json();
    let listed: Vec<&str> = list.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    for id in &ids {
        assert_eq!(listed.iter().filter(|listed| *listed == id).count(), 1, "{id} {listed:?}");
    }
}

/// The list would be incomplete without the page, and the credential must not follow the link.
#[test]
fn list_with_next_page_at_other_url_fails() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = other.local_addr().unwrap();
    for target in [format!("http://{host}/v1/access-tokens?cursor=x"), "/elsewhere?cursor=x".to_owned()] {
        let (url, _) = serve(vec![page(&target)]);
        let error = run_against(&url, "token list").expect_failure(1);
        assert_eq!(error, "error: the link to the next page leaves the list\n", "{target}");
    }
    other.set_nonblocking(true).unwrap();
    assert!(other.accept().is_err());
}

#[test]
fn list_with_cyclic_pages_fails() {
    for cycle in [
        vec!["?cursor=a", "?cursor=b", "?cursor=a"],
        vec!["?cursor=a", "?limit=7&cursor=a"],
        vec!["?limit=1000"],
        vec!["?cursor=a", "?limit=1000"],
    ] {
        let (url, requests) = serve(cycle.iter().map(|next| page(next)).collect());
        let error = run_against(&url, "token list").expect_failure(1);
        assert_eq!(error, "error: the link to the next page repeats a page\n", "{cycle:?}");
        assert_eq!(requests.join().unwrap().len(), cycle.len());
    }
}

#[test]
fn list_with_several_link_headers_finds_next_page() {
    let links = "link: <?cursor=z>; rel=\"prev\"\r\nlink: <?cursor=a>; rel=\"next\"\r\n";
    let (url, requests) = serve(vec![response(200, links, "[]"), response(200, "", "[]")]);
    run_against(&url, "token list").expect_success();
    assert!(requests.join().unwrap()[1].starts_with("GET /v1/access-tokens?cursor=a HTTP/1.1"));
}
