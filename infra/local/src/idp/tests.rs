use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use shared::{ports::Clock, token::UnixTime};

use super::{faults::IdpFault, issuer::Issuer, users::User, *};

mod assigned_users;
mod authorize;
mod browser;
mod cors;
mod end_session;
mod refresh;
mod revocation;
mod token;

/// URL and origin of the token page.
const TOKEN_PAGE_URL: &str = "http://127.0.0.1:8080/tokens";
const TOKEN_PAGE_ORIGIN: &str = "http://127.0.0.1:8080";
const HTML_NAME: &str = "<img src=x onerror=\"alert('&')\">";

/// A clock that only [`TestClock::advance`] moves.
#[derive(Clone, Default)]
struct TestClock(Arc<AtomicU64>);

impl TestClock {
    fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> UnixTime {
        UnixTime::try_from(1_900_000_000).unwrap().plus(self.0.load(Ordering::Relaxed))
    }
}

fn user(org: &str, id: &str, name: &str) -> User {
    User { org: org.into(), id: id.into(), name: name.into(), roles: vec![format!("{org}:viewer")] }
}

fn options(clock: &TestClock) -> IdpOptions {
    let users = vec![user("123", "1001", "Ada Lovelace"), user("456", "1002", HTML_NAME)];
    IdpOptions { users, token_page_urls: vec![TOKEN_PAGE_URL.to_owned()], clock: Arc::new(clock.clone()) }
}

async fn get(url: String) -> Value {
    let response = reqwest::get(url).await.unwrap();
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

async fn start(data: &Path) -> Idp {
    Idp::start(Issuer::open(data, 0).unwrap(), options(&TestClock::default())).await.unwrap()
}

#[tokio::test]
async fn discovery_document_refers_to_public_keys() {
    let data = tempfile::tempdir().unwrap();
    let idp = start(data.path()).await;
    let document = get(format!("{}/.well-known/openid-configuration", idp.url)).await;
    assert_eq!(document["issuer"], idp.url);
    let keys = get(document["jwks_uri"].as_str().unwrap().to_owned()).await;
    assert_eq!(keys, serde_json::to_value(idp.issuer().jwks()).unwrap());
    let private = ["d", "p", "q", "dp", "dq", "qi"];
    assert!(keys["keys"].as_array().unwrap().iter().all(|key| private.iter().all(|part| key[part].is_null())));
    assert_eq!(reqwest::get(format!("{}/", idp.url)).await.unwrap().status(), 404);
}

#[tokio::test]
async fn restart_keeps_issuer_and_keys() {
    let data = tempfile::tempdir().unwrap();
    let first = start(data.path()).await;
    let before = (first.url.clone(), first.issuer().jwks());
    first.shutdown().await;
    let second = start(data.path()).await;
    assert_eq!((second.url.clone(), second.issuer().jwks()), before);
}

#[tokio::test]
async fn occupied_port_changes_the_issuer_permanently() {
    let data = tempfile::tempdir().unwrap();
    let first = start(data.path()).await;
    let second = start(data.path()).await;
    assert_ne!(first.url, second.url);
    assert_eq!(Issuer::read(data.path()).unwrap().unwrap().url(), second.url);
}

#[tokio::test]
async fn faults_apply_and_requests_are_counted() {
    let data = tempfile::tempdir().unwrap();
    let idp = start(data.path()).await;
    let url = format!("{}/jwks.json", idp.url);
    idp.faults.set(Some(IdpFault::Down));
    assert!(reqwest::get(&url).await.is_err());
    idp.faults.set(Some(IdpFault::Delay(Duration::from_hours(1))));
    let delayed = tokio::spawn(reqwest::get(url.clone()));
    while idp.faults.request_count("/jwks.json") < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(!delayed.is_finished());
    delayed.abort();
    idp.faults.set(None);
    assert!(reqwest::get(&url).await.is_ok());
    assert_eq!(idp.faults.request_count("/.well-known/openid-configuration"), 0);
    assert_eq!(idp.faults.request_count("/jwks.json"), 3);
}

#[tokio::test]
async fn invalid_token_page_url_is_an_error() {
    let data = tempfile::tempdir().unwrap();
    let options = IdpOptions { token_page_urls: vec!["tokens".to_owned()], ..options(&TestClock::default()) };
    let error = Idp::start(Issuer::open(data.path(), 0).unwrap(), options).await.unwrap_err();
    assert_eq!(error.to_string(), "the token page's address `tokens` is not a URL");
}
