//! HTTP APIs.

use super::*;

const TEMPLATE: &str = r#"
Resources:
  Web:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        DefaultAuthorizer: Own
        Authorizers:
          Own:
            FunctionArn: !GetAtt Authorizer.Arn
            AuthorizerPayloadFormatVersion: "2.0"
            EnableSimpleResponses: true
            Identity: { Headers: [Authorization] }
  Authorizer:
    Type: AWS::Serverless::Function
    Metadata: { BuildProperties: { Binary: authorizer } }
  Tokens:
    Type: AWS::Serverless::Function
    Metadata: { BuildProperties: { Binary: tokens } }
    Properties:
      Events:
        Get:
          Type: HttpApi
          Properties: { ApiId: !Ref Web, Path: "/tokens/{id}", Method: get }
        Open:
          Type: HttpApi
          Properties: { ApiId: !Ref Web, Path: /open, Method: get, Auth: { Authorizer: NONE } }
"#;

fn http_functions() -> FakeFunctions {
    let allow = json!({"isAuthorized": true, "context": {"code": "ok", "count": 2}});
    FakeFunctions::default().with("authorizer", Ok(allow)).with("tokens", Ok(ok()))
}

async fn send(functions: FakeFunctions, request: Request) -> TestResponse {
    let functions = Arc::new(functions);
    send_to(gateway(TEMPLATE, Arc::clone(&functions), false), request, functions).await
}

#[tokio::test]
async fn authorizer_receives_payload_2_with_decoded_path() {
    let mut request = request("GET", "/tokens/a%2Fb?x=1&x=2");
    request.headers_mut().append("authorization", HeaderValue::from_static("Bearer y"));
    let response = send(http_functions(), request).await;
    let event = response.functions.event("authorizer");
    assert_eq!((&event["version"], &event["type"]), (&json!("2.0"), &json!("REQUEST")));
    assert_eq!((&event["routeKey"], &event["rawPath"]), (&json!("GET /tokens/{id}"), &json!("/tokens/a/b")));
    assert_eq!(event["pathParameters"], json!({"id": "a/b"}));
    assert_eq!(response.functions.event("tokens")["pathParameters"], json!({"id": "a/b"}));
    assert_eq!(event["headers"]["authorization"], "Bearer x,Bearer y");
    assert_eq!(event["identitySource"], json!(["Bearer x,Bearer y"]));
    assert_eq!(event["queryStringParameters"], json!({"x": "1,2"}));
    let context = &event["requestContext"];
    assert_eq!((&context["apiId"], &context["stage"]), (&json!("web"), &json!("$default")));
    assert_eq!((&context["routeKey"], &context["http"]["method"]), (&event["routeKey"], &json!("GET")));
}

#[tokio::test]
async fn function_receives_context_and_its_response_is_sent() {
    let response = send(http_functions(), request("GET", "/tokens/7")).await;
    assert_eq!((response.status, response.body.as_str()), (200, "hello"));
    let event = response.functions.event("tokens");
    assert_eq!(event["requestContext"]["authorizer"]["lambda"], json!({"code": "ok", "count": "2"}));
    let cookies = json!({"statusCode": 201, "cookies": ["a=1", "b=2"], "body": "aGk=", "isBase64Encoded": true});
    let response = send(http_functions().with("tokens", Ok(cookies)), request("GET", "/open")).await;
    assert_eq!((response.status, response.body.as_str()), (201, "hi"));
    assert_eq!(response.headers.get_all("set-cookie").iter().count(), 2);
    let response = send(http_functions().with("tokens", Ok(json!({"no": "status"}))), request("GET", "/open")).await;
    assert_eq!((response.status, response.body.as_str()), (200, r#"{"no":"status"}"#));
}

#[tokio::test]
async fn error_responses_have_fixed_status_and_body() {
    let failed = |message: &str| Err(InvokeError::Failed { message: message.to_owned() });
    let authorizer = |result| http_functions().with("authorizer", result);
    let bare = Request::builder().uri("/tokens/7").body(Body::empty()).unwrap();
    for (functions, request, status, message) in [
        (http_functions(), request("GET", "/nowhere"), 404, "Not Found"),
        (http_functions(), request("POST", "/tokens/7"), 404, "Not Found"),
        (http_functions(), request("HEAD", "/open"), 404, "Not Found"),
        (http_functions(), bare, 401, "Unauthorized"),
        (authorizer(failed("Unauthorized")), request("GET", "/tokens/7"), 401, "Unauthorized"),
        (authorizer(Ok(json!({"isAuthorized": false}))), request("GET", "/tokens/7"), 403, "Forbidden"),
        (authorizer(failed("Undecided")), request("GET", "/tokens/7"), 500, "Internal Server Error"),
        (authorizer(Ok(allow())), request("GET", "/tokens/7"), 500, "Internal Server Error"),
        (
            http_functions().with("tokens", Err(InvokeError::Crashed)),
            request("GET", "/open"),
            500,
            "Internal Server Error",
        ),
        (
            http_functions().with("tokens", Err(InvokeError::CallerTimeout)),
            request("GET", "/open"),
            503,
            "Service Unavailable",
        ),
    ] {
        let response = send(functions, request).await;
        assert_eq!((response.status, response.body), (status, json!({"message": message}).to_string()));
        assert!(response.functions.invoked().iter().all(|name| name != "tokens") || status >= 500);
    }
}
