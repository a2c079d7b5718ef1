//! The authorizer: every request without a well-formed response that allows it is rejected.

use super::*;

fn with_authorizer(result: Result<Value, InvokeError>) -> FakeFunctions {
    functions().with("authorizer", result)
}

/// Whether the route's function was invoked.
fn is_function_invoked(response: &TestResponse) -> bool {
    response.functions.invoked().iter().any(|name| name == "tokens")
}

#[tokio::test]
async fn request_without_identity_header_is_unauthorized() {
    for value in [None, Some("")] {
        let mut request = request("GET", "/tokens/x");
        request.headers_mut().remove("authorization");
        if let Some(value) = value {
            request.headers_mut().insert("authorization", HeaderValue::from_static(value));
        }
        let response = send(functions(), request).await;
        assert_eq!(response.error(), (401, "UnauthorizedException"));
        assert_eq!(response.body, "client \"Unauthorized\"");
        assert!(response.functions.invoked().is_empty());
    }
}

#[tokio::test]
async fn allowed_request_reaches_the_function() {
    let response = send(functions(), request("GET", "/tokens/x")).await;
    assert_eq!((response.status, response.body.as_str()), (200, "hello"));
    assert_eq!(response.functions.invoked(), ["authorizer", "tokens"]);
}

#[tokio::test]
async fn authorizer_responses_are_not_cached() {
    let functions = Arc::new(functions());
    let gateway = Arc::new(gateway(TEMPLATE, Arc::clone(&functions), false));
    for _ in 0..2 {
        assert_eq!(handle(State(Arc::clone(&gateway)), request("GET", "/tokens/x")).await.status(), 200);
    }
    assert_eq!(functions.invoked(), ["authorizer", "tokens", "authorizer", "tokens"]);
}

#[tokio::test]
async fn public_route_invokes_no_authorizer() {
    let response = send(functions(), request("PUT", "/open")).await;
    assert_eq!(response.functions.invoked(), ["open"]);
    assert_eq!(response.functions.event("open")["requestContext"].get("authorizer"), None);
}

#[tokio::test]
async fn denied_request_gets_context_in_the_response() {
    let other = ALLOWED.replace("live", "test");
    let other_arns = [other.as_str(), "", "'*'", "arn:aws:execute-api:us-east-1:000000000000:api/live/POST/*"];
    let allowances = other_arns.map(|arn| policy("Allow", arn));
    for authorizer_response in allowances.into_iter().chain([policy("Deny", "*")]) {
        let response = send(with_authorizer(Ok(authorizer_response)), request("GET", "/tokens/x")).await;
        assert_eq!(response.error(), (403, "AccessDeniedException"));
        let id = response.header("x-amzn-requestid").unwrap();
        assert_eq!(response.body, format!("missing_permission|2|||{id}"));
        assert_eq!(response.header("content-type"), Some("application/problem+json"));
        assert_eq!(response.header("cache-control"), Some("no-store"));
        assert!(!is_function_invoked(&response));
    }
}

#[tokio::test]
async fn only_the_error_unauthorized_is_status_401() {
    let failed = |message: &str| Err(InvokeError::Failed { message: message.into() });
    let response = send(with_authorizer(failed("Unauthorized")), request("GET", "/tokens/x")).await;
    assert_eq!(response.error(), (401, "UnauthorizedException"));
    assert!(!is_function_invoked(&response));
    let errors = [failed("Unauthorized!"), Err(InvokeError::Crashed), Err(InvokeError::FunctionTimeout)];
    for error in errors.into_iter().chain([Err(InvokeError::CallerTimeout)]) {
        let response = send(with_authorizer(error), request("GET", "/tokens/x")).await;
        assert_eq!(response.error(), (500, "AuthorizerFailureException"));
        assert_eq!(response.body, "{\"message\":\"Internal server error\"}");
        assert!(!is_function_invoked(&response));
    }
}

#[tokio::test]
async fn malformed_authorizer_response_is_status_500() {
    let mut truth = allow();
    truth["policyDocument"]["Statement"][0]["Effect"] = json!(true);
    let mut condition = allow();
    condition["policyDocument"]["Statement"][0]["Condition"] = json!({"Bool": {"aws:SecureTransport": "true"}});
    let mut list = allow();
    list["context"]["roles"] = json!(["a"]);
    let mut long = allow();
    long["context"]["roles"] = json!("x".repeat(8 * 1024));
    for authorizer_response in
        [truth, condition, list, long, json!({"isAuthorized": true}), json!("Allow"), json!(null)]
    {
        let response = send(with_authorizer(Ok(authorizer_response)), request("GET", "/tokens/x")).await;
        assert_eq!(response.error(), (500, "AuthorizerConfigurationException"));
        assert!(!is_function_invoked(&response));
    }
}

#[tokio::test]
async fn authorizer_receives_a_request_event() {
    let response = send(functions(), request("GET", "/tokens/x?a=1&a=2")).await;
    let event = response.functions.event("authorizer");
    assert_eq!(event["type"], "REQUEST");
    assert_eq!(event["methodArn"], "arn:aws:execute-api:us-east-1:000000000000:api/live/GET/tokens/x");
    assert_eq!((&event["resource"], &event["path"]), (&json!("/tokens/{id}"), &json!("/tokens/x")));
    assert_eq!(event["headers"]["authorization"], "Bearer x");
    assert_eq!(event["queryStringParameters"], json!({"a": "2"}));
    assert_eq!(event["multiValueQueryStringParameters"], json!({"a": ["1", "2"]}));
    assert_eq!(event["pathParameters"], json!({"id": "x"}));
    assert_eq!(event["stageVariables"], json!({}));
    assert_eq!(event.get("body"), None);
}

#[tokio::test]
async fn context_cannot_replace_the_principal() {
    let mut authorizer_response = allow();
    authorizer_response["context"]["principalId"] = json!("another");
    authorizer_response["context"]["integrationLatency"] = json!("-1");
    let response = send(with_authorizer(Ok(authorizer_response)), request("GET", "/tokens/x")).await;
    let context = &response.functions.event("tokens")["requestContext"]["authorizer"];
    assert_eq!((&context["principalId"], &context["count"]), (&json!("someone"), &json!("2")));
    assert_eq!((&context["live"], &context["code"]), (&json!("true"), &json!("missing_permission")));
    assert!(context["integrationLatency"].is_u64(), "{context}");
}
