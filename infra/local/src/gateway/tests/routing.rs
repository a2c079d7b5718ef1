//! Routing of requests.

use super::*;

#[tokio::test]
async fn unknown_route_is_a_missing_authentication_token() {
    for (method, uri) in [
        ("GET", "/"),
        ("GET", "/tokens"),
        ("GET", "/tokens/"),
        ("GET", "/tokens/x/"),
        ("GET", "//open"),
        ("GET", "/Open"),
        ("HEAD", "/tokens/x"),
        ("OPTIONS", "/tokens"),
        ("GET", "/live/open"),
    ] {
        let response = send(functions(), request(method, uri)).await;
        assert_eq!(response.error(), (404, "MissingAuthenticationTokenException"), "{method} {uri}");
        assert_eq!(response.body, "Missing Authentication Token");
        assert!(response.functions.invoked().is_empty(), "{method} {uri}");
    }
}

#[tokio::test]
async fn path_must_begin_with_the_stage() {
    for (uri, status) in [
        ("/live/open", 200),
        ("/open", 404),
        ("/live", 404),
        ("/live/", 404),
        ("/liveopen", 404),
        ("/live//open", 404),
        ("/Live/open", 404),
        ("/other/open", 404),
        ("/live/live/open", 404),
    ] {
        let functions = Arc::new(functions());
        let response = send_to(gateway(TEMPLATE, Arc::clone(&functions), true), request("GET", uri), functions).await;
        assert_eq!(response.status, status, "{uri}");
    }
}

#[tokio::test]
async fn only_the_request_context_contains_the_stage() {
    let functions = Arc::new(functions());
    let request = request("GET", "/live/tokens/a%20b?c=d");
    let response = send_to(gateway(TEMPLATE, Arc::clone(&functions), true), request, functions).await;
    let event = response.functions.event("tokens");
    assert_eq!(event["path"], "/tokens/a%20b");
    assert_eq!(event["requestContext"]["path"], "/live/tokens/a%20b");
    assert_eq!(event["pathParameters"], json!({"id": "a%20b"}));
    let arn = "arn:aws:execute-api:us-east-1:000000000000:api/live/GET/tokens/a%20b";
    assert_eq!(response.functions.event("authorizer")["methodArn"], arn);
}

#[tokio::test]
async fn each_response_has_its_own_request_id() {
    let mut ids = Vec::new();
    for uri in ["/open", "/open", "/tokens/x", "/nowhere"] {
        let response = send(functions(), request("GET", uri)).await;
        let id = response.header("x-amzn-requestid").unwrap().to_owned();
        assert_eq!((id.len(), id.as_bytes()[14], id.matches('-').count()), (36, b'4', 4), "{id}");
        if let Some((_, event, _)) = response.functions.calls().last() {
            assert_eq!(event["requestContext"]["requestId"], id);
        }
        ids.push(id);
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[tokio::test]
async fn gateway_serves_http() {
    let functions = Arc::new(functions());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let gateway = gateway(TEMPLATE, Arc::clone(&functions), true);
    let server = tokio::spawn(gateway.serve(listener, std::future::pending()));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let found = client.get(format!("{base}/live/open")).send().await.unwrap();
    assert_eq!((found.status().as_u16(), found.headers()["content-type"].to_str().unwrap()), (200, "application/json"));
    assert_eq!(found.text().await.unwrap(), "hello");
    let lost = client.head(format!("{base}/live/tokens/x")).send().await.unwrap();
    assert_eq!((lost.status().as_u16(), lost.text().await.unwrap().as_str()), (404, ""));
    assert_eq!(functions.event("open")["requestContext"]["identity"]["sourceIp"], "127.0.0.1");
    server.abort();
}
