//! Which credential is used, and which service may receive it.

use std::fs;

use serde_json::json;
use tempfile::TempDir;

use crate::{
    harness::{CliCommand, STACK, empty_dir, unsigned_token},
    stub_server::{bind, header, response, serve, serve_on},
};

const FOREIGN_ISSUER: &str = "https://tokens.example.com/v1/access-tokens";

/// Writes a `local.json` that announces a local service.
fn write_local_json(directory: &TempDir, url: &str, idp_url: &str) {
    let local = json!({
        "url": url, "issuer": FOREIGN_ISSUER, "idp_url": idp_url, "table": "t", "dynamodb_url": "http://127.0.0.1:1",
        "kms_url": "http://127.0.0.1:1", "functions": {},
    });
    let data_dir = directory.path().join(".local");
    fs::create_dir_all(&data_dir).unwrap();
    fs::write(data_dir.join("identity.json"), "{}").unwrap();
    fs::write(data_dir.join("local.json"), local.to_string()).unwrap();
}

#[test]
fn named_service_without_credential_is_an_error() {
    let url = &STACK.stack.addresses.url;
    let error = STACK.command("token list").env("LATCHKEY_URL", url).run().expect_failure(3);
    assert_eq!(error, "error: no credentials: set `LATCHKEY_TOKEN` or pass `--token-stdin`\n");
    let error = STACK.command("token list --token-stdin").run().expect_failure(3);
    assert_eq!(error, "error: standard input is empty: write the token to it\n");
}

#[test]
fn plain_http_to_remote_host_is_rejected() {
    let directory = empty_dir();
    let command = CliCommand::new(directory.path(), "token list --url http://tokens.example.com");
    let error = command.env("LATCHKEY_TOKEN", "x").run().expect_failure(2);
    assert_eq!(
        error,
        "error: invalid base URL `http://tokens.example.com`: `--url` or `LATCHKEY_URL` must be an https URL, or an http URL of this machine\n"
    );
}

/// A directory from an untrusted source must not decide where a credential is sent.
#[test]
fn local_json_with_remote_address_is_rejected() {
    let directory = empty_dir();
    for url in ["https://tokens.example.com", "http://127.0.0.1:80@tokens.example.com", "http://localhost.example.com"]
    {
        write_local_json(&directory, url, "http://127.0.0.1:1");
        let command = CliCommand::new(directory.path(), "token list").env("LATCHKEY_TOKEN", "x");
        let error = command.run().expect_failure(2);
        assert!(error.contains(".local/local.json` names another machine"), "{error}");
    }
}

/// Another process may listen on the port that `local.json` names.
#[test]
fn foreign_credential_is_not_sent_to_local_service() {
    let directory = empty_dir();
    let (listener, url) = bind();
    for (issuer, idp_url) in [
        (FOREIGN_ISSUER, "http://127.0.0.1:1"),
        ("https://people.example.com", "https://people.example.com"),
        ("http://127.0.0.1:1/v1/access-tokens", "http://127.0.0.1:1"),
    ] {
        write_local_json(&directory, &url, idp_url);
        let credential = unsigned_token(issuer);
        let from_environment = CliCommand::new(directory.path(), "token list").env("LATCHKEY_TOKEN", &credential);
        let from_stdin = CliCommand::new(directory.path(), "token list --token-stdin").stdin(&credential);
        for command in [from_environment, from_stdin] {
            let error = command.run().expect_failure(2);
            let expected =
                format!("error: the local service at `{url}` did not issue the credential: select its service");
            assert!(error.starts_with(&expected) && error.contains("--url"), "{error}");
        }
    }
    let command = CliCommand::new(directory.path(), "token list").env("LATCHKEY_TOKEN", "opaque");
    let error = command.run().expect_failure(2);
    assert!(!error.contains("opaque"), "{error}");
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err());
}

#[test]
fn local_credential_needs_no_url() {
    let directory = empty_dir();
    let idp = "http://127.0.0.1:1";
    for issuer_path in ["", "/v1/access-tokens", "/v1/access-tokens/public"] {
        let (listener, url) = bind();
        let requests = serve_on(listener, vec![response(200, "", "[]")]);
        write_local_json(&directory, &url, idp);
        let issuer = if issuer_path.is_empty() { idp.to_owned() } else { format!("{url}{issuer_path}") };
        let credential = unsigned_token(&issuer);
        let command = CliCommand::new(directory.path(), "token list").env("LATCHKEY_TOKEN", &credential);
        command.run().expect_success();
        assert_eq!(header(&requests.join().unwrap()[0], "authorization: "), format!("Bearer {credential}"));
    }
}

#[test]
fn foreign_credential_is_sent_to_given_url() {
    let (url, requests) = serve(vec![response(200, "", "[]")]);
    let credential = unsigned_token(FOREIGN_ISSUER);
    let command = STACK.command(&format!("token list --url {url}"));
    command.env("LATCHKEY_TOKEN", &credential).run().expect_success();
    assert_eq!(header(&requests.join().unwrap()[0], "authorization: "), format!("Bearer {credential}"));
}
