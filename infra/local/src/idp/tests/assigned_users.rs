//! Users with role assignments in the table of the running stack.

use std::{collections::VecDeque, sync::Mutex};

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use axum::{Json, Router, http::StatusCode, response::IntoResponse};
use serde_json::json;

use super::{browser::*, *};

/// A client of a `DynamoDB` endpoint that returns `responses` one after another, and then fails.
async fn dynamodb(responses: impl IntoIterator<Item = Value>) -> Client {
    let responses = Arc::new(Mutex::new(responses.into_iter().collect::<VecDeque<_>>()));
    let next = move || {
        let response = responses.lock().unwrap().pop_front();
        async move {
            response.map_or_else(|| StatusCode::INTERNAL_SERVER_ERROR.into_response(), |r| Json(r).into_response())
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Router::new().fallback(next)).into_future());
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("operator", "local", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(url);
    Client::from_conf(config.build())
}

fn assignment(org: &str, user: &str, role: &str) -> Value {
    let pk = format!("ORG#{org}");
    let sk = format!("USER#{user}");
    json!({"pk": {"S": pk}, "sk": {"S": sk}, "v": {"N": "1"}, "roles": {"L": [{"S": role}]}})
}

#[tokio::test]
async fn users_with_assignments_are_listed_after_the_seed() {
    let mut browser = Browser::new().await;
    let mut newer = assignment("123", "local|9002", "123:owner");
    newer["v"] = json!({"N": "999"});
    let first = json!({
        "Items": [assignment("789", "local|1001", "789:owner"), assignment("123", "local|9001", "123:auditor")],
        "LastEvaluatedKey": {"pk": {"S": "ORG#123"}, "sk": {"S": "USER#local|9001"}},
    });
    let second = json!({"Items": [assignment("123", "local|1001", "123:owner"), newer, {"pk": {"S": "ORG#123"}}]});
    browser.idp.read_assignments(dynamodb([first, second]).await, "Tokens".to_owned());
    let page = browser.authorize(&[]).await;
    let keys: Vec<_> =
        page.text.split("name=\"user\" value=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(keys, [ADA, "456|1002", "123|9001", "123|9002", "789|1001"]);
    for (text, count) in
        [("Ada Lovelace", 2), ("123:owner", 1), ("123:auditor", 1), ("123:viewer", 0), ("456:viewer", 0)]
    {
        assert_eq!(page.text.matches(text).count(), count, "{text}: {}", page.text);
    }
    assert!(!page.text.contains("role=\"alert\""));
}

#[tokio::test]
async fn assigned_user_signs_in_without_a_restart() {
    let mut browser = Browser::new().await;
    let page = browser.authorize(&[]).await;
    let scan = json!({"Items": [assignment("123", "local|9001", "123:owner")]});
    browser.idp.read_assignments(dynamodb([scan]).await, "Tokens".to_owned());
    let code = browser.choose(&page, "123|9001").await.redirect_parameter("code");
    let tokens = browser.redeem(&code, &[]).await.json();
    let claims = claims(&browser.idp, tokens["id_token"].as_str().unwrap(), TOKEN_PAGE_CLIENT_ID);
    assert_eq!(claims["org_id"], "123");
    assert_eq!(claims["sub"], "9001");
    assert_eq!(claims["name"], "9001");
}

#[tokio::test]
async fn unavailable_dynamodb_limits_sign_in_to_the_seed() {
    let mut browser = Browser::new().await;
    browser.idp.read_assignments(dynamodb([]).await, "Tokens".to_owned());
    let page = browser.authorize(&[]).await;
    assert!(
        page.text.contains("<p role=\"alert\">The role assignments cannot be read (dynamodb Scan failed"),
        "{}",
        page.text
    );
    assert!(page.text.contains("Ada Lovelace") && !page.text.contains("9001"));
    assert_eq!(browser.choose(&page, "123|9001").await.status, 400);
    let page = browser.authorize(&[]).await;
    assert_eq!(browser.choose(&page, ADA).await.status, 303);
}
