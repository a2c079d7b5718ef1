//! The HTTP client: proxies, redirects and responses that are not the API's.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::mpsc,
    thread,
};

use crate::{
    harness::{CliCommand, empty_dir},
    stub_server::{bind, response, run_against, serve},
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
    assert_eq!(
        error,
        format!(
            "error: status 302 without a problem document: check that the URL is the base URL of Latchkey (no code from \
             `{url}`)\n"
        )
    );
    let (url, _) = serve(vec![response(200, "", "<html>")]);
    assert_eq!(
        run_against(&url, "token list").expect_failure(1),
        format!("error: `{url}` returned a response that is not JSON: check that it is the base URL of Latchkey\n")
    );
}

#[test]
fn unexpected_response_names_the_service() {
    for (command, expected) in [
        ("token list", "a list of tokens"),
        ("token get self", "a token"),
        ("keys", "a JWK set"),
        ("can order:view", "a decision"),
        ("roles list", "a list of roles"),
        ("roles get 123:viewer", "a role"),
        ("users list", "a list of assignments"),
    ] {
        let (url, _) = serve(vec![response(200, "", "{}"), response(200, "", "{}")]);
        assert_eq!(
            run_against(&url, command).expect_failure(1),
            format!(
                "error: `{url}` returned a response that is not {expected}: check that it is the base URL of Latchkey\n"
            ),
            "{command}"
        );
    }
}

#[test]
fn connection_failure_is_named_by_its_cause() {
    let directory = empty_dir();
    let run = |url: &str| {
        let command = CliCommand::new(directory.path(), "token list").env("LATCHKEY_URL", url);
        command.env("LATCHKEY_TOKEN", "a-credential").run().expect_failure(6)
    };
    let (listener, plain) = bind();
    // Not a TLS record. The client connects once more after a failure.
    let server = thread::spawn(move || {
        for _ in 0..2 {
            listener.accept().unwrap().0.write_all(b"HTTP/1.1 400 X\r\n\r\n").unwrap();
        }
    });
    let without_tls = plain.replace("http:", "https:");
    for (url, cause) in [
        ("https://no-such-host.invalid", "has a host name that cannot be resolved: "),
        (&without_tls, "has no trusted TLS connection: "),
    ] {
        let error = run(url);
        assert!(error.starts_with(&format!("error: Latchkey at `{url}` {cause}")), "{error}");
    }
    server.join().unwrap();
    let (closing, _requests) = serve(vec![String::new(), String::new()]);
    let error = run(&closing);
    assert!(error.contains("closed the connection without a complete response"), "{error}");
}

/// A server that accepts a request and stays silent is reported before it responds.
#[test]
fn silent_service_is_reported_while_waiting() {
    let (listener, url) = bind();
    let (release, released) = mpsc::channel::<()>();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        released.recv().unwrap();
        // The request fits into one segment and is read only to empty the connection before it is closed.
        let _ = stream.read(&mut [0; 4096]).unwrap();
        stream.write_all(response(200, "", "[]").as_bytes()).unwrap();
    });
    let directory = empty_dir();
    let command = CliCommand::new(directory.path(), "token list --output json");
    let mut child = command.env("LATCHKEY_URL", &url).env("LATCHKEY_TOKEN", "a-credential").spawn();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    assert_eq!(line, format!("waiting for `{url}`, which has not responded yet\n"));
    release.send(()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b"[]\n"[..]));
    server.join().unwrap();
}
