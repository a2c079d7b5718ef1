//! The pages of a list, where the service is not what it should be.

use std::net::TcpListener;

use crate::service::{answer, run, service};

/// A page without tokens that names the next one.
fn page(next: &str) -> String {
    answer(200, &format!("link: <{next}>; rel=\"next\"\r\n"), "[]")
}

#[test]
fn a_next_page_elsewhere_is_no_end_of_the_list_and_does_not_get_the_credential() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = other.local_addr().unwrap();
    for target in [format!("http://{host}/v1/access-tokens?cursor=x"), "/elsewhere?cursor=x".to_owned()] {
        let (url, _) = service(vec![page(&target)]);
        let refused = run(&url, "token list").failed(1);
        assert_eq!(refused, "error: the link to the next page leads away from the list\n", "{target}");
    }
    other.set_nonblocking(true).unwrap();
    assert!(other.accept().is_err());
}

#[test]
fn pages_that_lead_in_a_circle_are_an_error() {
    for circle in [
        vec!["?cursor=a", "?cursor=b", "?cursor=a"],
        vec!["?cursor=a", "?limit=7&cursor=a"],
        vec!["?limit=1000"],
        vec!["?cursor=a", "?limit=1000"],
    ] {
        let (url, requests) = service(circle.iter().map(|next| page(next)).collect());
        let refused = run(&url, "token list").failed(1);
        assert_eq!(refused, "error: the link to the next page leads back to a page that was read\n", "{circle:?}");
        assert_eq!(requests.join().unwrap().len(), circle.len());
    }
}

#[test]
fn a_next_page_is_found_in_any_of_several_links() {
    let links = "link: <?cursor=z>; rel=\"prev\"\r\nlink: <?cursor=a>; rel=\"next\"\r\n";
    let (url, requests) = service(vec![answer(200, links, "[]"), answer(200, "", "[]")]);
    run(&url, "token list").ok();
    assert!(requests.join().unwrap()[1].starts_with("GET /v1/access-tokens?cursor=a HTTP/1.1"));
}
