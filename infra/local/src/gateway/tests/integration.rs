//! Events and responses of functions behind a REST API.

use super::*;

fn with_body(body: impl Into<Body>) -> Request {
    let request = Request::builder().method("POST").uri("/open").header("user-agent", "test/1");
    request.body(body.into()).unwrap()
}

async fn send_open(result: Result<Value, InvokeError>) -> TestResponse {
    send(functions().with("open", result), request("GET", "/open")).await
}

#[tokio::test]
async fn proxy_event_has_payload_format_1() {
    let mut request = with_body("{}");
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 7], 4000))));
    let event = send(functions(), request).await.functions.event("open");
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
async fn event_body_is_text_or_null() {
    for (body, expected) in
        [(Vec::new(), Value::Null), (b"text".to_vec(), json!("text")), (b"a\xffb".to_vec(), json!("a\u{fffd}b"))]
    {
        let event = send(functions(), with_body(body)).await.functions.event("open");
        assert_eq!(event["body"], expected);
    }
}

#[tokio::test]
async fn repeated_header_has_last_value_and_all_values() {
    let mut request = request("GET", "/open");
    request.headers_mut().append("authorization", HeaderValue::from_static("Bearer y"));
    let event = send(functions(), request).await.functions.event("open");
    assert_eq!(event["headers"]["authorization"], "Bearer y");
    assert_eq!(event["multiValueHeaders"]["authorization"], json!(["Bearer x", "Bearer y"]));
}

#[tokio::test]
async fn query_is_decoded() {
    let event = send(functions(), request("GET", "/open?a=%C3%A9&b=1+2&c&a=%2F&d=%ff")).await.functions.event("open");
    assert_eq!(event["queryStringParameters"], json!({"a": "/", "b": "1 2", "c": "", "d": "\u{fffd}"}));
    assert_eq!(event["multiValueQueryStringParameters"]["a"], json!(["é", "/"]));
}

#[tokio::test]
async fn response_has_status_headers_and_body_of_the_function() {
    let headers = json!({"WWW-Authenticate": "Bearer", "Content-Type": "text/plain"});
    let response = send_open(Ok(json!({"statusCode": "401", "headers": headers, "body": "no"}))).await;
    assert_eq!(response.error(), (401, "none"));
    assert_eq!((response.body.as_str(), response.header("content-type")), ("no", Some("text/plain")));
    assert_eq!(response.header("x-amzn-Remapped-WWW-Authenticate"), Some("Bearer"));
    assert_eq!(response.header("www-authenticate"), None);
}

#[tokio::test]
async fn malformed_response_is_an_internal_error() {
    for malformed in [json!(null), json!({"body": "x"}), json!({"statusCode": 200, "body": {}})] {
        let response = send_open(Ok(malformed)).await;
        assert_eq!(response.error(), (502, "InternalServerErrorException"));
        assert_eq!(response.body, "{\"message\":\"Internal server error\"}");
        assert_eq!(response.header("content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn failed_function_is_an_internal_error_without_details() {
    for error in [
        InvokeError::Failed { message: "Unauthorized".into() },
        InvokeError::Crashed,
        InvokeError::FunctionTimeout,
        InvokeError::UnknownFunction("open".into()),
    ] {
        let response = send_open(Err(error)).await;
        assert_eq!(response.error(), (502, "InternalServerErrorException"));
        assert_eq!(response.body, "{\"message\":\"Internal server error\"}");
    }
}

#[tokio::test]
async fn later_error_response_can_contain_authorizer_context() {
    let responses = "GatewayResponses:\n        INTEGRATION_TIMEOUT:\n          StatusCode: 599\n          \
                     ResponseTemplates: { application/json: \"$context.authorizer.reason\" }";
    let template = TEMPLATE.replace("GatewayResponses:", responses);
    let functions = Arc::new(functions().with("tokens", Err(InvokeError::CallerTimeout)));
    let gateway = gateway(&template, Arc::clone(&functions), false);
    let response = send_to(gateway, request("GET", "/tokens/x"), functions).await;
    assert_eq!((response.status, response.body.as_str()), (599, "not permitted"));
}
