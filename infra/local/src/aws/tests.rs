mod dynamodb;
mod host;
mod kms;
mod service_endpoint;
mod upstream;

use std::path::Path;

use axum::http::StatusCode;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::*;
use crate::iam::Statement;

const ACCOUNT: &str = "111122223333";
const TABLE: &str = "arn:aws:dynamodb:eu-west-1:111122223333:table/tokens";

fn key_arn(id: &str) -> String {
    format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/{id}")
}

fn key(id: &str, key_type: KeyType) -> KeyDefinition {
    KeyDefinition { id: id.to_owned(), arn: key_arn(id), key_type }
}

fn table() -> TableDefinition {
    let create = json!({
        "TableName": "tokens",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            { "AttributeName": "pk", "AttributeType": "S" },
            { "AttributeName": "org", "AttributeType": "S" },
        ],
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by_org",
            "KeySchema": [{ "AttributeName": "org", "KeyType": "HASH" }],
            "Projection": { "ProjectionType": "ALL" },
        }],
    });
    TableDefinition { create, ttl_attribute: Some("ttl".to_owned()) }
}

/// The function `writer` with the access key id `AKIAWRITER`, which may put and read items and sign with the key `rsa`.
fn principals() -> HashMap<String, Principal> {
    let statements = vec![
        Statement::allow("dynamodb:PutItem", TABLE),
        Statement::allow("dynamodb:BatchGetItem", TABLE),
        Statement::allow("dynamodb:Query", &format!("{TABLE}/index/by_org")),
        Statement::allow("kms:Sign", &key_arn("rsa")),
    ];
    HashMap::from([("AKIAWRITER".to_owned(), Principal { name: "writer".to_owned(), statements })])
}

async fn start(data: Option<&Path>) -> Aws {
    Aws::start(options(data)).await.unwrap()
}

fn options(data: Option<&Path>) -> AwsOptions {
    AwsOptions {
        data: data.map(Path::to_owned),
        principals: principals(),
        tables: vec![table()],
        keys: vec![key("rsa", KeyType::Rsa2048), key("ec", KeyType::P256)],
        account: ACCOUNT.to_owned(),
        region: "eu-west-1".to_owned(),
        upstreams: Upstreams::default(),
    }
}

impl Aws {
    fn request(&self, caller: &str, target: &str, body: &Value) -> RequestBuilder {
        let (url, version) = match target.split_once('.').unwrap().0 {
            "TrentService" => (&self.kms_url, "1.1"),
            _ => (&self.dynamodb_url, "1.0"),
        };
        let credential = format!("Credential={caller}/20261123/eu-west-1/any/aws4_request");
        Client::new()
            .post(url)
            .header("Content-Type", format!("application/x-amz-json-{version}"))
            .header("X-Amz-Target", target)
            .header("X-Amz-Date", "20261123T000000Z")
            .header("Authorization", format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"))
            .body(body.to_string())
    }

    /// The status and the body of the response; `None` if the connection ends without one.
    async fn try_call(&self, caller: &str, target: &str, body: &Value) -> Option<(StatusCode, Value)> {
        let response = self.request(caller, target, body).send().await.ok()?;
        let status = response.status();
        Some((status, serde_json::from_slice(&response.bytes().await.ok()?).unwrap()))
    }

    async fn call(&self, caller: &str, target: &str, body: &Value) -> (StatusCode, Value) {
        self.try_call(caller, target, body).await.unwrap()
    }

    async fn dynamodb(&self, caller: &str, operation: &str, body: &Value) -> (StatusCode, Value) {
        self.call(caller, &format!("DynamoDB_20120810.{operation}"), body).await
    }

    async fn kms(&self, operation: &str, body: &Value) -> (StatusCode, Value) {
        self.call(OPERATOR, &format!("TrentService.{operation}"), body).await
    }

    async fn item(&self, pk: &str) -> Value {
        let body = json!({ "TableName": "tokens", "Key": { "pk": { "S": pk } }, "ConsistentRead": true });
        self.dynamodb(OPERATOR, "GetItem", &body).await.1["Item"].clone()
    }
}

fn put(pk: &str) -> Value {
    json!({ "TableName": "tokens", "Item": { "pk": { "S": pk }, "org": { "S": "739224" } } })
}

/// The error's name without `DynamoDB`'s namespace.
fn error_name(body: &Value) -> &str {
    let name = body["__type"].as_str().unwrap_or_default();
    name.rsplit('#').next().unwrap_or_default()
}
