//! What a request to `DynamoDB` or KMS asks for, read from its headers and its body.

mod context;

use axum::{body::Bytes, http::request::Parts};
use serde_json::Value;

use super::{Service, iam::Context};

/// A request in the JSON protocols 1.0 and 1.1, where the header `X-Amz-Target` names the operation.
#[derive(Debug, Clone)]
pub(super) struct ApiRequest {
    pub(super) parts: Parts,
    pub(super) body: Bytes,
    /// The operation's name, as in `PutItem`; empty when there is none.
    pub(super) operation: String,
}

/// The account and the region in which a service's resources have their ARNs.
#[derive(Debug, Clone)]
pub(super) struct Home {
    pub(super) account: String,
    pub(super) region: String,
}

impl ApiRequest {
    pub(super) fn new(parts: Parts, body: Bytes) -> Self {
        let target = parts.headers.get("x-amz-target").and_then(|value| value.to_str().ok());
        let operation = target.and_then(|target| target.split_once('.')).map_or("", |(_, operation)| operation);
        let operation = operation.to_owned();
        Self { parts, body, operation }
    }

    /// The value of the `Authorization` header, empty when there is none.
    pub(super) fn authorization(&self) -> &str {
        self.parts.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The SDK's id of what it was asked to do, the same for each attempt at it; empty when there is none.
    pub(super) fn invocation(&self) -> &str {
        self.parts.headers.get("amz-sdk-invocation-id").and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON, null when it is none.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The ARNs of what the request touches, as the service's IAM actions name it.
    ///
    /// `*` for operations that name no resource, and for transactions and `PartiQL`, whose tables are not looked for: a
    /// policy for a table does not allow them.
    pub(super) fn resources(&self, service: Service, home: &Home) -> Vec<String> {
        let body = self.json();
        let named = match service {
            Service::DynamoDb => home.tables(&body),
            Service::Kms => body["KeyId"].as_str().map(|key| home.key(key)).into_iter().collect(),
        };
        if named.is_empty() { vec!["*".to_owned()] } else { named }
    }
}

impl ApiRequest {
    /// What the request says of itself, as IAM conditions ask for it.
    pub(super) fn context(&self, service: Service) -> Context {
        context::of(service, &self.json())
    }
}

impl Home {
    fn tables(&self, body: &Value) -> Vec<String> {
        if let Some(batch) = body["RequestItems"].as_object() {
            return batch.keys().map(|table| self.table(table)).collect();
        }
        let table = body["TableName"].as_str().map(|table| self.table(table));
        let index = body["IndexName"].as_str().map(|index| format!("/index/{index}")).unwrap_or_default();
        table.map(|table| table + &index).into_iter().collect()
    }

    /// A table is named by its name or its ARN.
    fn table(&self, table: &str) -> String {
        if table.starts_with("arn:") {
            return table.to_owned();
        }
        format!("arn:aws:dynamodb:{}:{}:table/{table}", self.region, self.account)
    }

    /// A key is named by its id, an alias, or the ARN of either.
    fn key(&self, key: &str) -> String {
        if key.starts_with("arn:") {
            return key.to_owned();
        }
        let path = if key.starts_with("alias/") { key.to_owned() } else { format!("key/{key}") };
        format!("arn:aws:kms:{}:{}:{path}", self.region, self.account)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use serde_json::json;

    use super::*;

    fn request(target: &str, body: &Value) -> ApiRequest {
        let (parts, ()) = Request::builder().header("x-amz-target", target).body(()).unwrap().into_parts();
        ApiRequest::new(parts, body.to_string().into())
    }

    fn home() -> Home {
        Home { account: "111122223333".to_owned(), region: "eu-west-1".to_owned() }
    }

    #[test]
    fn the_target_names_the_operation() {
        assert_eq!(request("DynamoDB_20120810.PutItem", &json!({})).operation, "PutItem");
        assert_eq!(request("TrentService.Sign", &json!({})).operation, "Sign");
        assert_eq!(request("Sign", &json!({})).operation, "");
    }

    #[test]
    fn a_dynamodb_request_touches_its_tables_and_its_index() {
        let table = |name: &str| format!("arn:aws:dynamodb:eu-west-1:111122223333:table/{name}");
        let cases = [
            (json!({ "TableName": "t" }), vec![table("t")]),
            (json!({ "TableName": table("t") }), vec![table("t")]),
            (json!({ "TableName": "t", "IndexName": "by_org" }), vec![table("t/index/by_org")]),
            (json!({ "RequestItems": { "a": {}, "b": {} } }), vec![table("a"), table("b")]),
            (json!({ "TransactItems": [{ "Put": { "TableName": "t" } }] }), vec!["*".to_owned()]),
            (json!({ "Statement": "select * from t" }), vec!["*".to_owned()]),
            (json!(null), vec!["*".to_owned()]),
        ];
        for (body, resources) in cases {
            let request = request("DynamoDB_20120810.X", &body);
            assert_eq!(request.resources(Service::DynamoDb, &home()), resources, "{body}");
        }
    }

    #[test]
    fn a_kms_request_touches_its_key() {
        let arn = "arn:aws:kms:eu-west-1:111122223333:key/1";
        let alias = "arn:aws:kms:eu-west-1:111122223333:alias/a";
        for (key, resource) in [("1", arn), (arn, arn), ("alias/a", alias), (alias, alias)] {
            let request = request("TrentService.Sign", &json!({ "KeyId": key }));
            assert_eq!(request.resources(Service::Kms, &home()), [resource]);
        }
    }
}
