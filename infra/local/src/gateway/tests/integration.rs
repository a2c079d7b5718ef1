//! What a function receives and what becomes of its answer.

use super::*;

fn with_body(body: impl Into<Body>) -> Request {
    let request = Request::builder().method("POST").uri("/open").header("user-agent", "test/1");
    request.body(body.into()).unwrap()
}

async fn opened(answer: Result<Value, InvokeError>) -> Answered {
    send(willing().with("open", answer), request("GET", "/open")).await
}

#[tokio::test]
async fn the_proxy_event_has_the_shape_of_version_one() {
    let mut request = with_body("{}");
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 7], 4000))));
    let event = send(willing(), request).await.functions.event("open");
    for (member, value) in [
        ("resource", json!("/open")),
        ("path", json!("/open")),
        ("httpMethod", json!("POST")),
        ("pathParameters", Value::Null),
        ("queryStringParameters", Value::Null),
        ("multiValueQueryStringParameters", Value::Null),
        ("stageVariables", Value::Null),
        ("body", json!("{}")),
        ("isBase64Encoded", json!(false)),
    ] {
        assert_eq!(event.get(member), Some(&value), "{member}");
    }
    assert_eq!((event.get("version"), event.get("methodArn")), (None, None));
    let context = &event["requestContext"];
    assert_eq!((&context["stage"], &context["apiId"]), (&json!("live"), &json!("api")));
    assert_eq!((&context["accountId"], &context["protocol"]), (&json!("000000000000"), &json!("HTTP/1.1")));
    assert_eq!((&context["domainName"], &context["domainPrefix"]), (&json!("api.example.com"), &json!("api")));
    assert_eq!(context["identity"], json!({"sourceIp": "192.0.2.7", "userAgent": "test/1"}));
    assert!(context["requestTimeEpoch"].is_i64(), "{context}");
    let time = context["requestTime"].as_str().unwrap();
    assert_eq!((time.len(), &time[20..]), (26, " +0000"), "{time}");
}

#[tokio::test]
async fn a_body_is_text_and_an_empty_one_is_none() {
    for (body, expected) in
        [(Vec::new(), Value::Null), (b"text".to_vec(), json!("text")), (b"a\xffb".to_vec(), json!("a\u{fffd}b"))]
    {
        let event = send(willing(), with_body(body)).await.functions.event("open");
        assert_eq!(event["body"], expected);
    }
}

#[tokio::test]
async fn of_a_header_that_came_twice_the_last_one_counts_and_both_are_there() {
    let mut request = request("GET", "/open");
    request.headers_mut().append("authorization", HeaderValue::from_static("Bearer y"));
    let event = send(willing(), request).await.functions.event("open");
    assert_eq!(event["headers"]["authorization"], "Bearer y");
    assert_eq!(event["multiValueHeaders"]["authorization"], json!(["Bearer x", "Bearer y"]));
}

#[tokio::test]
async fn the_query_is_decoded() {
    let event = send(willing(), request("GET", "/open?a=%C3%A9&b=1+2&c&a=%2F&d=%ff")).await.functions.event("open");
    assert_eq!(event["queryStringParameters"], json!({"a": "/", "b": "1 2", "c": "", "d": "\u{fffd}"}));
    assert_eq!(event["multiValueQueryStringParameters"]["a"], json!(["é", "/"]));
}

#[tokio::test]
async fn the_answer_is_the_functions() {
    let headers = json!({"WWW-Authenticate": "Bearer", "Content-Type": "text/plain"});
    let answered = opened(Ok(json!({"statusCode": "401", "headers": headers, "body": "no"}))).await;
    assert_eq!(answered.refusal(), (401, "none"));
    assert_eq!((answered.body.as_str(), answered.header("content-type")), ("no", Some("text/plain")));
    assert_eq!(answered.header("x-amzn-Remapped-WWW-Authenticate"), Some("Bearer"));
    assert_eq!(answered.header("www-authenticate"), None);
}

#[tokio::test]
async fn a_malformed_answer_is_an_internal_error() {
    for answer in [json!(null), json!({"body": "x"}), json!({"statusCode": 200, "body": {}})] {
        let answered = opened(Ok(answer)).await;
        assert_eq!(answered.refusal(), (502, "InternalServerErrorException"));
        assert_eq!(answered.body, "{\"message\":\"Internal server error\"}");
        assert_eq!(answered.header("content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn a_function_that_fails_is_an_internal_error_and_says_nothing() {
    for error in [
        InvokeError::Failed { message: "Unauthorized".into() },
        InvokeError::Crashed,
        InvokeError::FunctionTimeout,
        InvokeError::UnknownFunction("open".into()),
    ] {
        let answered = opened(Err(error)).await;
        assert_eq!(answered.refusal(), (502, "InternalServerErrorException"));
        assert_eq!(answered.body, "{\"message\":\"Internal server error\"}");
    }
}

#[tokio::test]
async fn a_refusal_after_the_authorizer_can_say_its_words() {
    let responses = "GatewayResponses:\n        INTEGRATION_TIMEOUT:\n          StatusCode: 599\n          \
                     ResponseTemplates: { application/json: \"$context.authorizer.reason\" }";
    let template = TEMPLATE.replace("GatewayResponses:", responses);
    let functions = Arc::new(willing().with("tokens", Err(InvokeError::CallerTimeout)));
    let gateway = gateway(&template, Arc::clone(&functions), false);
    let answered = sent(gateway, request("GET", "/tokens/x"), functions).await;
    assert_eq!((answered.status, answered.body.as_str()), (599, "it may not"));
}
