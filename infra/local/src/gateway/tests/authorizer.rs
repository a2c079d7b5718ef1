//! Closed by default.

use super::*;

fn asked(answer: Result<Value, InvokeError>) -> Fake {
    willing().with("authorizer", answer)
}

/// Whether the function behind the route was reached.
fn reached(answered: &Answered) -> bool {
    answered.functions.called().iter().any(|name| name == "tokens")
}

#[tokio::test]
async fn without_an_identity_header_the_authorizer_is_not_asked() {
    for value in [None, Some("")] {
        let mut request = request("GET", "/tokens/x");
        request.headers_mut().remove("authorization");
        if let Some(value) = value {
            request.headers_mut().insert("authorization", HeaderValue::from_static(value));
        }
        let answered = send(willing(), request).await;
        assert_eq!(answered.refusal(), (401, "UnauthorizedException"));
        assert_eq!(answered.body, "client \"Unauthorized\"");
        assert!(answered.functions.called().is_empty());
    }
}

#[tokio::test]
async fn a_grant_lets_the_request_through() {
    let answered = send(willing(), request("GET", "/tokens/x")).await;
    assert_eq!((answered.status, answered.body.as_str()), (200, "hello"));
    assert_eq!(answered.functions.called(), ["authorizer", "tokens"]);
}

#[tokio::test]
async fn every_request_is_asked_about_anew() {
    let functions = Arc::new(willing());
    let gateway = Arc::new(gateway(TEMPLATE, Arc::clone(&functions), false));
    for _ in 0..2 {
        assert_eq!(answer(State(Arc::clone(&gateway)), request("GET", "/tokens/x")).await.status(), 200);
    }
    assert_eq!(functions.called(), ["authorizer", "tokens", "authorizer", "tokens"]);
}

#[tokio::test]
async fn a_route_that_is_open_asks_nobody_and_has_no_caller() {
    let answered = send(willing(), request("PUT", "/open")).await;
    assert_eq!(answered.functions.called(), ["open"]);
    assert_eq!(answered.functions.event("open")["requestContext"].get("authorizer"), None);
}

#[tokio::test]
async fn a_policy_that_does_not_allow_denies_with_the_authorizers_own_words() {
    let other = ALLOWED.replace("live", "test");
    let false_arns = [other.as_str(), "", "'*'", "arn:aws:execute-api:us-east-1:000000000000:api/live/POST/*"];
    let allows = false_arns.map(|arn| policy("Allow", arn));
    for answer in allows.into_iter().chain([policy("Deny", "*")]) {
        let answered = send(asked(Ok(answer)), request("GET", "/tokens/x")).await;
        assert_eq!(answered.refusal(), (403, "AccessDeniedException"));
        let id = answered.header("x-amzn-requestid").unwrap();
        assert_eq!(answered.body, format!("missing_permission|2|||{id}"));
        assert_eq!(answered.header("content-type"), Some("application/problem+json"));
        assert_eq!(answered.header("cache-control"), Some("no-store"));
        assert!(!reached(&answered));
    }
}

#[tokio::test]
async fn the_error_unauthorized_is_a_401_and_no_other_one_is() {
    let failed = |message: &str| Err(InvokeError::Failed { message: message.into() });
    let answered = send(asked(failed("Unauthorized")), request("GET", "/tokens/x")).await;
    assert_eq!(answered.refusal(), (401, "UnauthorizedException"));
    assert!(!reached(&answered));
    let errors = [failed("Unauthorized!"), Err(InvokeError::Crashed), Err(InvokeError::FunctionTimeout)];
    for error in errors.into_iter().chain([Err(InvokeError::CallerTimeout)]) {
        let answered = send(asked(error), request("GET", "/tokens/x")).await;
        assert_eq!(answered.refusal(), (500, "AuthorizerFailureException"));
        assert_eq!(answered.body, "{\"message\":\"Internal server error\"}");
        assert!(!reached(&answered));
    }
}

#[tokio::test]
async fn an_answer_that_is_not_understood_grants_nothing() {
    let mut truth = grant();
    truth["policyDocument"]["Statement"][0]["Effect"] = json!(true);
    let mut condition = grant();
    condition["policyDocument"]["Statement"][0]["Condition"] = json!({"Bool": {"aws:SecureTransport": "true"}});
    let mut list = grant();
    list["context"]["roles"] = json!(["a"]);
    let mut long = grant();
    long["context"]["roles"] = json!("x".repeat(8 * 1024));
    for answer in [truth, condition, list, long, json!({"isAuthorized": true}), json!("Allow"), json!(null)] {
        let answered = send(asked(Ok(answer)), request("GET", "/tokens/x")).await;
        assert_eq!(answered.refusal(), (500, "AuthorizerConfigurationException"));
        assert!(!reached(&answered));
    }
}

#[tokio::test]
async fn the_authorizer_is_asked_with_a_request_event() {
    let answered = send(willing(), request("GET", "/tokens/x?a=1&a=2")).await;
    let event = answered.functions.event("authorizer");
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
async fn the_context_is_handed_on_as_strings_and_cannot_name_another_principal() {
    let mut answer = grant();
    answer["context"]["principalId"] = json!("somebody else");
    answer["context"]["integrationLatency"] = json!("-1");
    let answered = send(asked(Ok(answer)), request("GET", "/tokens/x")).await;
    let context = &answered.functions.event("tokens")["requestContext"]["authorizer"];
    assert_eq!((&context["principalId"], &context["count"]), (&json!("someone"), &json!("2")));
    assert_eq!((&context["live"], &context["code"]), (&json!("true"), &json!("missing_permission")));
    assert!(context["integrationLatency"].is_u64(), "{context}");
}
