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

mod authorize;
mod browser;
mod cors;
mod end_session;
mod refresh;
mod token;

/// The token page, and its origin.
const URI: &str = "http://127.0.0.1:8080/tokens";
const ORIGIN: &str = "http://127.0.0.1:8080";
const HOSTILE: &str = "<img src=x onerror=\"alert('&')\">";

/// A clock that goes on only when it is told to.
#[derive(Clone, Default)]
struct TestClock(Arc<AtomicU64>);

impl TestClock {
    fn wait(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> UnixTime {
        UnixTime::try_from(1_900_000_000).unwrap().plus(self.0.load(Ordering::Relaxed))
    }
}

fn user(org: &str, user: &str, name: &str) -> User {
    User { org: org.into(), id: user.into(), name: name.into(), roles: vec![format!("{org}:viewer")] }
}

fn sign_in(clock: &TestClock) -> SignIn {
    let users = vec![user("123", "1001", "Ada Lovelace"), user("456", "1002", HOSTILE)];
    SignIn { users, token_page_urls: vec![URI.to_owned()], clock: Arc::new(clock.clone()) }
}

async fn get(url: String) -> Value {
    let answer = reqwest::get(url).await.unwrap();
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

async fn started(folder: &Path) -> Idp {
    Idp::start(Issuer::open(folder, 0).unwrap(), sign_in(&TestClock::default())).await.unwrap()
}

#[tokio::test]
async fn discovery_leads_to_the_keys() {
    let folder = tempfile::tempdir().unwrap();
    let idp = started(folder.path()).await;
    let document = get(format!("{}/.well-known/openid-configuration", idp.url)).await;
    assert_eq!(document["issuer"], idp.url);
    let keys = get(document["jwks_uri"].as_str().unwrap().to_owned()).await;
    assert_eq!(keys, serde_json::to_value(idp.issuer().jwks()).unwrap());
    let private = ["d", "p", "q", "dp", "dq", "qi"];
    assert!(keys["keys"].as_array().unwrap().iter().all(|key| private.iter().all(|part| key[part].is_null())));
    assert_eq!(reqwest::get(format!("{}/", idp.url)).await.unwrap().status(), 404);
}

#[tokio::test]
async fn the_issuer_and_the_keys_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = started(folder.path()).await;
    let (url, keys) = (first.url.clone(), first.issuer().jwks());
    first.shutdown().await;
    let second = started(folder.path()).await;
    assert_eq!((second.url.clone(), second.issuer().jwks()), (url, keys));
}

#[tokio::test]
async fn a_taken_port_changes_the_issuer_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let first = started(folder.path()).await;
    let second = started(folder.path()).await;
    assert_ne!(first.url, second.url);
    assert_eq!(Issuer::open(folder.path(), 0).unwrap().url(), second.url);
}

#[tokio::test]
async fn faults_strike_and_requests_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let idp = started(folder.path()).await;
    let url = format!("{}/jwks.json", idp.url);
    idp.faults.set(Some(IdpFault::Down));
    assert!(reqwest::get(&url).await.is_err());
    idp.faults.set(Some(IdpFault::Delay(Duration::from_hours(1))));
    assert!(tokio::time::timeout(Duration::from_millis(50), reqwest::get(&url)).await.is_err());
    idp.faults.set(None);
    assert!(reqwest::get(&url).await.is_ok());
    assert_eq!(idp.faults.request_count("/.well-known/openid-configuration"), 0);
    assert!(idp.faults.request_count("/jwks.json") >= 3);
}

#[tokio::test]
async fn a_page_that_is_nowhere_keeps_the_provider_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let sign_in = SignIn { token_page_urls: vec!["tokens".to_owned()], ..sign_in(&TestClock::default()) };
    let refused = Idp::start(Issuer::open(folder.path(), 0).unwrap(), sign_in).await.unwrap_err();
    assert_eq!(refused.to_string(), "the token page cannot be at `tokens`: it is no URL");
}
