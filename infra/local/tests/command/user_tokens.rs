//! `cargo local token`: bearer tokens of users.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Stdio};

use reqwest::Method;
use rustix::process::Signal;

use crate::{
    api::{Api, TOKENS},
    process::{free_port, local_command, with_timeout},
    running_stack::TestDirectory,
    startup_errors::error_of,
};

const VIEWER: [&str; 4] = ["--org", "123", "--user", "1003"];
const VIEWER_AS_OWNER: [&str; 6] = ["--org", "123", "--user", "1003", "--roles", "123:owner"];

/// Asserts that the viewer's token is accepted without the right to create tokens, and the owner's with it.
async fn assert_accepted(api: &Api, viewer: &str, owner: &str) {
    let denied = api.send(Method::POST, TOKENS, viewer).await;
    assert_eq!(denied.problem(), (403, "permission_denied".to_owned()));
    api.create_token(owner).await;
}

/// Asserts that only the owner of the data directory can read the keys in it.
fn assert_private(data: &str) {
    assert_eq!(fs::metadata(data).unwrap().permissions().mode() & 0o777, 0o700);
    for file in ["identity.json", "kms.json", "local.json"].map(|name| Path::new(data).join(name)) {
        assert!(fs::metadata(file).is_ok_and(|file| file.permissions().mode() & 0o777 == 0o600));
    }
}

#[tokio::test]
async fn user_token_has_assigned_or_claimed_roles() {
    let directory = TestDirectory::new();
    let running = directory.start(0).await;
    let viewer = directory.user_token(&VIEWER).await;
    let owner = directory.user_token(&VIEWER_AS_OWNER).await;
    assert_accepted(&running.api, &viewer, &owner).await;
    assert_private(&directory.data());
}

#[tokio::test]
async fn user_token_stays_valid_after_restart_on_same_port() {
    let directory = TestDirectory::new();
    let port = free_port();
    let running = directory.start(port).await;
    assert_eq!(directory.addresses()["idp_url"], format!("http://127.0.0.1:{}", port + 1));
    let viewer = directory.user_token(&VIEWER).await;
    running.stop(Signal::TERM).await;
    let owner = directory.user_token(&VIEWER_AS_OWNER).await;
    let running = directory.start(port).await;
    assert_accepted(&running.api, &viewer, &owner).await;
}

#[tokio::test]
async fn user_token_without_stack_fails_and_creates_nothing() {
    let directory = TestDirectory::new();
    let data = directory.data();
    for options in [&[][..], &["--force"], &["--roles", "123:owner"]] {
        let error = error_of(&[&["token", "--data", &data], &VIEWER[..], options].concat()).await;
        let expected =
            format!("`{data}` is not the data directory of a local stack: start one with `cargo local --data {data}`");
        assert_eq!(error, expected);
        assert!(!Path::new(&data).exists());
    }
}

#[tokio::test]
async fn user_token_in_directory_without_stack_fails() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = local_command(&[&["token"], &VIEWER[..]].concat());
    let command = command.current_dir(directory.path()).stderr(Stdio::piped());
    let output = with_timeout(command.output()).await.unwrap();
    let expected =
        "error: no local stack found: start one with `cargo local`, or pass its data directory with `--data`\n";
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(1), expected));
    assert!(output.stdout.is_empty() && fs::read_dir(directory.path()).unwrap().next().is_none());
}

#[tokio::test]
async fn user_token_of_stopped_stack_requires_force_or_roles() {
    let directory = TestDirectory::new();
    let data = directory.data();
    directory.start(0).await.stop(Signal::TERM).await;
    let error = error_of(&[&["token", "--data", &data], &VIEWER[..]].concat()).await;
    assert_eq!(error, format!("the local stack in `{data}` is not running: start it with `cargo local --data {data}`"));
    directory.user_token(&[&VIEWER[..], &["--force"]].concat()).await;
    directory.user_token(&VIEWER_AS_OWNER).await;
}

#[tokio::test]
async fn user_token_of_unknown_user_lists_users_with_roles() {
    let directory = TestDirectory::new();
    let _running = directory.start(0).await;
    let data = directory.data();
    for (org, user) in [("123", "9"), ("9", "1001"), ("456", "1001")] {
        let error = error_of(&["token", "--data", &data, "--org", org, "--user", user]).await;
        let problem = format!("user `{user}` has no roles in organization `{org}`: pass `--roles` or `--force` ");
        assert!(error.starts_with(&problem), "{error}");
        assert!(error.contains("`--org 123 --user 1003`") && error.contains("`--org 456 --user 2001`"), "{error}");
    }
    directory.user_token(&["--org", "123", "--user", "9", "--force"]).await;
}

/// Without `--seed`, the seed of the repository is written into a new directory only, and its users can always sign in.
#[tokio::test]
async fn seeded_users_can_sign_in_on_new_and_existing_folder() {
    let directory = TestDirectory::new();
    for _ in 0..2 {
        let running = directory.start(0).await;
        let idp = directory.addresses()["idp_url"].as_str().unwrap().to_owned();
        let api = &running.api.url;
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let sign_in = format!(
            "{idp}/authorize?client_id=latchkey-page&redirect_uri={api}/tokens&response_type=code&scope=openid\
             &code_challenge_method=S256&code_challenge={challenge}"
        );
        let page = reqwest::get(sign_in).await.unwrap().text().await.unwrap();
        assert!(page.contains("Ada Lovelace") && page.contains("user 2001, organization 456"), "{page}");
        running.stop(Signal::TERM).await;
    }
}
