//! Sizes and times.

use super::*;

fn of_size(bytes: usize) -> Request {
    Request::builder().method("POST").uri("/open").body(Body::from(vec![b'a'; bytes])).unwrap()
}

#[tokio::test]
async fn a_body_may_have_ten_megabytes_and_not_a_byte_more() {
    let limit = 10 * 1024 * 1024;
    assert_eq!(send(willing(), of_size(limit)).await.status, 200);
    let answered = send(willing(), of_size(limit + 1)).await;
    assert_eq!(answered.refusal(), (413, "RequestTooLargeException"));
    assert!(answered.functions.called().is_empty());
}

#[tokio::test]
async fn all_headers_may_have_10240_bytes_and_not_a_byte_more() {
    for (bytes, status) in [(10_240, 200), (10_241, 431)] {
        let value = "a".repeat(bytes - "name".len());
        let request = Request::builder().uri("/open").header("name", value).body(Body::empty()).unwrap();
        let answered = send(willing(), request).await;
        assert_eq!(answered.status, status);
        assert_eq!(answered.functions.called().len(), usize::from(status == 200));
    }
}

#[tokio::test]
async fn a_default_response_has_its_template_and_the_gateways_status() {
    let request = Request::builder().uri("/open").header("name", "a".repeat(20_000)).body(Body::empty()).unwrap();
    let answered = send(willing(), request).await;
    assert_eq!((answered.status, answered.body.as_str()), (431, "client \"Request Header Fields Too Large\""));
}

#[tokio::test]
async fn a_function_has_29_seconds() {
    let answered = send(willing(), request("GET", "/tokens/x")).await;
    assert!(answered.functions.calls().iter().all(|(_, _, patience)| *patience == Duration::from_secs(29)));
}

#[tokio::test]
async fn a_function_that_takes_longer_is_a_gateway_timeout() {
    let functions = Arc::new(willing().with("open", Err(InvokeError::CallerTimeout)));
    let mut gateway = gateway(TEMPLATE, Arc::clone(&functions), false);
    gateway.patience = Duration::from_millis(1);
    let answered = sent(gateway, request("GET", "/open"), functions).await;
    assert_eq!(answered.refusal(), (504, "InternalServerErrorException"));
    assert_eq!(answered.body, "{\"message\":\"Endpoint request timed out\"}");
    assert_eq!(answered.functions.calls()[0].2, Duration::from_millis(1));
}
