//! The function of the tests, which does what its event requests.

use std::{collections::BTreeMap, future::pending, process::exit};

use reqwest::{Client, Response};
use serde_json::{Value, json};

/// Runs the function if Lambda started this binary. Otherwise there is nothing to test.
#[test]
fn test_function() {
    let Ok(api) = std::env::var("AWS_LAMBDA_RUNTIME_API") else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run(&format!("http://{api}/2018-06-01/runtime")));
}

async fn run(api: &str) {
    let client = Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    initialize(&client, api).await;
    let mut last_status = 0;
    loop {
        let event = client.get(format!("{api}/invocation/next")).send().await.unwrap();
        let headers = headers(&event);
        let id = headers["lambda-runtime-aws-request-id"].clone();
        let event: Value = serde_json::from_slice(&event.bytes().await.unwrap()).unwrap();
        let (path, result) = match event["do"].as_str().unwrap() {
            "fail" => ("error", json!({ "errorType": "Error", "errorMessage": "Unauthorized" })),
            "headers" => ("response", json!(headers)),
            "last status" => ("response", json!(last_status)),
            "wrong id" => ("response", json!(post(&client, &format!("{api}/invocation/1/response"), &json!(0)).await)),
            _ => ("response", work(&client, &event).await),
        };
        last_status = post(&client, &format!("{api}/invocation/{id}/{path}"), &result).await;
        if event["do"] == "respond and exit" {
            exit(0);
        }
    }
}

async fn initialize(client: &Client, api: &str) {
    match std::env::var("INIT").as_deref() {
        Ok("crash") => exit(1),
        Ok("error") => {
            post(client, &format!("{api}/init/error"), &json!({ "errorMessage": "no table", "errorType": "Init" }))
                .await;
            pending::<()>().await;
        }
        _ => {}
    }
}

async fn work(client: &Client, event: &Value) -> Value {
    match event["do"].as_str().unwrap() {
        "crash" => exit(3),
        "hang" => pending().await,
        "environment" => json!(std::env::vars().collect::<BTreeMap<_, _>>()),
        "get" => json!(client.get(event["url"].as_str().unwrap()).send().await.unwrap().text().await.unwrap()),
        // Two bytes of the result are its quotes.
        "large" => json!("x".repeat(usize::try_from(event["bytes"].as_u64().unwrap()).unwrap() - 2)),
        "print" => print(event["text"].as_str().unwrap()),
        _ => json!(std::process::id()),
    }
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the test checks the output of a function")]
fn print(text: &str) -> Value {
    println!("out: {text}");
    eprintln!("err: {text}");
    json!(null)
}

async fn post(client: &Client, url: &str, body: &Value) -> u16 {
    client.post(url).body(body.to_string()).send().await.unwrap().status().as_u16()
}

fn headers(response: &Response) -> BTreeMap<String, String> {
    let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap().to_owned();
    response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}
