//! Compression of responses.

use std::io::Read;

use flate2::read::GzDecoder;

use super::*;

const MINIMUM_SIZE: usize = 1024;

struct EncodedResponse {
    content_encoding: Option<String>,
    body: Vec<u8>,
}

/// The response to a request with this `Accept-Encoding`, of an API that compresses the response of its function.
async fn get(accept_encoding: Option<&str>, function_response: Value) -> EncodedResponse {
    let template =
        TEMPLATE.replace("StageName: live", &format!("StageName: live\n      MinimumCompressionSize: {MINIMUM_SIZE}"));
    get_from(&template, accept_encoding, function_response).await
}

async fn get_from(template: &str, accept_encoding: Option<&str>, function_response: Value) -> EncodedResponse {
    let functions = Arc::new(functions().with("open", Ok(function_response)));
    let mut request = request("GET", "/open");
    if let Some(accepted) = accept_encoding {
        request.headers_mut().insert("accept-encoding", HeaderValue::from_str(accepted).unwrap());
    }
    let (parts, body) = handle(State(Arc::new(gateway(template, functions, false))), request).await.into_parts();
    assert_eq!((parts.status.as_u16(), parts.headers.get("vary")), (200, None));
    let content_encoding = parts.headers.get("content-encoding").map(|value| value.to_str().unwrap().to_owned());
    EncodedResponse { content_encoding, body: to_bytes(body, usize::MAX).await.unwrap().to_vec() }
}

fn response_of(length: usize) -> Value {
    json!({"statusCode": 200, "body": "x".repeat(length)})
}

#[tokio::test]
async fn body_of_minimum_size_is_compressed_if_accepted() {
    let encoded = get(Some("gzip, deflate, br"), response_of(MINIMUM_SIZE)).await;
    assert_eq!(encoded.content_encoding.as_deref(), Some("gzip"));
    assert!(encoded.body.len() < 100, "{}", encoded.body.len());
    let mut text = String::new();
    GzDecoder::new(encoded.body.as_slice()).read_to_string(&mut text).unwrap();
    assert_eq!(text, "x".repeat(MINIMUM_SIZE));
}

#[tokio::test]
async fn small_body_or_unaccepted_gzip_is_not_compressed() {
    for (accept_encoding, length) in
        [(Some("gzip"), MINIMUM_SIZE - 1), (None, MINIMUM_SIZE), (Some("identity"), MINIMUM_SIZE)]
    {
        let encoded = get(accept_encoding, response_of(length)).await;
        assert_eq!(
            (encoded.content_encoding, encoded.body),
            (None, "x".repeat(length).into_bytes()),
            "{accept_encoding:?} {length}"
        );
    }
}

#[tokio::test]
async fn body_that_a_function_encoded_is_unchanged() {
    let mut function_response = response_of(MINIMUM_SIZE);
    function_response["headers"] = json!({"Content-Encoding": "br"});
    let encoded = get(Some("gzip"), function_response).await;
    assert_eq!((encoded.content_encoding.as_deref(), encoded.body.len()), (Some("br"), MINIMUM_SIZE));
}

#[tokio::test]
async fn api_without_minimum_size_does_not_compress() {
    let encoded = get_from(TEMPLATE, Some("gzip"), response_of(MINIMUM_SIZE)).await;
    assert_eq!((encoded.content_encoding, encoded.body.len()), (None, MINIMUM_SIZE));
}

#[tokio::test]
async fn content_length_is_that_of_the_compressed_body() {
    let template = TEMPLATE.replace("StageName: live", "StageName: live\n      MinimumCompressionSize: 0");
    let functions = Arc::new(functions().with("open", Ok(response_of(MINIMUM_SIZE))));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/open", listener.local_addr().unwrap());
    tokio::spawn(gateway(&template, functions, false).serve(listener, std::future::pending()));
    let response = reqwest::Client::new().get(url).header("accept-encoding", "gzip").send().await.unwrap();
    let content_length: usize = response.headers()["content-length"].to_str().unwrap().parse().unwrap();
    let body = response.bytes().await.unwrap();
    assert_eq!(content_length, body.len());
    assert!(content_length < MINIMUM_SIZE);
}
