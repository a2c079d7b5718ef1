use std::time::{Duration, Instant};

use super::{faults::Fault, *};

#[tokio::test]
async fn a_caller_that_is_not_known_is_refused() {
    let aws = start(None).await;
    let (status, body) = aws.dynamodb("AKIAOTHER", "PutItem", &put("1")).await;
    assert_eq!((status, error_name(&body)), (StatusCode::FORBIDDEN, "UnrecognizedClientException"));
    let answer = Client::new().post(&aws.kms_url).body("{}").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(aws.calls.all().is_empty());
}

#[tokio::test]
async fn a_function_may_do_what_its_policy_says_and_no_more() {
    let aws = start(None).await;
    let delete = json!({ "TableName": "tokens", "Key": { "pk": { "S": "1" } } });
    let (status, body) = aws.dynamodb("AKIAWRITER", "DeleteItem", &delete).await;
    assert_eq!((status, error_name(&body)), (StatusCode::BAD_REQUEST, "AccessDeniedException"));
    let message = body["message"].as_str().unwrap();
    assert!(message.contains("dynamodb:DeleteItem on resource: arn:aws:dynamodb:eu-west-1"), "{message}");
    let batch = json!({ "RequestItems": { "tokens": { "Keys": [] }, "others": { "Keys": [] } } });
    let (_, body) = aws.dynamodb("AKIAWRITER", "BatchGetItem", &batch).await;
    assert_eq!(error_name(&body), "AccessDeniedException", "one table of two is not allowed");
    let sign = json!({ "KeyId": key_arn("ec") });
    let (_, body) = aws.call("AKIAWRITER", "TrentService.Sign", &sign).await;
    assert_eq!(error_name(&body), "AccessDeniedException");
    let (status, _) = aws.dynamodb(OPERATOR, "DeleteItem", &delete).await;
    assert_eq!(status, StatusCode::OK, "the operator may");
}

#[tokio::test]
async fn every_call_is_recorded() {
    let aws = start(None).await;
    aws.dynamodb("AKIAWRITER", "PutItem", &put("1")).await;
    aws.dynamodb("AKIAWRITER", "DeleteItem", &put("1")).await;
    aws.kms("DescribeKey", &json!({ "KeyId": "rsa" })).await;
    let calls: Vec<_> =
        aws.calls.all().into_iter().map(|call| (call.caller, call.action, call.resources, call.allowed)).collect();
    let call = |caller: &str, action: &str, resource: &str, allowed| {
        (caller.to_owned(), action.to_owned(), vec![resource.to_owned()], allowed)
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
async fn a_service_that_is_down_applies_nothing() {
    let aws = start(None).await;
    for fault in [Fault::Down, Fault::Reset] {
        aws.faults.inject(Service::DynamoDb, Some("PutItem"), fault, None);
        assert_eq!(aws.try_call("AKIAWRITER", "DynamoDB_20120810.PutItem", &put("1")).await, None);
        assert_eq!(aws.item("1").await, Value::Null);
        aws.faults.clear();
    }
    assert_eq!(aws.dynamodb("AKIAWRITER", "PutItem", &put("1")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_lost_answer_was_applied() {
    let aws = start(None).await;
    aws.faults.inject(Service::DynamoDb, None, Fault::LoseAnswer, None);
    assert_eq!(aws.try_call("AKIAWRITER", "DynamoDB_20120810.PutItem", &put("1")).await, None);
    assert_eq!(aws.item("1").await["pk"]["S"], "1");
}

#[tokio::test]
async fn a_silent_service_has_applied_the_call_or_not() {
    for (fault, applied) in [(Fault::Silence, false), (Fault::WithholdAnswer, true)] {
        let aws = start(None).await;
        aws.faults.inject(Service::DynamoDb, Some("PutItem"), fault.clone(), None);
        let body = put("1");
        let call = aws.try_call("AKIAWRITER", "DynamoDB_20120810.PutItem", &body);
        assert!(tokio::time::timeout(Duration::from_millis(300), call).await.is_err(), "{fault:?}");
        assert_eq!(aws.item("1").await != Value::Null, applied, "{fault:?}");
    }
}

#[tokio::test]
async fn a_garbled_answer_is_no_json_and_was_applied() {
    let aws = start(None).await;
    aws.faults.inject(Service::DynamoDb, None, Fault::Garble, None);
    let answer = aws.request("AKIAWRITER", "DynamoDB_20120810.PutItem", &put("1")).send().await.unwrap();
    assert_eq!((answer.status(), answer.text().await.unwrap().as_str()), (StatusCode::OK, "{"));
    assert_eq!(aws.item("1").await["pk"]["S"], "1");
}

#[tokio::test]
async fn an_error_is_answered_as_often_as_asked_for() {
    let aws = start(None).await;
    let error_type = "ProvisionedThroughputExceededException".to_owned();
    let fault = Fault::Status { status: StatusCode::BAD_REQUEST, error_type: error_type.clone() };
    aws.faults.inject(Service::DynamoDb, Some("PutItem"), fault, Some(1));
    let (status, body) = aws.dynamodb("AKIAWRITER", "PutItem", &put("1")).await;
    assert_eq!((status, error_name(&body)), (StatusCode::BAD_REQUEST, error_type.as_str()));
    assert_eq!(aws.item("1").await, Value::Null);
    assert_eq!(aws.dynamodb("AKIAWRITER", "PutItem", &put("1")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_delayed_call_is_answered_later() {
    let aws = start(None).await;
    let delay = Duration::from_millis(200);
    aws.faults.inject(Service::DynamoDb, None, Fault::Delay(delay), Some(1));
    let started = Instant::now();
    assert_eq!(aws.dynamodb("AKIAWRITER", "PutItem", &put("1")).await.0, StatusCode::OK);
    assert!(started.elapsed() >= delay);
}

#[tokio::test]
async fn unprocessed_keys_are_given_back() {
    let aws = start(None).await;
    let items = json!({ "tokens": { "Keys": [{ "pk": { "S": "1" } }], "ConsistentRead": true } });
    let batch = json!({ "RequestItems": items });
    aws.faults.inject(Service::DynamoDb, Some("BatchGetItem"), Fault::Unprocessed, Some(1));
    let (_, answer) = aws.dynamodb("AKIAWRITER", "BatchGetItem", &batch).await;
    assert_eq!(answer, json!({ "Responses": {}, "UnprocessedKeys": items }));
    let (_, answer) = aws.dynamodb("AKIAWRITER", "BatchGetItem", &batch).await;
    assert_eq!(answer["UnprocessedKeys"], json!({}));
}
