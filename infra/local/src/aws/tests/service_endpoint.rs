use std::time::{Duration, Instant};

use super::{faults::Fault, *};

#[tokio::test]
async fn unknown_caller_is_rejected() {
    let aws = start(None).await;
    let (status, body) = aws.dynamodb("AKIAOTHER", "PutItem", &put("1")).await;
    assert_eq!((status, error_name(&body)), (StatusCode::FORBIDDEN, "UnrecognizedClientException"));
    let response = Client::new().post(&aws.kms_url).body("{}").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(aws.calls.all().is_empty());
}

#[tokio::test]
async fn function_is_limited_to_its_policy() {
    let aws = start(None).await;
    let delete = json!({ "TableName": "tokens", "Key": { "pk": { "S": "1" } } });
    let (status, body) = aws.dynamodb("AKIAWRITER", "DeleteItem", &delete).await;
    assert_eq!((status, error_name(&body)), (StatusCode::BAD_REQUEST, "AccessDeniedException"));
    let message = body["message"].as_str().unwrap();
    assert!(message.contains("dynamodb:DeleteItem on resource: arn:aws:dynamodb:eu-west-1"), "{message}");
    let batch = json!({ "RequestItems": { "tokens": { "Keys": [] }, "others": { "Keys": [] } } });
    let (_, body) = aws.dynamodb("AKIAWRITER", "BatchGetItem", &batch).await;
    assert_eq!(error_name(&body), "AccessDeniedException", "only one of the two tables is allowed");
    let sign = json!({ "KeyId": key_arn("ec") });
    let (_, body) = aws.call("AKIAWRITER", "TrentService.Sign", &sign).await;
    assert_eq!(error_name(&body), "AccessDeniedException");
    let (status, _) = aws.dynamodb(OPERATOR, "DeleteItem", &delete).await;
    assert_eq!(status, StatusCode::OK, "the operator is allowed everything");
}

#[tokio::test]
async fn every_call_is_logged() {
    let aws = start(None).await;
    aws.dynamodb("AKIAWRITER", "PutItem", &put("1")).await;
    aws.dynamodb("AKIAWRITER", "DeleteItem", &put("1")).await;
    aws.kms("DescribeKey", &json!({ "KeyId": "rsa" })).await;
    let calls: Vec<_> =
        aws.calls.all().into_iter().map(|call| (call.caller, call.action, call.permissions, call.allowed)).collect();
    let call = |caller: &str, action: &str, resource: &str, allowed| {
        (caller.to_owned(), action.to_owned(), vec![(action.to_owned(), resource.to_owned())], allowed)
    };
    assert_eq!(
        calls,
        [
            call("writer", "dynamodb:PutItem", TABLE, true),
            call("writer", "dynamodb:DeleteItem", TABLE, false),
            call(OPERATOR, "kms:DescribeKey", &key_arn("rsa"), true),
        ]
    );
}

#[tokio::test]
async fn closed_or_reset_connection_applies_nothing() {
    let aws = start(None).await;
    for fault in [Fault::ConnectionClosed, Fault::ConnectionReset] {
        aws.faults.inject(Service::DynamoDb, Some("PutItem"), fault, None);
        assert_eq!(aws.try_call("AKIAWRITER", "DynamoDB_20120810.PutItem", &put("1")).await, None);
        assert_eq!(aws.item("1").await, Value::Null);
        aws.faults.clear();
    }
    assert_eq!(aws.dynamodb("AKIAWRITER", "PutItem", &put("1")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn call_with_lost_response_is_applied() {
    let aws = start(None).await;
    aws.faults.inject(Service::DynamoDb, None, Fault::ResponseLost, None);
    assert_eq!(aws.try_call("AKIAWRITER", "DynamoDB_20120810.PutItem", &put("1")).await, None);
    assert_eq!(aws.item("1").await["pk"]["S"], "1");
}

#[tokio::test]
async fn call_without_response_is_applied_if_withheld() {
    for (fault, applied) in [(Fault::NoResponse, false), (Fault::ResponseWithheld, true)] {
        let aws = start(None).await;
        aws.faults.inject(Service::DynamoDb, Some("PutItem"), fault.clone(), None);
        let body = put("1");
        let call = aws.try_call("AKIAWRITER", "DynamoDB_20120810.PutItem", &body);
        assert!(tokio::time::timeout(Duration::from_millis(300), call).await.is_err(), "{fault:?}");
        assert_eq!(aws.item("1").await != Value::Null, applied, "{fault:?}");
    }
}

#[tokio::test]
async fn truncated_response_is_invalid_json_and_call_applied() {
    let aws = start(None).await;
    aws.faults.inject(Service::DynamoDb, None, Fault::ResponseTruncated, None);
    let response = aws.request("AKIAWRITER", "DynamoDB_20120810.PutItem", &put("1")).send().await.unwrap();
    assert_eq!((response.status(), response.text().await.unwrap().as_str()), (StatusCode::OK, "{"));
    assert_eq!(aws.item("1").await["pk"]["S"], "1");
}

#[tokio::test]
async fn error_response_is_injected_the_given_number_of_times() {
    let aws = start(None).await;
    let error_type = "ProvisionedThroughputExceededException".to_owned();
    let fault = Fault::ErrorResponse { status: StatusCode::BAD_REQUEST, error_type: error_type.clone() };
    aws.faults.inject(Service::DynamoDb, Some("PutItem"), fault, Some(1));
    let (status, body) = aws.dynamodb("AKIAWRITER", "PutItem", &put("1")).await;
    assert_eq!((status, error_name(&body)), (StatusCode::BAD_REQUEST, error_type.as_str()));
    assert_eq!(aws.item("1").await, Value::Null);
    assert_eq!(aws.dynamodb("AKIAWRITER", "PutItem", &put("1")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn delayed_call_is_applied_after_the_delay() {
    let aws = start(None).await;
    let delay = Duration::from_millis(200);
    aws.faults.inject(Service::DynamoDb, None, Fault::Delay(delay), Some(1));
    let started = Instant::now();
    assert_eq!(aws.dynamodb("AKIAWRITER", "PutItem", &put("1")).await.0, StatusCode::OK);
    assert!(started.elapsed() >= delay);
}

#[tokio::test]
async fn unprocessed_keys_are_returned() {
    let aws = start(None).await;
    let items = json!({ "tokens": { "Keys": [{ "pk": { "S": "1" } }], "ConsistentRead": true } });
    let batch = json!({ "RequestItems": items });
    aws.faults.inject(Service::DynamoDb, Some("BatchGetItem"), Fault::KeysUnprocessed, Some(1));
    let (_, result) = aws.dynamodb("AKIAWRITER", "BatchGetItem", &batch).await;
    assert_eq!(result, json!({ "Responses": {}, "UnprocessedKeys": items }));
    let (_, result) = aws.dynamodb("AKIAWRITER", "BatchGetItem", &batch).await;
    assert_eq!(result["UnprocessedKeys"], json!({}));
}

#[tokio::test]
async fn stalled_response_starts_and_never_ends() {
    let aws = start(None).await;
    aws.faults.inject(Service::DynamoDb, None, Fault::ResponseStalled, None);
    let response = aws.request("AKIAWRITER", "DynamoDB_20120810.PutItem", &put("1")).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(tokio::time::timeout(Duration::from_millis(300), response.bytes()).await.is_err());
    assert_eq!(aws.item("1").await["pk"]["S"], "1");
}
