//! The HTTP client: proxies, redirects and responses that are not the API's.

use std::net::TcpListener;

use crate::{
    harness::{CliCommand, empty_dir},
    stub_server::{response, run_against, serve},
};

/// Plain HTTP would show the credential to the proxy.
#[test]
fn request_to_loopback_bypasses_proxy() {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, requests) = serve(vec![response(200, "", "[]")]);
    let directory = empty_dir();
    let mut command = CliCommand::new(directory.path(), "token list --output json").env("LATCHKEY_URL", &url);
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        command = command.env(name, &format!("http://{}", proxy.local_addr().unwrap()));
    }
    assert_eq!(command.env("LATCHKEY_TOKEN", "a-credential").run().expect_success().stdout, "[]\n");
    assert_eq!(requests.join().unwrap().len(), 1);
    proxy.set_nonblocking(true).unwrap();
    assert!(proxy.accept().is_err());
}

#[test]
fn redirect_and_malformed_list_are_errors() {
    let (url, _) = serve(vec![response(302, "location: http://127.0.0.1:1/\r\n", "")]);
    let error = run_against(&url, "token list").expect_failure(1);
    assert_eq!(error, "error: the service returned status 302 without a problem document (no code)\n");
    let (url, _) = serve(vec![response(200, "", "<html>")]);
    assert_eq!(run_against(&url, "token list").expect_failure(1), "error: malformed response: not a list of tokens\n");
}
