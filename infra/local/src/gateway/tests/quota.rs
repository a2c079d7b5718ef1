//! Sizes and times.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

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
async fn a_path_with_its_query_may_have_8192_bytes_and_not_a_byte_more() {
    for (bytes, status) in [(8_192, 200), (8_193, 414), (10_000, 414)] {
        let uri = format!("/open?{}", "a".repeat(bytes - "/open?".len()));
        let answered = send(willing(), request("GET", &uri)).await;
        assert_eq!(answered.status, status, "{bytes}");
        assert_eq!(answered.functions.called().len(), usize::from(status == 200));
    }
}

/// What a gateway that waits so long for a head that has begun, and so long for one that has not, answers to `sent`, after which
/// nothing more comes, until it closes the connection.
async fn left_hanging(sent: &str, slowest: Duration, idlest: Duration) -> (String, Vec<String>) {
    let functions = Arc::new(willing());
    let mut gateway = gateway(TEMPLATE, Arc::clone(&functions), false);
    (gateway.slowest, gateway.idlest) = (slowest, idlest);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    tokio::spawn(gateway.serve(listener, std::future::pending()));
    stream.write_all(sent.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(Duration::from_secs(10), stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    (answer, functions.called())
}

const SHORT: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_hours(1);
const WHOLE: &str = "GET /open HTTP/1.1\r\nHost: a\r\n\r\n";

#[tokio::test]
async fn who_begins_a_head_and_does_not_end_it_in_time_is_cut_off_however_long_a_connection_may_be_idle() {
    for sent in ["G", "GET /op", "GET /open HTTP/1.1\r\nHost: a\r\nX-Slow: ", "GET /open HTTP/1.1\r\nHost: a\r\n"] {
        assert_eq!(left_hanging(sent, SHORT, LONG).await, (String::new(), vec![]), "{sent}");
    }
}

#[tokio::test]
async fn a_second_head_has_its_time_too() {
    let functions = Arc::new(willing());
    let mut gateway = gateway(TEMPLATE, Arc::clone(&functions), false);
    (gateway.slowest, gateway.idlest) = (SHORT, LONG);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    tokio::spawn(gateway.serve(listener, std::future::pending()));
    stream.write_all(WHOLE.as_bytes()).await.unwrap();
    let mut first = [0];
    stream.read_exact(&mut first).await.unwrap();
    // Later than the first head was due.
    tokio::time::sleep(SHORT * 2).await;
    stream.write_all(WHOLE.as_bytes()).await.unwrap();
    stream.write_all(b"GET /open").await.unwrap();
    let mut answers = String::new();
    tokio::time::timeout(Duration::from_secs(10), stream.read_to_string(&mut answers)).await.unwrap().unwrap();
    assert_eq!((answers.matches("hello").count(), functions.called().len()), (2, 2), "{answers}");
}

#[tokio::test]
async fn who_does_not_send_the_body_in_time_is_told_so_and_no_function_is_asked() {
    let head = "POST /open HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n";
    let (answer, called) = left_hanging(&format!("{head}half"), SHORT, SHORT * 10).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(called.is_empty());
}

#[tokio::test]
async fn a_connection_that_is_idle_for_too_long_is_closed_before_a_request_and_after_its_answer() {
    assert_eq!(left_hanging("", LONG, SHORT).await, (String::new(), vec![]));
    let (answer, called) = left_hanging(WHOLE, LONG, SHORT).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("hello"), "{answer}");
    assert_eq!(called, ["open"]);
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
