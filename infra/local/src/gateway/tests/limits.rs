//! Quotas and time limits.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;

fn request_of(body_bytes: usize) -> Request {
    Request::builder().method("POST").uri("/open").body(Body::from(vec![b'a'; body_bytes])).unwrap()
}

#[tokio::test]
async fn body_may_have_ten_megabytes() {
    let limit = 10 * 1024 * 1024;
    assert_eq!(send(functions(), request_of(limit)).await.status, 200);
    let response = send(functions(), request_of(limit + 1)).await;
    assert_eq!(response.error(), (413, "RequestTooLargeException"));
    assert!(response.functions.invoked().is_empty());
}

#[tokio::test]
async fn all_headers_together_may_have_10240_bytes() {
    for (bytes, status) in [(10_240, 200), (10_241, 431)] {
        let value = "a".repeat(bytes - "name".len());
        let request = Request::builder().uri("/open").header("name", value).body(Body::empty()).unwrap();
        let response = send(functions(), request).await;
        assert_eq!(response.status, status);
        assert_eq!(response.functions.invoked().len(), usize::from(status == 200));
    }
}

#[tokio::test]
async fn path_and_query_may_have_8192_bytes() {
    for (bytes, status) in [(8_192, 200), (8_193, 414), (10_000, 414)] {
        let uri = format!("/open?{}", "a".repeat(bytes - "/open?".len()));
        let response = send(functions(), request("GET", &uri)).await;
        assert_eq!(response.status, status, "{bytes}");
        assert_eq!(response.functions.invoked().len(), usize::from(status == 200));
    }
}

#[tokio::test]
async fn body_that_does_not_arrive_in_time_is_status_408() {
    let functions = Arc::new(functions());
    let mut gateway = gateway(TEMPLATE, Arc::clone(&functions), false);
    gateway.body_timeout = Duration::from_millis(100);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    tokio::spawn(gateway.serve(listener, std::future::pending()));
    let request = "POST /open HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    tokio::time::timeout(Duration::from_secs(10), stream.read_to_string(&mut response)).await.unwrap().unwrap();
    assert!(response.starts_with("HTTP/1.1 408 "), "{response}");
    assert!(functions.invoked().is_empty());
}

#[tokio::test]
async fn default_gateway_response_keeps_the_status() {
    let request = Request::builder().uri("/open").header("name", "a".repeat(20_000)).body(Body::empty()).unwrap();
    let response = send(functions(), request).await;
    assert_eq!((response.status, response.body.as_str()), (431, "client \"Request Header Fields Too Large\""));
}

#[tokio::test]
async fn functions_have_29_seconds() {
    let response = send(functions(), request("GET", "/tokens/x")).await;
    assert!(response.functions.calls().iter().all(|(_, _, timeout)| *timeout == Duration::from_secs(29)));
}

#[tokio::test]
async fn function_timeout_is_status_504() {
    let functions = Arc::new(functions().with("open", Err(InvokeError::CallerTimeout)));
    let mut gateway = gateway(TEMPLATE, Arc::clone(&functions), false);
    gateway.integration_timeout = Duration::from_millis(1);
    let response = send_to(gateway, request("GET", "/open"), functions).await;
    assert_eq!(response.error(), (504, "InternalServerErrorException"));
    assert_eq!(response.body, "{\"message\":\"Endpoint request timed out\"}");
    assert_eq!(response.functions.calls()[0].2, Duration::from_millis(1));
}
