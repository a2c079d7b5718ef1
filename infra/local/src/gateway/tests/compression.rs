//! Which bodies are compressed.

use std::io::Read;

use flate2::read::GzDecoder;

use super::*;

const SMALLEST: usize = 1024;

struct EncodedResponse {
    coding: Option<String>,
    body: Vec<u8>,
}

/// What becomes of the answer `answer` of a function, with `accepted` in the request, on an API that compresses.
async fn answered(accepted: Option<&str>, answer: Value) -> EncodedResponse {
    let template =
        TEMPLATE.replace("StageName: live", &format!("StageName: live\n      MinimumCompressionSize: {SMALLEST}"));
    through(&template, accepted, answer).await
}

async fn through(template: &str, accepted: Option<&str>, answer_of_function: Value) -> EncodedResponse {
    let functions = Arc::new(willing().with("open", Ok(answer_of_function)));
    let mut request = request("GET", "/open");
    if let Some(accepted) = accepted {
        request.headers_mut().insert("accept-encoding", HeaderValue::from_str(accepted).unwrap());
    }
    let (parts, body) = answer(State(Arc::new(gateway(template, functions, false))), request).await.into_parts();
    assert_eq!((parts.status.as_u16(), parts.headers.get("vary")), (200, None));
    let coding = parts.headers.get("content-encoding").map(|coding| coding.to_str().unwrap().to_owned());
    EncodedResponse { coding, body: to_bytes(body, usize::MAX).await.unwrap().to_vec() }
}

fn of(length: usize) -> Value {
    json!({"statusCode": 200, "body": "x".repeat(length)})
}

#[tokio::test]
async fn a_body_of_the_smallest_size_is_compressed_for_whoever_asks() {
    let coded = answered(Some("gzip, deflate, br"), of(SMALLEST)).await;
    assert_eq!(coded.coding.as_deref(), Some("gzip"));
    assert!(coded.body.len() < 100, "{}", coded.body.len());
    let mut text = String::new();
    GzDecoder::new(coded.body.as_slice()).read_to_string(&mut text).unwrap();
    assert_eq!(text, "x".repeat(SMALLEST));
}

#[tokio::test]
async fn a_smaller_body_and_one_that_nobody_asked_to_be_compressed_stay_as_they_are() {
    for (accepted, length) in [(Some("gzip"), SMALLEST - 1), (None, SMALLEST), (Some("identity"), SMALLEST)] {
        let coded = answered(accepted, of(length)).await;
        assert_eq!((coded.coding, coded.body), (None, "x".repeat(length).into_bytes()), "{accepted:?} {length}");
    }
}

#[tokio::test]
async fn what_a_function_coded_itself_stays_as_it_is() {
    let mut answer = of(SMALLEST);
    answer["headers"] = json!({"Content-Encoding": "br"});
    let coded = answered(Some("gzip"), answer).await;
    assert_eq!((coded.coding.as_deref(), coded.body.len()), (Some("br"), SMALLEST));
}

#[tokio::test]
async fn an_api_that_names_no_size_compresses_nothing() {
    let coded = through(TEMPLATE, Some("gzip"), of(SMALLEST)).await;
    assert_eq!((coded.coding, coded.body.len()), (None, SMALLEST));
}

#[tokio::test]
async fn the_length_that_is_told_is_that_of_the_compressed_body() {
    let template = TEMPLATE.replace("StageName: live", "StageName: live\n      MinimumCompressionSize: 0");
    let functions = Arc::new(willing().with("open", Ok(of(SMALLEST))));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/open", listener.local_addr().unwrap());
    tokio::spawn(gateway(&template, functions, false).serve(listener, std::future::pending()));
    let answer = reqwest::Client::new().get(url).header("accept-encoding", "gzip").send().await.unwrap();
    let told: usize = answer.headers()["content-length"].to_str().unwrap().parse().unwrap();
    let body = answer.bytes().await.unwrap();
    assert!(told == body.len() && told < SMALLEST, "{told}");
}
