//! Which requests reach a function at all.

use super::*;

#[tokio::test]
async fn a_path_or_method_that_is_no_route_is_a_missing_authentication_token() {
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
        let answered = send(willing(), request(method, uri)).await;
        assert_eq!(answered.refusal(), (404, "MissingAuthenticationTokenException"), "{method} {uri}");
        assert_eq!(answered.body, "Missing Authentication Token");
        assert!(answered.functions.called().is_empty(), "{method} {uri}");
    }
}

#[tokio::test]
async fn every_path_begins_with_the_stage_where_there_is_one() {
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
        let functions = Arc::new(willing());
        let answered = sent(gateway(TEMPLATE, Arc::clone(&functions), true), request("GET", uri), functions).await;
        assert_eq!(answered.status, status, "{uri}");
    }
}

#[tokio::test]
async fn the_event_has_the_path_without_and_its_context_the_path_with_the_stage() {
    let functions = Arc::new(willing());
    let request = request("GET", "/live/tokens/a%20b?c=d");
    let answered = sent(gateway(TEMPLATE, Arc::clone(&functions), true), request, functions).await;
    let event = answered.functions.event("tokens");
    assert_eq!(event["path"], "/tokens/a%20b");
    assert_eq!(event["requestContext"]["path"], "/live/tokens/a%20b");
    assert_eq!(event["pathParameters"], json!({"id": "a b"}));
    let arn = "arn:aws:execute-api:us-east-1:000000000000:api/live/GET/tokens/a%20b";
    assert_eq!(answered.functions.event("authorizer")["methodArn"], arn);
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_its_own() {
    let mut ids = Vec::new();
    for uri in ["/open", "/open", "/tokens/x", "/nowhere"] {
        let answered = send(willing(), request("GET", uri)).await;
        let id = answered.header("x-amzn-requestid").unwrap().to_owned();
        assert_eq!((id.len(), id.as_bytes()[14], id.matches('-').count()), (36, b'4', 4), "{id}");
        if let Some((_, event, _)) = answered.functions.calls().last() {
            assert_eq!(event["requestContext"]["requestId"], id);
        }
        ids.push(id);
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[tokio::test]
async fn it_is_all_served_over_http() {
    let functions = Arc::new(willing());
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
